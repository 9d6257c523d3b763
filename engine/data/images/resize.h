/* Resampling with antialias, equal to Pillow's bit for bit.
 *
 * Each axis is resampled separately: an output pixel is the weighted mean of the input pixels under the filter,
 * which widens as the image is reduced. Weights are computed in double, normalised, and rounded to 22 bits; sums are
 * integers. The horizontal pass comes first and is rounded to 8 bits before the vertical one. */
#ifndef MLVICX_DATA_RESIZE_H
#define MLVICX_DATA_RESIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/images/image.h"

enum resize_filter {
    RESIZE_BILINEAR, /* triangle, support 1             */
    RESIZE_BICUBIC,  /* Keys' cubic, a = -0.5, support 2 */
};

/** Which part of an image is resampled, and to what. */
struct resize {
    double box[4];     /* x0, y0, x1, y1 in pixels of the image: may be fractional, inside the image, not empty */
    int width, height; /* pixels of the result */
    enum resize_filter filter;
};

/** 8-bit pixels in memory. Borrowed. A crop is a pointer into a larger image, whose other pixels the filter does not
 * see. */
struct resize_source {
    const uint8_t *pixels; /* [height rows of `stride` bytes], of which [width, channels] */
    int width, height, channels;
    size_t stride;
};

/** As with Pillow's `box`, the filter sees pixels just outside the box. `out` is filled and then owned by the caller.
 * Fails only if memory runs out, or with ERR_USAGE for a box that is empty or reaches outside. */
bool resize_image(const struct image *in, const struct resize *r, struct image *out, struct err *e);

/** Bytes of scratch that resize_pixels needs to bring any image of up to `side_w` x `side_h` to w x h. */
size_t resize_room(int side_w, int side_h, int channels, int w, int h);

/** The variant without allocation. `out`: [height, width, channels], filled, must not overlap `in`. scratch:
 * resize_room bytes, aligned for int32_t. */
void resize_pixels(const struct resize_source *in, const struct resize *r, uint8_t *out, void *scratch);

#endif
