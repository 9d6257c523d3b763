/* Comparison: the run that is shown and the marked ones, with what charts need of each. The shown one is the first. */
#ifndef MLVICX_VIEWS_COMPARISON_H
#define MLVICX_VIEWS_COMPARISON_H

#include "engine/base/methods.h"
#include "engine/train/methods/method.h"
#include "views/analysis/past.h"
#include "views/analysis/selection.h"

/** What a curve stands for, beyond its numbers: screens have a colour for each. */
enum meaning {
    MEANING_OTHER,
    MEANING_TOTAL,
    MEANING_GLOBAL,
    MEANING_LOCAL,
    MEANING_SCORE,     /* of a probe */
    MEANING_REFERENCE, /* what would be expected */
    MEANING_HELD,      /* kept for comparison */
    MEANING_PLACE,     /* one of several: the n-th */
};

struct compared_run {
    int64_t id, step, rewound; /* step: the newest that has points */
    int64_t planned;           /* steps, when it is done           */
    char name[STORE_NAME], label[24], data[STORE_NAME];
    enum store_state state;
    uint64_t alike; /* the same for runs of one group: those that differ in the seed alone, or have the method and
                       chosen settings in common */
    char group[GROUP_TEXT];                                        /* values of these, in brief; "": none is chosen */
    double images;                                                 /* of a step                         */
    int place;                                                     /* 0: the shown one; n: the n-th mark */
    enum method_kind method;                                       /* what it learns from                         */
    double term_weight[METHOD_TERMS], level_weight[METHOD_LEVELS]; /* in the total, as they are now */
    bool usual;                                                    /* all of these are those of the defaults      */
    bool local;                                                    /* whether its local level is built            */
    struct past past;                                              /* of a fork                                   */
};
struct comparison {
    struct compared_run run[1 + SELECTION_MARKS];
    int count;
};

/** What is known of one run. `keys`: the settings that make groups. */
void compared_run_fill(struct compared_run *r, const struct store_run *row, enum store_state state, int place,
                       const char *keys);
/** Read it anew; `*changed` is set when anything differs from before. */
bool comparison_read(const struct selection *sel, struct comparison *o, bool *changed, struct err *e);
/** The newest step of all. */
int64_t comparison_last(const struct comparison *o);
/** Fill the step at which each run ends so far. */
void comparison_ends(const struct comparison *o, double out[1 + SELECTION_MARKS]);
bool comparison_live(const struct comparison *o);
/** While runs continue: by how much an axis of steps reaches beyond the newest one (1 to 2), such that its end moves
 * seldom: to the planned end of the shown run, or a half, a quarter ... of it. */
double comparison_ahead(const struct comparison *o);

#endif
