#include "views/charts/picture.h"

#include <stdlib.h>
#include <string.h>

int picture_rows(int h, int w)
{
    int rows = w / 2 < h ? w / 2 : h;
    return rows > 0 ? rows : 0;
}

static bool make_room(struct picture *p, int side)
{
    if (p->side == side) return true;
    picture_clear(p);
    p->rgb = malloc((size_t)side * (size_t)side * 3);
    p->marks = malloc((size_t)side * (size_t)side * sizeof *p->marks);
    if (!p->rgb || !p->marks) {
        picture_clear(p);
        return false;
    }
    p->side = side;
    return true;
}

/* Mean of the pixels y0..y1, x0..x1 (not included) of one channel. */
static uint8_t mean_of(const uint8_t *pixels, int size, int channels, int channel, const int box[4])
{
    unsigned sum = 0, n = 0;
    for (int y = box[0]; y < box[1]; y++)
        for (int x = box[2]; x < box[3]; x++, n++) sum += pixels[((size_t)y * size + x) * channels + channel];
    return (uint8_t)(n ? (sum + n / 2) / n : 0);
}

bool picture_scale(struct picture *p, const uint8_t *pixels, int size, int channels, int rows)
{
    int side = 2 * rows;
    if (rows < 1 || !make_room(p, side)) return false;
    p->colour = channels == 3;
    memset(p->marks, 0, (size_t)side * (size_t)side * sizeof *p->marks);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            int box[4] = { y * size / side, (y + 1) * size / side, x * size / side, (x + 1) * size / side };
            if (box[1] == box[0]) box[1]++;
            if (box[3] == box[2]) box[3]++;
            for (int c = 0; c < 3; c++)
                p->rgb[((size_t)y * side + x) * 3 + c] = mean_of(pixels, size, channels, channels == 3 ? c : 0, box);
        }
    return true;
}

static void mark(struct picture *p, int y, int x, unsigned ink)
{
    if (y >= 0 && x >= 0 && y < p->side && x < p->side) p->marks[(size_t)y * p->side + x] = ink;
}

void picture_box(struct picture *p, double x0, double y0, double x1, double y1, unsigned ink)
{
    int left = (int)(x0 * p->side), right = (int)(x1 * p->side), top = (int)(y0 * p->side),
        bottom = (int)(y1 * p->side);
    if (right >= p->side) right = p->side - 1;
    if (bottom >= p->side) bottom = p->side - 1;
    for (int x = left < 0 ? 0 : left; x <= right; x++) mark(p, top, x, ink), mark(p, bottom, x, ink);
    for (int y = top < 0 ? 0 : top; y <= bottom; y++) mark(p, y, left, ink), mark(p, y, right, ink);
}

/* Marks the pixels whose centre is inside the mask. */
static void fill_inside(const struct picture *p, const unsigned char *runs, size_t count, int width, int height,
                        uint8_t *inside)
{
    size_t at = 0, total = (size_t)width * (size_t)height;
    uint8_t *all = calloc(total + 1, 1);
    if (!all) return;
    for (size_t i = 0; i < count && at < total; i++) {
        const unsigned char *b = runs + 4 * i;
        size_t n = (size_t)b[0] | (size_t)b[1] << 8 | (size_t)b[2] << 16 | (size_t)b[3] << 24;
        if (n > total - at) n = total - at;
        if (i % 2) memset(all + at, 1, n);
        at += n;
    }
    for (int y = 0; y < p->side; y++)
        for (int x = 0; x < p->side; x++)
            inside[(size_t)y * p->side + x] =
                all[(size_t)((2 * y + 1) * height / (2 * p->side)) * width + (2 * x + 1) * width / (2 * p->side)];
    free(all);
}

void picture_mask(struct picture *p, const void *runs, size_t bytes, int width, int height, unsigned ink)
{
    int n = p->side;
    uint8_t *inside = calloc((size_t)n * (size_t)n + 1, 1);
    if (!inside || width < 1 || height < 1) {
        free(inside);
        return;
    }
    fill_inside(p, runs, bytes / 4, width, height, inside);
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x++) {
            const uint8_t *here = inside + (size_t)y * n + x;
            bool edge = y == 0 || x == 0 || y == n - 1 || x == n - 1 || !here[-n] || !here[n] || !here[-1] || !here[1];
            if (*here && edge) mark(p, y, x, ink);
        }
    free(inside);
}

/* ---- drawing ----------------------------------------------------------------------------------------------- */

static double grey_at(const struct picture *p, int y, int x)
{
    const uint8_t *v = p->rgb + ((size_t)y * p->side + x) * 3;
    return (0.299 * v[0] + 0.587 * v[1] + 0.114 * v[2]) / 255;
}

static unsigned ink_at(const struct picture *p, int y, int x)
{
    unsigned marked = p->marks[(size_t)y * p->side + x];
    if (marked) return marked;
    return (unsigned)(p->colour ? theme_pixel(p->rgb + ((size_t)y * p->side + x) * 3) : theme_grey(grey_at(p, y, x)));
}

/* Draws a character as dense as the cell is bright; ordered dithering gives the levels between. */
static void put_ramp(const struct picture *p, const struct area *a, const struct theme *t, int y, int x)
{
    static const double raster[2][2] = { { -0.375, 0.125 }, { 0.375, -0.125 } };
    unsigned marked = p->marks[(size_t)2 * y * p->side + x];
    if (!marked) marked = p->marks[(size_t)(2 * y + 1) * p->side + x];
    if (marked) {
        area_put(a, y, x, '+', marked | STYLE_BOLD);
        return;
    }
    double share = (grey_at(p, 2 * y, x) + grey_at(p, 2 * y + 1, x)) / 2;
    if (t->light) share = 1 - share; /* on a light background a dense character is dark */
    if (!a->canvas->ascii) share += raster[y & 1][x & 1] / 4;
    area_put(a, y, x, theme_ramp(a->canvas->ascii, share), INK_NORMAL);
}

void picture_draw(const struct picture *p, const struct area *a, const struct theme *t)
{
    bool colours = theme_has_map(t);
    for (int y = 0; y < p->side / 2; y++)
        for (int x = 0; x < p->side; x++) {
            if (!colours)
                put_ramp(p, a, t, y, x);
            else if (a->canvas->ascii)
                area_put(a, y, x, ' ', STYLE_PAPER(ink_at(p, 2 * y + (p->marks[(size_t)2 * y * p->side + x] == 0), x)));
            else
                area_put(a, y, x, 0x2580, ink_at(p, 2 * y, x) | STYLE_PAPER(ink_at(p, 2 * y + 1, x)));
        }
}

void picture_clear(struct picture *p)
{
    free(p->rgb);
    free(p->marks);
    *p = (struct picture){ 0 };
}
