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
    free(v->map);
    free(v->scores);
    v->group = NULL;
    v->images = NULL;
    v->map = NULL;
    v->scores = NULL;
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

bool embedding_read_map(const struct selection *sel, struct embedding *v, struct err *e)
{
    struct store_snapshot p;
    struct err why;
    if (v->map || !v->rows.rows) return true;
    const struct store_snapshot_key key = { v->loaded_run, v->loaded_step,
                                            level_table[embedding_levels[v->loaded_level]].name, "tsne" };
    if (!store_snapshot_get(sel->store, &key, &p, &why))
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    size_t n = (size_t)v->rows.rows;
    if (p.rows == v->rows.rows && p.cols == 2) v->map = malloc(2 * n * sizeof *v->map);
    for (size_t i = 0; v->map && i < n; i++) v->map[i] = p.data[2 * i], v->map[n + i] = p.data[2 * i + 1];
    store_snapshot_clear(&p);
    return true;
}

bool embedding_shows_map(const struct embedding *v)
{
    return v->as_map && v->map;
}

bool embedding_laid_out(const struct embedding *v)
{
    return v->rows.rows && (v->pca.done || embedding_shows_map(v));
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
    embedding_find_near(v);
    bool ok = pca_begin(&v->pca, v->rows.data, v->rows.rows, v->rows.cols, e);
    pca_keep_direction(&v->pca, old.score, old.k, old.n); /* from step to step axes do not turn about */
    return ok && embedding_read_map(sel, v, e);
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
