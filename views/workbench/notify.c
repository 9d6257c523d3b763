#include "views/workbench/notify.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "views/analysis/format.h"
#include "views/analysis/run_summary.h"
#include "views/terminal/announce.h"
#include "views/terminal/canvas.h"
#include "views/workbench/alarm_line.h"
#include "views/workbench/frame.h"
#include "views/workbench/message.h"
#include "views/workbench/workbench.h"

/* The user's command, with the text as its first argument; nobody waits for it. */
static void run_command(const char *command, const char *text)
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGCHLD, SIG_DFL);
        if (fork() == 0) {
            setsid();
            for (int fd = 0; fd < 3; fd++) close(fd);
            execl("/bin/sh", "sh", "-c", command, "mlvicx", text, (char *)NULL);
        }
        _exit(0);
    }
    if (child > 0) waitpid(child, NULL, 0);
}

static void tell(struct workbench *wb, const char *text)
{
    const char *how = getenv("MLVICX_NOTIFY");
    struct text out = { 0 };
    if (!wb->frame->terminal || (how && !strcmp(how, "off"))) return;
    if (how && *how) run_command(how, text);
    announce_notice(text, announce_has_commands(getenv("TERM")), &out);
    terminal_send(wb->frame->terminal, &out);
    text_clear(&out);
}

/* "run 17 nih-small finished: AUC .781" */
static void tell_end(struct workbench *wb, int64_t id)
{
    struct store_run row;
    struct run_summary f;
    char text[STORE_NAME + 96], auc[FORMAT_SIZE];
    if (!store_run_get(wb->store, id, &row, NULL) || !run_summary_read(wb->store, &row, &f, NULL)) return;
    double value = f.value[SUMMARY_AUC];
    int n = snprintf(text, sizeof text, "run %lld %s: %s", (long long)id, f.run.name, store_state_name(f.state));
    if (!isnan(value) && n > 0 && (size_t)n < sizeof text)
        snprintf(text + n, sizeof text - (size_t)n, ", AUC %s", format_share(value, 3, auc));
    bool bad = f.state == STORE_FAILED || f.state == STORE_LOST;
    if (!bad && !wb->message->text[0]) message_say(wb, "%s", text); /* what is bad stands in the alarm line */
    tell(wb, text);
    run_summary_clear(&f);
}

static const struct store_run *find(const struct store_runs *live, int64_t run)
{
    for (size_t i = 0; i < live->count; i++)
        if (live->rows[i].id == run) return &live->rows[i];
    return NULL;
}

void notify_runs(struct workbench *wb, const struct store_runs *live)
{
    struct notify *v = wb->notify, before = *v;
    v->count = 0;
    for (size_t i = 0; i < live->count && v->count < STORE_LIVE_MOST; i++) {
        enum store_state state = store_run_state(wb->store, &live->rows[i]);
        v->seen[v->count++] = (struct notify_seen){ live->rows[i].id, state == STORE_RUNNING || state == STORE_PAUSED };
    }
    for (int i = 0; i < before.count && v->begun; i++) {
        const struct store_run *now = find(live, before.seen[i].run);
        enum store_state state = now ? store_run_state(wb->store, now) : STORE_FINISHED;
        if (before.seen[i].alive && state != STORE_RUNNING && state != STORE_PAUSED && state != STORE_UNKNOWN)
            tell_end(wb, before.seen[i].run);
    }
    v->begun = true;
}

void notify_alarm(struct workbench *wb)
{
    struct notify *v = wb->notify;
    const struct alarms *a = wb->alarms;
    int64_t run = a->elsewhere[0] && a->elsewhere_ink == INK_BAD ? a->elsewhere_run : 0;
    if (run && run != v->alarmed && v->begun) tell(wb, a->elsewhere);
    v->alarmed = run;
}
