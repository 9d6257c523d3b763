/* `mlvicx worker RUN`: the process that trains. It runs in its own Unix session and communicates only through the
 * store.
 *
 *     begin (start.c) -> step, record, diagnose, save ... -> end (end.c)
 *
 * After a kill the next worker goes back to the newest checkpoint and computes the same numbers again: whatever
 * influences them is in the checkpoint, in the stored settings, or a function of (seed, step).
 *
 * Nothing here waits for the store during training (recorder.h). A store that cannot be written is reported; after
 * 15 seconds the run is saved to a file anyway, and at the end the worker waits for the store, at most a minute. */
#include "app/worker/worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/cli/process.h"
#include "app/worker/rescue.h"
#include "engine/base/clock.h"
#include "engine/base/files.h"
#include "store/death.h"
#include "store/lock.h"

static const double save_when_stuck = 15;

/* ---- a step ---- */

static void record_step(struct worker *w, double seconds, double rate)
{
    struct recorder_step s = {
        .step = w->step,
        .epoch = (double)w->step / (double)w->session.steps_per_epoch,
        .rate = rate,
        .images_per_second = (double)w->session.images_per_step / seconds,
        .wait = w->waited,
        .load = loader_times(w->session.loader).load,
        .augment = loader_times(w->session.loader).augment,
        .record = w->record,
        .total = seconds,
        .wall = w->wall,
    };
    recorder_step(&w->recorder, &s, &w->report);
}

/* Saves the trained state: the next batch cannot be read, but what was learned so far is intact. */
static void save_all(struct worker *w)
{
    struct err ignored;
    if (w->step > 0 && recorder_flush(&w->recorder, &ignored))
        checkpointing_save(&w->recorder, &w->session, &w->run, w->step, "stop", &ignored);
}

static bool train_step(struct worker *w, struct err *e)
{
    struct session *s = &w->session;
    struct err why;
    double begun = clock_seconds();
    if (!w->loaded && !loader_next(s->loader, w->views, &w->waited, e)) return save_all(w), false;
    w->loaded = true;
    const struct batch batch = { .n = (int)s->images_per_step,
                                 .views = engine_method(s->config.method)->views,
                                 .u8 = { w->views[0], w->views[1] },
                                 .labels = loader_labels(s->loader) };
    const struct step_settings settings = session_step_settings(s, w->step);
    if (!engine_step(s->engine, &batch, &settings, &w->report, &why)) {
        if (why.code == ERR_NUMERIC) return diverge(w, &why, e); /* the step was not applied */
        *e = why;
        return false;
    }
    w->loaded = false;
    w->step++;
    double seconds = clock_seconds() - begun;
    w->wall += seconds + w->record;
    w->step_seconds = w->step_seconds > 0 ? 0.9 * w->step_seconds + 0.1 * (seconds + w->record) : seconds;
    record_step(w, seconds, settings.rate);
    judge_step(&w->monitor.judge, &w->report);
    return alarms_step(&w->alarms, w->step, w->report.grad_norm, w->waited, seconds, e);
}

/* Runs diagnostics, probe and validation if they are due at this step. If the run learns from labels, only validation
 * decides which step is best. */
static bool look(struct worker *w, bool *best, struct err *e)
{
    *best = false;
    if (monitor_diagnose_due(&w->monitor, w->step) && !monitor_diagnose(&w->monitor, w->step, e)) return false;
    if (monitor_probe_due(&w->monitor, w->step) && !monitor_probe(&w->monitor, w->step, best, e)) return false;
    if (w->session.labels) *best = false;
    return !validation_due(&w->validation, w->step) || validation_score(&w->validation, w->step, best, e);
}

/* Writes a checkpoint if one is due. If it cannot be written the run is paused, because hours of work are worth more
 * than continuing; the write is tried again until it succeeds. */
static bool save(struct worker *w, bool best, struct err *e)
{
    const struct settings *k = &w->session.settings;
    int64_t every = k->checkpoint.every * w->session.steps_per_epoch;
    struct err why;
    if (w->step == 0) return true;
    bool epoch = every > 0 && w->step % every == 0;
    bool old = k->checkpoint.minutes > 0 && clock_seconds() - w->saved >= 60 * k->checkpoint.minutes;
    if (!epoch && !best && !old) return true;
    const char *reason = epoch ? "epoch" : best ? "best" : "time";
    if (!checkpointing_save(&w->recorder, &w->session, &w->run, w->step, reason, &why)) {
        if (why.code == ERR_NUMERIC) return err_set(e, why.code, "%s", why.msg);
        char dir[STORE_PATH];
        bool there = store_run_path(w->store, w->run.id, NULL, dir, NULL) && file_is_directory(dir);
        w->unsaved = reason;
        return worker_pause(w, false, &why,
                            there ? "make room; it then goes on by itself"
                                  : "put the run's folder back in its place; it then goes on by itself",
                            e);
    }
    w->saved = clock_seconds();
    return alarms_disk(&w->alarms, w->step, session_checkpoint_bytes(&w->session), file_free_bytes(store_dir(w->store)),
                       e);
}

/* Diagnostics before the checkpoint, so that no checkpoint exists without the diagnostics of its step. Features or
 * weights that are not finite are handled like a loss that is not. */
static bool look_and_save(struct worker *w, struct err *e)
{
    struct err why;
    bool best;
    if (look(w, &best, &why) && save(w, best, &why)) return true;
    if (why.code == ERR_NUMERIC) return diverge(w, &why, e);
    *e = why;
    return false;
}

static void show_levels(const struct step_report *r)
{
    for (int l = 0; l < r->levels; l++) {
        printf("  %s %.2f (", method_level_name(r->method, l), r->level[l].total);
        for (int t = 0; t < r->method->terms; t++)
            printf("%s%s %.3f", t ? " " : "", r->method->term[t].name, r->level[l].term[t]);
        if (r->method->stats >> STAT_RHO & 1)
            printf(" %s %.2f", level_stats[STAT_RHO].name, r->level[l].stat[STAT_RHO]);
        putchar(')');
    }
}

/* Prints progress: often at first, when someone is watching, then seldom, so that logs of long runs stay short. */
static void show_progress(struct worker *w, bool last)
{
    double now = clock_seconds(), age = now - w->began;
    double every = age < 120 ? 1 : age < 1200 ? 5 : 30;
    if (!last && now - w->shown < every) return;
    w->shown = now;
    const struct session *s = &w->session;
    int64_t total = session_total(s);
    char eta[CLOCK_ISO_SIZE];
    printf("step %lld/%lld  epoch %.2f/%lld  %.0f img/s  ETA %s  loss %.2f", (long long)w->step, (long long)total,
           (double)w->step / (double)s->steps_per_epoch, (long long)s->settings.optim.epochs,
           (double)s->images_per_step / w->step_seconds,
           clock_duration((double)(total - w->step) * w->step_seconds, eta), w->report.total);
    show_levels(&w->report);
    putchar('\n');
    fflush(stdout);
}

/* ---- the loop ---- */

/* If a user deletes the store by hand, no worker may continue in it unnoticed. */
static bool check_place(const struct worker *w, struct err *e)
{
    struct stat st;
    if (fstat(w->lock, &st) || st.st_nlink > 0) return true;
    return err_set(e, ERR_NOT_FOUND, "run %s: its folder was removed", w->run.name);
}

/* A checkpoint that is not due at a step. The run continues whether or not it could be saved. */
static bool save_now(struct worker *w, const char *reason, struct err *e)
{
    struct err why;
    w->saved = clock_seconds();
    if (checkpointing_save(&w->recorder, &w->session, &w->run, w->step, reason, &why)) return true;
    return recorder_event(&w->recorder, &(struct recorder_occasion){ w->step, STORE_BAD, "checkpoint", false }, e,
                          "not saved: %s", why.msg);
}

/* Writes points and heartbeat, once a second. If the store could not be written for long, the trained state is
 * saved. */
static bool record(struct worker *w, struct err *e)
{
    if (recorder_due(&w->recorder) && !(check_place(w, e) && recorder_flush(&w->recorder, e))) return false;
    double stuck = recorder_stuck(&w->recorder);
    bool unsaved = w->step > 0 && clock_seconds() - w->saved > stuck; /* nothing has been saved since the run began */
    return stuck < save_when_stuck || !unsaved || save_now(w, "locked", e);
}

static void nap(void)
{
    static const struct timespec time = { .tv_nsec = 100000000 };
    nanosleep(&time, NULL);
}

static bool wait_paused(struct worker *w, struct err *e)
{
    nap();
    if (w->unsaved && clock_seconds() - w->beat >= 5 && !worker_save_again(w, e)) return false;
    if (clock_seconds() - w->beat < (recorder_stuck(&w->recorder) > 0 ? 1 : 5)) return true;
    w->beat = clock_seconds();
    return check_place(w, e) && recorder_flush(&w->recorder, e);
}

/* Handles signals, commands, and live settings of earlier workers of this run. */
static bool listen(struct worker *w, struct err *e)
{
    if (process_save_asked() && !save_now(w, "signal", e)) return false;
    if (!requests_replay(w, e) || !requests_serve(w, e)) return false;
    if (process_asked()) w->stop = true;
    return true;
}

/* Whether there was no progress for train.patience epochs: the run then ends as if these had been all. */
static bool is_over(struct worker *w)
{
    char line[256];
    struct err ignored;
    enum store_severity severity;
    int64_t said;
    if (!validation_over(&w->validation, w->step, line, sizeof line)) return false;
    bool again = store_event_last(w->store, w->run.id, "patience", &said, &severity, &ignored) && said == w->step;
    if (!again)
        recorder_event(&w->recorder, &(struct recorder_occasion){ w->step, STORE_INFO, "patience", true }, &ignored,
                       "%s", line);
    return true;
}

static bool loop(struct worker *w, struct err *e)
{
    if (w->step == 0 && !process_asked() && !look_and_save(w, e)) return false;
    while (w->step < session_total(&w->session) && !is_over(w)) {
        if (!listen(w, e)) return false;
        if (w->stop) return true;
        if (w->paused || outbox_bytes(&w->recorder.box) >= OUTBOX_MOST) {
            if (!wait_paused(w, e)) return false;
            continue;
        }
        int64_t before = w->step;
        if (w->step >= session_total(&w->session)) break; /* the number of epochs was reduced */
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

/* ---- the end ---- */

/* The run cannot continue. The trained state is saved if that is still possible (not if the loss is not finite: then
 * the last good checkpoint is kept). The reason goes to the log and, if the store can be written, to the run. */
static void fail(struct worker *w, const struct err *why, bool trained)
{
    struct err ignored;
    if (why->code == ERR_LOCKED) { /* everything is kept, and the run counts as lost until it is resumed */
        printf("error: %s\n", why->msg);
        death_end(w->store, w->run.id, why->msg);
        return;
    }
    if (check_place(w, &ignored) && rescue_is_due(w)) {
        rescue(w, trained && why->code != ERR_NUMERIC);
        return;
    }
    bool save = trained && why->code != ERR_NUMERIC && w->step > w->recorder.saved.step && check_place(w, &ignored);
    if (save && !checkpointing_save(&w->recorder, &w->session, &w->run, w->step, "error", &ignored))
        printf("error: not saved: %s\n", ignored.msg);
    recorder_event(&w->recorder, &(struct recorder_occasion){ w->step, STORE_BAD, "error", false }, &ignored, "%s",
                   why->msg);
    outbox_state(&w->recorder.box, STORE_FAILED);
    bool taken = recorder_flush(&w->recorder, &ignored) && recorder_stuck(&w->recorder) == 0;
    if (!taken && check_place(w, &ignored)) recorder_save(&w->recorder, &ignored);
    death_end(w->store, w->run.id, taken ? NULL : why->msg);
}

static void worker_clear(struct worker *w)
{
    monitor_close(&w->monitor);
    validation_close(&w->validation);
    recorder_clear(&w->recorder);
    store_commands_clear(&w->replay);
    session_close(&w->session);
    store_run_clear(&w->run);
    store_lock_release(&w->lock);
}

/* If this process was started by hand, errors at the start belong on its terminal too. */
static int tell(struct app *app, const struct worker *w, int terminal, const struct err *e)
{
    if (terminal >= 0) dup2(terminal, STDERR_FILENO);
    if (w->lock >= 0 && !w->claimed && terminal < 0) printf("error: %s\n", e->msg);
    return terminal >= 0 ? app_fail(app, e) : err_status(e->code);
}

/* What was printed before the log began to take it. */
static void restore(int out, int terminal)
{
    fflush(NULL);
    if (out >= 0) dup2(out, STDOUT_FILENO);
    if (terminal >= 0) dup2(terminal, STDERR_FILENO);
    if (out >= 0) close(out);
    if (terminal >= 0) close(terminal);
}

int worker_run(struct app *app, const struct worker_start *start)
{
    struct worker w = { .lock = -1,
                        .from = start->queued ? 1u << STORE_QUEUED : ~(1u << STORE_LOST),
                        .by_wish = start->from >= 0,
                        .attended = start->attended };
    struct err e;
    int status = 0, terminal = start->ready < 0 ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : -1,
        out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    w.store = app_existing_store(app, STORE_WRITE, &e);
    bool began = w.store && app_find_run(app, start->run, &w.run, &e);
    process_catch(PROCESS_TRAINS);
    began = began && worker_begin(&w, start, &e);
    if (!began && w.claimed) fail(&w, &e, false);
    process_answer(start->ready, began ? NULL : &e);
    if (!began) {
        status = tell(app, &w, terminal, &e);
        if (process_asked()) status = 128 + process_asked();
    } else if (!loop(&w, &e) || !worker_end(app, &w, &e)) {
        fail(&w, &e, true);
        /* what the store did not accept is kept in a file: for the user this is a clean end */
        bool kept = e.code == ERR_LOCKED || e.code == ERR_INTERRUPTED;
        status = kept && process_asked() ? 128 + process_asked() : err_status(e.code);
    } else if (process_asked() || w.lost) {
        status = process_asked() ? 128 + process_asked() : 1;
    }
    if (w.store) store_set_lock_timeout(w.store, STORE_LOCK_TIMEOUT);
    worker_clear(&w);
    restore(out, terminal);
    return status;
}

static int work(struct app *app, const struct arguments *a)
{
    enum { SETS = 64 };
    const char *sets[SETS];
    struct worker_start start = { .run = arguments_word(a, 0),
                                  .from = arguments_int(a, "from", -1),
                                  .sets = sets,
                                  .queued = arguments_has(a, "queued"),
                                  .attended = arguments_has(a, "attended"),
                                  .ready = (int)arguments_int(a, "ready", -1) };
    int n = 0;
    while (n < SETS - 1 && (sets[n] = arguments_nth(a, "set", n))) n++;
    sets[n] = NULL;
    if (start.ready >= 0) fcntl(start.ready, F_SETFD, FD_CLOEXEC);
    setsid(); /* it fails, harmlessly, if this process already leads a group */
    return worker_run(app, &start);
}

static const struct option_row options[] = {
    { "from", 0, OPTION_INT, "STEP", "go back to the newest checkpoint up to STEP; 0 starts over", 0, 1e15 },
    { "set", 0, OPTION_TEXT, "K=V", "change a live setting at the start", 0, 0 },
    { "queued", 0, OPTION_FLAG, NULL, "only if the run is still queued: it may have been dropped or started by hand", 0,
      0 },
    { "attended", 0, OPTION_FLAG, NULL,
      "a user can be asked: train.on_divergence = ask pauses the run instead of stopping it", 0, 0 },
    { "ready", 0, OPTION_INT, "FD", "file descriptor to answer on once the worker has started", 0, 1e6 },
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
