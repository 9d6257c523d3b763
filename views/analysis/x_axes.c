#include "views/analysis/x_axes.h"

#include <math.h>
#include <stdio.h>

enum { COLUMNS = 200 };

const char *const x_kind_names[X_KINDS] = { "step", "epoch", "images", "time" };

static const char *const metrics[X_KINDS] = { [X_EPOCH] = "epoch", [X_TIME] = "time.wall" };

const struct x_time *x_time_of(double seconds)
{
    enum { FEW = 3 }; /* of a unit: until then the smaller one is read better */
    static const struct x_time units[] = { { "s", 1 }, { "min", 60 }, { "h", 3600 }, { "days", 86400 } };
    size_t i = sizeof units / sizeof units[0] - 1;
    while (i > 0 && !(seconds >= FEW * units[i].seconds)) i--;
    return &units[i];
}

bool x_scale_read(struct x_scale *x, struct store *s, enum x_kind kind, const struct compared_run *r, int64_t first,
                  int64_t last, int columns, bool *changed, struct err *e)
{
    const struct series_want want = { r->id, r->rewound, &r->past, metrics[kind], first, last, columns };
    if (x->kind != kind) {
        series_clear(&x->series);
        *changed = true;
    }
    x->kind = kind;
    x->images = r->images;
    return !want.metric || series_continue(&x->series, s, &want, changed, e);
}

void x_scale_clear(struct x_scale *x)
{
    series_clear(&x->series);
}

double x_scale_at(const struct x_scale *x, double step)
{
    const struct series *t = &x->series;
    if (x->kind == X_STEP || isnan(step)) return step;
    if (x->kind == X_IMAGES) return step * x->images;
    if (!t->count) return NAN;
    int low = 0, high = t->count - 1; /* the last point at or before the step */
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (t->points[middle].x0 <= step)
            low = middle;
        else
            high = middle - 1;
    }
    const struct series_point *p = &t->points[low];
    double at = p->x0, value = p->min, next = p->x1, end = p->max; /* both rise, so its ends are its extremes */
    if (step > p->x1 && low + 1 < t->count) at = p->x1, value = p->max, next = p[1].x0, end = p[1].min;
    double share = next > at ? (step - at) / (next - at) : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return (value + share * (end - value)) / (x->kind == X_TIME && x->time ? x->time->seconds : 1);
}

bool x_scales_agree(struct x_scale *x, int count)
{
    double most = NAN;
    bool changed = false;
    for (int i = 0; i < count; i++)
        if (x[i].kind == X_TIME) most = fmax(most, x[i].series.most); /* fmax skips a NaN */
    const struct x_time *unit = x_time_of(most);
    for (int i = 0; i < count; i++) {
        changed = changed || (x[i].kind == X_TIME && x[i].time != unit);
        x[i].time = unit;
    }
    return changed;
}

const char *x_scale_unit(const struct x_scale *x)
{
    return x->kind == X_TIME ? (x->time ? x->time : x_time_of(NAN))->name : x_kind_names[x->kind];
}

const char *x_scale_text(const struct x_scale *x, double step, char out[FORMAT_SIZE])
{
    char number[FORMAT_SIZE];
    double at = x_scale_at(x, step);
    bool before = x->kind == X_STEP || x->kind == X_EPOCH;
    if (isnan(at)) return *out = '\0', out;
    format_number(at, at == floor(at) ? 1 : 3, number);
    if (before)
        snprintf(out, FORMAT_SIZE, "%s %.20s", x_scale_unit(x), number);
    else
        snprintf(out, FORMAT_SIZE, "%.20s %s", number, x_scale_unit(x));
    return out;
}

int64_t x_scale_step(const struct x_scale *x, int64_t first, int64_t last, double at)
{
    if (isnan(at)) return -1;
    if (x->kind == X_STEP) return (int64_t)llround(at);
    while (first < last) {
        int64_t middle = first + (last - first) / 2;
        double there = x_scale_at(x, (double)middle);
        if (isnan(there)) return -1;
        if (there < at)
            first = middle + 1;
        else
            last = middle;
    }
    return first;
}

bool x_axes_read(struct x_axes *x, const struct selection *sel, bool *changed, struct err *e)
{
    if (x->kind != sel->x) *changed = true;
    x->kind = sel->x;
    if (x->kind == X_STEP) return true;
    if (!comparison_read(sel, &x->of, changed, e)) return false;
    for (int i = 0; i < x->of.count; i++) {
        const struct compared_run *r = &x->of.run[i];
        if (!x_scale_read(&x->scale[i], sel->store, x->kind, r, 0, r->step, COLUMNS, changed, e)) return false;
    }
    if (x_scales_agree(x->scale, x->of.count)) *changed = true;
    return true;
}

void x_axes_clear(struct x_axes *x)
{
    for (int i = 0; i < 1 + SELECTION_MARKS; i++) x_scale_clear(&x->scale[i]);
    *x = (struct x_axes){ 0 };
}

double x_axes_at(const struct x_axes *x, int place, double step)
{
    if (x->kind == X_STEP) return step;
    for (int i = 0; i < x->of.count; i++)
        if (x->of.run[i].place == place) return x_scale_at(&x->scale[i], step);
    return NAN;
}

const char *x_axes_unit(const struct x_axes *x)
{
    return x->kind == X_TIME ? x_scale_unit(&x->scale[0]) : x_kind_names[x->kind];
}
