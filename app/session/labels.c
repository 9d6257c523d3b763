#include "app/session/labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DRAW_SEED = 1,
    HELD_OUT_DRAW = 0
}; /* the same for all, so that every run and every probe sees the same labels */

static const double most_weight = 100;

struct named {
    const char *patient;
    uint32_t image;
};

static int named_compare(const void *a, const void *b)
{
    const struct named *u = a, *v = b;
    int order = strcmp(u->patient, v->patient);
    return order ? order : u->image < v->image ? -1 : u->image > v->image;
}

uint32_t *labels_patients(const struct store_contents *data, struct err *e)
{
    size_t n = data->images_count, count = 0;
    uint32_t *out = malloc((n + 1) * sizeof *out);
    struct named *list = malloc((n + 1) * sizeof *list);
    if (!out || !list) {
        free(out);
        free(list);
        err_set(e, ERR_MEMORY, "patients of %zu images: no memory", n);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint32_t)(n + i);
        if (data->images[i].patient && *data->images[i].patient)
            list[count++] = (struct named){ data->images[i].patient, (uint32_t)i };
    }
    qsort(list, count, sizeof *list, named_compare);
    for (size_t i = 0; i < count; i++)
        out[list[i].image] = i && !strcmp(list[i].patient, list[i - 1].patient) ? out[list[i - 1].image] : (uint32_t)i;
    free(list);
    return out;
}

static bool is_labelled(const int8_t *row, int classes)
{
    for (int c = 0; c < classes; c++)
        if (row[c] >= 0) return true;
    return false;
}

bool labels_hold_out(const struct fraction_images *from, double percent, uint32_t *rows, int *count, struct err *e)
{
    return fraction_draw(from, &(struct fraction){ percent, DRAW_SEED, HELD_OUT_DRAW }, rows, count, e);
}

bool labels_draw(const struct fraction_images *from, double percent, int64_t draw, uint32_t *rows, int *count,
                 struct err *e)
{
    size_t classes = (size_t)from->classes, room = (size_t)from->n + 1;
    const struct fraction fraction = { percent, DRAW_SEED, (uint32_t)draw };
    uint32_t *places = malloc(room * sizeof *places), *patients = malloc(room * sizeof *patients);
    int8_t *labels = malloc(room * (classes + 1));
    struct fraction_images some = { 0, from->classes, labels, patients };
    bool ok = (places && patients && labels) || err_set(e, ERR_MEMORY, "labels of %d images: no memory", from->n);
    for (int i = 0; ok && i < from->n; i++) {
        const int8_t *row = from->labels + (size_t)i * classes;
        if (!is_labelled(row, from->classes)) continue;
        places[some.n] = (uint32_t)i;
        patients[some.n] = from->patients[i];
        memcpy(labels + (size_t)some.n++ * classes, row, classes);
    }
    ok = ok && fraction_draw(&some, &fraction, rows, count, e);
    for (int i = 0; ok && i < *count; i++) rows[i] = places[rows[i]];
    free(places);
    free(patients);
    free(labels);
    return ok;
}

void labels_weights(const int8_t *labels, int n, int classes, bool exclusive, double *weights)
{
    for (int c = 0; c < classes; c++) {
        double positives = 0, negatives = 0;
        for (int i = 0; i < n; i++) {
            int8_t v = labels[(size_t)i * (size_t)classes + (size_t)c];
            positives += v > 0;
            negatives += v == 0;
        }
        double weight = exclusive ? n / (classes * positives) : fmin(negatives / positives, most_weight);
        weights[c] = positives > 0 && negatives > 0 ? weight : 1;
    }
}
