/* The metrics that every run has, whatever its objective, as one table: name, unit, and explanation. A run adds the
 * metrics of its objective when it starts (store_metric_learn). */
#ifndef MLVICX_STORE_METRIC_TABLE_H
#define MLVICX_STORE_METRIC_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct metric_members;

/** A row describes one metric, or one for each member of a group: the name then has a '*' that the member replaces. */
struct metric_row {
    const char *name;                     /* "rate", "*.rankme" */
    const struct metric_members *members; /* NULL for a single metric */
    const char *unit, *help;
};

/** All rows; `*count` filled. */
const struct metric_row *metric_table(size_t *count);

/** Fills `out` with name k of a row; false if it has no more. */
bool metric_row_name(const struct metric_row *row, int k, char *out, size_t size);

#endif
