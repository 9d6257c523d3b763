#include "views/screens/embedding_groups.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views/analysis/predictions.h"
#include "views/screens/embedding_rows.h"
#include "views/terminal/canvas.h"
#include "views/terminal/theme.h"

enum { BINS = 5, LAST = EMBEDDING_GROUPS - 1 };

static const int8_t *labels_of(const struct embedding *v, int row)
{
    return v->set.data.labels + (size_t)v->images[row] * (size_t)embedding_classes(v);
}

bool embedding_wants_scores(const struct embedding *v)
{
    return v->label == EMBEDDING_BY_SCORE || v->label == EMBEDDING_BY_ERROR;
}

/* ---- patients ---- */

struct patient {
    const char *name;
    int row, count; /* its first row, its rows */
};

static int by_name(const void *a, const void *b)
{
    const struct patient *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

static int by_count(const void *a, const void *b)
{
    const struct patient *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : (x->row > y->row) - (x->row < y->row);
}

static const char *patient_of(const struct embedding *v, int row)
{
    const char *name = v->images ? v->set.data.images[v->images[row]].patient : NULL;
    return name ? name : "";
}

/* The patient of the chosen row goes to the front. */
static void put_first(struct patient *list, int count, const char *name)
{
    int at = 0;
    while (at < count && strcmp(list[at].name, name)) at++;
    if (at == count) return;
    struct patient chosen = list[at];
    memmove(list + 1, list, (size_t)at * sizeof *list);
    list[0] = chosen;
}

/* The chosen one, then those with the most rows, have groups of their own; then the others with several; then all the
 * rest. */
static void group_patients(struct embedding *v)
{
    int n = v->rows.rows, count = 0;
    struct patient *list = malloc(((size_t)n + 1) * sizeof *list);
    memset(v->group, LAST, (size_t)n);
    for (int i = 0; list && i < n; i++) list[i] = (struct patient){ patient_of(v, i), i, 1 };
    if (list) qsort(list, (size_t)n, sizeof *list, by_name);
    for (int i = 0; list && i < n; i++) {
        if (!*list[i].name) continue;
        if (count && !strcmp(list[count - 1].name, list[i].name))
            list[count - 1].count++;
        else
            list[count++] = list[i];
    }
    if (list) qsort(list, (size_t)count, sizeof *list, by_count);
    if (list) put_first(list, count, patient_of(v, v->chosen));
    for (int g = 0; list && g < count && (g == 0 || list[g].count > 1); g++)
        for (int i = list[g].row; i < n; i++)
            if (!strcmp(patient_of(v, i), list[g].name)) v->group[i] = (uint8_t)(g < LAST - 1 ? g : LAST - 1);
    for (int g = 0; list && g < LAST - 1 && g < count; g++)
        snprintf(v->names[g], sizeof *v->names, "patient %.40s%s", list[g].name, g ? "" : ", chosen");
    snprintf(v->names[LAST - 1], sizeof *v->names, "others with several");
    snprintf(v->names[LAST], sizeof *v->names, "alone");
    free(list);
}

/* ---- predictions ---- */

static int by_image(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

bool embedding_read_scores(const struct selection *sel, struct embedding *v, struct err *e)
{
    const struct predictions_wanted w = { .task = sel->summary.run.dataset, .draw = -1, .step = -1, .gates = -1 };
    struct predictions p = { 0 };
    *v->scored = '\0';
    if (!v->images || v->of_class < 0 || v->of_class >= embedding_classes(v)) return true;
    if (!v->scores) v->scores = malloc(((size_t)v->rows.rows + 1) * sizeof *v->scores);
    if (!v->scores) return err_set(e, ERR_MEMORY, "embedding: memory ran out");
    for (int i = 0; i < v->rows.rows; i++) v->scores[i] = NAN;
    if (!predictions_newest(sel->store, &sel->summary.run, &w, &v->set.data, &p, e)) return false;
    for (int i = 0; i < v->rows.rows; i++) {
        const uint32_t *at = bsearch(&v->images[i], p.images, (size_t)p.n, sizeof *p.images, by_image);
        if (at) v->scores[i] = p.scores[(size_t)(at - p.images) * (size_t)p.classes + (size_t)v->of_class];
    }
    snprintf(v->scored, sizeof v->scored, "%s at step %lld", p.protocol, (long long)p.step);
    predictions_clear(&p);
    return true;
}

/* The score, or how far it is from the label, in fifths, the highest first. */
static int group_of_score(const struct embedding *v, int row)
{
    double value = v->scores ? v->scores[row] : NAN;
    if (isfinite(value) && v->label == EMBEDDING_BY_ERROR) {
        int label = labels_of(v, row)[v->of_class];
        value = label < 0 ? (double)NAN : fabs(label - value);
    }
    if (!isfinite(value)) return LAST;
    int bin = BINS - 1 - (int)(value * BINS);
    return bin < 0 ? 0 : bin > BINS - 1 ? BINS - 1 : bin;
}

static void name_scores(struct embedding *v)
{
    for (int g = 0; g < BINS; g++)
        snprintf(v->names[g], sizeof *v->names, "%s.%d to %s", v->label == EMBEDDING_BY_ERROR ? "off by " : "",
                 2 * (BINS - 1 - g), g ? (const char *const[]){ ".8", ".6", ".4", ".2" }[g - 1] : "1");
    snprintf(v->names[LAST], sizeof *v->names, "no prediction");
}

/* ---- labels ---- */

/* The group of a row. By class: 0 yes, 1 no, 2 unknown. By finding: its class (the last group: none). Else its
 * split. */
static int group_of(const struct embedding *v, int row)
{
    int classes = embedding_classes(v);
    if (!v->images) return 0;
    const int8_t *labels = labels_of(v, row);
    if (v->label > classes) return (int)v->set.data.images[v->images[row]].split;
    if (v->label > 0) return labels[v->label - 1] == 1 ? 0 : labels[v->label - 1] == 0 ? 1 : 2;
    for (int c = 0; c < classes; c++)
        if (labels[c] == 1) return c < EMBEDDING_GROUPS - 2 ? c : EMBEDDING_GROUPS - 2;
    return EMBEDDING_GROUPS - 1;
}

static void name_groups(struct embedding *v)
{
    int classes = embedding_classes(v);
    for (int g = 0; g < EMBEDDING_GROUPS; g++) {
        char *name = v->names[g];
        if (!v->images)
            snprintf(name, sizeof *v->names, "images");
        else if (v->label > classes)
            snprintf(name, sizeof *v->names, "%s", g < STORE_SPLIT_COUNT ? store_split_name((enum store_split)g) : "");
        else if (v->label > 0)
            snprintf(name, sizeof *v->names, "%s%.50s",
                     g == 0   ? ""
                     : g == 1 ? "no "
                              : "unsaid ",
                     v->set.data.classes[v->label - 1]);
        else if (g == EMBEDDING_GROUPS - 1)
            snprintf(name, sizeof *v->names, "no finding");
        else if (g == EMBEDDING_GROUPS - 2 && classes > EMBEDDING_GROUPS - 1)
            snprintf(name, sizeof *v->names, "another");
        else if (g < classes)
            snprintf(name, sizeof *v->names, "%.60s", v->set.data.classes[g]);
    }
}

/* The images of a class; `*several`: one of them has another finding, too. */
static int count_class(const struct embedding *v, int class, bool *several)
{
    int n = 0;
    for (int i = 0; v->images && i < v->rows.rows; i++) {
        const int8_t *labels = labels_of(v, i);
        if (labels[class] != 1) continue;
        n++;
        for (int c = 0; c < embedding_classes(v); c++) *several = *several || (c != class && labels[c] == 1);
    }
    return n;
}

/* What colours mean as long as nobody has chosen: the finding, or where images have several, the most frequent one. */
static int usual_label(const struct embedding *v)
{
    int best = 0, most = 0;
    bool several = false;
    for (int c = 0; c < embedding_classes(v); c++) {
        int n = count_class(v, c, &several);
        if (n > most) most = n, best = c;
    }
    return several ? best + 1 : 0;
}

/* A point has one colour; a finding is counted by all images that have it. */
static void group_labels(struct embedding *v)
{
    for (int i = 0; i < v->rows.rows; i++) v->group[i] = (uint8_t)group_of(v, i);
    name_groups(v);
}

static void group_scores(struct embedding *v)
{
    for (int i = 0; i < v->rows.rows; i++) v->group[i] = (uint8_t)group_of_score(v, i);
    name_scores(v);
}

void embedding_group(struct embedding *v)
{
    bool several = false, by_label = v->label < EMBEDDING_BY_PATIENT;
    if (v->label < 0 || v->label > EMBEDDING_BY_ERROR || (by_label && v->label > embedding_classes(v) + 1))
        v->label = usual_label(v), by_label = true;
    if (v->of_class < 0 || v->of_class >= embedding_classes(v)) v->of_class = usual_label(v) - 1;
    if (v->of_class < 0) v->of_class = 0;
    if (!v->group) v->group = calloc((size_t)v->rows.rows + 1, 1);
    memset(v->counts, 0, sizeof v->counts);
    memset(v->names, 0, sizeof v->names);
    if (!v->group) return;
    if (by_label)
        group_labels(v);
    else if (v->label == EMBEDDING_BY_PATIENT)
        group_patients(v);
    else
        group_scores(v);
    for (int i = 0; i < v->rows.rows; i++) v->counts[v->group[i]]++;
    for (int c = 0; c < embedding_classes(v) && c < EMBEDDING_GROUPS - 2 && v->label == 0; c++)
        v->counts[c] = count_class(v, c, &several);
}

const char *embedding_by_text(const struct embedding *v, char *out, size_t size)
{
    int classes = embedding_classes(v);
    const char *class = v->of_class >= 0 && v->of_class < classes ? v->set.data.classes[v->of_class] : "";
    if (v->label == EMBEDDING_BY_PATIENT)
        snprintf(out, size, "patient");
    else if (embedding_wants_scores(v))
        snprintf(out, size, "%s of %s%s%s", v->label == EMBEDDING_BY_SCORE ? "score" : "error", class,
                 *v->scored ? ": " : "", v->scored);
    else
        snprintf(out, size, "%s",
                 v->label > classes ? "split"
                 : v->label > 0     ? v->set.data.classes[v->label - 1]
                                    : "first finding");
    return out;
}

void embedding_inks(const struct embedding *v, unsigned *inks)
{
    for (int g = 0; g < EMBEDDING_GROUPS; g++)
        inks[g] = g == LAST                               ? INK_DIM
                  : embedding_wants_scores(v) && g < BINS ? (unsigned)theme_map(1 - 0.17 * g)
                                                          : INK_SERIES(g);
}
