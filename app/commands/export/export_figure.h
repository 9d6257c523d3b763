/* What exports that draw share: the runs, the sheet, where it goes. */
#ifndef MLVICX_APP_EXPORT_FIGURE_H
#define MLVICX_APP_EXPORT_FIGURE_H

#include "app/commands/export/export.h"
#include "views/figures/figure.h"

/** Whom a figure shows: the run, then those of --with. */
struct export_shown {
    int64_t ids[FIGURE_RUNS];
    char init[FIGURE_RUNS][STORE_NAME]; /* where the id is 0: an encoder that eval --init scored */
};

/** Fills `q` from --size, --with, --light, --dark, -o and the format; what is shown stays to be filled. `shown` is
 * filled and borrowed by it; only curves of a class (r->what) take encoders that are no runs. */
bool export_figure_sheet(const struct export_request *r, struct figure_request *q, struct export_shown *shown,
                         struct err *e);

#endif
