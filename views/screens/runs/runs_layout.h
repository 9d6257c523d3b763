/* Where the parts of the screen Runs lie: the table, the selected run beside it or below, the comparison of marked
 * runs, charts of the selected run where there is room to spare. A pure function of sizes. */
#ifndef MLVICX_VIEWS_RUNS_LAYOUT_H
#define MLVICX_VIEWS_RUNS_LAYOUT_H

#include <stdbool.h>

#include "views/terminal/canvas.h"

enum { RUNS_BESIDE = 120 }; /* columns from which the selected run stands beside the table */

struct runs_layout {
    struct area table, rule, about, compare, charts; /* of no rows or columns: not there */
    bool beside;
};

/** `lines` of the table; `compares`: marked runs are compared. */
struct runs_layout runs_layout(const struct area *a, int lines, bool compares);

#endif
