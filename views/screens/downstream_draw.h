/* Drawing of Downstream: curves of the probe, a table of figures with bars, the classes behind one of them. */
#ifndef MLVICX_VIEWS_DOWNSTREAM_DRAW_H
#define MLVICX_VIEWS_DOWNSTREAM_DRAW_H

#include "views/analysis/downstream_data.h"
#include "views/screens/downstream_panes.h"
#include "views/screens/eval_form.h"
#include "views/terminal/canvas.h"

/** The screen. */
struct downstream {
    struct downstream_data data;
    int first_class, class_height, classes; /* as drawn last: the list of classes, its rows, how many there are */
    struct eval_form form;
    struct downstream_panes panes;
};

/** Draw everything; fills class_height and classes, and keeps first_class within the list. */
void downstream_draw_all(struct downstream *v, const struct workbench *wb, const struct area *a);

#endif
