#include "app/worker/death.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/session/fit.h"
#include "app/cli/process.h"
#include "store/event.h"
#include "store/files.h"
#include "store/lock.h"
#include "store/run.h"

/* Of the memory that may be used, from which on a kill is likely to have been for want of it. */
static const double much = 0.8;

void death_watch(struct death *d)
{
    struct limits l;
    limits_read(NULL, &l);
    d->killed = l.killed;
}

/* Bytes that the run was going to take, 0 where that cannot be told any more. */
static double needed_bytes(struct store *s, const struct store_run *run)
{
    struct settings settings;
    struct session session = { 0 };
    struct engine_size plan;
    struct err ignored;
    double bytes = 0;
    settings_init(&settings);
    if (settings_read_ini(&settings, run->config, "configuration", &ignored) &&
        session_open(&session, s, &settings, &ignored) && engine_describe(&session.config, &plan, NULL, NULL, &ignored))
        bytes = fit_memory(&session, &plan).needed;
    session_close(&session);
    return bytes;
}

/* What a signal 9 was for: the kernel does not say it to us. */
static void explain_kill(const struct death *d, struct store *s, const struct store_run *run, char *out, size_t size)
{
    struct limits l;
    char a[16], b[16];
    limits_read(NULL, &l);
    double needed = needed_bytes(s, run);
    bool counted = d->killed >= 0 && l.killed > d->killed;
    if (needed > 0)
        snprintf(out, size, "; %s out of memory: needed %s of %s (%s)",
                 counted || needed >= much * l.memory.value ? "probably" : "by somebody, or", text_bytes(needed, a),
                 text_bytes(l.memory.value, b), l.memory.by);
    else
        snprintf(out, size, "; %s out of memory (%s of %s)", counted ? "probably" : "by somebody, or",
                 text_bytes(l.memory.value, b), l.memory.by);
}

static void tell_log(struct store *s, const struct store_run *run, const char *line)
{
    int log = store_file(s, STORE_RUN, run->id, "log", FOLDER_APPEND, NULL, NULL);
    if (log < 0) return;
    dprintf(log, "error: %s (step %lld)\n", line, (long long)run->step);
    close(log);
}

/* It had not begun: nothing else says that this run failed. Held, so that nobody begins it meanwhile. */
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
    struct err ignored;
    char text[96], more[300] = "", line[420];
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        explain_kill(d, s, run, more, sizeof more);
        snprintf(text, sizeof text, "was killed by signal %d", SIGKILL);
    } else {
        process_status_text(status, text, sizeof text);
    }
    snprintf(line, sizeof line, "its worker %s%s%s", text, starting ? " while it started" : "", more);
    const struct store_event event = { .step = run->step, .severity = STORE_BAD, .kind = "error", .text = line };
    tell_log(s, run, line);
    store_event_insert(s, run->id, &event, &ignored);
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
