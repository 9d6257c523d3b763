/* The figures of `eval` as a table for a paper. */
#ifndef MLVICX_APP_EVAL_SHEET_H
#define MLVICX_APP_EVAL_SHEET_H

#include "app/cli/sheet.h"
#include "app/commands/spread.h"
#include "app/worker/eval_groups.h"

/** What is to be shown. Borrowed. */
struct eval_figures_list {
    const struct eval_task *task;
    const struct eval_encoder *encoder;
    bool own;                          /* a run's encoder */
    const struct eval_result *results; /* [count]; behind the first `applied`, each `draws` differ in the draw alone */
    int count, applied, draws;
    struct store *store;
};

/** Append what its protocol was told (evaluation_told.h). */
void eval_sheet_told(struct store *s, const struct eval_result *r, struct text *out);

/** The columns that say which configuration a row is about, and their cells. */
/* clang-format off */
#define EVAL_SHEET_CONFIGURATION \
    { "run", NULL, SHEET_TEXT, 0 }, \
    { "step", NULL, SHEET_COUNT, 0 }, \
    { "task", NULL, SHEET_TEXT, 0 }, \
    { "protocol", "protocol", SHEET_TEXT, 0 }, \
    { "gates", NULL, SHEET_TEXT, 0 }, \
    { "labels_percent", "labels, %", SHEET_TEXT, 0 }
/* clang-format on */
void eval_sheet_configuration(struct sheet *s, const struct eval_figures_list *v, const struct eval_result *r);

/** The columns of an area over draws, and their cells: mean with its interval, least, most. */
/* clang-format off */
#define EVAL_SHEET_AREA \
    { "auc", "AUC (95 %)", SHEET_INTERVAL, 3 }, \
    { "auc_lowest", NULL, SHEET_NUMBER, 3 }, \
    { "auc_highest", NULL, SHEET_NUMBER, 3 }
/* clang-format on */
void eval_sheet_area(struct sheet *s, const struct spread *area, struct interval i);

/** Print a row for each configuration and class, and for the mean of the findings: means over draws. The interval of
 * several draws is that of resampled draws and patients. */
bool eval_sheet_print(const struct eval_figures_list *v, enum sheet_format format, struct err *e);

/** Groups of the test images by some facts. Borrowed. */
struct eval_facts {
    const struct eval_groups *groups;       /* [count] */
    const struct eval_result *const *parts; /* [count] of [results, groups] */
    int count;
};

/** The same for groups of the test images, behind all of them: a table for each fact, in CSV one of all. With several
 * draws there are no intervals. */
bool eval_sheet_groups_print(const struct eval_figures_list *v, const struct eval_facts *facts,
                             enum sheet_format format, struct err *e);

#endif
