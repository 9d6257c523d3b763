/* `queue`: what waits, its order, and the supervisor that works it off.
 *
 *     lock -> wait for a worker that an earlier supervisor left -> first run -> worker -> wait for its end -> ... ->
 * empty
 *
 * A worker's own claim takes its run out of the queue, so the supervisor holds no state that could be lost: killed at
 * any moment, the next one continues with what still waits. */
#include "app/commands/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/worker/death.h"
#include "app/cli/json_stream.h"
#include "app/cli/process.h"
#include "app/cli/table.h"
#include "engine/base/clock.h"
#include "store/event.h"
#include "store/database/files.h"
#include "store/lock.h"
#include "store/queue.h"
#include "views/analysis/differences.h"

bool queue_ensure(const struct store *s, struct err *e)
{
    const char *argv[] = { "mlvicx",  "queue",      "run",
                           "--store", store_dir(s), store_is_trusted(s) ? "--trust-store" : NULL,
                           NULL };
    char path[STORE_PATH];
    pid_t pid;
    if (store_queue_held(s, NULL) == STORE_LOCK_HELD) return true;
    int log = store_file(s, STORE_WORKSPACE, 0, "queue.log", FOLDER_APPEND, path, e);
    return (log >= 0 && process_start(argv, log, path, &pid, NULL, e)) || err_wrap(e, "queue");
}

/* ---- the supervisor ---- */

struct supervisor {
    struct store *store;
    int lock;
};

static void nap(void)
{
    static const struct timespec time = { .tv_nsec = 100000000 };
    nanosleep(&time, NULL);
}

/* A line of the supervisor's log, which is its stdout. */
static void say(const struct store_run *run, const char *what)
{
    char at[CLOCK_ISO_SIZE];
    app_print("%s run %lld %s: %s\n", clock_iso(clock_wall(), at), (long long)run->id, run->name, what);
    fflush(stdout);
}

/* Whether a worker has the run: by its lock, or, if that is not visible, by its heartbeat. */
static bool has_worker(struct store *s, int64_t run)
{
    struct store_run row;
    struct err ignored;
    enum store_lock lock = store_lock_held(s, run);
    if (lock != STORE_LOCK_UNKNOWN) return lock == STORE_LOCK_HELD;
    if (!store_run_get(s, run, &row, &ignored)) return false;
    enum store_state state = store_run_state(s, &row);
    store_run_clear(&row);
    return state == STORE_RUNNING || state == STORE_PAUSED;
}

/* Waits until its worker has ended, or a signal asks this process to end. */
static bool wait_released(const struct supervisor *v, int64_t run)
{
    while (has_worker(v->store, run) && !process_asked()) nap();
    return !process_asked();
}

/* Marks a run that could not begin as failed, so that it does not block the others. */
static bool give_up(struct supervisor *v, int64_t id, const struct err *why, struct err *e)
{
    struct store_run run;
    bool asked = why->code == ERR_INTERRUPTED; /* the user ended it while it was starting */
    struct store_event event = { .severity = asked ? STORE_INFO : STORE_BAD, .text = why->msg };
    snprintf(event.kind, sizeof event.kind, "%s", asked ? "stop" : "error");
    if (!store_run_get(v->store, id, &run, e)) return e->code == ERR_NOT_FOUND;
    bool ok = true;
    if (run.state == STORE_QUEUED && run.place) {
        say(&run, why->msg);
        ok = store_event_insert(v->store, id, &event, e) &&
             store_run_set_state(v->store, id, asked ? STORE_STOPPED : STORE_FAILED, e);
    }
    store_run_clear(&run);
    return ok;
}

/* Runs the worker of a run from start to end. */
static bool work_off(struct supervisor *v, int64_t id, struct err *e)
{
    char number[24], path[STORE_PATH], line[640];
    const char *argv[] = { "mlvicx",
                           "worker",
                           number,
                           "--queued",
                           "--store",
                           store_dir(v->store),
                           store_is_trusted(v->store) ? "--trust-store" : NULL,
                           NULL };
    struct store_run run;
    struct err why;
    struct death death;
    pid_t pid;
    int status = 0, early;
    snprintf(number, sizeof number, "%lld", (long long)id);
    if (!store_queue_set_current(v->store, id, e)) return false;
    death_watch(&death);
    early = -1;
    int log = store_file(v->store, STORE_RUN, id, "log", FOLDER_APPEND, path, &why);
    if (log < 0 || !process_start(argv, log, path, &pid, &early, &why)) {
        if (process_asked()) return true; /* this process ends, and the run stays in the queue */
        if (early >= 0) death_at_start(&death, v->store, id, early, &why);
        return give_up(v, id, &why, e);
    }
    if (!store_run_get(v->store, id, &run, e)) return false;
    snprintf(line, sizeof line, "begins (process %lld)", (long long)pid);
    say(&run, line);
    pid_t ended;
    while ((ended = waitpid(pid, &status, WNOHANG)) == 0 && !process_asked()) nap();
    if (ended != pid)
        snprintf(line, sizeof line, "left to itself: the supervisor was asked to end");
    else if (death_after(&death, v->store, id, status, &why))
        snprintf(line, sizeof line, "%s", why.msg);
    else
        snprintf(line, sizeof line, "ended with status %d", WEXITSTATUS(status));
    say(&run, line);
    store_run_clear(&run);
    return true;
}

static bool empty_queue(struct supervisor *v, struct err *e)
{
    int64_t id;
    if (!store_queue_current(v->store, &id, e)) return false;
    if (id && !wait_released(v, id)) return true;
    while (!process_asked()) {
        if (!store_queue_first(v->store, &id, e)) return false;
        if (!id) return store_queue_set_current(v->store, 0, e);
        if (store_lock_held(v->store, id) == STORE_LOCK_HELD) /* it is just being started by hand */
            nap();
        else if (!work_off(v, id, e))
            return false;
    }
    return true;
}

/* Works until the queue is empty. A process that queues a run checks the lock afterwards, and this one checks the queue
 * after releasing the lock: so at least one of them sees the other. */
static bool supervise(struct supervisor *v, struct err *e)
{
    bool ok = true;
    int64_t id = 1;
    while (ok && id && !process_asked() && v->lock >= 0) {
        ok = empty_queue(v, e);
        store_lock_release(&v->lock);
        ok = ok && store_queue_first(v->store, &id, e) && (!id || store_queue_lock(v->store, &v->lock, e));
    }
    store_lock_release(&v->lock);
    return ok;
}

static int run_supervisor(struct app *app, const struct arguments *a)
{
    struct supervisor v = { .lock = -1 };
    struct err e;
    int ready = (int)arguments_int(a, "ready", -1);
    if (ready >= 0) fcntl(ready, F_SETFD, FD_CLOEXEC);
    setsid(); /* it fails, harmlessly, if this process already leads a group */
    process_catch(PROCESS_STAYS);
    if (ready < 0 && !store_exists(app->dir)) return 0; /* without a store nothing is queued; none is created */
    v.store = app_existing_store(app, STORE_WRITE, &e);
    bool ok = v.store && store_queue_lock(v.store, &v.lock, &e);
    process_answer(ready, ok ? NULL : &e);
    ok = ok && (v.lock < 0 || supervise(&v, &e)); /* -1: there is a supervisor already */
    if (!ok) return app_fail(app, &e);
    return process_asked() ? 128 + process_asked() : 0;
}

static const struct option_row run_options[] = {
    { "ready", 0, OPTION_INT, "FD", "file descriptor to answer on once a supervisor runs", 0, 1e6 },
    { 0 },
};

const struct command command_queue_run = {
    .name = "queue run",
    .arguments = "",
    .summary = "run the queue in this process (train --queue and queue add start it)",
    .options = run_options,
    .run = run_supervisor,
    .details = "One supervisor per store: a second one ends at once. It ignores hang-ups and ends when the queue is "
               "empty. When it is\ninterrupted, the current worker goes on.",
};

/* ---- showing ---- */

struct shown {
    size_t unreadable; /* queued runs that cannot be read */
    struct err why;
    struct store_run current; /* id 0: no run of the queue is being trained */
    enum store_lock supervised;
    int64_t pid;
};

static void shown_clear(struct shown *v)
{
    store_run_clear(&v->current);
}

static bool read_current(struct app *app, struct shown *v, struct err *e)
{
    int64_t id;
    if (!store_queue_current(app->store, &id, e)) return false;
    if (!id || !has_worker(app->store, id)) return true;
    return store_run_get(app->store, id, &v->current, e) || e->code == ERR_NOT_FOUND;
}

static bool read_queue(struct app *app, struct shown *v, struct err *e)
{
    *v = (struct shown){ 0 };
    v->supervised = store_queue_held(app->store, &v->pid);
    return read_current(app, v, e);
}

static void set_difference(void *ctx, const struct setting *row, const char *value)
{
    json_object_set_new(ctx, row->name, json_text(value));
}

/* Without what has a column of its own. */
static void add_difference(void *ctx, const struct setting *row, const char *value)
{
    static const char *const shown[] = { "method.name", "data.name", "optim.epochs" };
    struct text *t = ctx;
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        if (!strcmp(row->name, shown[i])) return;
    text_printf(t, "%s%s %s", t->length ? ", " : "", row->name, *value ? value : "\"\"");
}

static bool read_settings(const struct store_run *r, struct settings *s)
{
    settings_init(s);
    return settings_read_ini(s, r->config, "config", NULL);
}

static json_t *run_json(const struct store_run *r, enum store_state state)
{
    struct settings s;
    json_t *differs = json_object();
    if (read_settings(r, &s)) differences_from_preset(r->preset, &s, set_difference, differs);
    return json_pack("{s:I, s:o, s:s, s:o, s:o, s:I, s:I, s:I, s:o, s:o}", "id", (json_int_t)r->id, "name",
                     json_text(r->name), "state", store_state_name(state), "dataset",
                     *r->dataset ? json_text(r->dataset) : json_null(), "preset", json_text(r->preset), "seed",
                     (json_int_t)r->seed, "epochs", (json_int_t)r->epochs, "steps", (json_int_t)r->steps, "created",
                     json_time(r->created_at), "differs", differs);
}

/* Lists queued runs, a page at a time, until the reader closes the pipe; `put` gets each run with its place. */
static bool each_waiting(struct app *app, struct shown *v,
                         void (*put)(void *to, size_t place, const struct store_run *r), void *to, struct err *e)
{
    struct store_cursor at = { 0 };
    size_t place = 0;
    while (!at.ended && !ferror(stdout)) {
        struct store_runs page;
        if (!store_queue_page(app->store, &at, &page, e)) return false;
        if (page.unreadable && !v->unreadable) v->why = page.why;
        v->unreadable += page.unreadable;
        for (size_t i = 0; i < page.count; i++) put(to, ++place, &page.rows[i]);
        store_runs_clear(&page);
    }
    return true;
}

static void put_json(void *stream, size_t place, const struct store_run *r)
{
    (void)place;
    json_stream_put(stream, NULL, run_json(r, STORE_QUEUED));
}

static int show_json(struct app *app, struct shown *v)
{
    struct json_stream j = { 0 };
    struct err e = { 0 };
    json_t *current = v->current.id ? run_json(&v->current, store_run_state(app->store, &v->current)) : json_null(),
           *supervised =
               v->supervised == STORE_LOCK_UNKNOWN ? json_null() : json_boolean(v->supervised == STORE_LOCK_HELD);
    json_stream_open(&j, NULL, '{');
    json_stream_put(&j, "supervisor", supervised);
    json_stream_put(&j, "supervisor_pid", json_count(v->pid ? v->pid : -1));
    json_stream_put(&j, "current", current);
    json_stream_open(&j, "queued", '[');
    if (!each_waiting(app, v, put_json, &j, &e)) return app_fail(app, &e);
    json_stream_close(&j, ']');
    json_stream_close(&j, '}');
    return json_stream_end(app, &j);
}

static void add_row(void *table, size_t place, const struct store_run *r)
{
    struct table *t = table;
    struct settings s;
    struct text differs = { 0 };
    if (read_settings(r, &s)) differences_from_preset(r->preset, &s, add_difference, &differs);
    table_add(t, "%zu", place);
    table_add(t, "%lld", (long long)r->id);
    table_add(t, "%s", r->name);
    table_add(t, "%s", *r->dataset ? r->dataset : "-");
    table_add(t, "%s", *r->method ? r->method : "-");
    table_add(t, "%lld", (long long)r->epochs);
    table_add(t, "%s", r->preset);
    table_add(t, "%s", differs.length ? text_str(&differs) : "-");
    text_clear(&differs);
}

static int show_text(struct app *app, struct shown *v)
{
    static const struct table_column columns[] = {
        { "place", true, 0 },   { "id", true, 0 },       { "name", false, 28 },
        { "data", false, 20 },  { "method", false, 0 },  { "epochs", true, 0 },
        { "preset", false, 0 }, { "differs", false, 0 }, { 0 }
    };
    struct table t = { .columns = columns };
    struct err e = { 0 };
    int64_t first;
    if (!store_queue_first(app->store, &first, &e)) return app_fail(app, &e);
    if (v->current.id)
        app_print("now        run %lld %s: %s\n", (long long)v->current.id, v->current.name,
                  store_state_name(store_run_state(app->store, &v->current)));
    if (v->supervised == STORE_LOCK_HELD)
        app_print("supervisor process %lld\n", (long long)v->pid);
    else if (v->supervised == STORE_LOCK_UNKNOWN)
        app_print("supervisor unknown: queue.lock cannot be read\n");
    else
        app_print("supervisor none%s\n", first ? "; mlvicx queue run starts one" : ": nothing waits");
    bool ok = each_waiting(app, v, add_row, &t, &e);
    if (t.count) table_print(&t);
    table_clear(&t);
    return ok ? app_finish(app) : app_fail(app, &e);
}

static int show(struct app *app, const struct arguments *a)
{
    struct shown v = { 0 };
    struct err e = { 0 };
    (void)a;
    bool ok = app_store(app, STORE_READ, &e) && read_queue(app, &v, &e);
    int status = !ok ? app_fail(app, &e) : app->json ? show_json(app, &v) : show_text(app, &v);
    status = app_passed_over(app, status, "run", v.unreadable, &v.why);
    shown_clear(&v);
    return status;
}

const struct command command_queue = {
    .name = "queue",
    .arguments = "",
    .summary = "show the queue in order, and whether a supervisor runs it",
    .run = show,
    .details = "mlvicx train --queue adds a run. One worker runs at a time, whether or not a workbench is open, and a "
               "run that fails or\nis killed does not hold up the next. The supervisor logs to queue.log in the store. "
               "Showing the queue starts no\nsupervisor: after one was killed, mlvicx queue run, or queueing another "
               "run, starts a new one.",
};

/* ---- changing ---- */

/* Queues a run and makes sure that there is a supervisor. */
static bool enqueue(struct store *s, int64_t run, struct err *e)
{
    return store_queue_add(s, run, e) && queue_ensure(s, e);
}

/* Changes the run that the first argument means; then shows the queue. */
static int change(struct app *app, const struct arguments *a, bool (*what)(struct store *s, int64_t run, struct err *e))
{
    struct store_run run = { 0 };
    struct err e;
    bool ok = app_existing_store(app, STORE_WRITE, &e) && app_find_run(app, arguments_word(a, 0), &run, &e) &&
              what(app->store, run.id, &e);
    store_run_clear(&run);
    return ok ? show(app, a) : app_fail(app, &e);
}

static bool move_up(struct store *s, int64_t run, struct err *e)
{
    return store_queue_move(s, run, -1, e);
}

static bool move_down(struct store *s, int64_t run, struct err *e)
{
    return store_queue_move(s, run, 1, e);
}

static int up(struct app *app, const struct arguments *a)
{
    return change(app, a, move_up);
}

static int down(struct app *app, const struct arguments *a)
{
    return change(app, a, move_down);
}

static int drop(struct app *app, const struct arguments *a)
{
    return change(app, a, store_queue_drop);
}

static int add(struct app *app, const struct arguments *a)
{
    return change(app, a, enqueue);
}

const struct command command_queue_up = {
    .name = "queue up",
    .arguments = "RUN",
    .summary = "move a queued run one place up",
    .least = 1,
    .most = 1,
    .run = up,
};

const struct command command_queue_down = {
    .name = "queue down",
    .arguments = "RUN",
    .summary = "move a queued run one place down",
    .least = 1,
    .most = 1,
    .run = down,
};

const struct command command_queue_drop = {
    .name = "queue drop",
    .arguments = "RUN",
    .summary = "remove a run from the queue; it counts as stopped, and resume can start it",
    .least = 1,
    .most = 1,
    .run = drop,
};

const struct command command_queue_add = {
    .name = "queue add",
    .arguments = "RUN",
    .summary = "queue a stopped, failed or lost run to be resumed in its turn",
    .least = 1,
    .most = 1,
    .run = add,
};
