/* The columns of the table of runs, and their contents. */
#ifndef MLVICX_VIEWS_RUNS_CELLS_H
#define MLVICX_VIEWS_RUNS_CELLS_H

#include "views/charts/table.h"
#include "views/analysis/runs_list.h"
#include "views/workbench/workbench.h"

extern const struct table_column runs_columns[RUNS_COLUMNS];

/** Draws one cell; `style` has the background of the row. */
void runs_cell(const struct workbench *wb, const struct runs_entry *entry, int column, const struct area *a,
               unsigned style, bool chosen);

#endif
