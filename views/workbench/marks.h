/* The marked runs, which charts show beside the shown run. */
#ifndef MLVICX_VIEWS_MARKS_H
#define MLVICX_VIEWS_MARKS_H

#include <stdbool.h>
#include <stdint.h>

struct workbench;

bool marks_has(const struct workbench *wb, int64_t run);
/** Marks or unmarks; false (with a message) if there are SELECTION_MARKS already. */
bool marks_set(struct workbench *wb, int64_t run, bool mark);

#endif
