/* The C interface to GDCM: reads the elements of a data set, and decodes codestreams to samples.
 *
 * Implemented by dicom_gdcm.cc, the only C++ file; no exception leaves it. Nothing here interprets a header:
 * dicom_header.c does. */
#ifndef MLVICX_DICOM_GDCM_H
#define MLVICX_DICOM_GDCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A transfer syntax: how the samples of a file are encoded. */
enum dicom_coding {
    DICOM_NATIVE,   /* as they are                              */
    DICOM_DEFLATED, /* the whole data set by zlib, native inside */
    DICOM_RLE,      /* codestreams in fragments: run lengths     */
    DICOM_STREAM,   /* JPEG, JPEG-LS, JPEG 2000                  */
    DICOM_NOT_READ, /* known by name, refused                    */
};
struct dicom_syntax {
    const char *uid, *name;
    enum dicom_coding coding;
    bool big_endian, implicit;
};

/** How the samples of a frame are laid out. */
enum dicom_photometric {
    DICOM_MONO1,
    DICOM_MONO2,
    DICOM_PALETTE,
    DICOM_RGB,
    DICOM_YBR_FULL,
    DICOM_YBR_422,
    DICOM_YBR_J2K
};
struct dicom_layout {
    int width, height;
    int samples;                 /* a pixel: 1 or 3                                        */
    int allocated, stored, high; /* bits: of a sample's room, of its value, the highest one */
    bool is_signed, big_endian;
    bool planar; /* all samples of one channel, then those of the next     */
    enum dicom_photometric photometric;
};

struct dicom_file;
struct dicom_set; /* a data set, or an item of a sequence; lives as long as its file */

/** Reads the elements `tags` (group << 16 | element, ascending) of a file; `bytes` must outlive it. `syntax` (may be
 * NULL) is what the file's meta group says. NULL if GDCM cannot parse the file. */
struct dicom_file *dicom_file_open(const uint8_t *bytes, size_t n, const uint32_t *tags, size_t count);
void dicom_file_close(struct dicom_file *f);
const struct dicom_set *dicom_file_set(const struct dicom_file *f);
/** UID of the transfer syntax with which it was read, "" if none. */
const char *dicom_file_syntax(const struct dicom_file *f);
/** Where the first element after those of `tags` begins, in bytes; (size_t)-1: there is none. */
size_t dicom_file_end(const struct dicom_file *f);

/** The value of an element, in this machine's byte order; NULL if it is absent or empty. */
const uint8_t *dicom_value(const struct dicom_set *s, uint32_t tag, size_t *n);
/** Is the element's value one of signed 16-bit numbers (SS)? */
bool dicom_value_signed(const struct dicom_set *s, uint32_t tag);
/** The first item of a sequence, NULL if there is none. */
const struct dicom_set *dicom_item(const struct dicom_set *s, uint32_t tag);

/** Decodes the codestream of one frame into `out` of `room` bytes: samples in this machine's byte order. `l` is the
 * header's layout and becomes that of `out`. False if GDCM refuses, or if the frame has another size. */
bool dicom_decode_stream(const char *syntax, const uint8_t *bytes, size_t n, struct dicom_layout *l, uint8_t *out,
                         size_t room);

const char *dicom_gdcm_version(void);

#ifdef __cplusplus
}
#endif

#endif
