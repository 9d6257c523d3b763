#include "views/charts/dots.h"

#include <stdlib.h>

struct dots_cell {
    uint8_t front, back; /* one bit per dot, from the top, the left column first */
    unsigned ink, shade;
};

bool dots_begin(struct dots *d, const struct area *a)
{
    bool fine = !a->canvas->ascii && !a->canvas->plain;
    *d = (struct dots){ .area = *a, .per_y = fine ? 4 : 2, .per_x = fine ? 2 : 1 };
    if (a->h < 1 || a->w < 1) return false;
    d->cells = calloc((size_t)a->h * a->w, sizeof *d->cells);
    if (!d->cells) return false;
    d->h = a->h * d->per_y;
    d->w = a->w * d->per_x;
    return true;
}

static uint32_t braille(unsigned mask)
{
    static const uint8_t bits[8] = { 0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80 };
    uint32_t ch = 0x2800;
    for (int i = 0; i < 8; i++)
        if (mask >> i & 1) ch |= bits[i];
    return ch;
}

static uint32_t character(const struct dots *d, unsigned mask, bool back)
{
    static const uint32_t blocks[4] = { ' ', 0x2580, 0x2584, 0x2588 };
    if (d->per_x == 2) return braille(mask);
    if (d->area.canvas->ascii) return back ? '|' : (uint32_t)(unsigned char)" '.:"[mask & 3];
    return back ? 0x2591 : blocks[mask & 3];
}

void dots_end(struct dots *d)
{
    for (int y = 0; d->cells && y < d->area.h; y++)
        for (int x = 0; x < d->area.w; x++) {
            const struct dots_cell *c = &d->cells[(size_t)y * d->area.w + x];
            if (c->front)
                area_put(&d->area, y, x, character(d, c->front, false), c->ink);
            else if (c->back)
                area_put(&d->area, y, x, character(d, c->back, true), c->shade);
        }
    free(d->cells);
    *d = (struct dots){ 0 };
}

static struct dots_cell *cell_at(struct dots *d, int y, int x, unsigned *bit)
{
    if (!d->cells || y < 0 || x < 0 || y >= d->h || x >= d->w) return NULL;
    *bit = 1u << (y % d->per_y + x % d->per_x * d->per_y);
    return &d->cells[(size_t)(y / d->per_y) * d->area.w + x / d->per_x];
}

void dots_put(struct dots *d, int y, int x, unsigned ink)
{
    unsigned bit;
    struct dots_cell *c = cell_at(d, y, x, &bit);
    if (!c) return;
    c->front |= (uint8_t)bit;
    c->ink = ink;
}

void dots_line(struct dots *d, int y0, int x0, int y1, int x1, unsigned ink)
{
    int dx = abs(x1 - x0), dy = abs(y1 - y0), n = dx > dy ? dx : dy;
    for (int i = 0; i <= n; i++) {
        double t = n ? (double)i / n : 0;
        int y = (int)((y1 - y0) * t + (y1 < y0 ? -0.5 : 0.5)), x = (int)((x1 - x0) * t + (x1 < x0 ? -0.5 : 0.5));
        dots_put(d, y0 + y, x0 + x, ink);
    }
}

void dots_shade(struct dots *d, int x, int y0, int y1, unsigned ink)
{
    int top = y0 < y1 ? y0 : y1, bottom = y0 < y1 ? y1 : y0;
    top = top < 0 ? 0 : top;
    bottom = bottom >= d->h ? d->h - 1 : bottom;
    for (int y = top; y <= bottom; y++) {
        unsigned bit;
        struct dots_cell *c = cell_at(d, y, x, &bit);
        if (!c) return;
        if (d->per_x == 2 && (y + x) % 2 && bottom - top > 1) continue;
        c->back |= (uint8_t)bit;
        c->shade = ink;
    }
}
