/* Groups of the table of runs: by what, and their headings. */
#ifndef MLVICX_VIEWS_RUNS_GROUP_H
#define MLVICX_VIEWS_RUNS_GROUP_H

#include "views/analysis/runs_list.h"
#include "views/terminal/canvas.h"
#include "views/workbench/workbench.h"

extern const char *const runs_group_names[RUNS_GROUPS]; /* as they are stored */

/** Who asks; borrowed until the answer. */
struct runs_grouping {
    struct runs_list *list;
    unsigned (*taken)(struct workbench *wb, void *ctx); /* once list->group is another one */
    void *ctx;
};

/** A list of what runs can be grouped by. */
unsigned runs_group_ask(struct workbench *wb, struct runs_grouping *g);
/** Draws the heading at a line: the group, its runs, and where settings make groups the mean of their AUC, with its
 * range. False if the line is a run's. */
bool runs_group_heading(const struct runs_list *l, int line, const struct area *a);

#endif
