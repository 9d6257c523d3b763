/* Masks as SIIM-ACR writes them: relative run lengths, column by column. */
#ifndef MLVICX_DATA_RUN_LENGTHS_H
#define MLVICX_DATA_RUN_LENGTHS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"

enum { RUN_LENGTHS_SIDE = 1024 };

/** Pairs of numbers: how many pixels to pass since the end of the last run, how many are inside. They go down a column,
 *  then down the next one. The pixels inside become 1 in `mask` ([1024, 1024] row-major), the others stay. False with
 *  a reason for what is no such text or leaves the picture; `mask` then is partly written. */
bool run_lengths_paint(const char *text, uint8_t *mask, struct err *e);

#endif
