/* The metrics that every run has, whatever it learns from, as one table: name, unit, and what it means for the person.
 * Those of its objective a run tells when it starts (store_metric_learn). */
#ifndef MLVICX_STORE_METRIC_TABLE_H
#define MLVICX_STORE_METRIC_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/** A row stands for one metric, or for one of each member of a group: the name then has a '*' that the member
 *  replaces. */
struct metric_row {
    const char *name;           /* "rate", "*.rankme" */
    const char *const *members; /* NULL-terminated, or NULL for a single metric */
    const char *unit, *help;
};

/** All rows; `*count` filled. */
const struct metric_row *metric_table(size_t *count);

/** Fill `out` with name k of a row; false when it has no more. */
bool metric_row_name(const struct metric_row *row, int k, char *out, size_t size);

#endif
