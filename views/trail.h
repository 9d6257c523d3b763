/* Trails: a metric of a run over a span of steps, kept and continued. Reading it again reads only what is new: the
 * columns keep their width (a power of two of steps) until twice as many as asked for are there. */
#ifndef MLVICX_VIEWS_TRAIL_H
#define MLVICX_VIEWS_TRAIL_H

#include "engine/base/err.h"
#include "store/store.h"
#include "views/chart.h"

struct trail {
    int64_t run, rewound, first, last, per; /* what was read last; per 0: nothing yet */
    char metric[64];
    struct chart_point *points; /* owned; x in steps; only where something was recorded */
    int count, room;
    bool ended; /* the last one is the newest value alone, which its column holds too */
};

/** Bring it up to date: the metric over steps first..last in `columns` columns at least (fewer when there are fewer
 *  steps). `rewound` is the run's: another number, another run, metric or beginning reads everything anew. `*changed`
 * is set (and otherwise left alone) when a point came or went. On an error the trail is empty. */
bool trail_read(struct trail *t, struct store *s, int64_t run, int64_t rewound, const char *metric, int64_t first,
                int64_t last, int columns, bool *changed, struct err *e);
/** Close a curve of columns, the last of which is `column` and stands for several values, with its newest value, so
 * that the number beside a curve is the one that tables, rows and files have. `*end` is filled, and counts for nothing
 * where means are drawn. The column ends with it. */
bool trail_end(struct store *s, int64_t run, const char *metric, struct chart_point *column, struct chart_point *end,
               struct err *e);
void trail_clear(struct trail *t); /* frees; the next trail_read reads everything */

#endif
