/* The positions of the parts of the frame: a pure function of the size. */
#ifndef MLVICX_VIEWS_LAYOUT_H
#define MLVICX_VIEWS_LAYOUT_H

#include <stdbool.h>

/** Rows of the parts; -1: there is no room for it. The screen gets the rest. */
struct layout {
    int title, tabs, alarm, bar;
    int screen, screen_h, alarm_h;
};

enum { LAYOUT_TALL = 12 }; /* least height at which the alarm line may take two rows */

/** Places title, tabs, screen, an alarm line of `alarm_h` rows, and key bar in `rows`; in a small terminal some are
 * dropped. */
static inline struct layout layout_frame(int rows, int alarm_h)
{
    struct layout l = { -1, -1, -1, -1, 0, rows, 1 };
    if (rows >= 3) l.title = 0, l.screen = 1, l.screen_h--;
    if (rows >= 10) l.tabs = 1, l.screen = 2, l.screen_h--;
    if (rows >= LAYOUT_TALL && alarm_h > 1) l.alarm_h = alarm_h;
    if (rows >= 5) l.alarm = rows - l.alarm_h, l.screen_h -= l.alarm_h;
    if (rows >= 7) l.bar = rows - 1, l.alarm--, l.screen_h--;
    return l;
}

/** Splits `total` columns (or rows) into `n` parts that differ by at most one; part i begins at layout_share(total,
 * n, i). */
static inline int layout_share(int total, int n, int i)
{
    return (int)((long)total * i / n);
}

#endif
