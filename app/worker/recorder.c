#include "app/worker/recorder.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "app/session/phases.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/train/methods/reported.h"
#include "store/bundle.h"
#include "store/database/files.h"
#include "store/lock.h"
#include "store/metric.h"

static const double batch_seconds = 0.9;

void recorder_init(struct recorder *r, struct store *store, int64_t run, int lock)
{
    *r = (struct recorder){ .store = store, .run = run, .lock = lock, .flushed = clock_seconds() };
}

void recorder_number(struct recorder *r, const char *name, int64_t step, double value)
{
    store_batch_name(&r->box.points, r->store, name, step, value);
}

/* ---- the numbers of a step ---- */

static const struct {
    const char *name;
    size_t offset;
} report_rows[] = {
    { "loss", offsetof(struct step_report, total) },
    { "grad_norm", offsetof(struct step_report, grad_norm) },
}, worker_rows[] = {
    { "rate", offsetof(struct recorder_step, rate) },
    { "epoch", offsetof(struct recorder_step, epoch) },
    { "images_per_second", offsetof(struct recorder_step, images_per_second) },
    { "time.wait", offsetof(struct recorder_step, wait) },
    { "time.load", offsetof(struct recorder_step, load) },
    { "time.augment", offsetof(struct recorder_step, augment) },
    { "time.record", offsetof(struct recorder_step, record) },
    { "time.step", offsetof(struct recorder_step, total) },
    { "time.wall", offsetof(struct recorder_step, wall) },
};

enum {
    REPORT_ROWS = sizeof report_rows / sizeof report_rows[0],
    WORKER_ROWS = sizeof worker_rows / sizeof worker_rows[0],
};
static_assert(REPORT_ROWS + REPORTED_MOST + PHASES_MOST + WORKER_ROWS <= RECORDER_METRICS, "room for every number");

static double value_at(const void *base, size_t offset)
{
    return *(const double *)((const char *)base + offset);
}

/* The metrics that the worker records for each level, with unit and help. */
bool recorder_learn(struct recorder *r, const struct method_info *m, int levels, struct err *e)
{
    struct reported list[REPORTED_MOST];
    struct store_metric_text texts[REPORTED_MOST];
    int n = reported_list(m, levels, list);
    for (int i = 0; i < n; i++) texts[i] = (struct store_metric_text){ list[i].name, list[i].unit, list[i].help };
    return store_metric_learn(r->store, texts, (size_t)n, e);
}

static bool find_level_metrics(struct recorder *r, const struct step_report *report, int *n, struct err *e)
{
    struct reported list[REPORTED_MOST];
    int count = reported_list(report->method, report->levels, list);
    for (int i = 0; i < count; i++)
        if (!store_metric_id(r->store, list[i].name, &r->metrics[(*n)++], e)) return false;
    return true;
}

/* Names are built and looked up once, for all steps; step_values fills their values in the same order. */
static bool find_metrics(struct recorder *r, const struct step_report *report, struct err *e)
{
    struct phase phases[PHASES_MOST];
    char name[64];
    int n = 0, phase_count = phases_list(report, phases);
    bool ok = true;
    for (int i = 0; ok && i < REPORT_ROWS; i++)
        ok = store_metric_id(r->store, report_rows[i].name, &r->metrics[n++], e);
    ok = ok && find_level_metrics(r, report, &n, e);
    for (int i = 0; ok && i < phase_count; i++) {
        snprintf(name, sizeof name, "time.%.31s", phases[i].name);
        ok = store_metric_id(r->store, name, &r->metrics[n++], e);
    }
    for (int i = 0; ok && i < WORKER_ROWS; i++)
        ok = store_metric_id(r->store, worker_rows[i].name, &r->metrics[n++], e);
    r->metric_count = ok ? n : 0;
    return ok;
}

static int step_values(const struct recorder_step *s, const struct step_report *report, double values[RECORDER_METRICS])
{
    struct phase phases[PHASES_MOST];
    struct reported list[REPORTED_MOST];
    int n = 0, phase_count = phases_list(report, phases), count = reported_list(report->method, report->levels, list);
    for (int i = 0; i < REPORT_ROWS; i++) values[n++] = value_at(report, report_rows[i].offset);
    for (int i = 0; i < count; i++) values[n++] = reported_value(&list[i], report->level);
    for (int i = 0; i < phase_count; i++) values[n++] = phases[i].seconds;
    for (int i = 0; i < WORKER_ROWS; i++) values[n++] = value_at(s, worker_rows[i].offset);
    return n;
}

void recorder_step(struct recorder *r, const struct recorder_step *s, const struct step_report *report)
{
    struct store_batch *points = &r->box.points;
    double values[RECORDER_METRICS];
    if (!r->metric_count && !find_metrics(r, report, &points->why)) {
        points->broken = true;
        return;
    }
    int n = step_values(s, report, values);
    assert(n == r->metric_count);
    for (int i = 0; i < n; i++) store_batch_add(points, r->metrics[i], s->step, values[i]);
}

/* ---- to the store ---- */

bool recorder_due(const struct recorder *r)
{
    return clock_seconds() - r->flushed >= batch_seconds;
}

/* Reports that the store accepts no rows, at first and then twice a minute. */
static void tell_stuck(struct recorder *r, const struct err *why)
{
    char kept[16], line[sizeof why->msg + 128];
    double now = clock_seconds();
    if (r->stuck > 0 && now - r->said < 30) return;
    r->said = now;
    if (r->stuck > 0)
        printf("nothing written for %.0f s, %s kept: %s\n", now - r->stuck,
               text_bytes((double)outbox_bytes(&r->box), kept), why->msg);
    else
        printf("%s. The run goes on; what it has to say is kept (at most %s) and tried again each second\n", why->msg,
               text_bytes(OUTBOX_MOST, kept));
    fflush(stdout);
    if (r->stuck > 0) return;
    r->stuck = now;
    /* whoever reads this in the lock file knows the store and the operation */
    const char *doing = "writing: ", *reason = strstr(why->msg, doing);
    reason = reason ? reason + strlen(doing) : why->msg;
    snprintf(line, sizeof line, "cannot write: %.*s", (int)strcspn(reason, ";"), reason);
    store_lock_note(r->lock, line);
}

/* Reports that the kept rows are written, together with what was saved beside the run meanwhile. */
static void tell_free(struct recorder *r)
{
    double seconds = clock_seconds() - r->stuck;
    r->stuck = r->said = 0;
    store_lock_note(r->lock, "");
    store_file_remove(r->store, STORE_RUN, r->run, BUNDLE_UNWRITTEN, NULL);
    printf("written again after %.0f s; nothing is lost\n", seconds);
    fflush(stdout);
}

bool recorder_flush(struct recorder *r, struct err *e)
{
    r->flushed = clock_seconds();
    if (outbox_send(&r->box, r->store, r->run, e)) {
        if (r->stuck > 0) tell_free(r);
        return true;
    }
    if (e->code != ERR_LOCKED && e->code != ERR_IO) return false;
    tell_stuck(r, e);
    return true;
}

double recorder_stuck(const struct recorder *r)
{
    return r->stuck > 0 ? clock_seconds() - r->stuck : 0;
}

bool recorder_save(const struct recorder *r, struct err *e)
{
    return outbox_save(&r->box, r->store, r->run, e);
}

void recorder_clear(struct recorder *r)
{
    outbox_clear(&r->box);
}

bool recorder_event(struct recorder *r, const struct recorder_occasion *o, struct err *e, const char *format, ...)
{
    char line[768];
    va_list ap;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    text_clean(line);
    printf("%s: %s (step %lld)\n", o->kind, line, (long long)o->step);
    fflush(stdout);
    struct store_event row = { .step = o->step, .severity = o->severity, .text = line, .derived = o->derived };
    snprintf(row.kind, sizeof row.kind, "%s", o->kind);
    outbox_event(&r->box, &row);
    return !r->box.broken || err_set(e, ERR_MEMORY, "run %lld: memory ran out for its events", (long long)r->run);
}
