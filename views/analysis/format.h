/* Numbers, times and states as screens write them. */
#ifndef MLVICX_VIEWS_FORMAT_H
#define MLVICX_VIEWS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/run.h"

enum { FORMAT_SIZE = 32 };

/** `digits` significant digits, short: "0.371", "1.2k", "-", "nan" ("-" for NaN). Fills and returns out. */
const char *format_number(double x, int digits, char out[FORMAT_SIZE]);
/** With thousands: "52,300". */
const char *format_count(int64_t n, char out[FORMAT_SIZE]);
/** A probability-like number without its zero: ".781", "1.000". */
const char *format_share(double x, int decimals, char out[FORMAT_SIZE]);
/** "14:07:31" in local time. */
const char *format_time_of_day(double at, char *out);

/** Sign of a state and its ink. */
uint32_t format_state(enum store_state state, unsigned *ink);
/** Ink of a verdict's word; INK_DIM for NULL. */
unsigned format_verdict_ink(const char *word);

/** The worst that is open about a run, with what to try; false when all is well. INK_BAD is worse than INK_WATCH. */
bool alarm_of(struct store *s, const struct store_run *run, enum store_state state, char *out, size_t size,
              unsigned *ink);
/** The worst that is open about any of some runs, which it names. */
bool alarm_of_any(struct store *s, const struct store_runs *live, char *out, size_t size, unsigned *ink);

#endif
