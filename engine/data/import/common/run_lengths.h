/* Masks as SIIM-ACR writes them: relative run lengths, column by column. */
#ifndef MLVICX_DATA_RUN_LENGTHS_H
#define MLVICX_DATA_RUN_LENGTHS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"

enum { RUN_LENGTHS_SIDE = 1024 };

/** Pairs of numbers: how many pixels to skip since the end of the last run, and how many are inside. They go down a
 * column, then down the next one. The pixels inside become 1 in `mask` ([1024, 1024] row-major), the others are
 * unchanged. False with a reason if the text is invalid or leaves the image; `mask` is then partly written. */
bool run_lengths_paint(const char *text, uint8_t *mask, struct err *e);

#endif
