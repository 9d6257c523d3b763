/* Interface between image_read.c and the readers of each format, which allocate through image.c; private to this
 * room. */
#ifndef MLVICX_DATA_IMAGE_KINDS_H
#define MLVICX_DATA_IMAGE_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/images/image.h"

/** A reader decodes `n` bytes into `m` as stored and fills `orientation` (1 to 8, as in EXIF). The caller turns the
 * image upright, and clears `m` on failure. */
typedef bool image_reader(const uint8_t *bytes, size_t n, const char *name, struct image *m, int *orientation,
                          struct err *e);

image_reader image_png_read, image_jpeg_read, image_tiff_read;

/** A file of which the first `have` of its `size` bytes are in memory; where these are not all, `fd` is open. A header
 * that does not end in them sets `more_wanted` and fails. */
struct image_source {
    int fd;
    const uint8_t *bytes;
    size_t have, size;
    bool more_wanted;
};

/** Check a header as the reader of the kind does, and fill `h`. */
typedef bool image_head_reader(struct image_source *from, const char *name, struct image_head *h, struct err *e);

image_head_reader image_png_head, image_jpeg_head, image_tiff_head;

/** Reads an open DICOM file; `name` is used in errors. `m` belongs to the caller. */
bool image_dicom_read(int fd, const char *name, const struct image_options *o, struct image *m, struct err *e);

/** Refuses sides that are unreasonably large, before anything is allocated. */
bool image_check_size(double width, double height, const char *name, struct err *e);

/** Orientation of an EXIF block (a TIFF header and its first directory): 1 to 8, 1 when none is found. */
int exif_orientation(const uint8_t *tiff, size_t n);

#endif
