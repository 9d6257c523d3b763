/* Between the files of this room; private to it. */
#ifndef MLVICX_DICOM_PARTS_H
#define MLVICX_DICOM_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/data/dicom/dicom.h"
#include "engine/data/dicom/dicom_gdcm.h"
#include "engine/data/dicom/dicom_levels.h"

/* ---- dicom_terms.c: what the standard calls things ---- */

/** The row of a transfer syntax; NULL if it is unknown. */
const struct dicom_syntax *dicom_syntax_find(const char *uid);
/** A modality as a standard term, "?" if it is another one. */
const char *dicom_modality(const char *text);
/** A view position or code as this program writes it ("PA"), with its sort; NULL if it is unknown. */
const char *dicom_view_name(const char *text, enum dicom_view *view);

/* ---- dicom_meta.c: the file as a whole ---- */

enum { DICOM_UID = 72 };

/** A file whose data set can be read from its bytes: `bytes` belong to the caller or, if they were deflated, are
 * `owned`. */
struct dicom_whole {
    const uint8_t *bytes;
    size_t n;
    uint8_t *owned;
    const struct dicom_syntax *syntax; /* NULL: no meta group, GDCM has to guess */
    char object[DICOM_UID];            /* object class in the meta group; "" if none */
};
/** Finds the transfer syntax, refuses one that is not supported, and inflates a deflated data set. dicom_whole_clear
 * in any case. */
bool dicom_whole_init(struct dicom_whole *w, const uint8_t *bytes, size_t n, struct err *e);
void dicom_whole_clear(struct dicom_whole *w);

/* ---- dicom_header.c: facts, layout and display ---- */

/** `object`: the object class, for a data set that does not give its own. */
void dicom_header_facts(const struct dicom_file *f, const char *object, const char *path, struct dicom_facts *facts);
/** Layout of the samples as the header describes it; refused if it describes no image, or an unsupported one. */
bool dicom_header_layout(const struct dicom_file *f, struct dicom_layout *l, struct err *e);
/** How they are to be displayed; the tables are owned, dicom_display_clear in any case. */
bool dicom_header_display(const struct dicom_file *f, const struct dicom_layout *l, struct dicom_display *d,
                          struct err *e);
/** The tags to read, for dicom_file_open. */
extern const uint32_t dicom_header_tags[];
extern const size_t dicom_header_tag_count;

/* ---- dicom_frame.c: the bytes of the first frame ---- */

/** Finds the first frame in the pixel data, which must be complete: native samples by their position in the file,
 * compressed ones as the codestream, assembled in `*owned`. */
bool dicom_frame_find(const struct dicom_whole *w, const struct dicom_file *f, const struct dicom_layout *l, int frames,
                      const uint8_t **bytes, size_t *n, uint8_t **owned, struct err *e);

/* ---- dicom_rle.c ---- */

/** Decodes a run-length encoded frame into `out`, dicom_layout_bytes(l) bytes: samples of a pixel side by side,
 * little endian; `l` is updated. False if the data do not contain exactly that. */
bool dicom_rle(const uint8_t *bytes, size_t n, struct dicom_layout *l, uint8_t *out);

/* ---- dicom_decode.c ---- */

/** An image as grey levels: [height, width, channels], owned by the caller. */
struct dicom_picture {
    int width, height, channels;
    uint8_t *pixels;
};
/** From the bytes of a file to facts and, if requested, levels. */
bool dicom_decode(const uint8_t *bytes, size_t n, const struct dicom_request *q, struct dicom_facts *facts,
                  struct dicom_picture *p, struct err *e);

#endif
