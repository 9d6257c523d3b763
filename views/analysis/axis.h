/* Axes: a span of numbers, where its round numbers stand, and what they are called. Pure functions. */
#ifndef MLVICX_VIEWS_AXIS_H
#define MLVICX_VIEWS_AXIS_H

#include <stdbool.h>

enum { AXIS_TICKS = 24, AXIS_TEXT = 24 };

struct axis {
    double least, most; /* at its beginning and end; of a logarithmic axis above 0. least > most: it runs backwards */
    bool log;
};

/** A span that holds all it was shown: begin with axis_none. */
struct axis axis_none(bool log);
/** Widen to hold x; NaN, and on a logarithmic axis what is not above 0, is skipped. */
void axis_hold(struct axis *a, double x);
/** Make it fit to be drawn: an empty one becomes 0..1 (1..10), a single number gets room around it, and `room` (a share
 *  of the span, of the decades on a logarithmic axis) is added at both ends. */
void axis_finish(struct axis *a, double room);
/** Move both ends outwards to round numbers, such as 0.2 or, on a logarithmic axis of a decade or more, powers of 10.
 */
void axis_round(struct axis *a);

/** Where x stands: 0 at the beginning, 1 at the end, outside beyond. NaN where it has no place. */
double axis_place(const struct axis *a, double x);
/** The number at a place. */
double axis_value(const struct axis *a, double place);

struct tick {
    double value;
    bool small;           /* between the round ones: no text */
    char text[AXIS_TEXT]; /* UTF-8 */
};
/** Fill `out` with at most AXIS_TICKS ticks inside the span, rising: about `most` with text, at multiples of 1, 2 or 5
 *  times a power of ten; on a logarithmic axis at powers of ten, with 2 and 5 where it spans little. Returns their
 *  number. `ascii`: texts of ASCII alone ("1e-5" instead of a power with raised digits). */
int axis_ticks(const struct axis *a, int most, bool ascii, struct tick out[AXIS_TICKS]);

/** A number as a tick would say it where ticks are `step` apart: no more digits than tell them apart; thousands from
 *  10k, millions. */
void axis_text(double x, double step, char out[AXIS_TEXT]);

#endif
