/* From attenuation to grey: beam, scatter, quantum noise, and the processing that a machine applies to an image. */
#include "engine/data/phantom/phantom_parts.h"

#include <stdlib.h>

enum { COARSE = 32 }; /* grid of the scattered light and of the local mean */

/* Attenuation along the beam of one pixel; `fill` removes the contrast of vessels, gas has none. */
static float attenuation(const struct canvas *c, const struct body *b, size_t i)
{
    float depth = c->depth[i], fill = clampf(c->fill[i], 0, 1), gas = clampf(c->gas[i], 0, 1);
    float aerated = PHANTOM_AERATED * b->a.air * (1 - gas), density = aerated + (1 - aerated) * fill;
    float t = c->dense[i] - PHANTOM_SOFT * depth * (1 - density);
    if (c->across[i] < 1.5f) t += c->fine[i] * (1 - gas) * (1 - 0.85f * fill) * clampf(depth / 7, 0, 1);
    return t > 0 ? t : 0;
}

/* Mean of a field over each cell of the grid, smoothed twice. */
static void coarse_mean(const float *field, int n, float grid[COARSE * COARSE])
{
    for (int gy = 0; gy < COARSE; gy++)
        for (int gx = 0; gx < COARSE; gx++) {
            int x0 = gx * n / COARSE, x1 = (gx + 1) * n / COARSE, y0 = gy * n / COARSE, y1 = (gy + 1) * n / COARSE;
            double sum = 0;
            for (int y = y0; y < y1; y++)
                for (int x = x0; x < x1; x++) sum += field[(size_t)y * n + x];
            grid[gy * COARSE + gx] = (float)(sum / ((x1 - x0) * (y1 - y0)));
        }
    float t[COARSE * COARSE];
    for (int pass = 0; pass < 6; pass++) {
        int step = pass & 1 ? COARSE : 1;
        for (int i = 0; i < COARSE * COARSE; i++) {
            int at = step == 1 ? i % COARSE : i / COARSE;
            float low = grid[at > 0 ? i - step : i], high = grid[at < COARSE - 1 ? i + step : i];
            t[i] = 0.5f * grid[i] + 0.25f * (low + high);
        }
        for (int i = 0; i < COARSE * COARSE; i++) grid[i] = t[i];
    }
}

static float coarse_at(const float *grid, float x, float y)
{
    x = clampf(x * COARSE - 0.5f, 0, COARSE - 1.001f);
    y = clampf(y * COARSE - 0.5f, 0, COARSE - 1.001f);
    int ix = (int)x, iy = (int)y;
    const float *g = grid + iy * COARSE + ix;
    return mix(mix(g[0], g[1], x - (float)ix), mix(g[COARSE], g[COARSE + 1], x - (float)ix), y - (float)iy);
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The levels that automatic exposure uses: a dark and a bright quantile of the pixels that are not bare film. */
static void find_levels(const float grid[COARSE * COARSE], float *dark, float *bright)
{
    float v[COARSE * COARSE];
    int n = 0;
    for (int y = 2; y < COARSE - 2; y++)
        for (int x = 3; x < COARSE - 3; x++)
            if (grid[y * COARSE + x] > 0.9f) v[n++] = grid[y * COARSE + x];
    if (n < 16) {
        *dark = 1.5f;
        *bright = 4;
        return;
    }
    qsort(v, (size_t)n, sizeof v[0], compare_floats);
    *dark = v[n / 12];
    *bright = v[n * 10 / 12];
    if (*bright < *dark + 0.6f) *bright = *dark + 0.6f;
}

static void draw_marker(struct canvas *c, const struct pose *p)
{
    if (!p->marker) return;
    float cs = cosf(p->marker_angle), sn = sinf(p->marker_angle), s = p->marker_size,
          side = p->marker == 2 ? -1.0f : 1.0f;
    static const float l[][2] = { { -0.5f, -1 }, { -0.5f, 1 }, { 0.55f, 1 } };
    static const float r[][2] = { { -0.5f, 1 },     { -0.5f, -1 },     { 0.25f, -1 },   { 0.5f, -0.55f },
                                  { 0.25f, -0.1f }, { -0.45f, -0.1f }, { 0.1f, -0.1f }, { 0.55f, 1 } };
    const float(*shape)[2] = p->marker == 2 ? r : l;
    int n = p->marker == 2 ? 8 : 3;
    struct point q[8];
    for (int i = 0; i < n; i++) {
        float x = s * shape[i][0], y = s * shape[i][1], u = side * p->marker_x + cs * x - sn * y,
              v = p->marker_y + sn * x + cs * y;
        /* Its position is on the film, not on the body. */
        float px = ((u + 0.5f) * (float)c->n) - 0.5f, py = ((v + 0.5f) * (float)c->n) - 0.5f;
        canvas_to_body(c, px, py, &q[i].x, &q[i].y);
        q[i].w = 0.18f * s;
        q[i].a = 6;
    }
    if (p->marker == 3) {
        struct point disc[2] = { q[0], q[0] };
        float px = ((p->marker_x + 0.5f) * (float)c->n), py = ((p->marker_y + 0.5f) * (float)c->n);
        canvas_to_body(c, px, py, &disc[0].x, &disc[0].y);
        disc[0].w = 1.7f * s;
        disc[0].a = 1.2f;
        disc[1] = disc[0];
        disc[1].x += 1e-4f;
        canvas_stroke(c, c->dense, disc, 2, STROKE_FLAT);
    }
    canvas_stroke(c, c->dense, q, n, STROKE_FLAT);
}

/* Approximately normal with standard deviation 1, from the bytes of a word. */
static float cheap_normal(struct random *r)
{
    uint32_t w = random_u32(r);
    return ((float)((w & 255) + (w >> 8 & 255) + (w >> 16 & 255) + (w >> 24)) - 510) * (1 / 147.8f);
}

static float shuttered(const struct pose *p, float x, float y, float grey)
{
    const float away[4] = { x, 1 - x, y, 1 - y };
    for (int i = 0; i < 4; i++)
        if (away[i] < fabsf(p->shutter[i])) grey = p->shutter[i] < 0 ? 0.97f : 0.015f;
    return grey;
}

bool phantom_expose(struct canvas *c, const struct body *b, struct random *noise, uint8_t *pixels, struct err *e)
{
    const struct pose *p = &b->p;
    size_t count = (size_t)c->n * c->n;
    float *light = c->best, *grids = malloc(2 * COARSE * COARSE * sizeof *grids), *scattered = grids, *local;
    if (!grids) return err_set(e, ERR_MEMORY, "expose a phantom: no memory for its grids");
    local = grids + COARSE * COARSE;
    draw_marker(c, p);
    for (size_t i = 0; i < count; i++) light[i] = expf(-attenuation(c, b, i));
    coarse_mean(light, c->n, scattered);
    float inverse = 1 / (float)c->n, dose = p->noise * (float)c->n * (1 / 512.0f) * 0.12f;
    for (int y = 0; y < c->n; y++)
        for (int x = 0; x < c->n; x++) {
            float *v = &light[(size_t)y * c->n + x];
            float all =
                *v + p->scatter * 2 * coarse_at(scattered, ((float)x + 0.5f) * inverse, ((float)y + 0.5f) * inverse) +
                0.0015f;
            *v = -logf(all) + dose * cheap_normal(noise) / sqrtf(all + 0.004f);
        }
    coarse_mean(light, c->n, local);
    float dark, bright;
    find_levels(local, &dark, &bright);
    float middle = 0.5f * (dark + bright), gain = 1 / (bright - dark);
    float share = 1 / (float)(c->over * c->over);
    for (int y = 0; y < c->size; y++)
        for (int x = 0; x < c->size; x++) {
            float sum = 0;
            for (int j = 0; j < c->over; j++)
                for (int i = 0; i < c->over; i++) {
                    int ix = x * c->over + i, iy = y * c->over + j;
                    float u = ((float)ix + 0.5f) * inverse, w = ((float)iy + 0.5f) * inverse,
                          low = coarse_at(local, u, w);
                    float v = (middle + (low - middle) * p->equalise +
                               (light[(size_t)iy * c->n + ix] - low) * p->detail - middle) *
                              gain;
                    float grey = 1 / (1 + expf(-(0.36f + 2.8f * p->contrast * v + 8 * p->exposure)));
                    sum += shuttered(p, u, w, grey);
                }
            float grey = sum * share * 255 + 0.5f;
            pixels[(size_t)y * c->size + x] = (uint8_t)clampf(grey, 0, 255);
        }
    free(grids);
    return true;
}
