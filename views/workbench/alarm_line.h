/* Which alarm still holds, of those that a run has told. */
#ifndef MLVICX_VIEWS_ALARM_LINE_H
#define MLVICX_VIEWS_ALARM_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "store/run.h"

struct alarms {
    char waits[320]; /* why the shown run's worker cannot write to the store; "" when it can */
    char text[512],
        elsewhere[672]; /* of the shown run; the worst of any that continues, named; empty when all is well */
    unsigned ink, elsewhere_ink;
};

/** The worst that is open about a run, with what to try; false when all is well. INK_BAD is worse than INK_WATCH. */
bool alarm_of(struct store *s, const struct store_run *run, enum store_state state, char *out, size_t size,
              unsigned *ink);
/** The worst that is open about any of some runs, which it names. */
bool alarm_of_any(struct store *s, const struct store_runs *live, char *out, size_t size, unsigned *ink);

#endif
