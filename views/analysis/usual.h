/* What is usual: the range in which earlier finished runs of the same method and data had a metric at the same step,
 * from the 10th to the 90th percentile of them. */
#ifndef MLVICX_VIEWS_USUAL_H
#define MLVICX_VIEWS_USUAL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "views/analysis/point.h"
#include "views/analysis/selection.h"

enum { USUAL_RUNS = 24, USUAL_LEAST = 3, USUAL_COLUMNS = 64 };

/** The runs that are compared with. Zero-initialise. */
struct usual {
    int64_t of;               /* the run that they are earlier than */
    int64_t runs[USUAL_RUNS]; /* the newest of them                 */
    int count;
};

/** At each span of steps min and max are the percentiles, mean their middle, weight the number of runs. */
struct usual_band {
    struct series_point points[USUAL_COLUMNS];
    int count;
};

/** Find the runs for the shown one: finished, older, of its method and data set. It is not counted among them, nor are
 * marked ones. Reads the list of runs, so call it when another run is shown, not at every key. */
bool usual_find(struct usual *u, const struct selection *sel, struct err *e);

/** Fill the band of a metric over steps 1..last, in equal spans; spans at which fewer than USUAL_LEAST runs have a
 * number are left out. Reads one series a run. */
bool usual_read(const struct usual *u, struct store *s, const char *metric, int64_t last, struct usual_band *out,
                struct err *e);

/** The value below which a share of n rising values lies, between neighbours in proportion. */
double usual_percentile(const double *rising, int n, double share);

#endif
