/* The keys that the four chart screens share: moving between recorded steps and levels, marking runs, exporting
 * figures. */
#ifndef MLVICX_VIEWS_CHART_KEYS_H
#define MLVICX_VIEWS_CHART_KEYS_H

#include "views/figures/figure.h"
#include "views/workbench/film.h"
#include "views/workbench/workbench.h"

/* Rows of the key table that all chart screens include. */
#define CHART_KEYS_STEP                                                                                                \
    { '[', 0, "step-back", "step", "the recorded step before", chart_keys_on_step, NEEDS_RUN, -1 },                    \
        { ']', 0, "step-forward", NULL, "the next recorded step", chart_keys_on_step, NEEDS_RUN, 1 },                  \
        { '{', 0, "step-first", NULL, "the first recorded step", chart_keys_on_first, NEEDS_RUN, 0 },                  \
        { '}',                                                                                                         \
          0,                                                                                                           \
          "step-last",                                                                                                 \
          NULL,                                                                                                        \
          "the newest recorded step, followed while the run goes on",                                                  \
          chart_keys_on_last,                                                                                          \
          NEEDS_RUN,                                                                                                   \
          0 },                                                                                                         \
        { 'f', 0, "film", "film", "play the recorded steps as a film; any key stops it", film_on_play, NEEDS_RUN, 0 }, \
    {                                                                                                                  \
        KEYS_SPACE, 0, "mark", NULL, "mark this run: charts show it while < and > choose others; again: unmark",       \
            chart_keys_on_mark, NEEDS_RUN, 0                                                                           \
    }

/* `brief`: as the key bar says it; NULL: not there. */
#define CHART_KEY_X(brief)                                                                                             \
    {                                                                                                                  \
        'x', 0, "x-axis", brief, "x axis of every chart over a run: step, epoch, images seen, time of training",       \
            chart_keys_on_x, 0, 0                                                                                      \
    }

#define CHART_KEYS_LEVEL                                                                                               \
    { 'v', 0, "level", "level", "the next level: z, d, map 1 to map 5", chart_keys_on_level, 0, 1 },                   \
    {                                                                                                                  \
        'b', 0, "level-back", NULL, "the level before", chart_keys_on_level, 0, -1                                     \
    }

/** Move by `by` recorded steps, or levels. */
unsigned chart_keys_on_step(struct workbench *wb, void *state, int by);
unsigned chart_keys_on_level(struct workbench *wb, void *state, int by);
unsigned chart_keys_on_first(struct workbench *wb, void *state, int argument);
unsigned chart_keys_on_last(struct workbench *wb, void *state, int argument);
unsigned chart_keys_on_mark(struct workbench *wb, void *state, int argument);
/** The next kind of x axis, on all screens. */
unsigned chart_keys_on_x(struct workbench *wb, void *state, int argument);

/** Asks for a file name, then writes a figure as PNG and its numbers as CSV beside it: of the shown run and the marked
 * ones, over the x axis of the charts. `like` says which screen, and what else of it is to be as the screen has it. */
unsigned chart_keys_export(struct workbench *wb, const struct figure_request *like);
/** The same for a screen (enum figure_screen) about which there is no more to say. */
unsigned chart_keys_on_export(struct workbench *wb, void *state, int screen);

#endif
