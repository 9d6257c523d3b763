/* Converts stored values to grey levels.
 *
 * A grey sample has at most 16 bits, so everything between a stored value and its level is one table of 65,536
 * entries, computed in double precision: modality LUT or rescale, VOI, inversion, rounding. Definitions: DICOM PS3.3
 * C.7.6.3, C.11.1, C.11.2. */
#ifndef MLVICX_DICOM_LEVELS_H
#define MLVICX_DICOM_LEVELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/dicom/dicom.h"
#include "engine/data/dicom/dicom_gdcm.h"

/** A lookup table: entry i is for the value first + i; values outside take the nearest entry. */
struct dicom_table {
    uint16_t *entries; /* [count], owned; NULL: none */
    uint32_t count;
    int32_t first;
    int bits; /* of an entry, 8 to 16 */
};

enum dicom_function { DICOM_LINEAR, DICOM_LINEAR_EXACT, DICOM_SIGMOID };

/** How samples are to be displayed. */
struct dicom_display {
    double slope, intercept; /* modality value = slope * stored + intercept, if there is no table */
    struct dicom_table modality, voi;
    bool has_window;
    double center, width; /* the first window */
    enum dicom_function function;
    bool has_padding;
    int32_t padding[2];            /* range of stored values, both ends included, that are padding */
    struct dicom_table palette[3]; /* red, green, blue */
};
void dicom_display_clear(struct dicom_display *d);

/** Bytes of a frame of samples; 4:2:2 has two channels' worth. */
size_t dicom_layout_bytes(const struct dicom_layout *l);
/** Channels of the levels: 1, or 3 for colour. */
int dicom_layout_channels(const struct dicom_layout *l);

/** `bytes`: dicom_layout_bytes(l), borrowed; `out`: [height, width, channels], filled. ERR_MEMORY. */
bool dicom_levels(const struct dicom_layout *l, const struct dicom_display *d, const struct dicom_window *w,
                  const uint8_t *bytes, uint8_t *out, struct err *e);

#endif
