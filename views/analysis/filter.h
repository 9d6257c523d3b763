/* Expressions that choose runs: `state:running data:nih tag:x auc>0.7 z.rankme_ratio<0.1 text`. All conditions must
 * hold. */
#ifndef MLVICX_VIEWS_FILTER_H
#define MLVICX_VIEWS_FILTER_H

#include "views/analysis/run_summary.h"
#include "engine/base/err.h"
#include "store/database/store.h"

struct filter; /* opaque: its conditions */

/** Parse; NULL with an error that names the condition that cannot be understood. The caller ends it with
 * filter_destroy. */
struct filter *filter_create(const char *text, struct err *e);
void filter_destroy(struct filter *f); /* NULL is fine */

/** Does a run fit? Numbers of the run's metrics are read from the store where a condition asks for one. */
bool filter_match(const struct filter *f, struct store *s, const struct run_summary *run, bool *fits, struct err *e);

#endif
