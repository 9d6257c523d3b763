/* Values of a run's metrics over a chunk of steps, for tables. */
#ifndef MLVICX_APP_EXPORT_CHUNK_H
#define MLVICX_APP_EXPORT_CHUNK_H

#include "store/metric.h"
#include "store/database/store.h"

enum { EXPORT_CHUNK = 4096 }; /* steps */

struct export_chunk {
    double *value; /* [EXPORT_CHUNK, metrics] */
    bool *has;     /* recorded, NaN or not    */
};
bool export_chunk_init(struct export_chunk *c, const struct store_metrics *m, struct err *e);
/** Fill with steps first .. first + EXPORT_CHUNK - 1. */
bool export_chunk_read(struct export_chunk *c, struct store *s, int64_t run, const struct store_metrics *m,
                       int64_t first, struct err *e);
void export_chunk_clear(struct export_chunk *c);

#endif
