/* The lower part of Downstream: the classes of a figure, or what lies behind one class. */
#ifndef MLVICX_VIEWS_DOWNSTREAM_PANES_H
#define MLVICX_VIEWS_DOWNSTREAM_PANES_H

#include "views/analysis/downstream_compared.h"
#include "views/analysis/downstream_curves.h"
#include "views/charts/album.h"
#include "views/terminal/canvas.h"

struct workbench;

enum downstream_pane { PANE_CLASSES, PANE_ROC, PANE_PRECISION, PANE_RELIABILITY, PANE_MISTAKES, PANE_COMPARED, PANES };

/** Zero-initialise. */
struct downstream_panes {
    enum downstream_pane pane;
    struct downstream_curves curves;
    struct album mistakes;
    int first, page; /* of what scrolls: mistakes, compared rows; how many are shown, as drawn last */
    struct downstream_compared compared;
    char compared_of[512]; /* what was asked for; "": nothing yet */
    bool asked;            /* and the answer is not there yet */
    char path[512];        /* to which the comparison is written */
};

/** Read what the pane shows; the comparison is asked for in the background. */
void downstream_panes_read(struct downstream_panes *v, struct workbench *wb, const struct downstream_data *data,
                           bool anew);
/** Draw any pane but that of the classes. */
void downstream_panes_draw(struct downstream_panes *v, const struct workbench *wb, const struct area *a);
/** Write the pane to a file in the background: a curve as PNG or CSV, mistakes as CSV, the comparison as a table. */
void downstream_panes_export(struct downstream_panes *v, struct workbench *wb, const struct downstream_data *data,
                             const char *path);
/** The ending of the file that the pane is proposed to go to: "roc.png". */
const char *downstream_panes_ending(const struct downstream_panes *v);
void downstream_panes_clear(struct downstream_panes *v);

#endif
