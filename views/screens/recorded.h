/* What the four chart screens share: walking over recorded steps and levels, marking, writing figures. */
#ifndef MLVICX_VIEWS_RECORDED_H
#define MLVICX_VIEWS_RECORDED_H

#include "views/figures/figure.h"
#include "views/workbench/workbench.h"

/* Key rows that each of the screens has, to be put into its table. */
#define RECORDED_KEYS                                                                                                   \
    { '[', 0, "step-back", "step", "the recorded step before", recorded_on_back, NEEDS_RUN },                           \
        { ']', 0, "step-forward", NULL, "the next recorded step", recorded_on_forward, NEEDS_RUN },                     \
        { '{', 0, "step-first", NULL, "the first recorded step", recorded_on_first, NEEDS_RUN },                        \
        { '}',      0, "step-last", NULL, "the newest recorded step, followed while the run goes on", recorded_on_last, \
          NEEDS_RUN },                                                                                                  \
    {                                                                                                                   \
        KEYS_SPACE, 0, "mark", NULL, "mark this run: charts show it while < and > choose others; again: unmark",        \
            recorded_on_mark, NEEDS_RUN                                                                                 \
    }

#define RECORDED_LEVEL_KEYS                                                                                            \
    { 'v', 0, "level", "level", "the next level: z, d, map 1 to map 5", recorded_on_level, 0 },                        \
    {                                                                                                                  \
        'b', 0, "level-back", NULL, "the level before", recorded_on_level_back, 0                                      \
    }

unsigned recorded_on_back(struct workbench *wb, void *state);
unsigned recorded_on_forward(struct workbench *wb, void *state);
unsigned recorded_on_first(struct workbench *wb, void *state);
unsigned recorded_on_last(struct workbench *wb, void *state);
unsigned recorded_on_mark(struct workbench *wb, void *state);
unsigned recorded_on_level(struct workbench *wb, void *state);
unsigned recorded_on_level_back(struct workbench *wb, void *state);

/** Ask for a file name and write the figure of a view as PNG, and its numbers as CSV beside it. */
unsigned recorded_export(struct workbench *wb, enum figure_view view);

#endif
