#include "views/terminal/placed.h"

#include <string.h>

#include "views/terminal/kitty.h"
#include "views/terminal/sixel.h"

static bool same_place(const struct overlay *a, const struct overlay *b)
{
    return a->y == b->y && a->x == b->x && a->h == b->h && a->w == b->w;
}

/* Nothing has been drawn over any of its cells, nor is it in the last row. */
static bool uncovered(const struct canvas *c, int index)
{
    const struct overlay *o = &c->overlays[index];
    if (o->y + o->h >= c->h || o->x + o->w > c->w) return false;
    for (int y = o->y; y < o->y + o->h; y++)
        for (int x = o->x; x < o->x + o->w; x++)
            if (c->cells[(size_t)y * c->w + x].overlay != index + 1) return false;
    return true;
}

/* Sixels go when their cells are written: these are no longer the blanks that placed_hides asks for. */
static void take_away(struct placed *p, int i, enum graphics_mode mode, struct text *out)
{
    if (mode == GRAPHICS_KITTY) kitty_hide((unsigned)i + 1, out);
    p->shown[i].h = 0;
}

/* The number of a shown picture at the same place; 0: none. */
static int number_at(const struct placed *p, const struct overlay *o)
{
    for (int i = 0; i < p->most; i++)
        if (p->shown[i].h && same_place(&p->shown[i], o)) return i + 1;
    return 0;
}

static int free_number(struct placed *p)
{
    int i = 0;
    while (i < p->most && p->shown[i].h) i++;
    if (i == p->most) p->most++;
    return i + 1;
}

void placed_compare(struct placed *p, const struct canvas *c, enum graphics_mode mode, bool all, struct text *out)
{
    bool stays[OVERLAYS_MOST] = { false };
    if (all && mode == GRAPHICS_KITTY) placed_remove(p, mode, out);
    if (all) p->most = 0;
    p->waits = false;
    for (int i = 0; i < c->overlay_count; i++) {
        bool there = c->pictures == PICTURES_PIXELS && uncovered(c, i);
        p->number[i] = (uint8_t)(there ? number_at(p, &c->overlays[i]) : 0);
        p->fresh[i] = there && (!p->number[i] || p->shown[p->number[i] - 1].key != c->overlays[i].key);
        if (p->fresh[i] && p->hurried && c->overlays[i].haste == OVERLAY_WAITS) {
            p->waits = true;
            p->number[i] = 0;
            p->fresh[i] = false;
        }
        if (p->number[i]) stays[p->number[i] - 1] = true;
    }
    for (int i = 0; i < p->most; i++)
        if (p->shown[i].h && !stays[i]) take_away(p, i, mode, out);
    for (int i = 0; i < c->overlay_count; i++) {
        if (p->fresh[i] && !p->number[i]) p->number[i] = (uint8_t)free_number(p);
        if (!p->fresh[i]) continue;
        p->shown[p->number[i] - 1] = c->overlays[i];
        p->shown[p->number[i] - 1].rgb = NULL;
    }
    memset(p->number + c->overlay_count, 0, sizeof p->number - (size_t)c->overlay_count);
}

bool placed_hides(const struct placed *p, const struct cell *cell)
{
    return cell->overlay && !cell->above && p->number[cell->overlay - 1];
}

/* The letters above a picture once more. */
static void letters_above(const struct overlay *o, const struct canvas *c, const struct theme *t, struct text *out)
{
    for (int y = o->y; y < o->y + o->h; y++)
        for (int x = o->x; x < o->x + o->w; x++) {
            const struct cell *cell = &c->cells[(size_t)y * c->w + x];
            if (!cell->above) continue;
            text_printf(out, "\033[%d;%dH", y + 1, x + 1);
            theme_sgr(t, cell->style, out);
            text_add_char(out, cell->ch);
        }
}

int placed_send(struct placed *p, const struct canvas *c, enum graphics_mode mode, const struct theme *t,
                struct text *out)
{
    int sent = 0;
    for (int i = 0; i < c->overlay_count; i++) {
        const struct overlay *o = &c->overlays[i];
        if (!p->fresh[i]) continue;
        sent++;
        text_printf(out, "\033[%d;%dH", o->y + 1, o->x + 1);
        if (mode == GRAPHICS_KITTY)
            kitty_show(o, p->number[i], out);
        else
            sixel_show(o, c->cell_h, c->cell_w, out);
        if (mode == GRAPHICS_SIXEL) letters_above(o, c, t, out);
    }
    return sent;
}

void placed_remove(struct placed *p, enum graphics_mode mode, struct text *out)
{
    for (int i = 0; i < p->most; i++)
        if (p->shown[i].h) take_away(p, i, mode, out);
    p->most = 0;
}
