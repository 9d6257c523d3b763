/* The algorithm for each convolution of a run: selected once at its start, stored for this CPU, then reused. */
#ifndef MLVICX_APP_AUTOTUNE_H
#define MLVICX_APP_AUTOTUNE_H

#include "app/session/session.h"

/** Fills s->tuning before session_start. `decided`: text with the selection made at the run's first start (NULL:
 * none yet, so it is looked up in the store or timed now, and stored). Setting autotune=off keeps the fixed table.
 * `seconds` and `timed` are filled with the cost. */
bool autotune_prepare(struct session *s, struct store *store, const char *decided, double *seconds, int *timed,
                      struct err *e);

#endif
