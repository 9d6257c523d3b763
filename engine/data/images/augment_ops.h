/* The operations of a view, each alone, on 8-bit samples; private to the augmentation and its tests.
 *
 * p: [n, channels], n pixels of 1 or 3 samples, changed in place. Each equals what Pillow or torchvision's Pillow
 * backend gives for the same parameter; the blur may differ from theirs by one level if a sum is within float
 * rounding of a half. No function fails or allocates. */
#ifndef MLVICX_DATA_AUGMENT_OPS_H
#define MLVICX_DATA_AUGMENT_OPS_H

#include <stddef.h>
#include <stdint.h>

/** Blends with black: factor 0 is black, 1 the image, above 1 brighter. */
void op_brightness(uint8_t *p, size_t n, int channels, float factor);

/** Blends with the rounded mean of the grey image. */
void op_contrast(uint8_t *p, size_t n, int channels, float factor);

/** Blends with the grey image. Grey images are unchanged. */
void op_saturation(uint8_t *p, size_t n, int channels, float factor);

/** Rotates the hue by `turns` (-0.5 to 0.5) through 8-bit HSV. Grey images are unchanged. */
void op_hue(uint8_t *p, size_t n, int channels, double turns);

/** All channels become the luma (19595 R + 38470 G + 7471 B) / 65536, rounded. Grey images are unchanged. */
void op_grey(uint8_t *p, size_t n, int channels);

/** Samples from `threshold` up are inverted. p: [n] samples. */
void op_solarize(uint8_t *p, size_t n, int threshold);

/** Mirror left and right. p: [size, size, channels]. */
void op_flip(uint8_t *p, int size, int channels);

/** Rotate counter-clockwise about the centre, bilinear, mirrored beyond the border (the outermost pixel is repeated).
 *  in, out: [size, size, channels], not overlapping. */
void op_rotate(const uint8_t *in, int size, int channels, double degrees, uint8_t *out);

/** Gaussian blur with a kernel of 2 radius + 1 pixels (0: none), mirrored beyond the border (the outermost pixel is not
 *  repeated); radius < size. p: [size, size, channels]. scratch: blur_room bytes, aligned for float. */
void op_blur(uint8_t *p, int size, int channels, int radius, double sigma, void *scratch);
size_t blur_room(int size, int channels);

#endif
