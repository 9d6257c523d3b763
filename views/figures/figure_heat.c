#include "views/figures/figure_heat.h"

#include "views/figures/palette.h"
#include "views/figures/raster.h"

enum { SIDE = 512, SCALE_MOST = 16 };
static const double strongest = 0.6; /* of the colour over the grey */

static uint8_t mix(uint8_t a, uint8_t b, double share)
{
    return (uint8_t)(a + (b - a) * share + 0.5);
}

/* One pixel of the image as `scale` x `scale` of the picture. */
static void put(struct raster *r, const struct figure_heat *f, int y, int x, int scale)
{
    size_t at = (size_t)y * (size_t)f->size + (size_t)x;
    const uint8_t *p = f->pixels + at * (size_t)f->channels;
    double heat = f->heat[at] < 0 ? 0 : f->heat[at] > 1 ? 1 : f->heat[at];
    struct colour c = palette_map(heat);
    const uint8_t rgb[3] = { mix(p[0], c.r, strongest * heat), mix(p[f->channels == 3 ? 1 : 0], c.g, strongest * heat),
                             mix(p[f->channels == 3 ? 2 : 0], c.b, strongest * heat) };
    for (int i = 0; i < scale * scale; i++) {
        size_t row = (size_t)(y * scale + i / scale), column = (size_t)(x * scale + i % scale);
        uint8_t *out = r->image.pixels + (row * (size_t)r->image.width + column) * 3;
        for (int k = 0; k < 3; k++) out[k] = rgb[k];
    }
}

bool figure_heat_write(const struct figure_heat *f, const char *path, struct err *e)
{
    struct raster r = { 0 };
    int scale = (SIDE + f->size - 1) / f->size;
    if (scale > SCALE_MOST) scale = SCALE_MOST;
    if (!raster_init(&r, f->size * scale, f->size * scale, COLOUR(0x000000), e)) return false;
    for (int y = 0; y < f->size; y++)
        for (int x = 0; x < f->size; x++) put(&r, f, y, x, scale);
    for (int i = 0; i < f->box_count; i++) {
        const struct figure_heat_box *b = &f->boxes[i];
        for (int k = 0; k < 3; k++) /* white between black lines: to be seen on any ground */
            raster_frame(
                &r, (struct raster_box){ b->x0 * scale - k, b->y0 * scale - k, b->x1 * scale + k, b->y1 * scale + k },
                k == 1 ? COLOUR(0xffffff) : COLOUR(0x000000));
    }
    bool ok = image_write_png(path, &r.image, e);
    raster_clear(&r);
    return ok;
}
