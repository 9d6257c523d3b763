/* Figures: what the main screens show, as a picture for a paper or as its numbers.
 *
 *     struct figure_request q = { .store = s, .runs = &id, .run_count = 1, .screen = FIGURE_SPECTRUM, .level = "z",
 *                                 .step = -1, .format = FIGURE_PNG, .path = "x.png" };
 *     if (!figure_write(&q, &e)) ...
 *
 * The command line and the screens call the same function; nothing here knows a terminal. Everything is read from the
 * store, so a live run can be drawn at any moment. */
#ifndef MLVICX_VIEWS_FIGURE_H
#define MLVICX_VIEWS_FIGURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/base/err.h"
#include "store/database/store.h"
#include "views/analysis/selection.h"

/* screen, word, whether it shows one level at one step, what it is */
#define FIGURE_SCREENS(X)                                                                                              \
    X(LOSS, "loss", false, "total and the terms of both levels over steps, with events")                               \
    X(VARIANCE, "variance", true, "deviation of every dimension: sorted, as a histogram, over steps")                  \
    X(COVARIANCE, "covariance", true, "correlation matrix in blocks, mean and largest |r|, against its floor")         \
    X(SPECTRUM, "spectrum", true, "eigenvalues against rank, with those of an isotropic Gaussian")

enum figure_screen {
#define FIGURE_SCREEN_ENUM(name, word, level, help) FIGURE_##name,
    FIGURE_SCREENS(FIGURE_SCREEN_ENUM)
#undef FIGURE_SCREEN_ENUM
        FIGURE_SCREEN_COUNT
};
/** "loss", "variance", ... */
const char *figure_screen_name(enum figure_screen screen);
bool figure_screen_parse(const char *word, enum figure_screen *screen);

/** Of a y axis: logarithmic where numbers span decades; never; wherever numbers allow it. */
enum figure_scale { FIGURE_SCALE_AUTO, FIGURE_SCALE_LINEAR, FIGURE_SCALE_LOG };

enum figure_format { FIGURE_PNG, FIGURE_CSV };

enum {
    FIGURE_RUNS = 1 + SELECTION_MARKS, /* that can be overlaid: those that screens show */
    FIGURE_WIDTH = 1340,
    FIGURE_HEIGHT = 900, /* where the request says 0 */
    FIGURE_SIDE_LEAST = 240,
    FIGURE_SIDE_MOST = 8192
};

struct figure_request {
    struct store *store; /* borrowed */
    const int64_t *runs; /* ids; the first is the main one, others are overlaid where curves allow it */
    int run_count;       /* 1 to FIGURE_RUNS */
    enum figure_screen screen;
    const char *level;   /* "z", "d", "map1" .. "map5", "h"; NULL: "z"                                       */
    int64_t step;        /* the newest recorded step at or before it is shown; negative: the newest of all  */
    int64_t first, last; /* span of curves over steps; last <= 0: all there is                              */
    enum x_kind x;       /* what curves over a run are drawn over                                           */
    bool grouped;        /* loss: runs that are alike are one curve: their mean, and what they span         */
    const char *group;   /* ... the settings that make them so (group.h); NULL or "": all but the seed      */
    bool weighted;       /* loss: terms as in the total, not as they are                                    */
    enum figure_scale y; /* of loss                                                                         */
    int width, height;   /* pixels; 0: FIGURE_WIDTH, FIGURE_HEIGHT                                          */
    bool dark;
    enum figure_format format;
    const char *path; /* appears whole or not at all; NULL: CSV goes to `stream`                            */
    FILE *stream;
};

/** Draw or write what is asked for. Errors: ERR_USAGE (size, level, too many runs), ERR_NOT_FOUND (nothing recorded
 * yet), what the store or the file system says. What each CSV holds:
 *
 *     loss        run, metric, first step, last step, n, missing, min, mean, max   (a row a column of the picture;
 *                 where x is not the step also what it is and its unit; of runs that are one the mean of the runs,
 *                 least and most)
 *     variance    run, level, step, dimension, deviation
 *     covariance  run, level, step, row, column (first dimensions of the block), size, mean |r|, largest |r| and its
 * pair spectrum    run, level, step, rank, eigenvalue, the isotropic one */
bool figure_write(const struct figure_request *q, struct err *e);

#endif
