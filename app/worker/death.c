#include "app/worker/death.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/session/fit.h"
#include "app/cli/process.h"
#include "store/death.h"
#include "store/event.h"
#include "store/database/files.h"
#include "store/lock.h"
#include "store/run.h"

void death_watch(struct death *d)
{
    struct limits l;
    limits_read(NULL, &l);
    d->killed = l.killed;
}

/* The memory that the run needed; 0 if that can no longer be determined. */
static double needed_bytes(struct store *s, const struct store_run *run)
{
    struct settings settings;
    struct session session = { 0 };
    struct err ignored;
    double bytes = 0;
    settings_init(&settings);
    if (settings_read_ini(&settings, run->config, "configuration", &ignored) &&
        session_open(&session, s, &settings, &ignored))
        bytes = fit_needed(&session);
    session_close(&session);
    return bytes;
}

static void tell_log(struct store *s, const struct store_run *run, const char *line)
{
    int log = store_file(s, STORE_RUN, run->id, "log", FOLDER_APPEND, NULL, NULL);
    if (log < 0) return;
    dprintf(log, "error: %s (step %lld)\n", line, (long long)run->step);
    close(log);
}

static void record(struct store *s, const struct store_run *run, const char *line)
{
    const struct store_event event = { .step = run->step, .severity = STORE_BAD, .kind = "error", .text = line };
    tell_log(s, run, line);
    store_event_insert(s, run->id, &event, NULL);
}

void death_unseen(struct store *s, int64_t id)
{
    struct store_run run; /* read after the lock was taken: an earlier worker may have ended normally before */
    char line[DEATH_TEXT];
    if (!store_run_get(s, id, &run, NULL)) return;
    bool lives = run.state == STORE_RUNNING || run.state == STORE_PAUSED;
    if (lives && !death_of(s, &run, NULL, line)) record(s, &run, line);
    store_run_clear(&run);
}

/* A run whose worker died before it began: nothing else marks it as failed. The lock is held, so that nobody starts it
 * meanwhile. */
static void mark_failed(struct store *s, int64_t id)
{
    struct store_run now;
    struct err ignored;
    int lock = -1;
    if (!store_lock_take(s, id, &lock, &ignored)) return;
    if (store_run_get(s, id, &now, &ignored)) {
        if (now.state == STORE_QUEUED || now.state == STORE_RUNNING) store_run_set_state(s, id, STORE_FAILED, &ignored);
        store_run_clear(&now);
    }
    store_lock_release(&lock);
}

static void tell(const struct death *d, struct store *s, const struct store_run *run, int status, bool starting,
                 struct err *why)
{
    char text[96], more[DEATH_TEXT] = "", line[DEATH_TEXT + 128];
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        struct limits l;
        limits_read(NULL, &l);
        death_reason(d->killed >= 0 && l.killed >= 0 ? l.killed > d->killed : -1, needed_bytes(s, run), &l.memory,
                     more);
        snprintf(text, sizeof text, "was killed by signal %d", SIGKILL);
    } else {
        process_status_text(status, text, sizeof text);
    }
    snprintf(line, sizeof line, "its worker %s%s%s", text, starting ? " while it started" : "", more);
    record(s, run, line);
    err_set(why, ERR_INTERNAL, "%s", line);
}

void death_at_start(const struct death *d, struct store *s, int64_t id, int status, struct err *why)
{
    struct store_run run;
    if (!store_run_get(s, id, &run, why)) return;
    tell(d, s, &run, status, true, why);
    mark_failed(s, id);
    store_run_clear(&run);
}

bool death_after(const struct death *d, struct store *s, int64_t id, int status, struct err *why)
{
    struct store_run run;
    if (!store_run_get(s, id, &run, why)) return false;
    bool lost = store_run_state(s, &run) == STORE_LOST;
    if (lost) tell(d, s, &run, status, false, why);
    store_run_clear(&run);
    return lost;
}
