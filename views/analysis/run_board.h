/* What one looks at first of a run: how loss, AUC and rank went, what the encoder knew before it was trained, and one
 * line that says what came of it. */
#ifndef MLVICX_VIEWS_RUN_BOARD_H
#define MLVICX_VIEWS_RUN_BOARD_H

#include "engine/diagnose/verdict.h"
#include "views/analysis/selection.h"
#include "views/analysis/series.h"
#include "views/analysis/x_axes.h"

enum { BOARD_LEVELS = 2, BOARD_TRACE = 32 };

/** The value of a metric over the run's length. */
struct board_trace {
    struct series series;
    float value[BOARD_TRACE]; /* means over equal spans of steps, from step 0 on; NaN: nothing there */
    double newest;            /* NaN: nothing recorded */
};

/** Zero-initialise. */
struct run_board {
    int64_t run; /* 0: nothing was read */
    struct board_trace loss, auc, rank[BOARD_LEVELS];
    struct x_axes x;                      /* of charts of these */
    const char *probe;                    /* what the AUC is of: "ridge", "kNN", "classifier"; NULL: no AUC  */
    double random;                        /* AUC before the first step; NaN: not known                       */
    double dead[BOARD_LEVELS];            /* share of dimensions; NaN: not known                             */
    enum verdict_word word[BOARD_LEVELS]; /* VERDICT_UNKNOWN: not judged                                     */
    double gain;                          /* of the AUC since the first one; NaN: fewer than two             */
    double most_share;                    /* of the gain that was there at `most_step`; NaN: no gain to speak of */
    int64_t most_step;                    /* the first step with four fifths of the gain                     */
    double peak;                          /* the highest AUC, where a quarter of its gain was lost since; else NaN */
    int64_t peak_step;
};

/** Read what is new of the shown run; everything, where another one is shown or its past changed. */
bool run_board_read(struct run_board *b, const struct selection *sel, struct err *e);
/** Reads into the series of its curves what they have at a step; negative: nothing. */
bool run_board_look(struct run_board *b, const struct selection *sel, int64_t step, struct err *e);
void run_board_clear(struct run_board *b);

/** "LEARNING: AUC +.112, nothing dead, 82 % of the gain by epoch 20": what came of it so far, the most important first.
 *  Where the AUC contradicts the word: "LEARNING, yet AUC .048 below random", "peak .620 at epoch 2, now .534". Fills
 * and returns out; "" where there is nothing but a word. */
const char *run_board_conclusion(const struct run_board *b, const struct run_summary *f, char *out, size_t size);
/** Whether the AUC contradicts a word that says that all is well: it is below random, or fell from its peak. */
bool run_board_doubts(const struct run_board *b);

#endif
