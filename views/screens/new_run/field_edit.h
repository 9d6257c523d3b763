/* Changing a field of the form: a line to type, a list, or the other of two values. */
#ifndef MLVICX_VIEWS_FIELD_EDIT_H
#define MLVICX_VIEWS_FIELD_EDIT_H

#include "views/screens/new_run/new_run.h"
#include "views/workbench/workbench.h"

/** Change the chosen field, by a dialog that suits it. */
unsigned field_edit(struct workbench *wb, struct new_run *n);

#endif
