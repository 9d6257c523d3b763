#include "app/commands/export/export_steps.h"

#include <stdlib.h>

enum { PIECE = 256 }; /* points of a metric that are read at a time */

struct export_column {
    struct store_points points;
    size_t at;  /* index of the next point */
    bool whole; /* the metric has no more points */
};

bool export_steps_begin(struct export_steps *x, struct store *s, int64_t run, const struct store_metrics *m,
                        struct err *e)
{
    int64_t first;
    bool any;
    *x = (struct export_steps){ .step = -1, .run = run, .store = s, .metrics = m };
    x->column = calloc(m->count + 1, sizeof *x->column);
    x->value = calloc(m->count + 1, sizeof *x->value);
    x->has = calloc(m->count + 1, sizeof *x->has);
    if (!x->column || !x->value || !x->has) return err_set(e, ERR_MEMORY, "export: memory ran out");
    /* the end is fixed now: later points of a training run would be in some columns and missing in others */
    return store_points_span(s, run, 0, &first, &x->last, &any, e);
}

/* Makes the next point of the column available, if there is one. */
static bool read_ahead(struct export_steps *x, size_t k, struct err *e)
{
    struct export_column *c = &x->column[k];
    if (c->at < c->points.count || c->whole) return true;
    int64_t from = c->points.count ? c->points.rows[c->points.count - 1].step + 1 : 0;
    store_points_clear(&c->points);
    c->at = 0;
    if (!store_points_piece(x->store, x->run, x->metrics->rows[k].id, from, x->last, PIECE, &c->points, e))
        return false;
    c->whole = c->points.count < PIECE;
    return true;
}

bool export_steps_next(struct export_steps *x, struct err *e)
{
    x->step = -1;
    for (size_t k = 0; k < x->metrics->count; k++) {
        if (!read_ahead(x, k, e)) return false;
        const struct export_column *c = &x->column[k];
        if (c->at == c->points.count) continue;
        int64_t step = c->points.rows[c->at].step;
        if (x->step < 0 || step < x->step) x->step = step;
    }
    for (size_t k = 0; k < x->metrics->count; k++) {
        struct export_column *c = &x->column[k];
        x->has[k] = c->at < c->points.count && c->points.rows[c->at].step == x->step;
        if (x->has[k]) x->value[k] = c->points.rows[c->at++].value;
    }
    return true;
}

void export_steps_clear(struct export_steps *x)
{
    for (size_t k = 0; x->column && k < x->metrics->count; k++) store_points_clear(&x->column[k].points);
    free(x->column);
    free(x->value);
    free(x->has);
    *x = (struct export_steps){ .step = -1 };
}
