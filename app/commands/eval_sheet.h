/* The figures of `eval` as a table for a paper. */
#ifndef MLVICX_APP_EVAL_SHEET_H
#define MLVICX_APP_EVAL_SHEET_H

#include "app/cli/sheet.h"
#include "app/worker/eval_groups.h"

/** What is to be shown. Borrowed. */
struct eval_figures_list {
    const struct eval_task *task;
    const struct eval_encoder *encoder;
    bool own;                          /* a run's encoder */
    const struct eval_result *results; /* [count]; behind the first `applied`, each `draws` differ in the draw alone */
    int count, applied, draws;
};

/** Print a row for each configuration and class, and for the mean of the findings: means over draws. The interval of
 * several draws is that of resampled draws and patients. */
bool eval_sheet_print(const struct eval_figures_list *v, enum sheet_format format, struct err *e);

/** The same for groups of the test images, behind all of them; parts [count, groups]. With several draws there are no
 * intervals. */
bool eval_sheet_groups_print(const struct eval_figures_list *v, const struct eval_groups *groups,
                             const struct eval_result *parts, enum sheet_format format, struct err *e);

#endif
