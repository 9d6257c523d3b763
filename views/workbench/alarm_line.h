/* Finds which alarm of a run is still active. */
#ifndef MLVICX_VIEWS_ALARM_LINE_H
#define MLVICX_VIEWS_ALARM_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "store/run.h"

struct alarms {
    char waits[320];                /* why the shown run's worker cannot write to the store; "" when it can */
    char text[512], elsewhere[672]; /* of the shown run; of any live run, with its name; empty if there is no problem */
    unsigned ink, elsewhere_ink;
    int64_t elsewhere_run;
};

/** The worst active problem of a run, with what to try; false if there is none. INK_BAD is worse than INK_WATCH. */
bool alarm_of(struct store *s, const struct store_run *run, enum store_state state, char *out, size_t size,
              unsigned *ink);
/** The worst active problem of any of some runs, which it names; `*run` is filled with it, 0 if there is none. */
bool alarm_of_any(struct store *s, const struct store_runs *live, char *out, size_t size, unsigned *ink, int64_t *run);

#endif
