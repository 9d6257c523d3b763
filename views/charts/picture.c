#include "views/charts/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "views/charts/quadrants.h"
#include "views/terminal/fine.h"

int picture_columns(const struct canvas *c, int rows)
{
    bool told = c->cell_w > 0 && c->cell_h > c->cell_w && c->cell_h < 3 * c->cell_w; /* else nobody could read it */
    return told ? (2 * rows * c->cell_h + c->cell_w) / (2 * c->cell_w) : 2 * rows;
}

int picture_rows(const struct canvas *c, int h, int w)
{
    int rows = h;
    while (rows > 0 && picture_columns(c, rows) > w) rows--;
    return rows > 0 ? rows : 0;
}

int picture_rows_large(const struct canvas *c, int h, int w)
{
    int rows = picture_rows(c, h, w), most = c->cell_h > 0 ? PICTURE_SIDE_MOST / c->cell_h : rows;
    return c->pictures == PICTURES_PIXELS && rows > most ? most : rows;
}

/* How fine it is with characters. */
static int fineness_in_cells(const struct canvas *c, const struct theme *t)
{
    enum { CHARACTER = 4 }; /* pixels of half a cell */
    return !theme_has_map(t) || c->ascii || c->pictures == PICTURES_HALVES ? 1 : CHARACTER;
}

static bool in_pixels(const struct canvas *c, const struct theme *t)
{
    return c->pictures == PICTURES_PIXELS && fineness_in_cells(c, t) > 1;
}

struct picture_size picture_size(const struct canvas *c, const struct theme *t, int rows, int pixels)
{
    enum { UNKNOWN = 8 }; /* pixels of half a cell, if its size is not known */
    struct picture_size size = { rows, picture_columns(c, rows), fineness_in_cells(c, t) };
    if (!in_pixels(c, t) || rows < 1) return size;
    int most = c->cell_h > 1 ? c->cell_h / 2 : UNKNOWN, wanted = (2 * pixels + 2 * rows - 1) / (2 * rows);
    size.fine = wanted < 2 ? 2 : wanted < most ? wanted : most;
    return size;
}

struct picture_size picture_size_of_many(const struct canvas *c, const struct theme *t, int rows, int pixels)
{
    enum { FINE_MOST = 5 }; /* a page of them has a few hundred KB then */
    struct picture_size size = picture_size(c, t, rows, pixels);
    if (size.fine > FINE_MOST) size.fine = FINE_MOST;
    return size;
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

/* The image from y0, x0 on, a square of `step` pixels, not less than one: the mean of what it covers. */
static double mean_of(const struct picture_source *s, int channel, double y0, double x0, double step)
{
    int top = (int)y0, left = (int)x0, bottom = (int)(y0 + step), right = (int)(x0 + step);
    double sum = 0;
    int n = 0;
    if (bottom <= top) bottom = top + 1;
    if (right <= left) right = left + 1;
    for (int y = top; y < bottom && y < s->size; y++)
        for (int x = left; x < right && x < s->size; x++, n++)
            sum += s->pixels[((size_t)y * (size_t)s->size + (size_t)x) * (size_t)s->channels + (size_t)channel];
    return n ? sum / n : 0;
}

static int inside(int i, int size)
{
    return i < 0 ? 0 : i >= size ? size - 1 : i;
}

/* The image at a place between its pixels. */
static double between(const struct picture_source *s, int channel, double y, double x)
{
    double sum = 0;
    int top = (int)floor(y), left = (int)floor(x);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            double share = (i ? y - top : 1 - (y - top)) * (j ? x - left : 1 - (x - left));
            size_t at = (size_t)inside(top + i, s->size) * (size_t)s->size + (size_t)inside(left + j, s->size);
            sum += share * s->pixels[at * (size_t)s->channels + (size_t)channel];
        }
    return sum;
}

static uint8_t windowed(double value, const struct picture_look *l)
{
    double v = 255 * ((value / 255 - l->level) / l->window + 0.5);
    return (uint8_t)(v <= 0 ? 0 : v >= 255 ? 255 : v + 0.5);
}

bool picture_scale(struct picture *p, const struct picture_source *s, const struct picture_size *size)
{
    int side = 2 * size->rows * size->fine;
    if (size->rows < 1 || size->columns < 1 || size->fine < 1 || !make_room(p, side)) return false;
    const struct picture_look *l = &s->look;
    double step = l->side * s->size / side, top = l->y * s->size, left = l->x * s->size;
    p->colour = s->channels == 3;
    p->size = *size;
    p->look = *l;
    memset(p->marks, 0, (size_t)side * (size_t)side * sizeof *p->marks);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            for (int c = 0; c < 3; c++) {
                int channel = s->channels == 3 ? c : 0;
                uint8_t *to = p->rgb + ((size_t)y * (size_t)side + (size_t)x) * 3 + c;
                if (c > 0 && !p->colour)
                    *to = to[-1];
                else if (step >= 1)
                    *to = windowed(mean_of(s, channel, top + y * step, left + x * step, step), l);
                else
                    *to = windowed(between(s, channel, top + (y + 0.5) * step - 0.5, left + (x + 0.5) * step - 0.5), l);
            }
    return true;
}

/* ---- marks ------------------------------------------------------------------------------------------------- */

/* As thick as is seen, and no thicker: a pixel, on a fine picture a few. */
static void mark(struct picture *p, int y, int x, unsigned ink)
{
    int thick = 1 + p->size.fine / 4;
    for (int i = 0; i < thick; i++)
        for (int j = 0; j < thick; j++)
            if (y + i >= 0 && x + j >= 0 && y + i < p->side && x + j < p->side)
                p->marks[(size_t)(y + i) * (size_t)p->side + (size_t)(x + j)] = ink;
}

/* Where a share of the whole image lies on the picture, in pixels. */
static int pixel_at(const struct picture *p, double share, double from)
{
    return (int)floor((share - from) / p->look.side * p->side);
}

void picture_box(struct picture *p, double x0, double y0, double x1, double y1, unsigned ink)
{
    int left = pixel_at(p, x0, p->look.x), right = pixel_at(p, x1, p->look.x), top = pixel_at(p, y0, p->look.y),
        bottom = pixel_at(p, y1, p->look.y);
    bool whole = p->look.side >= 1;
    if (whole && right >= p->side) right = p->side - 1;
    if (whole && bottom >= p->side) bottom = p->side - 1;
    for (int x = left < 0 ? 0 : left; x <= right && x < p->side; x++) mark(p, top, x, ink), mark(p, bottom, x, ink);
    for (int y = top < 0 ? 0 : top; y <= bottom && y < p->side; y++) mark(p, y, left, ink), mark(p, y, right, ink);
}

bool picture_cell(const struct picture *p, double share_y, double share_x, int *y, int *x)
{
    int down = pixel_at(p, share_y, p->look.y), right = pixel_at(p, share_x, p->look.x);
    *y = down / (2 * p->size.fine);
    *x = (2 * right + 1) * p->size.columns / (2 * p->side); /* of its middle */
    return down >= 0 && right >= 0 && down < p->side && right < p->side;
}

/* Marks the pixels whose centre is inside the mask. */
static void fill_inside(const struct picture *p, const unsigned char *runs, size_t count, int width, int height,
                        uint8_t *within)
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
        for (int x = 0; x < p->side; x++) {
            int down = (int)((p->look.y + (y + 0.5) * p->look.side / p->side) * height),
                right = (int)((p->look.x + (x + 0.5) * p->look.side / p->side) * width);
            within[(size_t)y * p->side + x] =
                all[(size_t)(down < height ? down : height - 1) * width + (right < width ? right : width - 1)];
        }
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

static unsigned ink_of(bool colour, const uint8_t rgb[3])
{
    return (unsigned)(colour ? theme_pixel(rgb) : theme_grey((0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]) / 255));
}

/* The square of fine x fine pixels that half a cell in column x shows. */
static int square_of(const struct picture *p, int x)
{
    return (2 * x + 1) * p->size.rows / p->size.columns;
}

/* The ink of half a cell: of a mark in its square, else of the mean. */
static unsigned ink_at(const struct picture *p, int y, int x)
{
    int fine = p->size.fine, square = square_of(p, x);
    unsigned sum[3] = { 0 }, n = (unsigned)fine * (unsigned)fine;
    for (int i = 0; i < fine; i++)
        for (int j = 0; j < fine; j++) {
            size_t at = (size_t)(y * fine + i) * (size_t)p->side + (size_t)(square * fine + j);
            if (p->marks[at]) return p->marks[at];
            for (int c = 0; c < 3; c++) sum[c] += p->rgb[3 * at + (size_t)c];
        }
    const uint8_t mean[3] = { (uint8_t)((sum[0] + n / 2) / n), (uint8_t)((sum[1] + n / 2) / n),
                              (uint8_t)((sum[2] + n / 2) / n) };
    return ink_of(p->colour, mean);
}

/* Draws a character as dense as the cell is bright; ordered dithering gives the levels between. */
static void put_ramp(const struct picture *p, const struct area *a, const struct theme *t, int y, int x)
{
    int at = square_of(p, x);
    unsigned marked = p->marks[(size_t)2 * y * p->side + at];
    if (!marked) marked = p->marks[(size_t)(2 * y + 1) * p->side + at];
    if (marked) {
        area_put(a, y, x, '+', marked | STYLE_BOLD);
        return;
    }
    double share = (grey_at(p, 2 * y, at) + grey_at(p, 2 * y + 1, at)) / 2;
    if (t->light) share = 1 - share; /* on a light background a dense character is dark */
    area_put(a, y, x, theme_ramp_raster(a->canvas->ascii, share, y, x), INK_NORMAL);
}

/* In half blocks, in cells of colour, or as a ramp. */
static void draw_halves(const struct picture *p, const struct area *a, const struct theme *t)
{
    for (int y = 0; y < p->size.rows; y++)
        for (int x = 0; x < p->size.columns; x++) {
            if (!theme_has_map(t))
                put_ramp(p, a, t, y, x);
            else if (a->canvas->ascii)
                area_put(a, y, x, ' ',
                         STYLE_PAPER(ink_at(p, 2 * y + (p->marks[(size_t)2 * y * p->side + square_of(p, x)] == 0), x)));
            else
                area_put(a, y, x, 0x2580, ink_at(p, 2 * y, x) | STYLE_PAPER(ink_at(p, 2 * y + 1, x)));
        }
}

/* The pixels with their marks, [side, side, 3], owned by the caller; NULL if memory ran out. */
static uint8_t *marked_pixels(const struct picture *p, const struct theme *t)
{
    size_t n = (size_t)p->side * (size_t)p->side;
    uint8_t *rgb = malloc(n * 3);
    if (!rgb) return NULL;
    memcpy(rgb, p->rgb, n * 3);
    for (size_t i = 0; i < n; i++) {
        if (!p->marks[i]) continue;
        uint32_t colour = theme_rgb(t, (int)p->marks[i]);
        for (int c = 0; c < 3; c++) rgb[3 * i + (size_t)c] = (uint8_t)(colour >> (16 - 8 * c));
    }
    return rgb;
}

static bool is_colour(const uint8_t rgb[3])
{
    return rgb[0] != rgb[1] || rgb[1] != rgb[2];
}

/* In characters that follow the edges; false if memory ran out. */
static bool draw_fine(const struct picture *p, const uint8_t *rgb, const struct area *a)
{
    const struct fine_size size = { p->side, p->side, p->size.rows, p->size.columns };
    struct fine_cell *cells = calloc((size_t)size.rows * (size_t)size.columns, sizeof *cells);
    if (!cells) return false;
    if (!fine_cells(rgb, &size, cells)) quadrants_cells(rgb, &size, cells);
    for (int y = 0; y < size.rows; y++)
        for (int x = 0; x < size.columns; x++) {
            const struct fine_cell *c = &cells[y * size.columns + x];
            area_put(a, y, x, c->ch,
                     ink_of(is_colour(c->ink), c->ink) | STYLE_PAPER(ink_of(is_colour(c->paper), c->paper)));
        }
    free(cells);
    return true;
}

/* With characters: those that follow edges, if it is fine enough for them. */
static void draw_cells(const struct picture *p, const uint8_t *rgb, const struct area *a, const struct theme *t)
{
    if (!rgb || !draw_fine(p, rgb, a)) draw_halves(p, a, t);
}

/* In pixels over its cells, if all of these are in the area. */
static void lay_pixels(const struct picture *p, const uint8_t *rgb, const struct area *a, enum overlay_haste haste)
{
    struct area place = area_sub(a, 0, 0, p->size.rows, p->size.columns);
    if (rgb && place.h == p->size.rows && place.w == p->size.columns)
        area_overlay(&place, rgb, p->side, p->side, haste);
}

bool picture_show(struct picture *p, const struct picture_source *s, int rows, const struct area *a,
                  const struct theme *t)
{
    const struct picture_size size = picture_size_of_many(a->canvas, t, rows, s->size);
    if (!picture_scale(p, s, &size)) return false;
    uint8_t *rgb = size.fine > 1 ? marked_pixels(p, t) : NULL;
    draw_cells(p, rgb, a, t);
    if (in_pixels(a->canvas, t)) lay_pixels(p, rgb, a, OVERLAY_WAITS);
    free(rgb);
    return true;
}

void picture_draw(const struct picture *p, const struct area *a, const struct theme *t)
{
    uint8_t *rgb = p->size.fine > 1 ? marked_pixels(p, t) : NULL;
    if (a->canvas->pictures != PICTURES_PIXELS)
        draw_cells(p, rgb, a, t);
    else {
        draw_halves(p, a, t); /* is seen while something covers the picture */
        lay_pixels(p, rgb, a, OVERLAY_NOW);
    }
    free(rgb);
}

void picture_clear(struct picture *p)
{
    free(p->rgb);
    free(p->marks);
    *p = (struct picture){ 0 };
}
