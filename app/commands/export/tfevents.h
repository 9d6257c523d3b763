/* TensorBoard's event files: framed records of protobuf messages, written by hand.
 *
 *     record  = length u64, masked crc32c of it u32, bytes, masked crc32c of them u32     (all little-endian)
 *     Event   = 1 wall_time double, 2 step int64, 3 file_version string | 5 summary
 *     Value   = 1 tag, 2 simple_value float | 5 histo
 *     Histo   = 1 min, 2 max, 3 num, 4 sum, 5 sum_squares, 6 bucket_limit packed, 7 bucket packed   (doubles)
 *
 * Source: tensorflow's event.proto, summary.proto and record_writer. Nothing here reads a clock: the same calls write
 * the same bytes. */
#ifndef MLVICX_APP_TFEVENTS_H
#define MLVICX_APP_TFEVENTS_H

#include <stdint.h>
#include <stdio.h>

#include "engine/base/text.h"

struct tfevents {
    FILE *stream;        /* borrowed                                 */
    struct text summary; /* values gathered since the last flush     */
    uint32_t crc[256];   /* table of crc32c                          */
    bool broken;         /* memory ran out: the file is unusable */
};

/** Writes the record with the version of the format. tfevents_clear ends it. */
void tfevents_begin(struct tfevents *t, FILE *stream, double wall);
/** A number for the next event. */
void tfevents_scalar(struct tfevents *t, const char *tag, double value);
/** The distribution of n finite values, in at most 40 buckets of equal width; nothing for n = 0. */
void tfevents_histogram(struct tfevents *t, const char *tag, const float *values, int n);
/** Writes the gathered values as one event; nothing if there are none. */
void tfevents_flush(struct tfevents *t, double wall, int64_t step);
void tfevents_clear(struct tfevents *t);

#endif
