/* Common PNG files through libdeflate, twice as fast as libpng with zlib. */
#ifndef MLVICX_DATA_PNG_QUICK_H
#define MLVICX_DATA_PNG_QUICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/data/images/image.h"

/** Read a PNG of `n` bytes into `m`, which the caller then owns, with the samples that libpng gives. False, `m` zeroed:
 * it is not one of the common forms, or something is wrong with it: libpng finds out. Always false without libdeflate.
 */
bool png_quick_read(const uint8_t *bytes, size_t n, struct image *m);

#endif
