/* Which way each convolution of a run is computed: decided once at its start, remembered for this CPU, then repeated.
 */
#ifndef MLVICX_APP_AUTOTUNE_H
#define MLVICX_APP_AUTOTUNE_H

#include "app/session/session.h"

/** Fill s->tuning before session_start. `decided`: text with what was decided at the run's first start (NULL: none was
 * yet, so it is looked up in the store or timed now, and what was timed is remembered). Setting autotune=off
 * leaves the fixed table. `seconds` and `timed` filled: what it took. */
bool autotune_prepare(struct session *s, struct store *store, const char *decided, double *seconds, int *timed,
                      struct err *e);

#endif
