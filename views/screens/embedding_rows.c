#include "views/screens/embedding_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/evaluate/probe.h"
#include "views/analysis/levels.h"

const enum engine_level embedding_levels[EMBEDDING_LEVELS] = { LEVEL_Z, LEVEL_D, LEVEL_H };

void embedding_drop(struct embedding *v)
{
    store_snapshot_clear(&v->rows);
    v->rows = (struct store_snapshot){ 0 };
    pca_clear(&v->pca);
    free(v->group);
    free(v->images);
    v->group = NULL;
    v->images = NULL;
    v->near_count = 0;
    v->loaded_run = 0;
}

/* Finds the images that the rows belong to, as recorded with the diagnostics. Returns false if they were not
 * recorded, true if the answer is final. */
static bool recorded_images(const struct selection *sel, struct embedding *v)
{
    struct store_snapshot s;
    size_t n = v->set.data.images_count;
    if (!n) return true; /* the data set is gone */
    if (!store_snapshot_get(sel->store, &(struct store_snapshot_key){ sel->run, v->rows.step, "all", "images" }, &s,
                            NULL))
        return false;
    bool fits = s.rows * s.cols == v->rows.rows;
    for (int i = 0; fits && i < v->rows.rows; i++) fits = s.data[i] >= 0 && s.data[i] < (float)n;
    v->images = fits ? malloc(((size_t)v->rows.rows + 1) * sizeof *v->images) : NULL;
    for (int i = 0; v->images && i < v->rows.rows; i++) v->images[i] = (uint32_t)s.data[i];
    store_snapshot_clear(&s);
    return true;
}

/* The same for an old run that did not record them: the images that its diagnostics would choose, provided its
 * settings and data set are unchanged. */
static void choose_images(const struct selection *sel, struct embedding *v)
{
    const struct store_contents *c = &v->set.data;
    size_t n = c->images_count, m = 0;
    if (!n || !sel->settings_known) return;
    uint32_t *from = malloc((n + 1) * sizeof *from), *rows = malloc((n + 1) * sizeof *rows);
    static const enum store_split splits[] = { STORE_SPLIT_VAL, STORE_SPLIT_TRAIN, STORE_SPLIT_NONE };
    for (int k = 0; from && k < 3 && m == 0; k++)
        for (size_t i = 0; i < n; i++)
            if (c->images[i].split == splits[k]) from[m++] = (uint32_t)i;
    int64_t most = sel->settings.diagnose.images;
    int count = from && rows ? probe_choose((int)m, (int64_t)m < most ? (int)m : (int)most, rows) : -1;
    if (count == v->rows.rows) {
        for (int i = 0; i < count; i++) rows[i] = from[rows[i]];
        v->images = rows;
        rows = NULL;
    }
    free(rows);
    free(from);
}

int embedding_classes(const struct embedding *v)
{
    return v->set.data.labels ? (int)v->set.data.classes_count : 0;
}

static const int8_t *labels_of(const struct embedding *v, int row)
{
    return v->set.data.labels + (size_t)v->images[row] * (size_t)embedding_classes(v);
}

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
    memset(v->names, 0, sizeof v->names);
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
void embedding_group(struct embedding *v)
{
    bool several = false;
    if (v->label < 0 || v->label > embedding_classes(v) + 1) v->label = usual_label(v);
    if (!v->group) v->group = calloc((size_t)v->rows.rows + 1, 1);
    memset(v->counts, 0, sizeof v->counts);
    for (int i = 0; v->group && i < v->rows.rows; i++) v->counts[v->group[i] = (uint8_t)group_of(v, i)]++;
    for (int c = 0; c < embedding_classes(v) && c < EMBEDDING_GROUPS - 2 && v->label == 0; c++)
        v->counts[c] = count_class(v, c, &several);
    name_groups(v);
}

void embedding_find_near(struct embedding *v)
{
    const struct store_snapshot *s = &v->rows;
    v->near_count = 0;
    if (v->chosen >= s->rows || !s->data) return;
    const float *a = s->data + (size_t)v->chosen * s->cols;
    for (int i = 0; i < s->rows; i++) {
        const float *b = s->data + (size_t)i * s->cols;
        double ab = 0, aa = 0, bb = 0;
        for (int c = 0; c < s->cols; c++)
            ab += (double)a[c] * b[c], aa += (double)a[c] * a[c], bb += (double)b[c] * b[c];
        double cosine = aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
        if (i == v->chosen) continue;
        int at = v->near_count < EMBEDDING_NEAR ? v->near_count++ : EMBEDDING_NEAR;
        if (at == EMBEDDING_NEAR && cosine <= v->cosine[EMBEDDING_NEAR - 1]) continue;
        if (at == EMBEDDING_NEAR) at--;
        for (; at > 0 && v->cosine[at - 1] < cosine; at--)
            v->cosine[at] = v->cosine[at - 1], v->near[at] = v->near[at - 1];
        v->cosine[at] = cosine;
        v->near[at] = i;
    }
}

static bool same_rows(const struct store_snapshot *a, const struct store_snapshot *b)
{
    return a->rows == b->rows && a->cols == b->cols && a->data && b->data &&
           !memcmp(a->data, b->data, (size_t)a->rows * (size_t)a->cols * sizeof *a->data);
}

bool embedding_read_rows(const struct selection *sel, struct embedding *v, bool anew, struct err *e)
{
    struct store_snapshot rows = { 0 };
    int64_t *steps;
    size_t count;
    const char *level = level_table[embedding_levels[v->level]].name;
    if (!levels_steps(sel->store, sel->run, level, "embedding", &steps, &count, e)) return false;
    int at = levels_find(steps, count, sel->step);
    int64_t step = at >= 0 ? steps[at] : count ? steps[0] : -1;
    free(steps);
    bool same = v->loaded_run == sel->run && v->loaded_step == step && v->loaded_level == v->level;
    if (same && !anew) return true;
    if (step >= 0 &&
        !store_snapshot_get(sel->store, &(struct store_snapshot_key){ sel->run, step, level, "embedding" }, &rows, e))
        return false;
    if (same && same_rows(&rows, &v->rows)) return store_snapshot_clear(&rows), true;
    struct pca old = { 0 };
    if (v->loaded_run == sel->run && v->loaded_level == v->level && v->pca.done) {
        old = (struct pca){ .score = v->pca.score, .k = v->pca.k, .n = v->pca.n };
        v->pca.score = NULL;
    }
    embedding_drop(v);
    v->loaded_run = sel->run;
    v->loaded_step = step;
    v->loaded_level = v->level;
    v->rows = rows;
    if (step < 0) return pca_clear(&old), true;
    if (v->chosen >= v->rows.rows) v->chosen = 0;
    if (!recorded_images(sel, v)) choose_images(sel, v);
    embedding_group(v);
    embedding_find_near(v);
    bool ok = pca_begin(&v->pca, v->rows.data, v->rows.rows, v->rows.cols, e);
    pca_keep_direction(&v->pca, old.score, old.k, old.n); /* from step to step axes do not turn about */
    return ok;
}

void embedding_read_set(const struct selection *sel, struct embedding *v)
{
    struct err e;
    if (image_set_holds(&v->set, sel->store, sel->summary.run.dataset)) return;
    image_set_close(&v->set);
    embedding_drop(v);
    if (*sel->summary.run.dataset)
        image_set_open(&v->set, sel->store, sel->summary.run.dataset, 0, &e); /* it may be gone */
}
