/* The phantom's canvas: float images, the mapping between film and body, curves with a width, and noise.
 *
 * Everything is drawn in body coordinates, so it is the same at any size; small images are drawn larger and
 * averaged. */
#include "engine/data/phantom/phantom_parts.h"

#include <stdlib.h>
#include <string.h>

#define FAR 1e9f

enum { FIELDS = 9 };

bool phantom_canvas_init(struct canvas *c, int size, const struct body *b, uint8_t *masks, struct err *e)
{
    *c = (struct canvas){ .size = size, .masks = masks };
    c->over = size < 40 ? 4 : size < 56 ? 3 : size < 112 ? 2 : 1;
    c->n = size * c->over;
    size_t count = (size_t)c->n * c->n;
    float *memory = calloc(count * FIELDS, sizeof *memory);
    if (!memory)
        return err_set(e, ERR_MEMORY, "draw a phantom of %d pixels: no memory for %zu bytes", size,
                       count * FIELDS * sizeof *memory);
    float **fields[FIELDS] = { &c->dense,  &c->depth, &c->fill, &c->gas,   &c->fine,
                               &c->across, &c->wall,  &c->best, &c->amount };
    for (int i = 0; i < FIELDS; i++) *fields[i] = memory + count * i;
    for (size_t i = 0; i < count; i++) c->best[i] = FAR;
    if (masks) memset(masks, 0, (size_t)size * size);

    const struct pose *p = &b->p;
    float n = (float)c->n, cs = cosf(p->angle), sn = sinf(p->angle), kx = p->scale * n, ky = kx * b->a.tall;
    float x0 = n * (0.5f + p->shift_x) - 0.5f, y0 = n * (0.5f + p->shift_y) - 0.5f;
    float film[6] = { kx * cs, -ky * sn, x0, kx * sn, ky * cs, y0 };
    float body[6] = { cs / kx, sn / kx, -(cs * x0 + sn * y0) / kx, -sn / ky, cs / ky, -(cs * y0 - sn * x0) / ky };
    memcpy(c->to_film, film, sizeof film);
    memcpy(c->to_body, body, sizeof body);
    c->pixel = 1 / kx;
    return true;
}

void phantom_canvas_clear(struct canvas *c)
{
    free(c->dense);
    *c = (struct canvas){ 0 };
}

static int clampi(int x, int low, int high)
{
    return x < low ? low : x > high ? high : x;
}

struct window canvas_window(const struct canvas *c, float x, float y, float radius_x, float radius_y)
{
    float px, py, r = hypotf(radius_x, radius_y) / c->pixel + 1;
    canvas_to_film(c, x, y, &px, &py);
    return (struct window){ clampi((int)(px - r), 0, c->n), clampi((int)(py - r), 0, c->n),
                            clampi((int)(px + r) + 2, 0, c->n), clampi((int)(py + r) + 2, 0, c->n) };
}

/* Distance of each pixel to one segment; keeps the smallest of the stroke so far. Widths in pixels. */
static struct window stroke_segment(struct canvas *c, const struct point *p, const struct point *q)
{
    float margin = fmaxf(p->w, q->w) + 1;
    struct window b = { clampi((int)floorf(fminf(p->x, q->x) - margin), 0, c->n),
                        clampi((int)floorf(fminf(p->y, q->y) - margin), 0, c->n),
                        clampi((int)ceilf(fmaxf(p->x, q->x) + margin) + 1, 0, c->n),
                        clampi((int)ceilf(fmaxf(p->y, q->y) + margin) + 1, 0, c->n) };
    float dx = q->x - p->x, dy = q->y - p->y, length = dx * dx + dy * dy, inverse = length > 1e-9f ? 1 / length : 0;
    for (int y = b.y0; y < b.y1; y++) {
        float *best = c->best + (size_t)y * c->n, *amount = c->amount + (size_t)y * c->n;
        float oy = (float)y - p->y;
        for (int x = b.x0; x < b.x1; x++) {
            float ox = (float)x - p->x, t = clampf((ox * dx + oy * dy) * inverse, 0, 1);
            float ex = ox - t * dx, ey = oy - t * dy, w = p->w + (q->w - p->w) * t;
            float d = (ex * ex + ey * ey) / (w * w);
            if (d < best[x]) {
                best[x] = d;
                amount[x] = p->a + (q->a - p->a) * t;
            }
        }
    }
    return b;
}

/* Height of a profile at squared relative distance q < 1. */
static float profile_at(enum stroke_profile profile, float q)
{
    switch (profile) {
    case STROKE_TUBE:
        return sqrtf(1 - q);
    case STROKE_BONE:
        return 1.5f * sqrtf(1 - q) - (q < 0.6f ? sqrtf(0.6f - q) : 0); /* a shell about softer marrow */
    case STROKE_SOFT:
        return (1 - q) * (1 - q);
    case STROKE_FLAT:
        return q < 0.6f ? 1 : (1 - q) * 2.5f;
    }
    return 0;
}

void canvas_stroke(struct canvas *c, float *field, const struct point *p, int n, enum stroke_profile profile)
{
    struct window all = { c->n, c->n, 0, 0 };
    struct point last = { 0 };
    for (int i = 0; i < n; i++) {
        struct point now = { .w = p[i].w / c->pixel, .a = p[i].a };
        canvas_to_film(c, p[i].x, p[i].y, &now.x, &now.y);
        if (now.w < 0.8f) { /* thinner than the grid: drawn wider and weaker, with the same sum */
            now.a *= now.w / 0.8f;
            now.w = 0.8f;
        }
        if (i) {
            struct window b = stroke_segment(c, &last, &now);
            all = (struct window){ b.x0 < all.x0 ? b.x0 : all.x0, b.y0 < all.y0 ? b.y0 : all.y0,
                                   b.x1 > all.x1 ? b.x1 : all.x1, b.y1 > all.y1 ? b.y1 : all.y1 };
        }
        last = now;
    }
    for (int y = all.y0; y < all.y1; y++)
        for (int x = all.x0; x < all.x1; x++) {
            size_t i = (size_t)y * c->n + x;
            if (c->best[i] < 1) field[i] += c->amount[i] * profile_at(profile, c->best[i]);
            c->best[i] = FAR;
        }
}

static uint32_t hash(uint32_t seed, int x, int y)
{
    uint32_t h = seed ^ (uint32_t)x * 0x8da6b343u ^ (uint32_t)y * 0xd8163841u;
    h ^= h >> 15;
    h *= 0x2c1b3c6du;
    h ^= h >> 12;
    h *= 0x297a2d39u;
    return h ^ h >> 15;
}

static float corner(uint32_t seed, int x, int y)
{
    return (float)(hash(seed, x, y) >> 8) * 0x1p-23f - 1;
}

float phantom_noise(uint32_t seed, float x, float y)
{
    float fx = floorf(x), fy = floorf(y), u = x - fx, v = y - fy;
    int ix = (int)fx, iy = (int)fy;
    u = u * u * (3 - 2 * u);
    v = v * v * (3 - 2 * v);
    float top = mix(corner(seed, ix, iy), corner(seed, ix + 1, iy), u);
    return mix(top, mix(corner(seed, ix, iy + 1), corner(seed, ix + 1, iy + 1), u), v);
}

float phantom_fractal(uint32_t seed, float x, float y, int octaves)
{
    float sum = 0, a = 1, all = 0;
    for (int i = 0; i < octaves; i++) {
        sum += a * phantom_noise(seed + (uint32_t)i * 977u, x, y);
        all += a;
        a *= 0.55f;
        float turned = 1.6f * x - 1.2f * y; /* twice as fine, and rotated so that no lattice is visible */
        y = 1.2f * x + 1.6f * y;
        x = turned;
    }
    return sum / all * 1.4f;
}
