/* The data sets that a new run can learn from: read, chosen from a list, or imported. */
#ifndef MLVICX_VIEWS_FORM_DATA_H
#define MLVICX_VIEWS_FORM_DATA_H

#include "views/screens/new_run/new_run.h"
#include "views/workbench/workbench.h"

const struct setting *form_data_row(void);
/** The data sets there are; one that was just imported is taken, and where there is but one, that. */
void form_data_read(struct workbench *wb, struct new_run *n);
/** `row` is the data set's, and the chosen one was removed, or is another store's. */
bool form_data_lacks(const struct new_run *n, const struct setting *row);
/** Ask for one of them, or for an import. */
unsigned form_data_choose(struct workbench *wb, struct new_run *n);

#endif
