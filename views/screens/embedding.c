/* Embedding: the probe set as the network sees it, plotted along its principal components. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/evaluate/probe.h"
#include "store/snapshot.h"
#include "views/analysis/image_set.h"
#include "views/analysis/levels.h"
#include "views/analysis/pca.h"
#include "views/charts/chart.h"
#include "views/charts/picture.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"
#include "views/workbench/news.h"
#include "views/workbench/preferences.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

enum { NEAR = 8, GROUPS = 9 };
static const enum engine_level kept_levels[] = { LEVEL_Z, LEVEL_D, LEVEL_H };
enum { KEPT = sizeof kept_levels / sizeof *kept_levels };
static const int pairs[][2] = { { 0, 1 }, { 0, 2 }, { 1, 2 }, { 2, 3 }, { 4, 5 } };
enum { PAIRS = sizeof pairs / sizeof *pairs };
static const char signs[] = "abcdefgh.";

struct embedding {
    struct store_snapshot rows;
    int64_t loaded_run, loaded_step;
    int level, loaded_level;
    struct pca pca;
    struct image_set set;
    uint32_t *images; /* [rows], indices in the data set; NULL: unknown which images they are; owned */
    uint8_t *group;   /* [rows], owned */
    char names[GROUPS][64];
    int counts[GROUPS];
    int label; /* 0: by finding; 1 up: by one class; classes + 1: by split */
    int pair, zoom, chosen;
    bool dots;
    int near[NEAR];
    double cosine[NEAR];
    int near_count;
    struct chart_place place; /* of the last drawing, in an area at origin_y, origin_x */
    int origin_y, origin_x;
    struct picture picture;
};

/* ---- reading ------------------------------------------------------------------------------------------------ */

static void drop_rows(struct embedding *v)
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
static bool recorded_images(struct workbench *wb, struct embedding *v)
{
    struct store_snapshot s;
    size_t n = v->set.data.images_count;
    if (!n) return true; /* the data set is gone */
    if (!store_snapshot_get(wb->store, &(struct store_snapshot_key){ wb->selection.run, v->rows.step, "all", "images" },
                            &s, NULL))
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
static void choose_images(struct workbench *wb, struct embedding *v)
{
    const struct store_contents *c = &v->set.data;
    size_t n = c->images_count, m = 0;
    if (!n || !wb->selection.settings_known) return;
    uint32_t *from = malloc((n + 1) * sizeof *from), *rows = malloc((n + 1) * sizeof *rows);
    static const enum store_split splits[] = { STORE_SPLIT_VAL, STORE_SPLIT_TRAIN, STORE_SPLIT_NONE };
    for (int k = 0; from && k < 3 && m == 0; k++)
        for (size_t i = 0; i < n; i++)
            if (c->images[i].split == splits[k]) from[m++] = (uint32_t)i;
    int64_t most = wb->selection.settings.diagnose.images;
    int count = from && rows ? probe_choose((int)m, (int64_t)m < most ? (int)m : (int)most, rows) : -1;
    if (count == v->rows.rows) {
        for (int i = 0; i < count; i++) rows[i] = from[rows[i]];
        v->images = rows;
        rows = NULL;
    }
    free(rows);
    free(from);
}

static int class_count(const struct embedding *v)
{
    return v->set.data.labels ? (int)v->set.data.classes_count : 0;
}

/* The group of a row. By class: 0 yes, 1 no, 2 unknown. By finding: its class (the last group: none). Else its
 * split. */
static int group_of(const struct embedding *v, int row)
{
    int classes = class_count(v);
    if (!v->images) return 0;
    const int8_t *labels = v->set.data.labels + (size_t)v->images[row] * (size_t)classes;
    if (v->label > classes) return (int)v->set.data.images[v->images[row]].split;
    if (v->label > 0) return labels[v->label - 1] == 1 ? 0 : labels[v->label - 1] == 0 ? 1 : 2;
    for (int c = 0; c < classes; c++)
        if (labels[c] == 1) return c < GROUPS - 2 ? c : GROUPS - 2;
    return GROUPS - 1;
}

static void name_groups(struct embedding *v)
{
    int classes = class_count(v);
    memset(v->names, 0, sizeof v->names);
    for (int g = 0; g < GROUPS; g++) {
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
        else if (g == GROUPS - 1)
            snprintf(name, sizeof *v->names, "no finding");
        else if (g == GROUPS - 2 && classes > GROUPS - 1)
            snprintf(name, sizeof *v->names, "another");
        else if (g < classes)
            snprintf(name, sizeof *v->names, "%.60s", v->set.data.classes[g]);
    }
}

static void group_rows(struct embedding *v)
{
    if (v->label > class_count(v) + 1) v->label = 0;
    if (!v->group) v->group = calloc((size_t)v->rows.rows + 1, 1);
    memset(v->counts, 0, sizeof v->counts);
    for (int i = 0; v->group && i < v->rows.rows; i++) v->counts[v->group[i] = (uint8_t)group_of(v, i)]++;
    name_groups(v);
}

static void find_near(struct embedding *v)
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
        int at = v->near_count < NEAR ? v->near_count++ : NEAR;
        if (at == NEAR && cosine <= v->cosine[NEAR - 1]) continue;
        if (at == NEAR) at--;
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

/* `anew`: the snapshot of this step may have been replaced since it was read; what was derived from it is kept if it
 * is the same. */
static bool read_rows(struct workbench *wb, struct embedding *v, bool anew, struct err *e)
{
    struct store_snapshot rows = { 0 };
    int64_t *steps;
    size_t count;
    const char *level = level_table[kept_levels[v->level]].name;
    if (!levels_steps(wb->store, wb->selection.run, level, "embedding", &steps, &count, e)) return false;
    int at = levels_find(steps, count, wb->selection.step);
    int64_t step = at >= 0 ? steps[at] : count ? steps[0] : -1;
    free(steps);
    bool same = v->loaded_run == wb->selection.run && v->loaded_step == step && v->loaded_level == v->level;
    if (same && !anew) return true;
    if (step >= 0 &&
        !store_snapshot_get(wb->store, &(struct store_snapshot_key){ wb->selection.run, step, level, "embedding" },
                            &rows, e))
        return false;
    if (same && same_rows(&rows, &v->rows)) return store_snapshot_clear(&rows), true;
    drop_rows(v);
    v->loaded_run = wb->selection.run;
    v->loaded_step = step;
    v->loaded_level = v->level;
    v->rows = rows;
    if (step < 0) return true;
    if (v->chosen >= v->rows.rows) v->chosen = 0;
    if (!recorded_images(wb, v)) choose_images(wb, v);
    group_rows(v);
    find_near(v);
    return pca_begin(&v->pca, v->rows.data, v->rows.rows, v->rows.cols, e);
}

static void read_set(struct workbench *wb, struct embedding *v)
{
    struct err e;
    if (image_set_holds(&v->set, wb->store, wb->selection.summary.run.dataset)) return;
    image_set_close(&v->set);
    drop_rows(v);
    if (*wb->selection.summary.run.dataset)
        image_set_open(&v->set, wb->store, wb->selection.summary.run.dataset, 0, &e); /* it may be gone */
}

static bool embedding_open(struct workbench *wb, void *state, struct err *e)
{
    struct embedding *v = state;
    (void)e;
    int64_t level = preference_get_int(wb, "embedding.level", 2);
    v->level = level >= 0 && level < KEPT ? (int)level : 2;
    v->label = (int)preference_get_int(wb, "embedding.label", 0);
    if (v->label < 0) v->label = 0;
    return true;
}

static void embedding_close(struct workbench *wb, void *state)
{
    struct embedding *v = state;
    (void)wb;
    drop_rows(v);
    image_set_close(&v->set);
    picture_clear(&v->picture);
}

static bool embedding_read(struct workbench *wb, void *state, unsigned news)
{
    struct embedding *v = state;
    struct err e;
    const double slice = 0.015;
    if (news & (NEWS_OPEN | NEWS_RUN | NEWS_DATA)) read_set(wb, v);
    if (news & (NEWS_OPEN | NEWS_RUN | NEWS_STORE | NEWS_STEP | NEWS_PAST) &&
        !read_rows(wb, v, (news & NEWS_PAST) != 0, &e))
        message_fail(wb, &e);
    if (!v->pca.x || v->pca.done) return true;
    double begun = clock_seconds();
    while (!v->pca.done && clock_seconds() - begun < slice) pca_round(&v->pca);
    if (!v->pca.done) news_more(wb);
    return true;
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

static const float *axis_of(const struct embedding *v, int which)
{
    int a = pairs[v->pair][which];
    return v->pca.score + (size_t)(a < v->pca.k ? a : v->pca.k - 1) * v->pca.n;
}

/* The range that all points need, or a range around the selected point when zoomed in. */
static struct axis span_of(const struct embedding *v, int which)
{
    struct axis a = axis_none(false);
    const float *x = axis_of(v, which);
    for (int i = 0; i < v->pca.n; i++) axis_hold(&a, x[i]);
    axis_finish(&a, 0.03);
    double half = (a.most - a.least) / 2 / pow(1.5, v->zoom), middle = v->zoom ? x[v->chosen] : (a.least + a.most) / 2;
    a.least = middle - half;
    a.most = middle + half;
    return a;
}

static void group_inks(unsigned inks[GROUPS])
{
    for (int g = 0; g < GROUPS; g++) inks[g] = g == GROUPS - 1 ? INK_DIM : INK_SERIES(g);
}

static void draw_head(const struct embedding *v, const struct area *a, const char *by)
{
    int x = 1 + area_part(a, 0, 1, INK_NORMAL, "%s at step %lld", level_table[kept_levels[v->level]].title,
                          (long long)v->rows.step);
    x += area_part(a, 0, x, INK_NORMAL, "   %d probe %s", v->rows.rows, text_number(v->rows.rows, "image", "images"));
    x += area_part(a, 0, x, INK_NORMAL, ", %d %s each", v->rows.cols, text_number(v->rows.cols, "number", "numbers"));
    x += area_part(a, 0, x, INK_NORMAL, "   by %s", by);
    if (!v->images) area_part(a, 0, x, INK_NORMAL, " (which images they are is not known)");
}

static void draw_scatter(struct embedding *v, const struct area *a)
{
    unsigned inks[GROUPS];
    char title[80], note[80];
    group_inks(inks);
    struct chart_cloud cloud = { .x = axis_of(v, 0),
                                 .y = axis_of(v, 1),
                                 .group = v->group,
                                 .count = v->pca.n,
                                 .inks = inks,
                                 .signs = signs,
                                 .letters = !v->dots };
    snprintf(title, sizeof title, a->w < 32 ? "component %d: %.1f %%" : "across: component %d, %.1f %%",
             pairs[v->pair][0] + 1, 100 * v->pca.share[pairs[v->pair][0]]);
    snprintf(note, sizeof note, "  up: component %d, %.1f %%%s", pairs[v->pair][1] + 1,
             100 * v->pca.share[pairs[v->pair][1]], a->w >= 70 ? " of the variance" : "");
    struct chart c = { .title = title,
                       .note = note,
                       .title_ink = INK_DIM,
                       .x = span_of(v, 0),
                       .y = span_of(v, 1),
                       .cloud = &cloud,
                       .cursor = NAN,
                       .no_values = true };
    v->place = chart_draw(a, &c);
    int y = chart_row(&v->place, axis_of(v, 1)[v->chosen]), x = chart_column(&v->place, axis_of(v, 0)[v->chosen]);
    if (v->group)
        area_put(&v->place.plot, y, x, (unsigned char)signs[v->group[v->chosen]],
                 INK_STRONG | STYLE_BOLD | STYLE_REVERSE);
}

static int draw_legend(const struct embedding *v, const struct area *a)
{
    unsigned inks[GROUPS];
    int y = 0;
    group_inks(inks);
    for (int g = 0; g < GROUPS && y < a->h; g++) {
        if (!v->counts[g]) continue;
        area_put(a, y, 0, (unsigned char)signs[g], inks[g] | STYLE_BOLD);
        area_field(a, y, 2, a->w - 7, -1, INK_NORMAL, v->names[g]);
        area_printf(a, y++, a->w - 4, INK_DIM, "%4d", v->counts[g]);
    }
    return y;
}

static void image_line(const struct embedding *v, int row, char *out, size_t size)
{
    char labels[200];
    if (!v->images) {
        snprintf(out, size, "row %d", row);
        return;
    }
    snprintf(out, size, "%s", image_set_labels(&v->set, v->images[row], labels, sizeof labels));
}

static void draw_picture(struct workbench *wb, struct embedding *v, const struct area *a, int row, int rows)
{
    if (v->images && v->set.pack &&
        picture_scale(&v->picture, pack_image(v->set.pack, v->images[row]), pack_size(v->set.pack),
                      pack_channels(v->set.pack), rows))
        picture_draw(&v->picture, a, &wb->theme);
}

/* The selected image and its nearest neighbours: as pictures if there is room, else as text. */
static void draw_near(struct workbench *wb, struct embedding *v, const struct area *a)
{
    char line[240];
    int y = 0;
    bool pictures = v->images && v->set.pack && a->h >= 16;
    if (v->images) area_field(a, y++, 0, a->w, -1, INK_STRONG, v->set.data.images[v->images[v->chosen]].path);
    image_line(v, v->chosen, line, sizeof line);
    y += area_wrap(a, y, 0, 2, a->w, INK_NORMAL, line);
    int rows = pictures ? picture_rows((a->h - y - 5) / 2, a->w) : 0;
    if (rows > 4) {
        struct area place = area_sub(a, y, 0, rows, a->w);
        draw_picture(wb, v, &place, v->chosen, rows);
        y += rows;
    }
    area_text(a, y++, 0, INK_DIM, "nearest by cosine");
    int small = pictures ? picture_rows(a->h - y - 1, (a->w - 2) / 3) : 0;
    if (small >= 4)
        for (int i = 0; i < 3 && i < v->near_count; i++) {
            struct area place = area_sub(a, y, i * (2 * small + 1), small + 1, 2 * small);
            draw_picture(wb, v, &place, v->near[i], small);
            image_line(v, v->near[i], line, sizeof line);
            area_printf(&place, small, 0, INK_ACCENT, "%.2f", v->cosine[i]);
            area_field(&place, small, 5, 2 * small - 5, -1, INK_DIM, line);
        }
    if (small >= 4) y += small + 1;
    for (int i = small >= 4 ? 3 : 0; i < v->near_count && y < a->h; i++, y++) {
        image_line(v, v->near[i], line, sizeof line);
        area_printf(a, y, 0, INK_ACCENT, "%.3f", v->cosine[i]);
        area_field(a, y, 6, a->w - 6, -1, INK_NORMAL, line);
    }
}

static void embedding_draw(struct workbench *wb, void *state, const struct area *a)
{
    struct embedding *v = state;
    if (!v->rows.rows || !v->pca.x) {
        area_wrap(a, 1, 2, a->h - 1, a->w - 4, INK_DIM,
                  v->loaded_step < 0 ? "No embedding yet: the first comes with the first diagnostics (diagnose.steps)."
                                     : "The embedding cannot be spread out.");
        return;
    }
    int classes = class_count(v), right = a->w >= 60 ? (a->w >= 150 ? 56 : 28) : 0;
    const char *by = v->label > classes ? "split" : v->label > 0 ? v->set.data.classes[v->label - 1] : "finding";
    struct area rest = area_sub(a, a->h > 3, 0, a->h - (a->h > 3), a->w - right);
    if (a->h > 3) draw_head(v, a, by);
    if (!v->pca.done) {
        area_printf(&rest, 1, 2, INK_DIM, "spreading out ... %d", v->pca.rounds);
        return;
    }
    v->origin_y = a->y;
    v->origin_x = a->x;
    draw_scatter(v, &rest);
    if (!right) return;
    struct area panel = area_sub(a, 1, a->w - right + 1, a->h - 1, right - 1);
    int y = draw_legend(v, &panel) + 1;
    struct area below = area_sub(&panel, y, 0, panel.h - y, panel.w);
    draw_near(wb, v, &below);
    if (image_set_whole(&v->set)) return;
    message_warn(wb, "packs/%s was cut while it was in use: no pictures; import the data set again",
                 v->set.data.dataset.pack);
    area_fill(&below, 0, 0, below.h, below.w, ' ', INK_NORMAL);
    draw_near(wb, v, &below);
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

/* The nearest point in a direction; to the side if there is no other. */
static unsigned on_move(struct workbench *wb, void *state, int key)
{
    struct embedding *v = state;
    int dy = (key == KEYS_UP) - (key == KEYS_DOWN), dx = (key == KEYS_RIGHT) - (key == KEYS_LEFT);
    (void)wb;
    int best = -1;
    double least = INFINITY;
    if (!v->pca.done) return AFTER_DRAW;
    const float *x = axis_of(v, 0), *y = axis_of(v, 1);
    double wide = v->place.x.most - v->place.x.least, high = v->place.y.most - v->place.y.least;
    for (int i = 0; i < v->pca.n; i++) {
        double right = (x[i] - x[v->chosen]) / wide, up = (y[i] - y[v->chosen]) / high;
        double along = right * dx + up * dy, off = fabs(dx ? up : right);
        if (i == v->chosen || !(along > 1e-9)) continue;
        double far = along + 2 * off;
        if (far < least) least = far, best = i;
    }
    if (best >= 0) v->chosen = best;
    find_near(v);
    return AFTER_DRAW;
}

static unsigned on_level(struct workbench *wb, void *state, int argument)
{
    struct embedding *v = state;
    (void)argument;
    v->level = (v->level + 1) % KEPT;
    preference_set_int(wb, "embedding.level", v->level);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned label_chosen(struct workbench *wb, void *ctx, int row)
{
    struct embedding *v = ctx;
    v->label = row;
    preference_set_int(wb, "embedding.label", row);
    if (v->rows.rows) group_rows(v);
    return AFTER_DRAW;
}

static unsigned on_label(struct workbench *wb, void *state, int argument)
{
    struct embedding *v = state;
    int n = class_count(v);
    (void)argument;
    const char **rows = calloc((size_t)n + 3, sizeof *rows);
    if (!rows) return AFTER_DRAW;
    rows[0] = "the finding";
    for (int c = 0; c < n; c++) rows[c + 1] = v->set.data.classes[c];
    rows[n + 1] = "the split";
    dialog_choose(wb, "Colour and letter by", rows, v->label, label_chosen, v);
    free(rows);
    return AFTER_DRAW;
}

static unsigned on_axes(struct workbench *wb, void *state, int argument)
{
    struct embedding *v = state;
    (void)wb, (void)argument;
    do v->pair = (v->pair + 1) % PAIRS;
    while (pairs[v->pair][1] >= v->pca.k && v->pair);
    return AFTER_DRAW;
}

static unsigned on_dots(struct workbench *wb, void *state, int argument)
{
    struct embedding *v = state;
    (void)wb, (void)argument;
    v->dots = !v->dots;
    return AFTER_DRAW;
}

static unsigned on_zoom(struct workbench *wb, void *state, int by)
{
    struct embedding *v = state;
    (void)wb;
    v->zoom += by;
    v->zoom = v->zoom < 0 ? 0 : v->zoom > 12 ? 12 : v->zoom;
    return AFTER_DRAW;
}

enum { TO_FIRST = -2, TO_LAST = 2 };
/* Moves by one recorded embedding, or to the first or last one. */
static unsigned on_step(struct workbench *wb, void *state, int by)
{
    const struct embedding *v = state;
    int64_t *steps;
    size_t count;
    struct err e;
    const char *level = level_table[kept_levels[v->level]].name;
    if (!levels_steps(wb->store, wb->selection.run, level, "embedding", &steps, &count, &e))
        return message_fail(wb, &e), AFTER_DRAW;
    int at = levels_find(steps, count, wb->selection.step), last = (int)count - 1;
    at = by == TO_FIRST ? 0 : by == TO_LAST ? last : at + by;
    if (count && at <= 0)
        show_step(wb, steps[0]);
    else if (count)
        show_step(wb, at >= last ? -1 : steps[at]);
    free(steps);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned embedding_click(struct workbench *wb, void *state, int y, int x)
{
    struct embedding *v = state;
    double least = INFINITY;
    (void)wb;
    if (!v->pca.done) return AFTER_DRAW;
    for (int i = 0; i < v->pca.n; i++) {
        int row = chart_row(&v->place, axis_of(v, 1)[i]) + v->place.plot.y - v->origin_y;
        int column = chart_column(&v->place, axis_of(v, 0)[i]) + v->place.plot.x - v->origin_x;
        double far = hypot(2.0 * (row - y), column - x);
        if (far < least) least = far, v->chosen = i;
    }
    find_near(v);
    return AFTER_DRAW;
}

static unsigned embedding_wheel(struct workbench *wb, void *state, int by)
{
    (void)wb;
    return on_zoom(wb, state, -by);
}

static const struct key_bind keys[] = {
    { 'v', 0, "level", "level", "the next level: z, d, or h (the features of the encoder)", on_level, 0, 0 },
    { 'c', 0, "label", "label", "what colours and letters mean: the finding, one class, the split", on_label, 0, 0 },
    { 'a', 0, "axes", "axes", "other components: 1-2, 1-3, 2-3, 3-4, 5-6", on_axes, 0, 0 },
    { '+', '=', "zoom-in", "zoom", "closer, around the chosen image", on_zoom, 0, 1 },
    { '-', 0, "zoom-out", NULL, "back", on_zoom, 0, -1 },
    { '[', 0, "earlier", "step", "the embedding before", on_step, 0, -1 },
    { ']', 0, "later", NULL, "the next embedding", on_step, 0, 1 },
    { '{', 0, "first", NULL, "the first one that is kept", on_step, 0, TO_FIRST },
    { '}', 0, "last", NULL, "the newest, and follow it", on_step, 0, TO_LAST },
    { 't', 0, "dots", NULL, "letters, or finer dots", on_dots, 0, 0 },
    { KEYS_LEFT, 'h', "left", NULL, "the image to the left", on_move, 0, KEYS_LEFT },
    { KEYS_RIGHT, 'l', "right", NULL, "the image to the right", on_move, 0, KEYS_RIGHT },
    { KEYS_UP, 'k', "up", NULL, "the image above", on_move, 0, KEYS_UP },
    { KEYS_DOWN, 'j', "down", NULL, "the image below", on_move, 0, KEYS_DOWN },
    { 0 },
};

const struct screen screen_embedding = {
    .name = "embedding",
    .title = "Embedding",
    .brief = "Embed",
    .digit = '7',
    .about =
        "The images of the probe set along the principal components of what the network makes of them. Images that are "
        "alike to it lie close. The share of the variance stands for each component: near 100 % on one means that "
        "almost all images lie on a line. Nearest neighbours are by cosine of all numbers, not by this picture. Kept "
        "are the newest embedding and those of checkpoints.",
    .keys = keys,
    .size = sizeof(struct embedding),
    .needs_run = true,
    .open = embedding_open,
    .close = embedding_close,
    .read = embedding_read,
    .draw = embedding_draw,
    .click = embedding_click,
    .wheel = embedding_wheel,
};
