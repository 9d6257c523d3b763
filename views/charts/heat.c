#include "views/charts/heat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "views/charts/chart.h"

float heat_reduce(const struct heat *h, int row, int column, int per)
{
    double sum = 0, best = NAN;
    int n = 0;
    for (int i = row; i < row + per && i < h->rows; i++)
        for (int j = column; j < column + per && j < h->cols; j++) {
            double v = (double)h->values[(size_t)i * (size_t)h->cols + (size_t)j];
            if (isnan(v)) continue;
            sum += v, n++;
            if (isnan(best) || (h->with_sign ? fabs(v) > fabs(best) : v > best)) best = v;
        }
    return n == 0 ? NAN : (float)(h->max || h->with_sign ? best : sum / n);
}

static int ceil_share(int a, int b)
{
    return (a + b - 1) / b;
}

struct heat_place heat_lay(const struct area *a, const struct heat *h)
{
    struct heat_place p = { .per = 1, .zoom = 1, .halves = theme_has_map(h->theme) && !a->canvas->ascii };
    p.wide = p.halves || a->w < 2 ? 1 : 2;
    p.plot = area_sub(a, 0, 0, 0, 0);
    if (a->h < 1 || a->w < 1 || h->rows < 1 || h->cols < 1) return p;
    int tall = a->h * (p.halves ? 2 : 1), across = a->w / p.wide;
    int down = ceil_share(h->rows, tall), along = ceil_share(h->cols, across);
    p.per = down > along ? down : along;
    if (p.per == 1) p.zoom = tall / h->rows < across / h->cols ? tall / h->rows : across / h->cols;
    int height = ceil_share(h->rows, p.per) * p.zoom, width = ceil_share(h->cols, p.per) * p.zoom * p.wide;
    p.plot = area_sub(a, 0, 0, p.halves ? ceil_share(height, 2) : height, width);
    return p;
}

/* Place on the map: the square root of the magnitude above the least, with the value's sign. */
static double share_of(const struct heat *h, double v)
{
    double above = fmax(0, fabs(v) - h->least),
           share = h->most > h->least ? sqrt(fmin(1, above / (h->most - h->least))) : 0;
    return v < 0 ? -share : share;
}

/* The magnitude at a place 0..1 of the map. */
static double magnitude_at(const struct heat *h, double place)
{
    return h->least + place * place * (h->most - h->least);
}

static unsigned ink_of(const struct heat *h, double v)
{
    double share = isnan(v) ? v : share_of(h, v);
    return (unsigned)(h->with_sign ? theme_signed(share) : theme_map(share));
}

/* The value of the picture's point at y, x; NaN beyond it, where *inside is false. */
static float point(const struct heat *h, const struct heat_place *p, int y, int x, bool *inside)
{
    int row = y / p->zoom * p->per, column = x / p->zoom * p->per;
    *inside = row < h->rows && column < h->cols;
    return *inside ? heat_reduce(h, row, column, p->per) : NAN;
}

static void put_halves(const struct heat_place *p, const struct heat *h, int y, int x)
{
    bool above, below;
    float top = point(h, p, 2 * y, x, &above), bottom = point(h, p, 2 * y + 1, x, &below);
    if ((above && isnan(top)) || (below && isnan(bottom))) {
        area_put(&p->plot, y, x, 'x', INK_BAD);
        return;
    }
    unsigned paper = below ? STYLE_PAPER(ink_of(h, (double)bottom)) : 0;
    area_put(&p->plot, y, x, 0x2580, ink_of(h, (double)top) | paper);
}

static void put_ramp(const struct heat_place *p, const struct heat *h, int y, int x)
{
    bool inside;
    double v = (double)point(h, p, y, x, &inside), share = isnan(v) ? 0 : fabs(share_of(h, v));
    unsigned ink = isnan(v) ? INK_BAD : theme_has_map(h->theme) ? ink_of(h, v) : INK_NORMAL;
    for (int i = 0; i < p->wide; i++) {
        int column = x * p->wide + i;
        uint32_t ch = isnan(v) ? 'x' : theme_ramp_raster(p->plot.canvas->ascii, share, y, column);
        if (i == 0 && h->with_sign && v < 0 && share >= 0.3) ch = '-';
        area_put(&p->plot, y, column, ch, ink);
    }
}

/* Colours of pixels are fewer: half as many bytes are sent, and no eye tells the others apart. */
static uint32_t colour_of(const struct heat *h, float value)
{
    enum { STEPS = 32 };
    int ink = (int)ink_of(h, (double)value);
    return theme_rgb(h->theme,
                     ink < INK_MAP0 ? ink : (ink & ~255) + (ink & 255) * (STEPS - 1) / 255 * 255 / (STEPS - 1));
}

/* The same in pixels over the plot; `fine` as in heat_place, 0 if the terminal takes none. */
static int lay_pixels(const struct area *plot, const struct heat *h)
{
    enum { UNKNOWN_H = 16, UNKNOWN_W = 8, LEAST = 4 }; /* of a cell whose size is not known; rows worth a picture */
    const struct canvas *c = plot->canvas;
    if (c->pictures != PICTURES_PIXELS || plot->h < LEAST) return 0;
    int high = plot->h * (c->cell_h > 0 ? c->cell_h : UNKNOWN_H),
        across = plot->w * (c->cell_w > 0 ? c->cell_w : UNKNOWN_W);
    int down = ceil_share(h->rows, high), along = ceil_share(h->cols, across), fine = down > along ? down : along;
    int rows = ceil_share(h->rows, fine), columns = ceil_share(h->cols, fine);
    uint32_t *colour = malloc((size_t)rows * (size_t)columns * sizeof *colour);
    uint8_t *rgb = malloc((size_t)high * (size_t)across * 3);
    for (int i = 0; colour && rgb && i < rows * columns; i++)
        colour[i] = colour_of(h, heat_reduce(h, i / columns * fine, i % columns * fine, fine));
    for (int y = 0; colour && rgb && y < high; y++)
        for (int x = 0; x < across; x++)
            for (int k = 0; k < 3; k++)
                rgb[((size_t)y * (size_t)across + (size_t)x) * 3 + (size_t)k] =
                    (uint8_t)(colour[y * rows / high * columns + x * columns / across] >> (16 - 8 * k));
    bool shown = colour && rgb && area_overlay(plot, rgb, high, across, OVERLAY_NOW);
    free(colour);
    free(rgb);
    return shown ? fine : 0;
}

struct heat_place heat_draw(const struct area *a, const struct heat *h)
{
    struct heat_place p = heat_lay(a, h);
    for (int y = 0; y < p.plot.h; y++)
        for (int x = 0; x < p.plot.w / p.wide; x++) (p.halves ? put_halves : put_ramp)(&p, h, y, x);
    if (p.halves) p.fine = lay_pixels(&p.plot, h);
    if (h->row >= 0 && h->column >= 0) {
        int y = h->row / p.per * p.zoom, x = h->column / p.per * p.zoom * p.wide;
        area_above(&p.plot, p.halves ? y / 2 : y, x, '+', INK_ACCENT | STYLE_BOLD | STYLE_REVERSE);
    }
    return p;
}

bool heat_at(const struct heat_place *p, const struct heat *h, int y, int x, int *row, int *column)
{
    if (y < 0 || x < 0 || y >= p->plot.h || x >= p->plot.w) return false;
    *row = y * (p->halves ? 2 : 1) / p->zoom * p->per;
    *column = x / p->wide / p->zoom * p->per;
    return *row < h->rows && *column < h->cols;
}

void heat_legend(const struct area *a, int y, const struct heat *h)
{
    char least[CHART_NUMBER], most[CHART_NUMBER];
    if (h->with_sign)
        chart_number(-h->most, least);
    else
        chart_number(h->least, least);
    chart_number(h->most, most);
    int x = area_text(a, y, 0, INK_DIM, least) + 1, w = a->w - x - text_columns(most) - 1;
    if (w > 24) w = 24;
    for (int i = 0; i < w; i++) {
        double share = w > 1 ? (double)i / (w - 1) : 0, place = h->with_sign ? 2 * share - 1 : share;
        double v = copysign(magnitude_at(h, fabs(place)), place);
        if (theme_has_map(h->theme) && !a->canvas->ascii)
            area_put(a, y, x + i, ' ', STYLE_PAPER(ink_of(h, v)));
        else
            area_put(a, y, x + i, theme_ramp(a->canvas->ascii, fabs(place)), INK_NORMAL);
    }
    if (w > 0) x += w + 1 + area_text(a, y, x + w + 1, INK_DIM, most);
    chart_number(magnitude_at(h, 0.5), least);
    int behind = x + 1 + area_part(a, y, x + 1, INK_DIM, "half way: %s%s", h->with_sign ? "+-" : "", least);
    if (h->with_sign && h->least > 0)
        area_part(a, y, behind + 2, INK_DIM, "within +-%s: blank", chart_number(h->least, most));
}
