#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/analysis/format.h"
#include "views/screens/image_caption.h"
#include "views/screens/image_labels.h"
#include "views/screens/image_look.h"
#include "views/screens/images.h"
#include "views/workbench/message.h"

const uint8_t *images_chosen(const struct images *v, uint32_t *image)
{
    if (!v->set.pack || v->chosen >= v->set.count) return NULL;
    *image = v->set.shown[v->chosen];
    return pack_image(v->set.pack, *image);
}

static void draw_head(const struct images *v, const struct area *a)
{
    const struct store_dataset *s = &v->set.data.dataset;
    char n[FORMAT_SIZE], all[FORMAT_SIZE], look[80];
    int x = 1 + area_text(a, 0, 1, INK_STRONG, s->name) + 2;
    x += area_part(a, 0, x, INK_DIM, "%s %s", format_count((int64_t)v->set.data.images_count, all),
                   text_number(v->set.data.images_count, "image", "images"));
    x += area_part(a, 0, x, INK_DIM, ", %d px %s", (int)s->size, s->channels == 3 ? "colour" : "grey");
    x += area_part(a, 0, x, INK_DIM, ", %lld %s", (long long)v->set.data.classes_count,
                   text_number(v->set.data.classes_count, "class", "classes"));
    if (s->unreadable) x += area_printf(a, 0, x, INK_WATCH, ", %lld unreadable (u)", (long long)s->unreadable);
    if (*v->filter.text)
        area_printf(a, 0, x + 2, INK_ACCENT, "%s %s: %s", format_count(v->set.count, n),
                    text_number(v->set.count, "fits", "fit"), v->filter.text);
    if (v->page != PAGE_ONE || !*image_look_text(&v->look, look, sizeof look)) return;
    int w = text_columns(look); /* more important than what stands before it */
    area_printf(a, 0, a->w - w - 2 > 0 ? a->w - w - 2 : 0, INK_ACCENT | STYLE_BOLD, "  %s", look);
}

static struct picture_source source_of(const struct images *v, const uint8_t *pixels)
{
    return (struct picture_source){ pixels, pack_size(v->set.pack), pack_channels(v->set.pack), PICTURE_WHOLE };
}

static void draw_thumb(struct workbench *wb, struct images *v, const struct area *a, int rows, int at)
{
    uint32_t image = v->set.shown[at];
    char labels[160];
    bool here = at == v->chosen;
    if (v->set.pack) {
        const struct picture_source source = source_of(v, pack_image(v->set.pack, image));
        album_show(&v->thumbs, &source, rows, a, &wb->theme);
    }
    unsigned style =
        here ? INK_STRONG | STYLE_PAPER(INK_CHOSEN) | STYLE_REVERSE * (wb->theme.depth == THEME_MONO) : INK_DIM;
    area_field(a, rows, 0, a->w, -1, style, image_caption(&v->set, image, a->w, labels, sizeof labels));
}

/* As many lines of pictures as are about nine rows high, which fill the screen. */
static int rows_of_thumb(int h)
{
    enum { USUAL = 9 };
    int lines = (h + USUAL / 2) / (USUAL + 1);
    return h / (lines > 0 ? lines : 1) - 1;
}

static void draw_grid(struct workbench *wb, struct images *v, const struct area *a)
{
    int rows = picture_rows(a->canvas, v->rows ? v->rows : rows_of_thumb(a->h), a->w);
    if (rows > a->h - 1) rows = a->h - 1;
    if (rows < 2) {
        area_printf(a, 0, 1, INK_DIM, "%d %s; too small a place for pictures", v->set.count,
                    text_number(v->set.count, "image", "images"));
        return;
    }
    int wide = picture_columns(a->canvas, rows);
    v->cell_h = rows + 1;
    v->cell_w = wide + 1;
    v->across = (a->w + 1) / v->cell_w;
    v->down = a->h / v->cell_h;
    if (v->across < 1) v->across = 1;
    if (v->down < 1) v->down = 1;
    int line = v->chosen / v->across;
    if (line < v->top) v->top = line;
    if (line >= v->top + v->down) v->top = line - v->down + 1;
    for (int i = 0; i < v->down * v->across; i++) {
        int at = v->top * v->across + i;
        if (at >= v->set.count) break;
        struct area cell = area_sub(a, i / v->across * v->cell_h, i % v->across * v->cell_w, v->cell_h, wide);
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
    int x = area_part(a, y, 0, INK_DIM, "%s", store_split_name(m->split));
    x += area_part(a, y, x, INK_DIM, "  patient %s", m->patient ? m->patient : "unknown");
    x += area_part(a, y, x, INK_DIM, "  %lldx%lld", (long long)m->width, (long long)m->height);
    area_part(a, y++, x, INK_DIM, "  #%u", image);
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

/* The letters of its boxes, each in a corner. */
static void draw_letters(const struct images *v, const struct area *a, uint32_t image)
{
    double size = pack_size(v->set.pack);
    int letter = 0, y, x;
    for (size_t i = 0; v->marks && i < v->set.data.boxes_count; i++) {
        const struct store_box *b = &v->set.data.boxes[i];
        if (b->image != image) continue;
        if (picture_cell(&v->large, b->y0 / size, b->x0 / size, &y, &x))
            area_above(a, y, x, (uint32_t)('a' + letter % 26), INK_SERIES(b->class) | STYLE_BOLD | STYLE_REVERSE);
        letter++;
    }
}

/* The image with its boxes and mask outlines. */
static void draw_large(struct workbench *wb, struct images *v, const struct area *a, uint32_t image, int rows)
{
    double size = pack_size(v->set.pack);
    struct picture *p = &v->large;
    bool hot = image_heat_shown(&v->heat, image);
    struct picture_source source = source_of(v, hot ? v->heat.pixels : pack_image(v->set.pack, image));
    if (hot) source.channels = 3;
    source.look = v->look;
    int seen = (int)(v->look.side * size + 0.5);
    const struct picture_size fit = picture_size(a->canvas, &wb->theme, rows, seen);
    if (!picture_scale(p, &source, &fit)) return;
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
    if (hot) image_heat_mark(&v->heat, a, p);
    draw_letters(v, a, image);
}

/* What was done to a view: what changes it most first; what has no room is left out whole. */
static void say_choice(const struct area *a, int y, const struct augment_choice *c, double crop, int channels)
{
    const struct {
        bool done;
        const char *word;
    } done[] = { { c->solarize, "solarise" },
                 { c->blur, "blur" },
                 { c->jitter, "jitter" },
                 { c->flip, "flip" },
                 { c->grey && channels == 3, "grey" } };
    int x = area_part(a, y, 0, INK_DIM, "crop %.0f %%", crop);
    if (c->angle != 0) x += area_part(a, y, x, INK_DIM, " turn %.0f", c->angle);
    for (size_t i = 0; i < sizeof done / sizeof done[0]; i++)
        if (done[i].done) x += area_part(a, y, x, INK_DIM, " %s", done[i].word);
}

static void draw_view(struct workbench *wb, struct images *v, const struct area *a, int k, int rows)
{
    const struct augment_choice *c = &v->choice[k];
    const struct picture_size fit = picture_size(a->canvas, &wb->theme, rows, v->side);
    struct area below = area_sub(a, 1, 0, rows, fit.columns);
    int size = pack_size(v->set.pack);
    area_printf(a, 0, 0, k ? INK_VIEW2 : INK_VIEW1, "view %d", k + 1);
    const struct picture_source source = { v->pixels[k], v->side, v->view_channels, PICTURE_WHOLE };
    if (picture_scale(&v->view[k], &source, &fit)) picture_draw(&v->view[k], &below, &wb->theme);
    say_choice(a, rows + 1, c, 100.0 * c->width * c->height / ((double)size * size), v->view_channels);
}

static void draw_one(struct workbench *wb, struct images *v, const struct area *a)
{
    uint32_t image;
    if (!images_chosen(v, &image)) return;
    int rows = picture_rows_large(a->canvas, a->h, a->w > 60 ? a->w - 38 : a->w * 3 / 5);
    if (rows < 2) {
        draw_about(v, a, image);
        return;
    }
    draw_large(wb, v, a, image, rows);
    int large = picture_columns(a->canvas, rows) + 2;
    struct area panel = area_sub(a, 0, large, a->h, a->w - large);
    int y = draw_about(v, &panel, image) + 1;
    int half = (panel.w - 2) / 2, small = picture_rows(a->canvas, a->h - y - 3, half);
    if (v->drawn != (int64_t)image || small < 2) return;
    if (small > 24) small = 24;
    int wide = picture_columns(a->canvas, small);
    area_printf(&panel, y, 0, INK_DIM, "as drawn in epoch %lld%s", (long long)v->epoch,
                v->own ? " by this run" : ", preset small");
    for (int k = 0; k < 2; k++) {
        struct area part = area_sub(&panel, y + 1, k * (wide + 2), small + 2, wide);
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
                   image_caption(&v->set, v->set.shown[v->chosen], a->w, labels, sizeof labels));
}

void images_draw(struct workbench *wb, void *state, const struct area *a)
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
