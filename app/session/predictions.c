#include "app/session/predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

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
    if (!ok) predictions_clear(out);
    return ok;
}

void predictions_clear(struct predictions *p)
{
    free(p->images);
    free(p->scores);
    *p = (struct predictions){ 0 };
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
