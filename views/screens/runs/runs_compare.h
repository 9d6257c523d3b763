/* The marked runs beside one another: what came of them, then the settings that differ. */
#ifndef MLVICX_VIEWS_RUNS_COMPARE_H
#define MLVICX_VIEWS_RUNS_COMPARE_H

#include "views/analysis/marked.h"
#include "views/workbench/workbench.h"

void runs_compare_draw(const struct marked *m, const struct workbench *wb, const struct area *a);

#endif
