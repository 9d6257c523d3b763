#include "app/worker/alarm.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/trash.h"

static const double gradient_factor = 100;
static const double starving_share = 0.05, fed_share = 0.025; /* of the time; the gap keeps the alarm from flickering */
static const double few_checkpoints = 4, enough_checkpoints = 6; /* that the disk holds */
static const int64_t quiet_steps = 100;

/* An alarm of the gradient follows from the training itself; the others from the machine. */
static const struct {
    const char *kind;
    bool derived;
} rows[ALARM_KINDS] = {
    [ALARM_GRADIENT] = { "alarm.gradient", true },
    [ALARM_LOADER] = { "alarm.loader", false },
    [ALARM_DISK] = { "alarm.disk", false },
};

static void put_norm(struct alarms *a, double norm)
{
    a->norms[a->at] = norm;
    a->at = (a->at + 1) % ALARM_NORMS;
    if (a->count < ALARM_NORMS) a->count++;
}

static bool recall_norms(struct alarms *a, struct recorder *r, int64_t step, struct err *e)
{
    struct store_points points;
    int64_t metric, first = step > ALARM_NORMS ? step - ALARM_NORMS : 0;
    if (!store_metric_id(r->store, "grad_norm", &metric, e)) return false;
    if (!store_points_read(r->store, r->run, metric, first, step, &points, e)) return false;
    for (size_t i = 0; i < points.count; i++) put_norm(a, points.rows[i].value);
    store_points_clear(&points);
    return true;
}

bool alarms_init(struct alarms *a, struct recorder *r, const struct settings *settings, int64_t step, struct err *e)
{
    *a = (struct alarms){ .recorder = r, .settings = settings };
    for (int k = 0; k < ALARM_KINDS; k++) {
        enum store_severity severity;
        int64_t told;
        if (!store_event_last(r->store, r->run, rows[k].kind, &told, &severity, e)) return false;
        a->standing[k] = told >= 0 && severity > STORE_INFO;
        if (k == ALARM_GRADIENT && a->standing[k]) a->quiet_until = told + quiet_steps;
    }
    return recall_norms(a, r, step, e);
}

/* Begin an alarm, or end it (severity STORE_INFO). */
__attribute__((format(printf, 6, 7))) static bool tell(struct alarms *a, enum alarm_kind kind, int64_t step,
                                                       enum store_severity severity, struct err *e, const char *format,
                                                       ...)
{
    char line[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    a->standing[kind] = severity > STORE_INFO;
    return recorder_event(
        a->recorder, &(struct recorder_occasion){ step, severity, rows[kind].kind, rows[kind].derived }, e, "%s", line);
}

/* ---- the gradient ---- */

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const struct alarms *a)
{
    double sorted[ALARM_NORMS];
    memcpy(sorted, a->norms, (size_t)a->count * sizeof *sorted);
    qsort(sorted, (size_t)a->count, sizeof *sorted, rising);
    return sorted[a->count / 2];
}

static bool check_gradient(struct alarms *a, int64_t step, double norm, struct err *e)
{
    bool ok = true;
    double usual = a->count >= ALARM_NORMS / 2 && step >= a->quiet_until ? median(a) : NAN;
    if (norm > gradient_factor * usual) {
        a->quiet_until = step + quiet_steps;
        ok = tell(a, ALARM_GRADIENT, step, STORE_WATCH, e,
                  "gradient norm %.3g is %.0f times its running median" TEXT_TRY
                  "a lower optim.lr (it is %g), or in the next run a longer optim.warmup_epochs (it is %g)",
                  norm, norm / usual, a->settings->optim.lr, a->settings->optim.warmup_epochs);
    } else if (a->standing[ALARM_GRADIENT] && step >= a->quiet_until) {
        ok = tell(a, ALARM_GRADIENT, step, STORE_INFO, e, "the gradient norm has been usual for %lld steps",
                  (long long)quiet_steps);
    }
    put_norm(a, norm);
    return ok;
}

/* ---- the loader ---- */

static bool check_loader(struct alarms *a, int64_t step, double waited, double total, struct err *e)
{
    a->waited += waited;
    a->total += total;
    if (++a->steps < ALARM_WINDOW) return true;
    double share = a->waited / a->total;
    a->steps = 0;
    a->waited = a->total = 0;
    if (share > starving_share && !a->standing[ALARM_LOADER])
        return tell(a, ALARM_LOADER, step, STORE_WATCH, e,
                    "%.0f %% of the time goes into waiting for images" TEXT_TRY
                    "in the next run more data.threads (now %lld), or a set that was imported at a smaller --size",
                    100 * share, (long long)a->settings->data.threads);
    if (share <= fed_share && a->standing[ALARM_LOADER])
        return tell(a, ALARM_LOADER, step, STORE_INFO, e, "images come in time again: %.1f %% of the time is waited",
                    100 * share);
    return true;
}

bool alarms_step(struct alarms *a, int64_t step, double grad_norm, double waited, double total, struct err *e)
{
    return check_gradient(a, step, grad_norm, e) && check_loader(a, step, waited, total, e);
}

/* ---- the disk ---- */

bool alarms_disk(struct alarms *a, int64_t step, double bytes, double room, struct err *e)
{
    char have[16], one[16], keep[64] = "", trash[STORE_TRASH_HINT];
    if (room < 0) return true;
    text_bytes(room, have);
    text_bytes(bytes, one);
    if (room <= few_checkpoints * bytes && !a->standing[ALARM_DISK]) {
        int64_t kept = a->settings->checkpoint.keep;
        if (kept > 1) snprintf(keep, sizeof keep, ", or lower checkpoint.keep (it is %lld)", (long long)kept);
        return tell(a, ALARM_DISK, step, STORE_WATCH, e,
                    "the disk is nearly full: %s are left, a checkpoint takes %s" TEXT_TRY "make room%s%s", have, one,
                    store_trash_hint(a->recorder->store, trash), keep);
    }
    if (room > enough_checkpoints * bytes && a->standing[ALARM_DISK])
        return tell(a, ALARM_DISK, step, STORE_INFO, e, "the disk has room again: %s are left", have);
    return true;
}
