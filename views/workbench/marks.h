/* The marked runs: charts show them beside the one that is looked at. */
#ifndef MLVICX_VIEWS_MARKS_H
#define MLVICX_VIEWS_MARKS_H

#include <stdbool.h>
#include <stdint.h>

struct workbench;

bool marks_has(const struct workbench *wb, int64_t run);
/** Mark or unmark; false (with a message) when there are SELECTION_MARKS already. */
bool marks_set(struct workbench *wb, int64_t run, bool mark);

#endif
