#include "views/figures/palette.h"

#include <math.h>

static const struct palette light = {
    .background = { 255, 255, 255 },
    .panel = { 255, 255, 255 },
    .grid = { 226, 228, 232 },
    .frame = { 90, 94, 102 },
    .text = { 24, 26, 30 },
    .dim = { 104, 108, 118 },
    .good = { 0, 128, 90 },
    .watch = { 190, 110, 0 },
    .bad = { 192, 32, 40 },
    .curve = { { 0, 114, 178 },
               { 213, 94, 0 },
               { 0, 158, 115 },
               { 204, 121, 167 },
               { 230, 159, 0 },
               { 86, 180, 233 },
               { 110, 80, 160 },
               { 90, 90, 90 } },
};

static const struct palette dark = {
    .background = { 18, 20, 24 },
    .panel = { 24, 27, 32 },
    .grid = { 48, 52, 60 },
    .frame = { 130, 136, 148 },
    .text = { 232, 234, 238 },
    .dim = { 150, 156, 168 },
    .good = { 70, 200, 150 },
    .watch = { 240, 180, 60 },
    .bad = { 255, 100, 100 },
    .curve = { { 86, 180, 233 },
               { 240, 130, 60 },
               { 60, 200, 150 },
               { 225, 150, 195 },
               { 240, 200, 80 },
               { 150, 150, 255 },
               { 200, 200, 200 },
               { 160, 220, 120 } },
};

const struct palette *palette_get(bool is_dark)
{
    return is_dark ? &dark : &light;
}

/* Linear interpolation between equally spaced colours. */
static struct colour between(const struct colour *c, int n, double x)
{
    x = fmin(1, fmax(0, x)) * (n - 1);
    int i = x >= n - 1 ? n - 2 : (int)x;
    double t = x - i;
    return (struct colour){ (uint8_t)lround(c[i].r + t * (c[i + 1].r - c[i].r)),
                            (uint8_t)lround(c[i].g + t * (c[i + 1].g - c[i].g)),
                            (uint8_t)lround(c[i].b + t * (c[i + 1].b - c[i].b)) };
}

struct colour palette_map(double x)
{
    static const struct colour viridis[] = { { 0x44, 0x01, 0x54 }, { 0x47, 0x2c, 0x7a }, { 0x3b, 0x51, 0x8b },
                                             { 0x2c, 0x71, 0x8e }, { 0x21, 0x90, 0x8d }, { 0x27, 0xad, 0x81 },
                                             { 0x5c, 0xc8, 0x63 }, { 0xaa, 0xdc, 0x32 }, { 0xfd, 0xe7, 0x25 } };
    return between(viridis, 9, isnan(x) ? 0 : x);
}

struct colour palette_signed(double x)
{
    static const struct colour rdbu[] = { { 0x05, 0x30, 0x61 }, { 0x21, 0x66, 0xac }, { 0x43, 0x93, 0xc3 },
                                          { 0x92, 0xc5, 0xde }, { 0xd1, 0xe5, 0xf0 }, { 0xf7, 0xf7, 0xf7 },
                                          { 0xfd, 0xdb, 0xc7 }, { 0xf4, 0xa5, 0x82 }, { 0xd6, 0x60, 0x4d },
                                          { 0xb2, 0x18, 0x2b }, { 0x67, 0x00, 0x1f } };
    return between(rdbu, 11, isnan(x) ? 0.5 : (x + 1) / 2);
}
