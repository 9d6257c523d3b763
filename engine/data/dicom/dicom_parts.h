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

/** The row of a transfer syntax; NULL for one that is not known here. */
const struct dicom_syntax *dicom_syntax_find(const char *uid);
/** A modality as a standard term, "?" for another one. */
const char *dicom_modality(const char *text);
/** A view's position or code as this program writes it ("PA"), with its sort; NULL for one that is not known. */
const char *dicom_view_name(const char *text, enum dicom_view *view);

/* ---- dicom_meta.c: the file as a whole ---- */

enum { DICOM_UID = 72 };

/** A file whose data set can be read from its bytes: `bytes` are the caller's, or, where they were deflated, `owned`.
 */
struct dicom_whole {
    const uint8_t *bytes;
    size_t n;
    uint8_t *owned;
    const struct dicom_syntax *syntax; /* NULL: no meta group, GDCM has to guess */
    char object[DICOM_UID];            /* the kind of object that the meta group names; "" none */
};
/** Find the transfer syntax, refuse one that is not read, inflate a deflated data set. dicom_whole_clear in any case.
 */
bool dicom_whole_init(struct dicom_whole *w, const uint8_t *bytes, size_t n, struct err *e);
void dicom_whole_clear(struct dicom_whole *w);

/* ---- dicom_header.c: facts, layout and display ---- */

/** `object`: the kind of object, for a data set that does not say its own. */
void dicom_header_facts(const struct dicom_file *f, const char *object, const char *path, struct dicom_facts *facts);
/** Layout of the samples as the header says; refused where no picture is described, or one that is not read. */
bool dicom_header_layout(const struct dicom_file *f, struct dicom_layout *l, struct err *e);
/** How they are to be shown; the tables are owned, dicom_display_clear in any case. */
bool dicom_header_display(const struct dicom_file *f, const struct dicom_layout *l, struct dicom_display *d,
                          struct err *e);
/** The tags that are looked at, for dicom_file_open. */
extern const uint32_t dicom_header_tags[];
extern const size_t dicom_header_tag_count;

/* ---- dicom_frame.c: the bytes of the first frame ---- */

/** Find the first frame in the pixel data, which must be whole: of native samples their place in the file, of
 *  compressed ones the codestream, put together in `*owned`. */
bool dicom_frame_find(const struct dicom_whole *w, const struct dicom_file *f, const struct dicom_layout *l, int frames,
                      const uint8_t **bytes, size_t *n, uint8_t **owned, struct err *e);

/* ---- dicom_rle.c ---- */

/** Unpack a frame of run lengths into `out`, dicom_layout_bytes(l) bytes: samples of a pixel side by side, little
 *  endian; `l` says so afterwards. False where it does not hold just that. */
bool dicom_rle(const uint8_t *bytes, size_t n, struct dicom_layout *l, uint8_t *out);

/* ---- dicom_decode.c ---- */

/** A picture as levels: [height, width, channels], owned by the caller. */
struct dicom_picture {
    int width, height, channels;
    uint8_t *pixels;
};
/** From the bytes of a file to facts and, where asked for, levels. */
bool dicom_decode(const uint8_t *bytes, size_t n, const struct dicom_request *q, struct dicom_facts *facts,
                  struct dicom_picture *p, struct err *e);

#endif
