/* Drawing of the form: its rows, what the chosen one is, and what the run would cost, beside or below. */
#ifndef MLVICX_VIEWS_FORM_DRAW_H
#define MLVICX_VIEWS_FORM_DRAW_H

#include "views/screens/new_run/new_run.h"
#include "views/terminal/canvas.h"

/** Draw everything; keeps the chosen row within the form and in sight, and fills n->top and n->height. */
void form_draw(struct new_run *n, const struct area *a);

#endif
