/* Private to the store: roll-ups of points. */
#ifndef MLVICX_STORE_ROLLUP_H
#define MLVICX_STORE_ROLLUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/metric.h"
#include "store/database/sql.h"

enum { ROLLUP_LEVELS = 7 }; /* buckets of 8, 64, ... 8^7 = 2 million steps */

/** Recomputes every bucket above n points of one metric, which are in the order of their steps. A bucket without
 * children is deleted. Within the caller's transaction. */
bool rollup_mend(struct store *s, int64_t run, const struct store_point *points, size_t n, struct err *e);

/** Deletes points and buckets of one metric after `step`, and recomputes the buckets that contain `step`. */
bool rollup_cut(struct store *s, int64_t run, int64_t metric, int64_t step, struct err *e);

#endif
