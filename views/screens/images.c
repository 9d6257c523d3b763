/* Images: browses a data set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/data/images/augment.h"
#include "engine/base/text.h"
#include "views/analysis/format.h"
#include "views/analysis/image_set.h"
#include "views/charts/picture.h"
#include "views/screens/image_filter.h"
#include "views/screens/image_heat.h"
#include "views/screens/image_labels.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"
#include "views/workbench/preferences.h"
#include "views/workbench/workbench.h"

enum page { PAGE_GRID, PAGE_ONE, PAGE_LABELS, PAGE_UNREADABLE };

struct images {
    struct store_datasets sets;
    struct image_set set;
    char name[STORE_NAME];
    struct image_filter filter;
    struct store_counts counts;
    bool stale;           /* data sets came or went */
    bool counted, wanted; /* the label counts have been read; they should be read */
    enum page page;
    int chosen, top; /* indices among the shown images; first line of a list */
    int rows;        /* height of a thumbnail in cells; 0: automatic */
    int across, down;
    bool marks;
    int64_t epoch; /* epoch whose random views are shown */
    struct picture thumb, large, view[2];
    uint8_t *pixels[2]; /* the two views, owned */
    int side, view_channels;
    struct augment_choice choice[2];
    int64_t drawn, drawn_epoch; /* image and epoch of the views, -1: none */
    struct image_heat heat;
    bool own; /* augmented with the shown run's settings, else the preset's */
};

/* ---- reading ------------------------------------------------------------------------------------------------ */

static void drop_set(struct images *v)
{
    image_heat_drop(&v->heat);
    image_set_close(&v->set);
    if (v->counted) store_counts_clear(&v->counts);
    v->counted = false;
    v->drawn = -1;
    v->chosen = v->top = 0;
}

static void open_set(struct workbench *wb, struct images *v, const char *name)
{
    struct err e;
    drop_set(v);
    snprintf(v->name, sizeof v->name, "%s", name);
    if (!image_set_open(&v->set, wb->store, name, STORE_PART_ALL, &e) ||
        (*v->filter.text && !image_set_filter(&v->set, v->filter.text, &e)))
        message_fail(wb, &e);
}

/* The data set that was shown last, else the shown run's, else the first. */
static void read_sets(struct workbench *wb, struct images *v)
{
    struct err e;
    const char *names[2] = { preference_get(wb, "images.set", ""),
                             wb->selection.run ? wb->selection.summary.run.dataset : "" };
    char wanted[STORE_NAME] = "";
    v->stale = false;
    store_datasets_clear(&v->sets);
    if (!store_dataset_list(wb->store, &v->sets, &e)) {
        message_fail(wb, &e);
        return;
    }
    if (*v->name) names[0] = v->name;
    for (int k = 0; k < 2 && !*wanted; k++)
        for (size_t i = 0; i < v->sets.count; i++)
            if (!strcmp(v->sets.rows[i].name, names[k])) snprintf(wanted, sizeof wanted, "%s", names[k]);
    if (!*wanted && v->sets.count) snprintf(wanted, sizeof wanted, "%s", v->sets.rows[0].name);
    if (*v->name && strcmp(wanted, v->name)) {
        message_say(wb, "data set %s was removed%s%s", v->name, *wanted ? "; this is " : "", wanted);
        *v->name = '\0';
    }
    if (!*wanted)
        drop_set(v);
    else if (!image_set_holds(&v->set, wb->store, wanted))
        open_set(wb, v, wanted);
}

static const uint8_t *chosen_pixels(const struct images *v, uint32_t *image)
{
    if (!v->set.pack || v->chosen >= v->set.count) return NULL;
    *image = v->set.shown[v->chosen];
    return pack_image(v->set.pack, *image);
}

/* The two views of the selected image, as drawn in training. */
static void make_views(struct workbench *wb, struct images *v)
{
    uint32_t image;
    const uint8_t *pixels = chosen_pixels(v, &image);
    struct settings s;
    struct augment_scratch scratch = { 0 };
    if (!pixels || (v->drawn == image && v->drawn_epoch == v->epoch)) return;
    v->own = wb->selection.settings_known && !strcmp(wb->selection.settings.data.name, v->name);
    settings_init(&s);
    if (v->own) s = wb->selection.settings;
    int size = pack_size(v->set.pack), channels = pack_channels(v->set.pack), side = (int)s.data.size;
    v->drawn = -1;
    if (side < 1 || !augment_scratch_init(&scratch, size, channels, side, NULL)) return;
    bool ok = true;
    for (int k = 0; k < 2; k++) {
        struct augment a;
        uint8_t *room = realloc(v->pixels[k], (size_t)side * (size_t)side * (size_t)channels);
        if (room) v->pixels[k] = room;
        ok = ok && room;
        if (!ok) break;
        augment_from_settings(&s, k, &a);
        augment_choose(&a, &(struct augment_draw){ (uint64_t)s.train.seed, (uint32_t)v->epoch, image, k }, size, size,
                       &v->choice[k]);
        augment_apply(&v->choice[k], &(struct augment_image){ pixels, size, channels }, v->pixels[k], &scratch);
    }
    augment_scratch_clear(&scratch);
    if (!ok) return;
    v->side = side;
    v->view_channels = channels;
    v->drawn = image;
    v->drawn_epoch = v->epoch;
}

static bool images_open(struct workbench *wb, void *state, struct err *e)
{
    struct images *v = state;
    (void)e;
    v->drawn = -1;
    v->marks = true;
    v->rows = (int)preference_get_int(wb, "images.rows", 0);
    return true;
}

static void images_close(struct workbench *wb, void *state)
{
    struct images *v = state;
    (void)wb;
    drop_set(v);
    store_datasets_clear(&v->sets);
    picture_clear(&v->thumb);
    picture_clear(&v->large);
    for (int k = 0; k < 2; k++) picture_clear(&v->view[k]), free(v->pixels[k]);
}

/* Shows the image that another screen has chosen; the filter goes if it would hide it. */
static void go_to_image(struct workbench *wb, struct images *v)
{
    char name[STORE_NAME];
    struct err e;
    snprintf(name, sizeof name, "%s", wb->image.set);
    *wb->image.set = '\0';
    if (!image_set_holds(&v->set, wb->store, name)) *v->filter.text = '\0', open_set(wb, v, name);
    int at = image_set_find(&v->set, wb->image.index);
    if (at < 0 && *v->filter.text) {
        *v->filter.text = '\0';
        if (!image_set_filter(&v->set, "", &e)) message_fail(wb, &e);
        at = image_set_find(&v->set, wb->image.index);
    }
    if (at < 0) return;
    v->chosen = at;
    v->page = PAGE_ONE;
}

static bool images_read(struct workbench *wb, void *state, unsigned news)
{
    struct images *v = state;
    struct err e;
    v->stale |= (news & (NEWS_OPEN | NEWS_DATA)) != 0;
    if (v->stale && !dialog_open(wb)) read_sets(wb, v); /* a menu of them may be open */
    if (*wb->image.set && !dialog_open(wb)) go_to_image(wb, v);
    if (news & NEWS_RUN) v->drawn = -1, image_heat_drop(&v->heat);
    if (v->wanted && !v->counted && v->set.data.dataset.id) {
        v->counted = store_dataset_counts(wb->store, v->set.data.dataset.id, &v->counts, &e);
        if (!v->counted) message_fail(wb, &e);
    }
    v->wanted = false;
    make_views(wb, v);
    return true;
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

static void draw_head(const struct images *v, const struct area *a)
{
    const struct store_dataset *s = &v->set.data.dataset;
    char n[FORMAT_SIZE], all[FORMAT_SIZE];
    int x = 1 + area_text(a, 0, 1, INK_STRONG, s->name) + 2;
    x += area_printf(a, 0, x, INK_DIM, "%s %s, %d px %s, %lld %s", format_count((int64_t)v->set.data.images_count, all),
                     text_number(v->set.data.images_count, "image", "images"), (int)s->size,
                     s->channels == 3 ? "colour" : "grey", (long long)v->set.data.classes_count,
                     text_number(v->set.data.classes_count, "class", "classes"));
    if (s->unreadable) x += area_printf(a, 0, x, INK_WATCH, ", %lld unreadable (u)", (long long)s->unreadable);
    if (*v->filter.text)
        area_printf(a, 0, x + 2, INK_ACCENT, "%s %s: %s", format_count(v->set.count, n),
                    text_number(v->set.count, "fits", "fit"), v->filter.text);
}

static void draw_thumb(struct workbench *wb, struct images *v, const struct area *a, int rows, int at)
{
    uint32_t image = v->set.shown[at];
    char labels[160];
    bool here = at == v->chosen;
    if (v->set.pack && picture_scale(&v->thumb, pack_image(v->set.pack, image), pack_size(v->set.pack),
                                     pack_channels(v->set.pack), rows))
        picture_draw(&v->thumb, a, &wb->theme);
    unsigned style =
        here ? INK_STRONG | STYLE_PAPER(INK_CHOSEN) | STYLE_REVERSE * (wb->theme.depth == THEME_MONO) : INK_DIM;
    image_set_labels(&v->set, image, labels, sizeof labels);
    area_field(a, rows, 0, 2 * rows, -1, style, labels);
}

static void draw_grid(struct workbench *wb, struct images *v, const struct area *a)
{
    int rows = v->rows ? v->rows : a->h >= 40 ? 11 : a->h >= 28 ? 9 : 8;
    if (rows > a->h - 1) rows = a->h - 1;
    if (2 * rows > a->w) rows = a->w / 2;
    if (rows < 2) {
        area_printf(a, 0, 1, INK_DIM, "%d %s; too small a place for pictures", v->set.count,
                    text_number(v->set.count, "image", "images"));
        return;
    }
    v->across = (a->w + 1) / (2 * rows + 1);
    v->down = a->h / (rows + 1);
    if (v->across < 1) v->across = 1;
    if (v->down < 1) v->down = 1;
    int line = v->chosen / v->across;
    if (line < v->top) v->top = line;
    if (line >= v->top + v->down) v->top = line - v->down + 1;
    for (int i = 0; i < v->down * v->across; i++) {
        int at = v->top * v->across + i;
        if (at >= v->set.count) break;
        struct area cell = area_sub(a, i / v->across * (rows + 1), i % v->across * (2 * rows + 1), rows + 1, 2 * rows);
        draw_thumb(wb, v, &cell, rows, at);
    }
}

static int draw_about(const struct images *v, const struct area *a, uint32_t image)
{
    const struct store_image *m = &v->set.data.images[image];
    char labels[300];
    int y = 0;
    area_field(a, y++, 0, a->w, -1, INK_STRONG, m->path);
    y += area_wrap(a, y, 0, 3, a->w, INK_NORMAL, image_set_labels(&v->set, image, labels, sizeof labels));
    area_printf(a, y++, 0, INK_DIM, "%s  patient %s  %lldx%lld  #%u", store_split_name(m->split),
                m->patient ? m->patient : "unknown", (long long)m->width, (long long)m->height, image);
    if (*image_heat_text(&v->heat, image, labels, sizeof labels)) y += area_wrap(a, y, 0, 2, a->w, INK_ACCENT, labels);
    if (m->note && *m->note) area_field(a, y++, 0, a->w, -1, INK_DIM, m->note);
    int letter = 0;
    for (size_t i = 0; v->marks && i < v->set.data.boxes_count && y < a->h; i++) {
        const struct store_box *b = &v->set.data.boxes[i];
        if (b->image != image) continue;
        area_printf(a, y++, 0, INK_SERIES(b->class), "%c box %s%s%s", 'a' + letter++ % 26,
                    v->set.data.classes[b->class], b->reader ? " by " : "", b->reader ? b->reader : "");
    }
    for (size_t i = 0; v->marks && i < v->set.data.masks_count && y < a->h; i++)
        if (v->set.data.masks[i].image == image)
            area_printf(a, y++, 0, INK_SERIES(v->set.data.masks[i].class), "outline %s",
                        v->set.data.classes[v->set.data.masks[i].class]);
    return y;
}

/* The image with its boxes (with a letter in the corner) and mask outlines. */
static void draw_large(struct workbench *wb, struct images *v, const struct area *a, uint32_t image, int rows)
{
    double size = pack_size(v->set.pack);
    struct picture *p = &v->large;
    bool hot = image_heat_shown(&v->heat, image);
    const uint8_t *pixels = hot ? v->heat.pixels : pack_image(v->set.pack, image);
    if (!picture_scale(p, pixels, (int)size, hot ? 3 : pack_channels(v->set.pack), rows)) return;
    for (size_t i = 0; v->marks && i < v->set.data.masks_count; i++) {
        const struct store_mask *m = &v->set.data.masks[i];
        if (m->image == image && !strcmp(m->encoding, "runs"))
            picture_mask(p, m->data, m->bytes, (int)m->width, (int)m->height, INK_SERIES(m->class));
    }
    for (size_t i = 0; v->marks && i < v->set.data.boxes_count; i++) {
        const struct store_box *b = &v->set.data.boxes[i];
        if (b->image == image)
            picture_box(p, b->x0 / size, b->y0 / size, b->x1 / size, b->y1 / size, INK_SERIES(b->class));
    }
    picture_draw(p, a, &wb->theme);
    if (hot) image_heat_mark(&v->heat, a, rows);
    int letter = 0;
    for (size_t i = 0; v->marks && i < v->set.data.boxes_count; i++) {
        const struct store_box *b = &v->set.data.boxes[i];
        if (b->image != image) continue;
        area_put(a, (int)(b->y0 / size * rows), (int)(b->x0 / size * 2 * rows), (uint32_t)('a' + letter++ % 26),
                 INK_SERIES(b->class) | STYLE_BOLD | STYLE_REVERSE);
    }
}

static void draw_view(struct workbench *wb, struct images *v, const struct area *a, int k, int rows)
{
    const struct augment_choice *c = &v->choice[k];
    char text[160];
    struct area below = area_sub(a, 1, 0, rows, 2 * rows);
    int size = pack_size(v->set.pack);
    area_printf(a, 0, 0, k ? INK_VIEW2 : INK_VIEW1, "view %d", k + 1);
    if (picture_scale(&v->view[k], v->pixels[k], v->side, v->view_channels, rows))
        picture_draw(&v->view[k], &below, &wb->theme);
    snprintf(text, sizeof text, "crop %.0f %%%s%s%s%s%s", 100.0 * c->width * c->height / ((double)size * size),
             c->flip ? " flip" : "", c->jitter ? " jitter" : "", c->grey && v->view_channels == 3 ? " grey" : "",
             c->blur ? " blur" : "", c->solarize ? " solarise" : "");
    if (c->angle != 0) snprintf(text + strlen(text), sizeof text - strlen(text), " turn %.0f", c->angle);
    area_field(a, rows + 1, 0, a->w, -1, INK_DIM, text);
}

static void draw_one(struct workbench *wb, struct images *v, const struct area *a)
{
    uint32_t image;
    if (!chosen_pixels(v, &image)) return;
    int rows = picture_rows(a->h, a->w > 60 ? a->w - 38 : a->w * 3 / 5);
    if (rows < 2) {
        draw_about(v, a, image);
        return;
    }
    draw_large(wb, v, a, image, rows);
    struct area panel = area_sub(a, 0, 2 * rows + 2, a->h, a->w - 2 * rows - 2);
    int y = draw_about(v, &panel, image) + 1;
    int half = (panel.w - 2) / 2, small = picture_rows(a->h - y - 3, half);
    if (v->drawn != (int64_t)image || small < 2) return;
    if (small > 24) small = 24;
    area_printf(&panel, y, 0, INK_DIM, "as drawn in epoch %lld%s", (long long)v->epoch,
                v->own ? " by this run" : ", preset small");
    for (int k = 0; k < 2; k++) {
        struct area part = area_sub(&panel, y + 1, k * (2 * small + 2), small + 2, 2 * small);
        draw_view(wb, v, &part, k, small);
    }
}

static void draw_unreadable(const struct images *v, const struct area *a)
{
    const struct store_contents *c = &v->set.data;
    if (c->unreadable_count == 0) area_text(a, 0, 1, INK_GOOD, "every file of this data set could be read");
    for (int i = 0; i < a->h && (size_t)(v->top + i) < c->unreadable_count; i++) {
        area_field(a, i, 1, a->w / 2 - 2, -1, INK_NORMAL, c->unreadable[v->top + i].path);
        area_field(a, i, a->w / 2, a->w - a->w / 2, -1, INK_BAD, c->unreadable[v->top + i].reason);
    }
}

static void draw_no_pack(const struct images *v, const struct area *a)
{
    area_fill(a, 0, 0, a->h, a->w, ' ', INK_NORMAL);
    area_wrap(a, 1, 2, a->h - 1, a->w - 4, INK_BAD, v->set.why.msg);
}

/* Where there is no room for a picture: how many images there are, what the chosen one shows. */
static void draw_numbers(const struct images *v, const struct area *a)
{
    char all[FORMAT_SIZE], labels[300];
    area_printf(a, 0, 0, INK_STRONG, "%s %s", format_count(v->set.count, all),
                text_number(v->set.count, "image", "images"));
    if (v->chosen < v->set.count)
        area_field(a, 2, 0, a->w, -1, INK_NORMAL,
                   image_set_labels(&v->set, v->set.shown[v->chosen], labels, sizeof labels));
}

static void images_draw(struct workbench *wb, void *state, const struct area *a)
{
    struct images *v = state;
    struct area rest = area_sub(a, a->h > 4, 0, a->h - (a->h > 4), a->w);
    if (!v->set.data.dataset.id) {
        area_wrap(a, 1, 2, a->h - 1, a->w - 4, INK_DIM,
                  "No data set yet. :data import brings one (nih, folder, csv); :demo draws a phantom.");
        return;
    }
    if (a->h > 4) draw_head(v, a);
    if (a->h < 4 && v->page < PAGE_LABELS) {
        draw_numbers(v, a);
        return;
    }
    if (v->page == PAGE_LABELS)
        image_labels_draw(&rest, &wb->theme, v->counted ? &v->counts : NULL, v->top);
    else if (v->page == PAGE_UNREADABLE)
        draw_unreadable(v, &rest);
    else if (!v->set.pack)
        draw_no_pack(v, &rest);
    else if (v->set.count == 0)
        area_text(&rest, 1, 2, INK_DIM, "no image fits; / changes what is looked for");
    else if (v->page == PAGE_ONE)
        draw_one(wb, v, &rest);
    else
        draw_grid(wb, v, &rest);
    if (v->page < PAGE_LABELS && !image_set_whole(&v->set)) draw_no_pack(v, &rest);
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static unsigned move(struct images *v, int by, int lines)
{
    if (v->page >= PAGE_LABELS) {
        int most = v->page == PAGE_LABELS ? (int)v->counts.classes - 1 : (int)v->set.data.unreadable_count - 1;
        v->top += lines ? lines : by;
        if (v->top > most) v->top = most;
        if (v->top < 0) v->top = 0;
        return AFTER_DRAW;
    }
    int across = v->page == PAGE_GRID && v->across > 0 ? v->across : 1;
    int to = v->chosen + by + lines * across;
    if (to >= 0 && to < v->set.count)
        v->chosen = to;
    else if (lines && to < 0)
        v->chosen = v->chosen % across;
    else if (to >= v->set.count && v->set.count)
        v->chosen = v->set.count - 1;
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_move(struct workbench *wb, void *state, int key)
{
    struct images *v = state;
    int page = v->page == PAGE_ONE ? 10 : v->down;
    (void)wb;
    if (key == KEYS_LEFT || key == KEYS_RIGHT) return move(v, key == KEYS_LEFT ? -1 : 1, 0);
    if (key == KEYS_HOME || key == KEYS_END) return move(v, keys_walk(key, 0, 0, v->set.count) - v->chosen, 0);
    return move(v, 0, keys_walk(key, 0, page, 0));
}

static unsigned on_page(struct workbench *wb, void *state, int page)
{
    struct images *v = state;
    (void)wb;
    v->page = (int)v->page == page ? PAGE_GRID : (enum page)page;
    v->top = 0;
    v->wanted = v->page == PAGE_LABELS;
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_again(struct workbench *wb, void *state, int argument)
{
    struct images *v = state;
    (void)wb, (void)argument;
    v->epoch++;
    v->page = PAGE_ONE;
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_marks(struct workbench *wb, void *state, int argument)
{
    struct images *v = state;
    (void)argument;
    v->marks = !v->marks;
    message_say(wb, "boxes and outlines are %s", v->marks ? "shown" : "hidden");
    return AFTER_DRAW;
}

/* The first row drops the heatmap. */
static unsigned heat_chosen(struct workbench *wb, void *ctx, int row)
{
    struct images *v = ctx;
    uint32_t image;
    image_heat_drop(&v->heat);
    if (row > 0 && (size_t)row <= v->set.data.classes_count && chosen_pixels(v, &image))
        image_heat_ask(&v->heat, wb, &v->set, image, v->set.data.classes[row - 1]);
    v->page = PAGE_ONE;
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_heat(struct workbench *wb, void *state, int argument)
{
    struct images *v = state;
    (void)argument;
    if (v->set.pack) image_heat_choose(wb, &v->set, heat_chosen, v);
    return AFTER_DRAW;
}

static unsigned on_zoom(struct workbench *wb, void *state, int by)
{
    struct images *v = state;
    int rows = (v->rows ? v->rows : 8) + by;
    v->rows = rows < 3 ? 3 : rows > 40 ? 40 : rows;
    v->top = 0;
    preference_set_int(wb, "images.rows", v->rows);
    return AFTER_DRAW;
}

static void filtered(struct workbench *wb, void *ctx)
{
    struct images *v = ctx;
    struct err e;
    v->chosen = v->top = 0;
    if (!image_set_filter(&v->set, v->filter.text, &e)) message_fail(wb, &e);
}

static unsigned on_filter(struct workbench *wb, void *state, int argument)
{
    struct images *v = state;
    (void)argument;
    if (!v->set.data.dataset.id) return AFTER_DRAW;
    v->filter.set = &v->set;
    v->filter.changed = filtered;
    v->filter.ctx = v;
    image_filter_ask(&v->filter, wb);
    return AFTER_DRAW;
}

static unsigned set_chosen(struct workbench *wb, void *ctx, int row)
{
    struct images *v = ctx;
    if (row < 0 || (size_t)row >= v->sets.count) return AFTER_DRAW;
    *v->filter.text = '\0';
    open_set(wb, v, v->sets.rows[row].name);
    preference_set(wb, "images.set", v->name);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_set(struct workbench *wb, void *state, int argument)
{
    struct images *v = state;
    int at = 0;
    (void)argument;
    const char **names;
    read_sets(wb, v);
    names = calloc(v->sets.count + 1, sizeof *names);
    for (size_t i = 0; names && i < v->sets.count; i++) {
        names[i] = v->sets.rows[i].name;
        if (!strcmp(names[i], v->name)) at = (int)i;
    }
    if (names) dialog_choose(wb, "Data set", names, at, set_chosen, v);
    free(names);
    return AFTER_DRAW;
}

static unsigned images_click(struct workbench *wb, void *state, int y, int x)
{
    struct images *v = state;
    (void)wb;
    if (v->page != PAGE_GRID || v->thumb.side < 2 || y < 1) return AFTER_DRAW;
    int rows = v->thumb.side / 2, at = (v->top + (y - 1) / (rows + 1)) * v->across + x / (2 * rows + 1);
    if (x / (2 * rows + 1) < v->across && at < v->set.count) {
        if (at == v->chosen) v->page = PAGE_ONE;
        v->chosen = at;
    }
    return AFTER_DRAW | AFTER_READ;
}

/* Escape leaves what is shown in place of the grid; then it goes back. */
static unsigned images_key(struct workbench *wb, void *state, int key)
{
    struct images *v = state;
    return key == KEYS_ESCAPE && v->page != PAGE_GRID ? on_page(wb, state, (int)v->page) : AFTER_UNUSED;
}

static unsigned images_wheel(struct workbench *wb, void *state, int by)
{
    (void)wb;
    return move(state, 0, by);
}

static const struct key_bind keys[] = {
    { KEYS_ENTER, 0, "open", "large", "the chosen image large, with its two augmented views; again: the grid", on_page,
      0, PAGE_ONE },
    { '/', 0, "filter", "filter",
      "which images: CLASS, -CLASS, split:test, patient:12, a part of the path (Tab completes)", on_filter, 0, 0 },
    { 'd', 0, "data-set", "data set", "choose the data set", on_set, 0, 0 },
    { 'a', 0, "draw-again", "draw again", "the two views as another epoch draws them", on_again, 0, 0 },
    { 't', 0, "labels", "labels", "how often each class occurs, and which occur together", on_page, 0, PAGE_LABELS },
    { 'u', 0, "unreadable", NULL, "files that could not be read, and why", on_page, 0, PAGE_UNREADABLE },
    { 'm', 0, "heat", "heat",
      "where in the image the shown run's score of a class comes from: of its classifier, or of a probe that is fitted",
      on_heat, NEEDS_RUN, 0 },
    { 'b', 0, "boxes", "boxes", "show or hide boxes and outlines", on_marks, 0, 0 },
    { '+', '=', "larger", NULL, "larger thumbnails", on_zoom, 0, 2 },
    { '-', 0, "smaller", NULL, "smaller thumbnails", on_zoom, 0, -2 },
    { KEYS_LEFT, 'h', "left", NULL, "the image before", on_move, 0, KEYS_LEFT },
    { KEYS_RIGHT, 'l', "right", NULL, "the next image", on_move, 0, KEYS_RIGHT },
    { KEYS_UP, 'k', "up", NULL, "a row up", on_move, 0, KEYS_UP },
    { KEYS_DOWN, 'j', "down", NULL, "a row down", on_move, 0, KEYS_DOWN },
    { KEYS_PAGE_UP, 0, "page-up", NULL, "a page up", on_move, 0, KEYS_PAGE_UP },
    { KEYS_PAGE_DOWN, 0, "page-down", NULL, "a page down", on_move, 0, KEYS_PAGE_DOWN },
    { KEYS_HOME, 'g', "top", NULL, "the first image", on_move, 0, KEYS_HOME },
    { KEYS_END, 'G', "end", NULL, "the last image", on_move, 0, KEYS_END },
    { 0 },
};

/* Of one image. */
static const struct key_bind one_keys[] = {
    { KEYS_ESCAPE, 0, "grid", "grid", "all images", NULL, 0, 0 },
    { KEYS_RIGHT, 0, "right", "next", "", NULL, 0, 0 },
    { 'a', 0, "draw-again", "draw again", "", NULL, 0, 0 },
    { 'b', 0, "boxes", "boxes", "", NULL, 0, 0 },
    { 0 },
};

static const struct key_bind *images_bar(struct workbench *wb, void *state)
{
    (void)wb;
    return ((struct images *)state)->page == PAGE_ONE ? one_keys : NULL;
}

const struct screen screen_images = {
    .name = "images",
    .title = "Images",
    .brief = "Img",
    .digit = '8',
    .about =
        "The images of a data set as they lie in its pack. Enter shows one large, with boxes (a letter in their "
        "corner) "
        "and outlines of masks, and the two views that training makes of it: with the settings of the shown run where "
        "it learns from this data set, else with those of the preset small. Two pixels stand in a cell. m lays the "
        "heatmap of a class over it (Grad-CAM), "
        "x where it is hottest.",
    .keys = keys,
    .size = sizeof(struct images),
    .open = images_open,
    .close = images_close,
    .read = images_read,
    .draw = images_draw,
    .bar = images_bar,
    .key = images_key,
    .click = images_click,
    .wheel = images_wheel,
};
