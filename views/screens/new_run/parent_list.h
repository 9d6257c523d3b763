/* The runs whose encoder a new run can begin with, as a list to choose from. */
#ifndef MLVICX_VIEWS_PARENT_LIST_H
#define MLVICX_VIEWS_PARENT_LIST_H

#include "views/screens/new_run/new_run.h"
#include "views/workbench/workbench.h"

/** Ask for one of the newest PARENTS_MOST runs that have a checkpoint, or none. */
unsigned parent_list_choose(struct workbench *wb, struct new_run *n);

#endif
