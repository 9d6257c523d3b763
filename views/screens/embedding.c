/* Embedding: the probe set as the network sees it, along its principal components or on a map that keeps neighbours. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "views/analysis/levels.h"
#include "views/screens/embedding_groups.h"
#include "views/screens/embedding_rows.h"
#include "views/screens/image_caption.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/film.h"
#include "views/workbench/jobs.h"
#include "views/workbench/marks.h"
#include "views/workbench/message.h"
#include "views/workbench/news.h"
#include "views/workbench/preferences.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

static const int pairs[][2] = { { 0, 1 }, { 0, 2 }, { 1, 2 }, { 2, 3 }, { 4, 5 } };
enum { PAIRS = sizeof pairs / sizeof *pairs };
static const char signs[] = "abcdefgh.";
enum { AXES_TEXT = 100, SCATTER_LEAST = 34 }; /* columns of each of two scatters */

/* ---- reading ------------------------------------------------------------------------------------------------ */

static bool embedding_open(struct workbench *wb, void *state, struct err *e)
{
    struct embedding *v = state;
    (void)e;
    int64_t level = preference_get_int(wb, "embedding.level", 2);
    v->level = level >= 0 && level < EMBEDDING_LEVELS ? (int)level : 2;
    v->label = (int)preference_get_int(wb, "embedding.label", -1);
    v->as_map = preference_get_int(wb, "embedding.map", 0) != 0;
    v->of_class = -1;
    return true;
}

static void drop(struct embedding *v)
{
    embedding_drop(v);
    image_set_close(&v->set);
    album_clear(&v->near_pictures);
}

static void drop_beside(struct embedding *v)
{
    if (v->beside) drop(v->beside);
    free(v->beside);
    v->beside = NULL;
    v->marked = 0;
}

static void embedding_close(struct workbench *wb, void *state)
{
    (void)wb;
    drop_beside(state);
    drop(state);
}

/* Rows, map, groups and scores. */
static bool read_all(const struct selection *sel, struct embedding *v, unsigned news, struct err *e)
{
    bool again = (news & NEWS_ROWS) != 0; /* there may be newer predictions */
    if (!embedding_read_rows(sel, v, (news & NEWS_PAST) != 0, e) || !embedding_read_map(sel, v, e)) return false;
    if (!v->rows.rows) return true;
    if (!v->group) embedding_group(v);
    if (!embedding_wants_scores(v) || (v->scores && !again)) return true;
    bool ok = embedding_read_scores(sel, v, e);
    embedding_group(v);
    return ok;
}

/* The same level of the first marked run, coloured by the same. */
static bool read_beside(struct workbench *wb, struct embedding *v, unsigned news, struct err *e)
{
    struct selection other = wb->selection;
    int64_t run = marks_first(wb);
    if (run != v->marked) drop_beside(v);
    if (!run || !store_run_get(wb->store, run, &other.summary.run, NULL)) return drop_beside(v), true;
    if (!v->beside) v->beside = calloc(1, sizeof *v->beside);
    bool ok = v->beside || err_set(e, ERR_MEMORY, "embedding: memory ran out");
    if (ok) {
        other.run = v->marked = run;
        settings_init(&other.settings);
        other.settings_known = settings_read_ini(&other.settings, other.summary.run.config, "", NULL);
        v->beside->level = v->level;
        v->beside->label = v->label;
        v->beside->of_class = v->of_class;
        v->beside->as_map = v->as_map;
        embedding_read_set(&other, v->beside);
        ok = read_all(&other, v->beside, news, e);
    }
    store_run_clear(&other.summary.run);
    return ok;
}

static bool embedding_read(struct workbench *wb, void *state, unsigned news)
{
    struct embedding *v = state;
    struct err e;
    const double slice = 0.015;
    if (news & (NEWS_OPEN | NEWS_RUN | NEWS_DATA)) embedding_read_set(&wb->selection, v);
    if (news & (NEWS_OPEN | NEWS_RUN | NEWS_STORE | NEWS_STEP | NEWS_PAST | NEWS_ROWS) &&
        (!read_all(&wb->selection, v, news, &e) || !read_beside(wb, v, news, &e)))
        message_fail(wb, &e);
    double begun = clock_seconds();
    bool more = false;
    struct pca *both[2] = { &v->pca, v->beside ? &v->beside->pca : NULL };
    for (int i = 0; i < 2; i++) {
        while (both[i] && both[i]->x && !both[i]->done && clock_seconds() - begun < slice) pca_round(both[i]);
        more = more || (both[i] && both[i]->x && !both[i]->done);
    }
    if (more) news_more(wb);
    return true;
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

static const float *axis_of(const struct embedding *v, int which)
{
    if (embedding_shows_map(v)) return v->map + (size_t)which * (size_t)v->rows.rows;
    int a = pairs[v->pair][which];
    return v->pca.score + (size_t)(a < v->pca.k ? a : v->pca.k - 1) * v->pca.n;
}

/* The range that all points need, or a range around the selected point when zoomed in. */
static struct axis span_of(const struct embedding *v, int which)
{
    struct axis a = axis_none(false);
    const float *x = axis_of(v, which);
    for (int i = 0; i < v->rows.rows; i++) axis_hold(&a, x[i]);
    axis_finish(&a, 0.03);
    double half = (a.most - a.least) / 2 / pow(1.5, v->zoom), middle = v->zoom ? x[v->chosen] : (a.least + a.most) / 2;
    a.least = middle - half;
    a.most = middle + half;
    return a;
}

static void draw_head(const struct embedding *v, const struct area *a, const char *by)
{
    int x = 1 + area_part(a, 0, 1, INK_NORMAL, "%s at step %lld", level_table[embedding_levels[v->level]].title,
                          (long long)v->rows.step);
    x += area_part(a, 0, x, INK_NORMAL, "   %d probe %s", v->rows.rows, text_number(v->rows.rows, "image", "images"));
    x += area_part(a, 0, x, INK_NORMAL, ", %d %s each", v->rows.cols, text_number(v->rows.cols, "number", "numbers"));
    if (v->images)
        area_part(a, 0, x, INK_NORMAL, "   by %s", by);
    else
        area_part(a, 0, x, INK_NORMAL, "   which images they are is not known");
}

/* What lies across and up. */
static void name_axes(const struct embedding *v, int width, char title[AXES_TEXT], char note[AXES_TEXT])
{
    const int *pair = pairs[v->pair];
    if (embedding_shows_map(v)) {
        snprintf(title, AXES_TEXT, "t-SNE map%s", width >= 46 ? ": neighbours stay neighbours" : "");
        snprintf(note, AXES_TEXT, "%s", width >= 80 ? "  (how far apart clusters are says nothing)" : "");
        return;
    }
    snprintf(title, AXES_TEXT, width < 32 ? "component %d: %.1f %%" : "across: component %d, %.1f %%", pair[0] + 1,
             100 * v->pca.share[pair[0]]);
    snprintf(note, AXES_TEXT, "  up: component %d, %.1f %%%s%s", pair[1] + 1, 100 * v->pca.share[pair[1]],
             width >= 70 ? " of the variance" : "",
             !v->as_map      ? ""
             : v->maps_asked ? "   map: computing"
                             : "   no map: m makes it");
}

static void draw_scatter(struct embedding *v, const struct area *a)
{
    unsigned inks[EMBEDDING_GROUPS];
    char title[AXES_TEXT], note[AXES_TEXT];
    embedding_inks(v, inks);
    struct chart_cloud cloud = { .x = axis_of(v, 0),
                                 .y = axis_of(v, 1),
                                 .group = v->group,
                                 .count = v->rows.rows,
                                 .inks = inks,
                                 .signs = signs,
                                 .letters = !v->dots };
    name_axes(v, a->w, title, note);
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
    unsigned inks[EMBEDDING_GROUPS];
    int y = 0;
    embedding_inks(v, inks);
    for (int g = 0; g < EMBEDDING_GROUPS && y < a->h; g++) {
        if (!v->counts[g]) continue;
        area_put(a, y, 0, (unsigned char)signs[g], inks[g] | STYLE_BOLD);
        area_field(a, y, 2, a->w - 7, -1, INK_NORMAL, v->names[g]);
        area_printf(a, y++, a->w - 4, INK_DIM, "%4d", v->counts[g]);
    }
    return y;
}

/* What a row is of, within some columns. */
static const char *image_line(const struct embedding *v, int row, int columns, char *out, size_t size)
{
    if (v->images) return image_caption(&v->set, v->images[row], columns, out, size);
    snprintf(out, size, "row %d", row);
    return out;
}

static void draw_picture(struct workbench *wb, struct embedding *v, const struct area *a, int row, int rows)
{
    if (!v->images || !v->set.pack) return;
    album_show(&v->near_pictures,
               &(struct picture_source){ pack_image(v->set.pack, v->images[row]), pack_size(v->set.pack),
                                         pack_channels(v->set.pack), PICTURE_WHOLE },
               rows, a, &wb->theme);
}

enum { COSINE_W = 5, NAME_LEAST = 13 }; /* columns of a caption */

/* The selected image and its nearest neighbours: as pictures if there is room, else as text. */
static void draw_near(struct workbench *wb, struct embedding *v, const struct area *a)
{
    char line[240];
    int y = 0;
    bool pictures = v->images && v->set.pack && a->h >= 16;
    if (v->images) area_field(a, y++, 0, a->w, -1, INK_STRONG, v->set.data.images[v->images[v->chosen]].path);
    y += area_wrap(a, y, 0, 2, a->w, INK_NORMAL, image_line(v, v->chosen, 2 * a->w, line, sizeof line));
    int rows = pictures ? picture_rows(a->canvas, (a->h - y - 5) / 2, a->w) : 0;
    if (rows > 4) {
        struct area place = area_sub(a, y, 0, rows, a->w);
        draw_picture(wb, v, &place, v->chosen, rows);
        y += rows;
    }
    area_text(a, y++, 0, INK_DIM, "nearest by cosine");
    int small = pictures ? picture_rows(a->canvas, a->h - y - 1, (a->w - 2) / 3) : 0,
        wide = picture_columns(a->canvas, small), room = wide - COSINE_W;
    bool named = small >= 4 && room >= NAME_LEAST; /* else their names are listed below, with those of the others */
    if (small >= 4)
        for (int i = 0; i < 3 && i < v->near_count; i++) {
            struct area place = area_sub(a, y, i * (wide + 1), small + 1, wide);
            draw_picture(wb, v, &place, v->near[i], small);
            area_printf(&place, small, 0, INK_ACCENT, "%.2f", v->cosine[i]);
            if (named)
                area_field(&place, small, COSINE_W, room, -1, INK_DIM,
                           image_line(v, v->near[i], room, line, sizeof line));
        }
    if (small >= 4) y += small + 1;
    for (int i = named ? 3 : 0; i < v->near_count && y < a->h; i++, y++) {
        area_printf(a, y, 0, INK_ACCENT, "%.3f", v->cosine[i]);
        area_field(a, y, 6, a->w - 6, -1, INK_NORMAL, image_line(v, v->near[i], a->w - 6, line, sizeof line));
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
    int right = a->w >= 60 ? (a->w >= 150 ? 56 : 28) : 0;
    char by[160];
    embedding_by_text(v, by, sizeof by);
    struct area rest = area_sub(a, a->h > 3, 0, a->h - (a->h > 3), a->w - right);
    if (a->h > 3) draw_head(v, a, by);
    if (!embedding_laid_out(v)) {
        area_printf(&rest, 1, 2, INK_DIM, "spreading out ... %d", v->pca.rounds);
        return;
    }
    v->origin_y = a->y;
    v->origin_x = a->x;
    struct embedding *b = v->beside && embedding_laid_out(v->beside) && rest.w >= 2 * SCATTER_LEAST ? v->beside : NULL;
    struct area own = b ? area_sub(&rest, 0, 0, rest.h, rest.w / 2 - 1) : rest;
    draw_scatter(v, &own);
    if (b) {
        struct area other = area_sub(&rest, 1, rest.w / 2, rest.h - 1, rest.w - rest.w / 2);
        area_printf(&rest, 0, rest.w / 2, INK_SERIES(1) | STYLE_BOLD, "run %lld at step %lld", (long long)v->marked,
                    (long long)b->rows.step);
        b->chosen = v->chosen < b->rows.rows ? v->chosen : 0;
        b->maps_asked = v->maps_asked;
        draw_scatter(b, &other);
    }
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

/* What depends on the chosen point. */
static void choose_point(struct embedding *v)
{
    embedding_find_near(v);
    if (v->label == EMBEDDING_BY_PATIENT) embedding_group(v);
}

/* The nearest point in a direction; to the side if there is no other. */
static unsigned on_move(struct workbench *wb, void *state, int key)
{
    struct embedding *v = state;
    int dy = (key == KEYS_UP) - (key == KEYS_DOWN), dx = (key == KEYS_RIGHT) - (key == KEYS_LEFT);
    (void)wb;
    int best = -1;
    double least = INFINITY;
    if (!embedding_laid_out(v)) return AFTER_DRAW;
    const float *x = axis_of(v, 0), *y = axis_of(v, 1);
    double wide = v->place.x.most - v->place.x.least, high = v->place.y.most - v->place.y.least;
    for (int i = 0; i < v->rows.rows; i++) {
        double right = (x[i] - x[v->chosen]) / wide, up = (y[i] - y[v->chosen]) / high;
        double along = right * dx + up * dy, off = fabs(dx ? up : right);
        if (i == v->chosen || !(along > 1e-9)) continue;
        double far = along + 2 * off;
        if (far < least) least = far, best = i;
    }
    if (best >= 0) v->chosen = best;
    choose_point(v);
    return AFTER_DRAW;
}

static unsigned on_level(struct workbench *wb, void *state, int argument)
{
    struct embedding *v = state;
    (void)argument;
    v->level = (v->level + 1) % EMBEDDING_LEVELS;
    preference_set_int(wb, "embedding.level", v->level);
    return AFTER_DRAW | AFTER_READ;
}

/* What a row of the menu means; the rows behind classes and split are the same for every data set. */
static int label_of_row(const struct embedding *v, int row)
{
    int after = row - embedding_classes(v) - 2;
    return after < 0 ? row : EMBEDDING_BY_PATIENT + after;
}

static void choose_label(struct embedding *v, int label, int class)
{
    v->label = label;
    v->of_class = class;
    free(v->scores);
    v->scores = NULL;
    if (v->rows.rows) embedding_group(v);
}

static unsigned label_chosen(struct workbench *wb, void *ctx, int row)
{
    struct embedding *v = ctx;
    int label = label_of_row(v, row), classes = embedding_classes(v);
    int class = label >= 1 && label <= classes ? label - 1 : v->of_class;
    choose_label(v, label, class);
    if (v->beside) choose_label(v->beside, label, class);
    preference_set_int(wb, "embedding.label", label);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_label(struct workbench *wb, void *state, int argument)
{
    struct embedding *v = state;
    int n = embedding_classes(v), most = n ? n + 5 : n + 3;
    char score[200], error[200];
    (void)argument;
    const char **rows = calloc((size_t)most + 1, sizeof *rows);
    if (!rows) return AFTER_DRAW;
    rows[0] = "the first finding of each";
    for (int c = 0; c < n; c++) rows[c + 1] = v->set.data.classes[c];
    rows[n + 1] = "the split";
    rows[n + 2] = "the patient, of those with several images";
    if (n) {
        const char *class = v->set.data.classes[v->of_class >= 0 && v->of_class < n ? v->of_class : 0];
        snprintf(score, sizeof score, "the score: how sure the newest evaluation is of %s", class);
        snprintf(error, sizeof error, "the error: how far that is from the label");
        rows[n + 3] = score;
        rows[n + 4] = error;
    }
    dialog_choose(wb, "Colour and letter by", rows,
                  v->label >= EMBEDDING_BY_PATIENT ? n + 2 + v->label - EMBEDDING_BY_PATIENT : v->label, label_chosen,
                  v);
    free(rows);
    return AFTER_DRAW;
}

/* ---- the map ---- */

static void mapped(struct workbench *wb, void *ctx, int status, const char *output)
{
    struct embedding *v = ctx;
    (void)wb, (void)status, (void)output;
    v->maps_asked--; /* the commit that stored it has the screen read it */
}

/* Has the map of `of`, the screen or what is beside it, computed and recorded. The answer is the screen's: what is
 * beside it may be gone by then. */
static void ask_map(struct workbench *wb, struct embedding *v, const struct embedding *of)
{
    char run[64], title[32];
    if (of->map || !of->rows.rows) return;
    if (wb->read_only) {
        message_warn(wb, "a map is recorded beside the embedding, and this store is only read");
        return;
    }
    snprintf(run, sizeof run, "%lld@%lld", (long long)of->loaded_run, (long long)of->loaded_step);
    snprintf(title, sizeof title, "map of %lld", (long long)of->loaded_run);
    const char *words[] = { "map", run, "--level", level_table[embedding_levels[of->loaded_level]].name, "-q", NULL };
    v->maps_asked += job_start(wb, title, words, mapped, v);
}

static unsigned on_map(struct workbench *wb, void *state, int argument)
{
    struct embedding *v = state;
    (void)argument;
    v->as_map = !embedding_shows_map(v);
    preference_set_int(wb, "embedding.map", v->as_map);
    if (v->beside) v->beside->as_map = v->as_map;
    bool asks = v->as_map && !v->maps_asked;
    if (asks) ask_map(wb, v, v);
    if (asks && v->beside) ask_map(wb, v, v->beside);
    return AFTER_DRAW | AFTER_READ;
}

/* The chosen image, large, on the screen Images. */
static unsigned on_image(struct workbench *wb, void *state, int argument)
{
    struct embedding *v = state;
    (void)argument;
    if (!v->images || v->chosen >= v->rows.rows)
        message_warn(wb, "which image that is is not known any more");
    else
        show_image(wb, v->set.data.dataset.name, v->images[v->chosen]);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_axes(struct workbench *wb, void *state, int argument)
{
    struct embedding *v = state;
    (void)argument;
    if (embedding_shows_map(v)) {
        message_say(wb, "a map has no other axes; m shows components");
        return AFTER_DRAW;
    }
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
    if (!levels_steps(wb->store, wb->selection.run, level_table[embedding_levels[v->level]].name, "embedding", &steps,
                      &count, &e))
        return message_fail(wb, &e), AFTER_DRAW;
    int at = levels_find(steps, count, wb->selection.step), last = (int)count - 1;
    if (by == 1 && at == last) film_beyond(wb);
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
    if (!embedding_laid_out(v)) return AFTER_DRAW;
    for (int i = 0; i < v->rows.rows; i++) {
        int row = chart_row(&v->place, axis_of(v, 1)[i]) + v->place.plot.y - v->origin_y;
        int column = chart_column(&v->place, axis_of(v, 0)[i]) + v->place.plot.x - v->origin_x;
        double far = hypot(2.0 * (row - y), column - x);
        if (far < least) least = far, v->chosen = i;
    }
    choose_point(v);
    return AFTER_DRAW;
}

static unsigned embedding_wheel(struct workbench *wb, void *state, int by)
{
    (void)wb;
    return on_zoom(wb, state, -by);
}

static const struct key_bind keys[] = {
    { 'v', 0, "level", "level", "the next level: z, d, or h (the features of the encoder)", on_level, 0, 0 },
    { 'c', 0, "label", "label",
      "what colours and letters mean: the finding, one class, the split, the patient, the score or error of the newest "
      "evaluation",
      on_label, 0, 0 },
    { 'm', 0, "map", "map",
      "the map that keeps neighbours (t-SNE; computed where there is none yet), or principal components", on_map, 0,
      0 },
    { 'a', 0, "axes", "axes", "other components: 1-2, 1-3, 2-3, 3-4, 5-6", on_axes, 0, 0 },
    { '+', '=', "zoom-in", "zoom", "closer, around the chosen image", on_zoom, 0, 1 },
    { '-', 0, "zoom-out", NULL, "back", on_zoom, 0, -1 },
    { '[', 0, "earlier", "step", "the embedding before", on_step, 0, -1 },
    { ']', 0, "later", NULL, "the next embedding", on_step, 0, 1 },
    { '{', 0, "first", NULL, "the first one that is kept", on_step, 0, TO_FIRST },
    { '}', 0, "last", NULL, "the newest, and follow it", on_step, 0, TO_LAST },
    { 'f', 0, "film", "film", "play the embeddings that are kept as a film; any key stops it", film_on_play, NEEDS_RUN,
      0 },
    { KEYS_ENTER, 0, "image", "image", "the chosen image on Images", on_image, 0, 0 },
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
        "almost all images lie on a line. m lays them out on a map instead (t-SNE): which images are neighbours there "
        "is to "
        "be believed, how far apart clusters are and how large they are is not. Nearest neighbours are by cosine of "
        "all numbers, not by this picture. Kept "
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
