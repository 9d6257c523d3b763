#include "views/analysis/predictions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/analysis/evaluation_told.h"

bool predictions_match(const struct store_evaluation *row, const struct predictions_wanted *w)
{
    bool whole = row->fraction >= 100 && strcmp(row->protocol, "apply") != 0;
    if (strcmp(row->split, "test") != 0) return false; /* quick probes keep none */
    return (!w->task || !strcmp(w->task, row->task)) && (!w->protocol || !strcmp(w->protocol, row->protocol)) &&
           (w->percent <= 0 || w->percent == row->fraction) &&
           (w->draw < 0 || w->draw == row->seed || (whole && row->seed == 1)) &&
           (!w->init || !strcmp(w->init, row->init)) && (!w->weights || !strcmp(w->weights, row->weights)) &&
           (!w->settings || !strcmp(w->settings, row->settings)) && (!w->size || w->size == row->size) &&
           (w->step < 0 || w->step == row->step) && (w->gates < 0 || w->gates == row->context);
}

/* The set that indices of images are of is what the evaluation scored. */
static bool same_set(const struct store_evaluation *row, const struct store_contents *data)
{
    return *row->data && !strcmp(row->data, data->dataset.digest);
}

/* Rows come by image, then class. */
static bool put(struct predictions *p, const struct store_prediction *row, size_t images)
{
    if ((size_t)row->image >= images || row->class >= p->classes || row->image < 0 || row->class < 0) return false;
    if (!isnan(row->score) && !(row->score >= 0 && row->score <= 1)) return false;
    if (!p->n || p->images[p->n - 1] != (uint32_t)row->image) {
        for (int c = 0; c < p->classes; c++) p->scores[(size_t)p->n * (size_t)p->classes + (size_t)c] = NAN;
        p->images[p->n++] = (uint32_t)row->image;
    }
    p->scores[(size_t)(p->n - 1) * (size_t)p->classes + (size_t)row->class] = row->score;
    return true;
}

/* Which evaluation it is, and what it says of the classes. */
static bool describe(struct predictions *p, const struct store_evaluation *row, struct err *e)
{
    snprintf(p->protocol, sizeof p->protocol, "%s", row->protocol);
    p->percent = row->fraction;
    p->draw = row->seed;
    p->step = row->step;
    p->gates = row->context;
    p->size = row->size;
    p->areas = malloc(((size_t)p->classes + 1) * sizeof *p->areas);
    if (!p->areas) return err_set(e, ERR_MEMORY, "predictions on %s: no memory", row->task);
    for (int c = 0; c < p->classes; c++) p->areas[c] = (struct predictions_area){ NAN, NAN, NAN };
    for (size_t i = 0; i < row->scores_count; i++) {
        const struct store_score *score = &row->scores[i];
        if (score->class >= 0 && score->class < p->classes)
            p->areas[score->class] = (struct predictions_area){ score->auc, score->lo, score->hi };
    }
    return true;
}

bool predictions_read(struct store *s, const struct store_evaluation *row, const struct store_contents *data,
                      struct predictions *out, struct err *e)
{
    struct store_prediction *rows;
    size_t count, classes = data->classes_count, most = data->images_count;
    *out = (struct predictions){ .classes = (int)classes };
    if (!store_prediction_read(s, row->id, &rows, &count, e)) return false;
    if (count < most) most = count;
    bool ok = !count || same_set(row, data) ||
              err_set(e, ERR_CONFLICT, "data set %s was imported anew after the evaluation; evaluate again", row->task);
    out->images = malloc((most + 1) * sizeof *out->images);
    out->scores = malloc((most * classes + 1) * sizeof *out->scores);
    if (ok && (!out->images || !out->scores)) ok = err_set(e, ERR_MEMORY, "predictions on %s: no memory", row->task);
    for (size_t i = 0; ok && i < count; i++)
        ok = put(out, &rows[i], data->images_count) ||
             err_set(e, ERR_FORMAT, "predictions on %s: image %d, class %d: no probability of an image of that set",
                     row->task, rows[i].image, rows[i].class);
    free(rows);
    ok = ok && describe(out, row, e);
    if (!ok) predictions_clear(out);
    return ok;
}

/* Of the same network, share and draw, by another size or settings. */
static bool is_other(const struct store_evaluation *row, const struct store_evaluation *than)
{
    return row->step == than->step && row->fraction == than->fraction && row->seed == than->seed &&
           row->context == than->context && !strcmp(row->protocol, than->protocol) && !strcmp(row->task, than->task) &&
           !strcmp(row->init, than->init) && (row->size != than->size || strcmp(row->settings, than->settings) != 0);
}

/* What the newest was told, and whether there are others. */
static bool tell(struct predictions *p, struct store *s, const struct store_evaluations *list, size_t newest,
                 const struct predictions_wanted *w, struct err *e)
{
    struct evaluation_told told;
    struct text line = { 0 };
    if (!evaluation_told_read(&told, s, &list->rows[newest], e)) return false;
    evaluation_told_put(&told, &line);
    snprintf(p->told, sizeof p->told, "%s", text_str(&line));
    text_clear(&line);
    for (size_t i = 0; i < newest; i++)
        p->others += predictions_match(&list->rows[i], w) && is_other(&list->rows[i], &list->rows[newest]);
    return true;
}

bool predictions_newest(struct store *s, const struct store_run *run, const struct predictions_wanted *w,
                        const struct store_contents *data, struct predictions *out, struct err *e)
{
    struct store_evaluations list;
    bool met = false, ok = true;
    *out = (struct predictions){ 0 };
    if (!store_evaluation_list(s, run->id, &list, e)) return false;
    for (size_t i = list.count; ok && i-- > 0 && !out->n;) {
        if (!predictions_match(&list.rows[i], w)) continue;
        met = true;
        predictions_clear(out);
        ok = predictions_read(s, &list.rows[i], data, out, e) && (!out->n || tell(out, s, &list, i, w, e));
    }
    store_evaluations_clear(&list);
    if (!ok || out->n) return ok;
    predictions_clear(out);
    return err_set(e, ERR_NOT_FOUND,
                   met ? "%s%s: the predictions of that evaluation on %s were not kept; evaluate again: mlvicx eval %s "
                         "--task %s"
                       : "%s%s: has no such evaluation on %s; make one: mlvicx eval %s --task %s",
                   run->id ? "run " : "init:", run->name, w->task, run->id ? run->name : "--init random|FILE", w->task);
}

void predictions_clear(struct predictions *p)
{
    free(p->images);
    free(p->scores);
    free(p->areas);
    *p = (struct predictions){ 0 };
}

static const char *class_name(const void *ctx, size_t i)
{
    return ((const struct store_contents *)ctx)->classes[i];
}

bool predictions_class(const struct store_contents *data, const char *name, int *class, struct err *e)
{
    for (size_t c = 0; c < data->classes_count; c++) {
        if (strcmp(data->classes[c], name)) continue;
        *class = (int)c;
        return true;
    }
    const char *near = text_nearest(name, data->classes_count, class_name, data);
    struct text all = { 0 };
    for (size_t c = 0; !near && c < data->classes_count; c++)
        text_printf(&all, "%s%s", c ? ", " : "", data->classes[c]);
    err_set(e, ERR_NOT_FOUND, "--class: data set %s has no class '%s'; %s%s", data->dataset.name, name,
            near ? "did you mean " : "it has ", near ? near : text_str(&all));
    text_clear(&all);
    return false;
}

bool predictions_task(struct store *s, const char *name, struct store_contents *data, struct err *e)
{
    struct store_dataset row;
    *data = (struct store_contents){ 0 };
    if (!store_dataset_find(s, name, &row, e)) return false;
    int64_t id = row.id;
    store_dataset_clear(&row);
    if (!store_dataset_load(s, id, STORE_PART_IMAGES | STORE_PART_LABELS, data, e)) return false;
    if (data->labels && data->classes_count) return true;
    store_contents_clear(data);
    return err_set(e, ERR_DATA, "data set %s: has no labels", name);
}
