/* Numbers and times as screens write them. */
#ifndef MLVICX_VIEWS_FORMAT_H
#define MLVICX_VIEWS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/run.h"

enum { FORMAT_SIZE = 32 };

/** `digits` significant digits, short: "0.371", "1.2k", "-", "nan" ("-" for NaN). Fills and returns out. */
const char *format_number(double x, int digits, char out[FORMAT_SIZE]);
/** The same with fewer digits where it is wider than `columns` otherwise: "9e-05" for "9.3e-05". */
const char *format_number_within(double x, int digits, int columns, char out[FORMAT_SIZE]);
/** With thousands: "52,300". */
const char *format_count(int64_t n, char out[FORMAT_SIZE]);
/** A probability-like number without its zero: ".781", "1.000". */
const char *format_share(double x, int decimals, char out[FORMAT_SIZE]);
/** "14:07:31" in local time. */
const char *format_time_of_day(double at, char *out);

#endif
