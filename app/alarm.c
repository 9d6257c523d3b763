#include "app/alarm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"

static const double gradient_factor = 100, starving_share = 0.05, rank_factor = 0.5;
static const int64_t rank_steps = 500, quiet_steps = 100;

static void put_norm(struct alarms *a, double norm)
{
    a->norms[a->at] = norm;
    a->at = (a->at + 1) % ALARM_NORMS;
    if (a->count < ALARM_NORMS) a->count++;
}

bool alarms_init(struct alarms *a, struct recorder *r, int64_t step, struct err *e)
{
    struct store_points points;
    int64_t metric, first = step > ALARM_NORMS ? step - ALARM_NORMS : 0;
    *a = (struct alarms){ 0 };
    if (!store_metric_id(r->store, "grad_norm", &metric, e)) return false;
    if (!store_points_read(r->store, r->run, metric, first, step, &points, e)) return false;
    for (size_t i = 0; i < points.count; i++) put_norm(a, points.rows[i].value);
    store_points_clear(&points);
    return true;
}

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

static bool check_gradient(struct alarms *a, struct recorder *r, int64_t step, double norm, struct err *e)
{
    bool ok = true;
    double usual = a->count >= ALARM_NORMS / 2 && step >= a->quiet_until ? median(a) : NAN;
    if (norm > gradient_factor * usual) {
        a->quiet_until = step + quiet_steps;
        ok = recorder_event(r, step, STORE_WATCH, "alarm", true, e,
                            "gradient norm %.3g is %.0f times its running median; a lower "
                            "optim.lr or a longer warm-up helps",
                            norm, norm / usual);
    }
    put_norm(a, norm);
    return ok;
}

static bool check_loader(struct alarms *a, struct recorder *r, int64_t step, double waited, double total, struct err *e)
{
    a->waited += waited;
    a->total += total;
    if (++a->steps < ALARM_WINDOW) return true;
    double share = a->waited / a->total;
    a->steps = 0;
    a->waited = a->total = 0;
    if (share <= starving_share || a->starving) return true;
    a->starving = true;
    return recorder_event(r, step, STORE_WATCH, "alarm", false, e,
                          "%.0f %% of the time goes into waiting for images; train with more "
                          "data.threads, or import the set at a smaller --size",
                          100 * share);
}

bool alarms_step(struct alarms *a, struct recorder *r, int64_t step, double grad_norm, double waited, double total,
                 struct err *e)
{
    return check_gradient(a, r, step, grad_norm, e) && check_loader(a, r, step, waited, total, e);
}

/* The first diagnostics that find the rank below half of its highest value in the span tell; later ones of the same
 * fall do not. */
static bool check_rank(struct recorder *r, int64_t step, const char *name, const char *level, struct err *e)
{
    struct store_points points;
    int64_t metric, first = step > rank_steps ? step - rank_steps : 0;
    if (!store_metric_id(r->store, name, &metric, e)) return false;
    if (!store_points_read(r->store, r->run, metric, first, step, &points, e)) return false;
    double highest = 0;
    bool fell = false, before = false;
    for (size_t i = 0; i < points.count; i++) {
        before = fell;
        highest = fmax(highest, points.rows[i].value);
        fell = points.rows[i].value < rank_factor * highest;
    }
    double now = points.count ? points.rows[points.count - 1].value : NAN;
    store_points_clear(&points);
    if (!fell || before) return true;
    return recorder_event(r, step, STORE_WATCH, "alarm", true, e,
                          "RankMe of %s fell from %.0f to %.0f within %lld steps; raise "
                          "loss.cov, or lower optim.lr",
                          level, highest, now, (long long)rank_steps);
}

bool alarms_diagnose(struct recorder *r, int64_t step, struct err *e)
{
    return check_rank(r, step, "z.rankme", "global", e) && check_rank(r, step, "d.rankme", "local", e);
}

bool alarms_disk(struct alarms *a, struct recorder *r, int64_t step, double bytes, struct err *e)
{
    double room = file_free_bytes(store_dir(r->store));
    char have[16], one[16];
    if (a->disk || room < 0 || room > 4 * bytes) return true;
    a->disk = true;
    return recorder_event(r, step, STORE_WATCH, "alarm", false, e,
                          "the disk is nearly full: %s are left, a checkpoint takes %s; make "
                          "room, or lower checkpoint.keep",
                          text_bytes(room, have), text_bytes(bytes, one));
}
