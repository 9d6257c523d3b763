/* The state of the list of runs, and how it is arranged: columns, order, groups, filter. */
#ifndef MLVICX_VIEWS_RUNS_ARRANGE_H
#define MLVICX_VIEWS_RUNS_ARRANGE_H

#include "views/analysis/marked.h"
#include "views/analysis/runs_list.h"
#include "views/charts/table.h"
#include "views/screens/runs/runs_group.h"
#include "views/screens/runs/runs_saved.h"
#include "views/screens/runs/runs_short.h"
#include "views/screens/runs/welcome.h"
#include "views/workbench/workbench.h"

struct runs {
    struct runs_list list;
    bool known; /* the list was read: if it is empty then, so is the store */
    struct table table;
    struct runs_short about;
    struct marked marked;
    struct welcome welcome;
    struct runs_saved saved;
    struct runs_grouping grouping;
    char filter[512];
    /* the filter text that was last checked, and the result */
    char checked[512], remark[520];
    bool checked_well;
    int column;      /* selected last in the list of columns */
    int name;        /* width of the longest name */
    int64_t trashed; /* runs in the trash, and the bytes of their checkpoints */
    double trash_bytes;
    int table_w; /* of the table as it was drawn last */
    bool ruled;  /* there was a rule below it, which tells the filter */
};

/** Reads the arrangement from the preferences. */
void runs_arrange_recall(struct workbench *wb, struct runs *r);
/** Makes names and tags as wide as their longest text, up to a limit. */
void runs_arrange_fit(struct runs *r);
/** Orders, groups and filters the list anew, and finds the chosen run in it; false, with a message: it cannot. */
bool runs_arrange_order(struct workbench *wb, struct runs *r);
/** Sorts by a column; by the same one again: the other way round. Returns enum after. */
unsigned runs_arrange_sort(struct workbench *wb, struct runs *r, int column);
/** Takes a filter, "" for none. Returns enum after. `ctx` is the state. */
unsigned runs_arrange_filter(struct workbench *wb, void *ctx, const char *text);

/** Actions of keys (screen.h). */
unsigned runs_on_sort(struct workbench *wb, void *state, int argument);
unsigned runs_on_reverse(struct workbench *wb, void *state, int argument);
unsigned runs_on_columns(struct workbench *wb, void *state, int argument);
unsigned runs_on_group(struct workbench *wb, void *state, int argument);
unsigned runs_on_saved(struct workbench *wb, void *state, int argument);
unsigned runs_on_filter(struct workbench *wb, void *state, int argument);

#endif
