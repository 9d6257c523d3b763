#include "app/recorder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/phases.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/run.h"

static const double batch_seconds = 0.9;

void recorder_init(struct recorder *r, struct store *store, int64_t run)
{
    *r = (struct recorder){ .store = store, .run = run, .flushed = clock_seconds() };
}

void recorder_number(struct recorder *r, const char *name, int64_t step, double value)
{
    store_batch_name(&r->batch, r->store, name, step, value);
}

/* Numbers of one level: a name with the place of "global" or "local", and where the value stands. */
static const struct {
    const char *before, *after;
    size_t offset;
} level_rows[] = {
    { "loss.", "", offsetof(struct level_loss, total) },
    { "loss.", ".inv", offsetof(struct level_loss, inv) },
    { "loss.", ".var", offsetof(struct level_loss, var) },
    { "loss.", ".cov", offsetof(struct level_loss, cov) },
    { "rho.", "", offsetof(struct level_loss, rho) },
    { "gain.", "", offsetof(struct level_loss, gain) },
    { "std_mean.", "", offsetof(struct level_loss, std_mean) },
    { "std_min.", "", offsetof(struct level_loss, std_min) },
    { "dead.", "", offsetof(struct level_loss, dead) },
    { "inactive.", "", offsetof(struct level_loss, inactive) },
    { "alignment.", "", offsetof(struct level_loss, alignment) },
};

void recorder_step(struct recorder *r, const struct recorder_step *s, const struct step_report *report)
{
    static const char *const sides[] = { "global", "local" };
    char name[64];
    recorder_number(r, "loss", s->step, report->total);
    for (int side = 0; side < 2; side++) {
        const char *level = (const char *)&report->level[side];
        for (size_t i = 0; i < sizeof level_rows / sizeof level_rows[0]; i++) {
            snprintf(name, sizeof name, "%s%s%s", level_rows[i].before, sides[side], level_rows[i].after);
            recorder_number(r, name, s->step, *(const double *)(level + level_rows[i].offset));
        }
    }
    struct phase phases[PHASES_MOST];
    int n = phases_list(report, phases);
    for (int p = 0; p < n; p++) {
        snprintf(name, sizeof name, "time.%.31s", phases[p].name);
        recorder_number(r, name, s->step, phases[p].seconds);
    }
    const struct {
        const char *name;
        double value;
    } rest[] = {
        { "grad_norm", report->grad_norm },
        { "rate", s->rate },
        { "epoch", s->epoch },
        { "images_per_second", s->images_per_second },
        { "time.wait", s->wait },
        { "time.augment", s->augment },
        { "time.record", s->record },
        { "time.step", s->total },
        { "time.wall", s->wall },
    };
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) recorder_number(r, rest[i].name, s->step, rest[i].value);
}

bool recorder_due(const struct recorder *r)
{
    return clock_seconds() - r->flushed >= batch_seconds;
}

bool recorder_flush(struct recorder *r, struct err *e)
{
    r->flushed = clock_seconds();
    if (!store_begin(r->store, STORE_NORMAL, e)) return false;
    bool ok = (r->batch.count == 0 && !r->batch.broken) || store_points_append(r->store, r->run, &r->batch, e);
    ok = ok && store_run_beat(r->store, r->run, e);
    if (!ok) {
        store_rollback(r->store);
        return false;
    }
    if (!store_commit(r->store, e)) return false;
    store_batch_reset(&r->batch);
    return true;
}

void recorder_clear(struct recorder *r)
{
    store_batch_clear(&r->batch);
}

bool recorder_event(struct recorder *r, int64_t step, enum store_severity severity, const char *kind, bool derived,
                    struct err *e, const char *format, ...)
{
    char line[768];
    va_list ap;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    text_clean(line);
    printf("%s: %s (step %lld)\n", kind, line, (long long)step);
    fflush(stdout);
    struct store_event row = { .step = step, .severity = severity, .text = line, .derived = derived };
    snprintf(row.kind, sizeof row.kind, "%s", kind);
    return store_event_insert(r->store, r->run, &row, e);
}
