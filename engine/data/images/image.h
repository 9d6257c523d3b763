/* Pictures from files: PNG, JPEG, TIFF and DICOM in, 8-bit samples out.
 *
 * The kind is told by the first bytes, never by the name (but for DICOM files that begin with nothing: dicom.h).
 * Whatever the file holds (1 to 16 bits, palette, alpha, CMYK, an EXIF orientation), the result is an upright picture
 * of one grey channel or of three, R G B. Samples are those of libpng, libjpeg-turbo and libtiff with nothing
 * corrected: no gamma, no colour profile; alpha and transparent colours are dropped, not blended. A file that is
 * damaged, cut off or too large is refused with one line; memory is asked for only when the file is long enough to hold
 * what its header promises. */
#ifndef MLVICX_DATA_IMAGE_H
#define MLVICX_DATA_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dicom/dicom.h"

enum {
    IMAGE_SIDE_MOST = 65535,     /* pixels a side                     */
    IMAGE_PIXELS_MOST = 1 << 27, /* pixels a picture: 134 million     */
    IMAGE_FILE_MOST = 1 << 30,   /* bytes a file                      */
    IMAGE_GREY_LEVELS = 8,       /* channels that differ by at most this are grey: the noise of a compressor */
};

struct image {
    int width, height, channels; /* channels 1 or 3                                */
    uint8_t *pixels;             /* owned: [height, width, channels], no padding   */
};

/** Allocates pixels (zero) for an image. Sides from 1 to IMAGE_SIDE_MOST, channels 1 or 3; `name` is for the error. */
bool image_init(struct image *m, int width, int height, int channels, const char *name, struct err *e);

/** Frees the pixels; a zeroed struct is allowed. */
void image_clear(struct image *m);

/** Read a PNG, JPEG, TIFF (the first picture) or DICOM file into `m`, which is filled and then owned by the caller
 * (image_clear); zeroed on failure. Grey of 16 bits goes through image_from_samples, colour of 16 bits through libpng's
 * rounded division by 257; CMYK becomes RGB as (255 - c)(255 - k) / 255. Errors: ERR_IO, ERR_MEMORY, ERR_FORMAT
 * (damaged, truncated, not a picture), ERR_UNSUPPORTED (12-bit or lossless JPEG, another kind, too large). */
bool image_read(const char *path, struct image *m, struct err *e);

/** How DICOM files are read. Zero-initialised: as image_read does. */
struct dicom_pool;
struct image_options {
    struct dicom_pool *decoders; /* dicom_pool.h; NULL: a process for this file alone    */
    struct dicom_window window;
    bool any_modality; /* also images that are not projection radiographs; of several frames the first */
};
/** The same as image_read; `o` (may be NULL) applies to DICOM files. */
bool image_read_as(const char *path, const struct image_options *o, struct image *m, struct err *e);

/** What a header promises. */
struct image_head {
    int width, height; /* as stored: EXIF may turn it    */
    bool grey;         /* one channel for certain; else the pixels must tell */
    bool more;         /* the file holds further pictures, which image_read leaves */
};
/** Read no more than the header of a file, and refuse what image_read would refuse for the header's sake: another kind
 * of file, sizes beyond reason, more pixels than the file can hold. Of a DICOM file its facts are checked; decoders: as
 * in struct image_options. */
bool image_head_read(const char *path, struct dicom_pool *decoders, struct image_head *h, struct err *e);

/** Version of libtiff, in `out`; NULL where TIFF files are refused. */
const char *image_tiff_version(char out[32]);
/** Version of libdeflate, which common PNG files are read through; NULL: libpng reads all. */
const char *image_deflate_version(void);

/** Whether a file is one of DICOM, by its first bytes or, where these tell nothing, its name. False for one that cannot
 *  be read, too. */
bool image_is_dicom(const char *path);
/** Facts from the header of a DICOM file. ERR_IO, ERR_FORMAT, ERR_UNSUPPORTED, ERR_MEMORY. */
bool image_dicom_facts(const char *path, struct dicom_pool *decoders, struct dicom_facts *f, struct err *e);

/** The same from `n` bytes in memory, borrowed, not DICOM; `name` replaces the path in errors. */
bool image_read_memory(const uint8_t *bytes, size_t n, const char *name, struct image *m, struct err *e);

/** Scales 16-bit grey [height, width] to 8 bits by quantiles, since a radiograph uses 10 to 14 of its 16 bits. With
 * lo = the sample of rank floor(0.005 (n-1)) and hi = that of rank ceil(0.995 (n-1)) of all n samples in order, a
 * sample v becomes round(255 (v - lo) / (hi - lo)), clipped. If lo = hi, the least and the greatest sample replace
 * them; if all samples are equal, v becomes round(v / 257). `out`: [height, width], filled. */
void image_from_samples(const uint16_t *samples, size_t n, uint8_t *out);

/** True for one channel, and for three that nowhere differ by more than IMAGE_GREY_LEVELS. */
bool image_is_grey(const struct image *m);

/** Converts to 1 channel (Rec. 601 luma with Pillow's rounding) or to 3 equal ones. Fails only if memory runs out;
 * `m` is then unchanged. */
bool image_convert(struct image *m, int channels, struct err *e);

/** Writes as PNG, durably (either the old file or the new one remains, never a partial one). */
bool image_write_png(const char *path, const struct image *m, struct err *e);

#endif
