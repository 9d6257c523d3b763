#include "views/analysis/downstream_curves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void downstream_curves_clear(struct downstream_curves *c)
{
    for (int i = 0; i < c->count; i++) class_scores_clear(&c->list[i].scores);
    free(c->mistakes);
    image_set_close(&c->set);
    *c = (struct downstream_curves){ 0 };
}

/* The chosen class, else the first that has an area. */
static const char *class_of(const struct downstream_data *v)
{
    const struct store_evaluation *row = downstream_data_evaluation(v);
    if (downstream_data_class(v)) return downstream_data_class(v);
    for (size_t i = 0; row && i < row->scores_count; i++)
        if (!isnan(row->scores[i].auc)) return row->scores[i].name;
    return row && row->scores_count ? row->scores[0].name : "";
}

/* What is to be read, as a text: whatever changes it asks for another reading. */
static void describe(const struct selection *sel, const struct downstream_data *v, const struct score_figure *f,
                     char *out, size_t size)
{
    int n = snprintf(out, size, "%lld %lld %s %s %s %d %g %s", (long long)sel->run, (long long)f->step,
                     downstream_data_task(v), f->split, f->protocol, f->context, f->fraction, class_of(v));
    for (int i = 0; i < sel->mark_count && n > 0 && (size_t)n < size; i++)
        n += snprintf(out + n, size - (size_t)n, " %lld", (long long)sel->marks[i]);
}

static bool add_run(struct downstream_curves *c, struct store *s, int64_t run, int place,
                    const struct predictions_wanted *w, struct err *e)
{
    struct class_of_run *to = &c->list[c->count];
    struct store_run row;
    int class;
    if (!predictions_class(&c->set.data, c->class, &class, e) || !store_run_get(s, run, &row, e)) return false;
    to->place = place;
    snprintf(to->name, sizeof to->name, "%s", row.name);
    bool ok = class_scores_read(&to->scores, s, &row, w, &c->set.data, class, e);
    store_run_clear(&row);
    c->count++;
    return ok;
}

/* Marked runs that have no such predictions are there without any. */
static bool read_all(struct downstream_curves *c, const struct selection *sel, const struct downstream_data *v,
                     const struct score_figure *f, struct err *e)
{
    struct predictions_wanted w = { .task = downstream_data_task(v),
                                    .protocol = f->protocol,
                                    .percent = f->fraction,
                                    .draw = -1,
                                    .step = f->step,
                                    .gates = f->context };
    if (!image_set_open(&c->set, sel->store, w.task, STORE_PART_IMAGES | STORE_PART_LABELS | STORE_PART_BOXES, e) ||
        !add_run(c, sel->store, sel->run, 0, &w, e) ||
        !class_scores_mistakes(&c->list[0].scores, &c->mistakes, &c->mistake_count, e))
        return false;
    w.step = w.gates = -1;
    for (int i = 0; i < sel->mark_count; i++)
        if (sel->marks[i] != sel->run && !add_run(c, sel->store, sel->marks[i], i + 1, &w, e) &&
            e->code != ERR_NOT_FOUND)
            return false;
    return true;
}

void downstream_curves_read(struct downstream_curves *c, const struct selection *sel, const struct downstream_data *v,
                            bool anew)
{
    char meant[sizeof c->meant] = "";
    struct err e;
    const struct score_figure *f = v->chosen < v->figure_count ? &v->figures[v->chosen] : NULL;
    if (f) describe(sel, v, f, meant, sizeof meant);
    if (!anew && *meant && !strcmp(meant, c->meant)) return;
    downstream_curves_clear(c);
    memcpy(c->meant, meant, sizeof c->meant);
    if (!f) {
        snprintf(c->why, sizeof c->why, "nothing is evaluated here yet; E starts an evaluation");
        return;
    }
    snprintf(c->class, sizeof c->class, "%s", class_of(v));
    snprintf(c->protocol, sizeof c->protocol, "%s", f->protocol);
    if (strcmp(f->split, "test") != 0)
        snprintf(c->why, sizeof c->why,
                 "of the quick probe no predictions are kept; choose an evaluation on test images");
    else if (!read_all(c, sel, v, f, &e))
        snprintf(c->why, sizeof c->why, "%s", e.msg);
}
