/* The data of the Downstream screen: evaluations of the shown run, of the random encoder and of the marked runs, and
 * the curves of the validation AUC during training. */
#ifndef MLVICX_VIEWS_DOWNSTREAM_DATA_H
#define MLVICX_VIEWS_DOWNSTREAM_DATA_H

#include "views/analysis/past.h"
#include "views/analysis/scores.h"
#include "views/analysis/selection.h"
#include "views/analysis/series.h"
#include "views/analysis/x_axes.h"

enum {
    DOWNSTREAM_RUNS = SELECTION_MARKS + 2,
    DOWNSTREAM_COLUMNS = 200,
    DOWNSTREAM_POINTS = 3 * DOWNSTREAM_COLUMNS,
    DOWNSTREAM_TASKS = 32
};
/* The first curve is that of the classifier of a run that learns from labels. */
enum downstream_curve { DOWNSTREAM_CLASSIFIER, DOWNSTREAM_RIDGE, DOWNSTREAM_KNN, DOWNSTREAM_CURVES };
extern const char *const downstream_curve_names[DOWNSTREAM_CURVES];

struct downstream_run {
    int64_t run; /* 0: the random encoder's rows */
    int place;   /* 0: the shown one; n: the n-th mark; -1: the random encoder */
    char name[STORE_NAME];
    struct store_evaluations rows;                                        /* owned */
    struct series_point points[DOWNSTREAM_CURVES][DOWNSTREAM_POINTS + 1]; /* the newest value alone comes last */
    struct past past;
    char data[STORE_NAME];           /* its data set, which the quick probe is of */
    bool random;                     /* it began with a random encoder */
    double first[DOWNSTREAM_CURVES]; /* the value before the first step; NaN: none */
    int count[DOWNSTREAM_CURVES];
    struct series_point at[DOWNSTREAM_CURVES]; /* at the step of the selection */
};

/** Zero-initialise. */
struct downstream_data {
    struct downstream_run *runs[DOWNSTREAM_RUNS]; /* the shown one, the random encoder, then the marked; owned */
    int count;
    struct x_axes x; /* of the curves */
    char tasks[DOWNSTREAM_TASKS][STORE_NAME];
    int task_count, task;
    struct score_figure figures[SCORES_MOST]; /* of the shown run's task */
    int figure_count, chosen;
    char class[128]; /* "": the macro mean */
};

/** Reads everything again; the chosen task and figure are kept if they still exist. */
bool downstream_data_read(struct downstream_data *v, const struct selection *sel, struct err *e);
/** Collects the figures of the chosen task and class up to a step; the chosen figure is kept when others are inserted
 * before it. */
void downstream_data_collect(struct downstream_data *v, int64_t step);
/** Reads what the curves have at the step of the selection. */
bool downstream_data_look(struct downstream_data *v, const struct selection *sel, struct err *e);
void downstream_data_clear(struct downstream_data *v);

/** "" where nothing was evaluated. */
const char *downstream_data_task(const struct downstream_data *v);
/** NULL: the macro mean. */
const char *downstream_data_class(const struct downstream_data *v);
/** The evaluation of the chosen figure, for the names of its classes; NULL if there is none. */
const struct store_evaluation *downstream_data_evaluation(const struct downstream_data *v);
/** The mean of the random encoder for the same kind of evaluation; NaN if there is none. */
double downstream_data_random(const struct downstream_data *v, const struct score_figure *as, const char *class);

#endif
