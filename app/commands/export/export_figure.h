/* What exports that draw share: the runs, the sheet, where it goes. */
#ifndef MLVICX_APP_EXPORT_FIGURE_H
#define MLVICX_APP_EXPORT_FIGURE_H

#include "app/commands/export/export.h"
#include "views/figures/figure.h"

/** Fills `q` from --size, --with, --light, --dark, -o and the format; what is shown stays to be filled. `ids` is filled
 * and borrowed by it. */
bool export_figure_sheet(const struct export_request *r, struct figure_request *q, int64_t ids[FIGURE_RUNS],
                         struct err *e);

#endif
