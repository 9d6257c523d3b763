#include "views/figures/raster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PIXELS 1e6 /* coordinates farther away than any picture is wide are not drawn */

bool raster_init(struct raster *r, int width, int height, struct colour background, struct err *e)
{
    *r = (struct raster){ .scale = 1 };
    if (!image_init(&r->image, width, height, 3, "figure", e)) return false;
    raster_clip(r, NULL);
    raster_fill(r, r->clip, background, 1);
    return true;
}

void raster_clear(struct raster *r)
{
    image_clear(&r->image);
}

void raster_clip(struct raster *r, const struct raster_box *box)
{
    r->clip = box ? *box : (struct raster_box){ 0, 0, r->image.width, r->image.height };
}

static uint8_t mix(uint8_t below, uint8_t above, double opacity)
{
    return (uint8_t)lround((double)below + ((double)above - (double)below) * opacity);
}

void raster_blend(struct raster *r, int x, int y, struct colour c, double opacity)
{
    if (x < 0 || y < 0 || x >= r->image.width || y >= r->image.height || opacity <= 0) return;
    if (x + 0.5 < r->clip.x0 || y + 0.5 < r->clip.y0 || x + 0.5 > r->clip.x1 || y + 0.5 > r->clip.y1) return;
    uint8_t *p = r->image.pixels + 3 * ((size_t)y * (size_t)r->image.width + (size_t)x);
    if (opacity > 1) opacity = 1;
    p[0] = mix(p[0], c.r, opacity);
    p[1] = mix(p[1], c.g, opacity);
    p[2] = mix(p[2], c.b, opacity);
}

/* The share of pixel i between a and b. */
static double cover(int i, double a, double b)
{
    return fmax(0, fmin(b, i + 1) - fmax(a, i));
}

void raster_fill(struct raster *r, struct raster_box b, struct colour c, double opacity)
{
    b.x0 = fmax(b.x0, r->clip.x0), b.y0 = fmax(b.y0, r->clip.y0);
    b.x1 = fmin(b.x1, r->clip.x1), b.y1 = fmin(b.y1, r->clip.y1);
    if (!(b.x0 < b.x1 && b.y0 < b.y1)) return;
    for (int y = (int)floor(b.y0); y < (int)ceil(b.y1); y++)
        for (int x = (int)floor(b.x0); x < (int)ceil(b.x1); x++)
            raster_blend(r, x, y, c, opacity * cover(x, b.x0, b.x1) * cover(y, b.y0, b.y1));
}

void raster_frame(struct raster *r, struct raster_box b, struct colour c)
{
    double w = r->scale;
    raster_fill(r, (struct raster_box){ b.x0, b.y0, b.x1, b.y0 + w }, c, 1);
    raster_fill(r, (struct raster_box){ b.x0, b.y1 - w, b.x1, b.y1 }, c, 1);
    raster_fill(r, (struct raster_box){ b.x0, b.y0 + w, b.x0 + w, b.y1 - w }, c, 1);
    raster_fill(r, (struct raster_box){ b.x1 - w, b.y0 + w, b.x1, b.y1 - w }, c, 1);
}

/* ---- lines ---- */

/* Opacities of the pixels of one stroke, combined by maximum, within the part of the clip that the stroke may touch. */
struct mask {
    int x0, y0, width, height;
    float *opacity;
};

static int clamp(double x, int least, int most)
{
    return x < least ? least : x > most ? most : (int)x;
}

static bool mask_init(struct mask *m, const struct raster *r, const double *x, const double *y, int n, double width)
{
    struct raster_box box = { INFINITY, INFINITY, -INFINITY, -INFINITY };
    for (int i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i])) continue;
        box.x0 = fmin(box.x0, x[i] - width - 1), box.x1 = fmax(box.x1, x[i] + width + 1);
        box.y0 = fmin(box.y0, y[i] - width - 1), box.y1 = fmax(box.y1, y[i] + width + 1);
    }
    int right = r->image.width, bottom = r->image.height; /* no finite point: the box is inside out */
    m->x0 = clamp(floor(fmax(r->clip.x0, box.x0)), 0, right);
    m->y0 = clamp(floor(fmax(r->clip.y0, box.y0)), 0, bottom);
    m->width = clamp(ceil(fmin(r->clip.x1, box.x1)), 0, right) - m->x0;
    m->height = clamp(ceil(fmin(r->clip.y1, box.y1)), 0, bottom) - m->y0;
    if (m->width <= 0 || m->height <= 0) return false;
    m->opacity = calloc((size_t)m->width * (size_t)m->height, sizeof *m->opacity);
    return m->opacity != NULL;
}

static void mask_paint(const struct mask *m, struct raster *r, struct colour c)
{
    for (int y = 0; y < m->height; y++)
        for (int x = 0; x < m->width; x++)
            raster_blend(r, m->x0 + x, m->y0 + y, c, (double)m->opacity[(size_t)y * (size_t)m->width + (size_t)x]);
}

/* Adds one segment with round ends: a pixel is the more opaque, the closer its centre is. */
static void mask_segment(struct mask *m, double x0, double y0, double x1, double y1, double width)
{
    double half = width / 2, reach = half + 1, dx = x1 - x0, dy = y1 - y0, length2 = dx * dx + dy * dy;
    int left = clamp(floor(fmin(x0, x1) - reach), m->x0, m->x0 + m->width - 1);
    int right = clamp(ceil(fmax(x0, x1) + reach), m->x0, m->x0 + m->width - 1);
    int top = clamp(floor(fmin(y0, y1) - reach), m->y0, m->y0 + m->height - 1);
    int bottom = clamp(ceil(fmax(y0, y1) + reach), m->y0, m->y0 + m->height - 1);
    for (int y = top; y <= bottom; y++) {
        for (int x = left; x <= right; x++) {
            double px = x + 0.5 - x0, py = y + 0.5 - y0;
            double t = length2 > 0 ? fmin(1, fmax(0, (px * dx + py * dy) / length2)) : 0;
            double near = half + 0.5 - hypot(px - t * dx, py - t * dy);
            float *o = &m->opacity[(size_t)(y - m->y0) * (size_t)m->width + (size_t)(x - m->x0)];
            if (near > (double)*o) *o = (float)fmin(1, near);
        }
    }
}

void raster_polyline(struct raster *r, const double *x, const double *y, int n, double width, struct colour c)
{
    struct mask m;
    if (!mask_init(&m, r, x, y, n, width)) return;
    for (int i = 0; i < n; i++) {
        bool here = isfinite(x[i]) && isfinite(y[i]), before = i > 0 && isfinite(x[i - 1]) && isfinite(y[i - 1]),
             after = i + 1 < n && isfinite(x[i + 1]) && isfinite(y[i + 1]);
        if (here && before) mask_segment(&m, x[i - 1], y[i - 1], x[i], y[i], width);
        if (here && !before && !after)
            mask_segment(&m, x[i], y[i], x[i], y[i], 1.5 * width); /* a single point: a dot */
    }
    mask_paint(&m, r, c);
    free(m.opacity);
}

void raster_line(struct raster *r, double x0, double y0, double x1, double y1, double width, double dash,
                 struct colour c)
{
    struct mask m;
    double length = hypot(x1 - x0, y1 - y0), x[] = { x0, x1 }, y[] = { y0, y1 };
    if (!isfinite(length) || !mask_init(&m, r, x, y, 2, width)) return;
    if (!(dash > 0) || length > MOST_PIXELS) dash = length + 1;
    for (double at = 0; at <= length; at += 2 * dash) {
        double a = length > 0 ? at / length : 0, b = length > 0 ? fmin(1, (at + dash) / length) : 0;
        mask_segment(&m, x0 + a * (x1 - x0), y0 + a * (y1 - y0), x0 + b * (x1 - x0), y0 + b * (y1 - y0), width);
    }
    mask_paint(&m, r, c);
    free(m.opacity);
}

void raster_triangle(struct raster *r, double x, double y, double size, struct colour c)
{
    for (int j = 0; j < (int)size; j++) {
        double half = size / 2 * (j + 1) / size;
        raster_fill(r, (struct raster_box){ x - half, y - size + j, x + half, y - size + j + 1 }, c, 1);
    }
}

/* ---- text ---- */

int raster_letter_width(const struct raster *r)
{
    return font_get(r->font)->width * r->scale;
}

int raster_letter_height(const struct raster *r)
{
    return font_get(r->font)->height * r->scale;
}

double raster_text_width(const struct raster *r, const char *text)
{
    return font_letters(text) * raster_letter_width(r);
}

/* One letter at (x, y); `up`: turned a quarter to the left, (x, y) is then its lower left corner. */
static void letter(struct raster *r, int x, int y, bool up, uint32_t code, struct colour c)
{
    const struct font *f = font_get(r->font);
    const uint16_t *rows = font_rows(f, code);
    for (int j = 0; j < f->height * r->scale; j++)
        for (int i = 0; i < f->width * r->scale; i++)
            if (rows[j / r->scale] >> (f->width - 1 - i / r->scale) & 1)
                raster_blend(r, up ? x + j : x + i, up ? y - 1 - i : y + j, c, 1);
}

static double anchored(double width, enum raster_anchor anchor)
{
    return anchor == ANCHOR_LEFT ? 0 : anchor == ANCHOR_CENTRE ? width / 2 : width;
}

void raster_text(struct raster *r, double x, double y, enum raster_anchor anchor, bool bold, const char *text,
                 struct colour c)
{
    if (!(fabs(x) < MOST_PIXELS && fabs(y) < MOST_PIXELS)) return;
    int at = (int)lround(x - anchored(raster_text_width(r, text), anchor)), top = (int)lround(y);
    for (uint32_t code; (code = font_next(&text)); at += raster_letter_width(r)) {
        letter(r, at, top, false, code, c);
        if (bold) letter(r, at + r->scale, top, false, code, c);
    }
}

void raster_text_up(struct raster *r, double x, double y, enum raster_anchor anchor, const char *text, struct colour c)
{
    int at = (int)lround(y + anchored(raster_text_width(r, text), anchor)), left = (int)lround(x);
    for (uint32_t code; (code = font_next(&text)); at -= raster_letter_width(r)) letter(r, left, at, true, code, c);
}
