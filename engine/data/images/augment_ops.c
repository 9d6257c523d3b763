/* Point operations use tables if samples are independent, geometry uses Pillow's formulas, the blur has two passes. */
#include "config.h"

#include "engine/data/images/augment_ops.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static inline uint8_t grey_of(const uint8_t *p)
{
    return (uint8_t)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
}

/* from + factor (to - from), truncated to an integer; outside 0..1 it extrapolates and is clipped. */
static inline uint8_t blend(int from, int to, float factor)
{
    float v = (float)from + factor * (float)(to - from);
    return (uint8_t)(v <= 0 ? 0 : v >= 255 ? 255 : (int)v);
}

static void blend_with(uint8_t *p, size_t samples, int from, float factor)
{
    uint8_t table[256];
    for (int v = 0; v < 256; v++) table[v] = blend(from, v, factor);
    for (size_t i = 0; i < samples; i++) p[i] = table[p[i]];
}

void op_brightness(uint8_t *p, size_t n, int channels, float factor)
{
    blend_with(p, n * (size_t)channels, 0, factor);
}

void op_contrast(uint8_t *p, size_t n, int channels, float factor)
{
    uint64_t sum = 0;
    if (channels == 1)
        for (size_t i = 0; i < n; i++) sum += p[i];
    else
        for (size_t i = 0; i < n; i++) sum += grey_of(p + 3 * i);
    blend_with(p, n * (size_t)channels, (int)((double)sum / (double)n + 0.5), factor);
}

void op_saturation(uint8_t *p, size_t n, int channels, float factor)
{
    if (channels == 1) return;
    for (size_t i = 0; i < n; i++, p += 3) {
        int grey = grey_of(p);
        for (int c = 0; c < 3; c++) p[c] = blend(grey, p[c], factor);
    }
}

void op_grey(uint8_t *p, size_t n, int channels)
{
    if (channels == 1) return;
    for (size_t i = 0; i < n; i++, p += 3) p[0] = p[1] = p[2] = grey_of(p);
}

/* Hue and saturation of 0..255, truncated to integers; the precision of each step (float or double) is Pillow's. */
static void hue_of(const uint8_t *p, uint8_t *hue, uint8_t *saturation, uint8_t *value)
{
    int r = p[0], g = p[1], b = p[2], most = r > g ? r : g, least = r < g ? r : g;
    if (b > most) most = b;
    if (b < least) least = b;
    *value = (uint8_t)most;
    *hue = *saturation = 0;
    if (most == least) return;
    float range = (float)(most - least), s = range / (float)most, h;
    float rc = (float)(most - r) / range, gc = (float)(most - g) / range, bc = (float)(most - b) / range;
    if (r == most)
        h = bc - gc;
    else if (g == most)
        h = (float)(2.0 + rc - bc);
    else
        h = (float)(4.0 + gc - rc);
    double turn = h / 6.0 + 1.0;
    h = (float)(turn >= 1 ? turn - 1 : turn);
    *hue = (uint8_t)(h * 255.0);
    *saturation = (uint8_t)(s * 255.0);
}

static void colour_of(uint8_t hue, uint8_t saturation, uint8_t value, uint8_t *p)
{
    if (!saturation) {
        p[0] = p[1] = p[2] = value;
        return;
    }
    float v = value, s = (float)(saturation / 255.0f);
    int sextant = (int)((float)hue * 6.0 / 255.0);
    float f = (float)((float)hue * 6.0 / 255.0 - sextant);
    uint8_t low = (uint8_t)(v * (1.0 - s) + 0.5), falling = (uint8_t)(v * (1.0 - s * f) + 0.5),
            rising = (uint8_t)(v * (1.0 - s * (1.0 - f)) + 0.5);
    const uint8_t from[4] = { value, low, falling, rising };
    static const uint8_t pick[6][3] = { { 0, 3, 1 }, { 2, 0, 1 }, { 1, 0, 3 }, { 1, 2, 0 }, { 3, 1, 0 }, { 0, 1, 2 } };
    for (int c = 0; c < 3; c++) p[c] = from[pick[sextant % 6][c]];
}

void op_hue(uint8_t *p, size_t n, int channels, double turns)
{
    if (channels == 1) return;
    uint8_t shift = (uint8_t)(int)(turns * 255);
    for (size_t i = 0; i < n; i++, p += 3) {
        uint8_t h, s, v;
        hue_of(p, &h, &s, &v);
        colour_of((uint8_t)(h + shift), s, v, p);
    }
}

void op_solarize(uint8_t *p, size_t n, int threshold)
{
    for (size_t i = 0; i < n; i++) p[i] = (uint8_t)(p[i] < threshold ? p[i] : 255 - p[i]);
}

void op_flip(uint8_t *p, int size, int channels)
{
    for (int y = 0; y < size; y++, p += (size_t)size * (size_t)channels) {
        for (int x = 0; x < size / 2; x++) {
            uint8_t *a = p + x * channels, *b = p + (size - 1 - x) * channels;
            for (int c = 0; c < channels; c++) {
                uint8_t t = a[c];
                a[c] = b[c];
                b[c] = t;
            }
        }
    }
}

/* Maps a coordinate into 0..size; the image is mirrored at both ends as often as needed. */
static inline double mirrored(double v, double size)
{
    if (v >= 0 && v < size) return v;
    v = fmod(fabs(v), 2 * size);
    return v < size ? v : 2 * size - v;
}

static double to_15_places(double v)
{
    return nearbyint(v * 1e15) / 1e15;
}

void op_rotate(const uint8_t *in, int size, int channels, double degrees, uint8_t *out)
{
    degrees = fmod(degrees, 360); /* reduced to 0..360 as Pillow does: the last digits of the sine depend on it */
    if (degrees < 0) degrees += 360;
    double angle = -degrees * (3.14159265358979323846 / 180), c = to_15_places(cos(angle)),
           s = to_15_places(sin(angle));
    double half = size / 2.0, shift_x = half - (c * half + s * half), shift_y = half - (c * half - s * half);
    size_t pitch = (size_t)size * (size_t)channels;
    for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++, out += channels) {
            double fx = mirrored(c * (x + 0.5) + s * (y + 0.5) + shift_x, size) - 0.5;
            double fy = mirrored(c * (y + 0.5) - s * (x + 0.5) + shift_y, size) - 0.5;
            int x0 = fx < 0 ? -1 : (int)fx, y0 = fy < 0 ? -1 : (int)fy;
            double dx = fx - x0, dy = fy - y0;
            int x1 = x0 + 1 < size ? x0 + 1 : size - 1, y1 = y0 + 1 < size ? y0 + 1 : size - 1;
            if (x0 < 0) x0 = 0;
            if (y0 < 0) y0 = 0;
            const uint8_t *above = in + (size_t)y0 * pitch, *below = in + (size_t)y1 * pitch;
            for (int k = 0; k < channels; k++) {
                int a = above[x0 * channels + k], b = above[x1 * channels + k];
                int d = below[x0 * channels + k], e = below[x1 * channels + k];
                double v1 = a + (b - a) * dx, v2 = d + (e - d) * dx;
                out[k] = (uint8_t)(v1 + (v2 - v1) * dy);
            }
        }
    }
}

enum { RADIUS_MOST = 256 };

/* A line with its mirrored ends, and the image between the two passes. */
size_t blur_room(int size, int channels)
{
    size_t line = (size_t)size * (size_t)channels, ends = 2 * (size_t)RADIUS_MOST * (size_t)channels;
    return (line * (size_t)size + line + ends) * sizeof(float);
}

static int reflected(int i, int size)
{
    return i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
}

/* Rounded to the nearest integer, ties to even: adding 1.5 * 2^23 leaves no fractional bits. */
static inline uint8_t to_level(float v)
{
    float whole = v + 12582912.0f - 12582912.0f;
    return (uint8_t)(int)whole;
}

/* out[i] = the sum over k of kernel[k] * from[i + k * step]; one pass over memory takes two or three weights. */
static void add_weighted(const float *from, size_t step, const float *kernel, int radius, size_t n, float *restrict out)
{
    float a = kernel[0], b = kernel[1], c = kernel[2];
    for (size_t i = 0; i < n; i++) out[i] = a * from[i] + b * from[i + step] + c * from[i + 2 * step];
    for (int k = 3; k < 2 * radius; k += 2) {
        const float *one = from + (size_t)k * step, *two = one + step;
        a = kernel[k];
        b = kernel[k + 1];
        for (size_t i = 0; i < n; i++) out[i] += a * one[i] + b * two[i];
    }
}

static void blur_across(const uint8_t *p, int size, int channels, int radius, const float *kernel, float *line,
                        float *out)
{
    for (int x = -radius; x < size + radius; x++)
        for (int c = 0; c < channels; c++) line[(x + radius) * channels + c] = p[reflected(x, size) * channels + c];
    add_weighted(line, (size_t)channels, kernel, radius, (size_t)(size * channels), out);
}

void op_blur(uint8_t *restrict p, int size, int channels, int radius, double sigma, void *scratch)
{
    if (radius < 1 || radius >= size || radius > RADIUS_MOST) return;
    float kernel[2 * RADIUS_MOST + 1] = { 0 }, sum = 0;
    for (int k = 0; k <= 2 * radius; k++) {
        float x = (float)(k - radius) / (float)sigma;
        kernel[k] = expf(-0.5f * x * x);
        sum += kernel[k];
    }
    for (int k = 0; k <= 2 * radius; k++) kernel[k] = kernel[k] < 1e-30f ? 0 : kernel[k] / sum; /* denormals are slow */
    size_t pitch = (size_t)size * (size_t)channels;
    float *rows = scratch, *line = rows + pitch * (size_t)size;
    for (int y = 0; y < size; y++)
        blur_across(p + (size_t)y * pitch, size, channels, radius, kernel, line, rows + (size_t)y * pitch);
    for (int y = 0; y < size; y++, p += pitch) {
        const float *tap = rows + (size_t)reflected(y - radius, size) * pitch;
        float w = kernel[0];
        for (size_t i = 0; i < pitch; i++) line[i] = w * tap[i];
        for (int k = 1; k <= 2 * radius; k += 2) {
            const float *one = rows + (size_t)reflected(y + k - radius, size) * pitch;
            const float *two = rows + (size_t)reflected(y + k + 1 - radius, size) * pitch;
            float v = kernel[k], u = kernel[k + 1];
            for (size_t i = 0; i < pitch; i++) line[i] += v * one[i] + u * two[i];
        }
        for (size_t i = 0; i < pitch; i++) p[i] = to_level(line[i]);
    }
}
