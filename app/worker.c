/* `mlvicx worker RUN`: the process that trains. It lives in a session of its own and talks through the store alone.
 *
 *     lock -> checkpoint, settings, data, engine -> claim (state running) -> rewind -> step, record, look, save ... ->
 * end
 *
 * Nothing of the run is changed before the lock is held, nor before everything that can be refused was looked at. After
 * a kill the next worker goes back to the newest checkpoint and computes the same numbers again: whatever influences
 * them is in the checkpoint, in the stored settings, or a function of (seed, step). */
#include "app/worker.h"

#include <cblas.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/autotune.h"
#include "app/command.h"
#include "app/network.h"
#include "app/process.h"
#include "engine/base/clock.h"
#include "engine/train/checkpoint.h"
#include "store/lock.h"

/* ---- beginning ---- */

/* stdout and stderr to the run's log, stdin from nowhere. */
static bool redirect(struct worker *w, struct err *e)
{
    char path[STORE_PATH];
    if (!store_run_path(w->store, w->run.id, "log", path, e)) return false;
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
        null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (log < 0 || null < 0) return err_errno(e, "%s: cannot be written", path);
    fflush(NULL);
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close(log);
    close(null);
    return true;
}

static bool same_data(const struct worker *w, const struct save_point *point, struct err *e)
{
    const char *digest = point->open ? tensors_metadata(&point->tensors, "data_digest") : NULL;
    const char *now = w->session.data.dataset.digest;
    if (!digest || !strcmp(digest, now)) return true;
    return err_set(e, ERR_CONFLICT,
                   "run %s: data set %s is not the one that it was trained on (digest %.12s, was %.12s)", w->run.name,
                   w->session.data.dataset.name, now, digest);
}

/* Another kind of CPU goes on, but not with the same last bits: worth a line. */
static void note_machine(const struct save_point *point)
{
    const char *core = tensors_metadata(&point->tensors, "blas");
    if (core && strcmp(core, openblas_get_corename()))
        printf(
            "resume: the checkpoint is of another kind of CPU (%s, now %s): numbers may differ in their last digits\n",
            core, openblas_get_corename());
}

/* How convolutions are computed: as in the run's first life, or, in that, as is fastest here. */
static bool tune(struct worker *w, const struct save_point *point, struct err *e)
{
    const char *decided = w->run.resolved;
    if (point->open) decided = tensors_metadata(&point->tensors, "autotune");
    if (!point->open && (!decided || !strstr(decided, "# autotune "))) decided = NULL;
    if (point->open && !decided) decided = ""; /* saved before there was a choice */
    double seconds;
    int timed;
    if (!autotune_prepare(&w->session, w->store, decided, &seconds, &timed, e)) return false;
    if (timed) printf("autotune: %d passes of convolutions timed in %.1f s\n", timed, seconds);
    return true;
}

/* Data, engine and loader as they were at `point`. */
static bool prepare(struct worker *w, const struct save_point *point, struct err *e)
{
    struct settings settings;
    char report[600];
    if (!save_settings(w->store, &w->run, point, &settings, e)) return false;
    /* what was resolved at the first start is repeated, whatever the environment says now */
    if (w->run.resolved && *w->run.resolved) unsetenv("MLVICX_KERNELS");
    if (!session_open(&w->session, w->store, &settings, e) || !same_data(w, point, e)) return false;
    if (!tune(w, point, e) || !session_start(&w->session, (uint64_t)point->step, e)) return false;
    w->step = point->step;
    if (point->open) {
        note_machine(point);
        return checkpoint_restore(w->session.engine, &point->tensors, true, e);
    }
    if (!session_init(&w->session, report, sizeof report, e)) return false;
    if (*report) printf("init: %s\n", report);
    return true;
}

/* Seconds trained before `step`, so that time.wall goes on. */
static bool recall_wall(struct worker *w, struct err *e)
{
    static const char *const name = "time.wall";
    if (!store_metric_latest(w->store, w->run.id, w->step, &name, 1, &w->wall, NULL, e)) return false;
    if (!isfinite(w->wall)) w->wall = 0;
    return true;
}

/* The files behind the rows that a rewind deletes. */
static bool rewind_to(struct worker *w, struct err *e)
{
    return store_run_rewind(w->store, w->run.id, w->step, e) && save_sweep(w->store, w->run.id, e);
}

static bool claim(struct worker *w, const struct save_point *point, double started, struct err *e)
{
    bool fresh = w->run.state == STORE_QUEUED;
    struct text resolved = { 0 };
    network_resolved_text(&w->session.settings, &resolved);
    tuning_write(&w->session.tuning, &resolved);
    w->claimed = store_run_claim(w->store, w->run.id, w->from, e);
    bool ok = w->claimed && store_command_void(w->store, w->run.id, started, NULL, e) && rewind_to(w, e) &&
              store_command_replay(w->store, w->run.id, w->step, &w->replay, e) && recall_wall(w, e) &&
              store_run_update(w->store, w->run.id, NULL, text_str(&resolved), session_total(&w->session),
                               w->session.settings.optim.epochs, e);
    text_clear(&resolved);
    recorder_init(&w->recorder, w->store, w->run.id);
    if (ok && *point->refused)
        ok = recorder_event(&w->recorder, w->step, STORE_BAD, "checkpoint", false, e, "passed over: %.400s",
                            point->refused);
    return ok && recorder_event(&w->recorder, w->step, STORE_INFO, fresh ? "start" : "resume", false, e,
                                "%s with %d threads, kernels %s, seed %lld", fresh ? "begins" : "goes on",
                                w->session.config.threads, kernel_set_names[w->session.config.kernels],
                                (long long)w->session.settings.train.seed);
}

static bool ask_sets(struct worker *w, const struct arguments *a, struct err *e)
{
    const char *assignment;
    for (int i = 0; (assignment = arguments_nth(a, "set", i)); i++)
        if (!orders_ask_set(w, assignment, e)) return false;
    return true;
}

static bool begin(struct worker *w, const struct arguments *a, struct err *e)
{
    struct save_point point = { 0 };
    double started = clock_wall();
    if (!store_lock_take(w->store, w->run.id, &w->lock, e) || !redirect(w, e)) return false;
    bool ok = save_find(w->store, &w->run, arguments_int(a, "from", -1), &point, e) && prepare(w, &point, e) &&
              claim(w, &point, started, e) && (!arguments_has(a, "from") || orders_drop(w, e)) && orders_replay(w, e) &&
              ask_sets(w, a, e) && examine_open(&w->examine, &w->session, &w->recorder, w->step, e) &&
              alarms_init(&w->alarms, &w->recorder, w->step, e);
    save_close(&point);
    w->began = w->saved = clock_seconds();
    return ok;
}

/* ---- a step ---- */

/* Something that a person must look at pauses the run, its state kept in memory, with the reason and what to do. */
static bool pause_alarm(struct worker *w, const struct err *why, const char *what_to_do, struct err *e)
{
    w->paused = true;
    return recorder_flush(&w->recorder, e) &&
           recorder_event(&w->recorder, w->step, STORE_BAD, "alarm", true, e, "%.300s; paused: %s", why->msg,
                          what_to_do) &&
           store_run_set_state(w->store, w->run.id, STORE_PAUSED, e);
}

static void record_step(struct worker *w, double seconds, double rate)
{
    struct recorder_step s = {
        .step = w->step,
        .epoch = (double)w->step / (double)w->session.steps_per_epoch,
        .rate = rate,
        .images_per_second = (double)w->session.images_per_step / seconds,
        .wait = w->waited,
        .augment = loader_seconds(w->session.loader),
        .record = w->record,
        .total = seconds,
        .wall = w->wall,
    };
    recorder_step(&w->recorder, &s, &w->report);
}

static bool train_step(struct worker *w, struct err *e)
{
    struct session *s = &w->session;
    struct err why;
    double begun = clock_seconds(), rate = session_rate(s, w->step);
    if (!w->loaded && !loader_next(s->loader, w->views, &w->waited, e)) return false;
    w->loaded = true;
    struct engine_images views[2];
    for (int v = 0; v < 2; v++) views[v] = (struct engine_images){ .n = (int)s->images_per_step, .u8 = w->views[v] };
    struct loss_weights weights = session_weights(s);
    if (!engine_step(s->engine, views, &weights, rate, &w->report, &why)) {
        /* nothing was applied; the same batch is tried again when the run goes on */
        if (why.code == ERR_NUMERIC)
            return pause_alarm(
                w, &why, "lower optim.lr (mlvicx set) and resume, or stop and resume --from an older checkpoint", e);
        *e = why;
        return false;
    }
    w->loaded = false;
    w->step++;
    double seconds = clock_seconds() - begun;
    w->wall += seconds + w->record;
    w->step_seconds = w->step_seconds > 0 ? 0.9 * w->step_seconds + 0.1 * (seconds + w->record) : seconds;
    record_step(w, seconds, rate);
    return alarms_step(&w->alarms, &w->recorder, w->step, w->report.grad_norm, w->waited, seconds, e);
}

/* What the step's number makes due: diagnostics, probe, checkpoint. In this order, so that a checkpoint of a step
 * never stands without what was seen at it. */
static bool look_and_save(struct worker *w, struct err *e)
{
    const struct settings *k = &w->session.settings;
    int64_t every = k->checkpoint.every * w->session.steps_per_epoch;
    bool best = false;
    if (examine_diagnose_due(&w->examine, w->step) &&
        !(examine_diagnose(&w->examine, w->step, e) && alarms_diagnose(&w->recorder, w->step, e)))
        return false;
    if (examine_probe_due(&w->examine, w->step) && !examine_probe(&w->examine, w->step, &best, e)) return false;
    if (w->step == 0) return true;
    bool epoch = every > 0 && w->step % every == 0;
    bool old = k->checkpoint.minutes > 0 && clock_seconds() - w->saved >= 60 * k->checkpoint.minutes;
    if (!epoch && !best && !old) return true;
    struct err why;
    if (!save_checkpoint(&w->recorder, &w->session, &w->run, w->step, epoch ? "epoch" : best ? "best" : "time", &why))
        return pause_alarm(w, &why, "make room, then resume", e); /* hours of work are worth more than going on */
    w->saved = clock_seconds();
    return alarms_disk(&w->alarms, &w->recorder, w->step, session_checkpoint_bytes(&w->session), e);
}

/* Lines of progress: often at first, when somebody watches, then seldom, so that logs of long runs stay short. */
static void show_progress(struct worker *w, bool last)
{
    double now = clock_seconds(), age = now - w->began;
    double every = age < 120 ? 1 : age < 1200 ? 5 : 30;
    if (!last && now - w->shown < every) return;
    w->shown = now;
    const struct session *s = &w->session;
    const struct level_loss *a = &w->report.level[0], *b = &w->report.level[1];
    int64_t total = session_total(s);
    char eta[CLOCK_ISO_SIZE];
    printf("step %lld/%lld  epoch %.2f/%lld  %.0f img/s  ETA %s  loss %.2f  global %.2f (inv %.3f var %.3f cov %.2f "
           "rho %.2f)  "
           "local %.2f (inv %.3f var %.3f cov %.2f rho %.2f)\n",
           (long long)w->step, (long long)total, (double)w->step / (double)s->steps_per_epoch,
           (long long)s->settings.optim.epochs, (double)s->images_per_step / w->step_seconds,
           clock_duration((double)(total - w->step) * w->step_seconds, eta), w->report.total, a->total, a->inv, a->var,
           a->cov, a->rho, b->total, b->inv, b->var, b->cov, b->rho);
    fflush(stdout);
}

/* ---- the loop ---- */

/* Whoever deletes a workspace by hand wants no worker to go on in it unseen. */
static bool check_place(const struct worker *w, struct err *e)
{
    struct stat st;
    if (fstat(w->lock, &st) || st.st_nlink > 0) return true;
    return err_set(e, ERR_NOT_FOUND, "run %s: its folder was removed", w->run.name);
}

/* Points and heartbeat, once a second. */
static bool record(struct worker *w, struct err *e)
{
    return !recorder_due(&w->recorder) || (check_place(w, e) && recorder_flush(&w->recorder, e));
}

static bool wait_paused(struct worker *w, struct err *e)
{
    static const struct timespec nap = { .tv_nsec = 100000000 };
    nanosleep(&nap, NULL);
    if (clock_seconds() - w->beat < 5) return true;
    w->beat = clock_seconds();
    return check_place(w, e) && store_run_beat(w->store, w->run.id, e);
}

static bool loop(struct worker *w, struct err *e)
{
    if (w->step == 0 && !look_and_save(w, e)) return false;
    while (w->step < session_total(&w->session)) {
        if (!orders_replay(w, e) || !orders_take(w, e)) return false;
        if (process_asked()) w->stop = true;
        if (w->stop) return true;
        if (w->paused) {
            if (!wait_paused(w, e)) return false;
            continue;
        }
        int64_t before = w->step;
        if (w->step >= session_total(&w->session)) break; /* fewer epochs were asked for */
        if (!train_step(w, e)) return false;
        if (w->step == before) continue;
        double begun = clock_seconds();
        if (!look_and_save(w, e)) return false;
        if (!record(w, e)) return false;
        show_progress(w, w->step == session_total(&w->session));
        w->record = clock_seconds() - begun;
    }
    return true;
}

/* Stopped or finished: a last checkpoint, then the state, then the answer for whoever asked. */
static bool end(struct worker *w, struct err *e)
{
    bool finished = !w->stop;
    char line[160], answer[700];
    struct err why;
    bool saved = save_checkpoint(&w->recorder, &w->session, &w->run, w->step, finished ? "end" : "stop", &why);
    if (!saved && finished) {
        *e = why;
        return false;
    }
    if (!saved && !recorder_event(&w->recorder, w->step, STORE_BAD, "error", false, e, "%s", why.msg)) return false;
    if (!recorder_flush(&w->recorder, e)) return false;
    if (!recorder_event(&w->recorder, w->step, STORE_INFO, finished ? "finish" : "stop", false, e,
                        "%s after %s; verdict %s", finished ? "finished" : "stopped", clock_duration(w->wall, answer),
                        examine_verdicts(&w->examine, line, sizeof line)))
        return false;
    if (!store_run_set_state(w->store, w->run.id, finished ? STORE_FINISHED : STORE_STOPPED, e)) return false;
    if (w->stop_command == 0) return true;
    if (saved)
        snprintf(answer, sizeof answer, "ok: stopped, step %lld is saved", (long long)w->step);
    else
        snprintf(answer, sizeof answer, "failed: stopped, but not saved: %s", why.msg);
    return store_command_answer(w->store, w->stop_command, answer, e);
}

/* It could not go on. The reason goes to the log and, where the store still takes anything, to the run. */
static void fail(struct worker *w, const struct err *why)
{
    struct err ignored;
    recorder_event(&w->recorder, w->step, STORE_BAD, "error", false, &ignored, "%s", why->msg);
    store_run_set_state(w->store, w->run.id, STORE_FAILED, &ignored);
}

static void worker_clear(struct worker *w)
{
    examine_close(&w->examine);
    recorder_clear(&w->recorder);
    store_commands_clear(&w->replay);
    session_close(&w->session);
    store_run_clear(&w->run);
    store_lock_release(&w->lock);
}

/* Where this process was started by hand, errors of the beginning belong on its terminal too. */
static int tell(struct app *app, const struct worker *w, int terminal, const struct err *e)
{
    if (terminal >= 0) dup2(terminal, STDERR_FILENO);
    if (w->lock >= 0 && !w->claimed && terminal < 0) printf("error: %s\n", e->msg);
    return terminal >= 0 ? app_fail(app, e) : err_status(e->code);
}

static int work(struct app *app, const struct arguments *a)
{
    struct worker w = { .lock = -1, .from = arguments_has(a, "queued") ? 1u << STORE_QUEUED : ~(1u << STORE_LOST) };
    struct err e;
    int ready = (int)arguments_int(a, "ready", -1), status = 0;
    int terminal = ready < 0 ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : -1;
    if (ready >= 0) fcntl(ready, F_SETFD, FD_CLOEXEC);
    setsid(); /* fails harmlessly where this process leads a group already */
    process_catch(true);
    w.store = app_existing_store(app, STORE_WRITE, &e);
    bool began = w.store && app_find_run(app, arguments_word(a, 0), &w.run, &e) && begin(&w, a, &e);
    if (!began && w.claimed) fail(&w, &e);
    process_answer(ready, began ? NULL : &e);
    if (!began) {
        status = tell(app, &w, terminal, &e);
    } else if (!loop(&w, &e) || !end(&w, &e)) {
        fail(&w, &e);
        status = err_status(e.code);
    } else if (process_asked()) {
        status = 128 + process_asked();
    }
    worker_clear(&w);
    return status;
}

static const struct option_row options[] = {
    { "from", 0, OPTION_INT, "STEP", "go back to the checkpoint at STEP or the next older one; 0 begins again", 0,
      1e15 },
    { "set", 0, OPTION_TEXT, "K=V", "change a live setting at the start", 0, 0 },
    { "queued", 0, OPTION_FLAG, NULL, "only if the run still waits: it may have been dropped or started by hand", 0,
      0 },
    { "ready", 0, OPTION_INT, "FD", "descriptor to answer on once the run is held", 0, 1e6 },
    { 0 },
};

const struct command command_worker = {
    .name = "worker",
    .arguments = "RUN",
    .summary = "train a run in this process, with its log as output (train and resume start it)",
    .least = 1,
    .most = 1,
    .options = options,
    .run = work,
};
