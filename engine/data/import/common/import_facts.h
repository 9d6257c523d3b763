/* Facts about a person and an exposure in one spelling, so that groups of `eval --by` are whole. */
#ifndef MLVICX_DATA_IMPORT_FACTS_H
#define MLVICX_DATA_IMPORT_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/data/dataset.h"

enum { FACT_SIZE = 64, AGE_MOST = 120 };

/** M or F; another word as it is; "" if it is not known. Fills `out`, as all of these. */
void fact_sex(const char *written, char out[FACT_SIZE]);
/** PA, AP or lateral; another word as it is; "" if it is not known. */
void fact_view(const char *written, char out[FACT_SIZE]);
/** Whole years of "57", "57.5", "057Y", "003M", "010W" or "020D"; "" if it is not known. False if it is none from 0 to
 * AGE_MOST years: `out` is "" then, and the caller counts it. */
bool fact_age(const char *written, char out[FACT_SIZE]);
/** Adds a remark about `n` ages that were left out, if there are any; `first` is one of them. */
bool fact_ages_tell(struct dataset *d, size_t n, const char *first, struct err *e);

#endif
