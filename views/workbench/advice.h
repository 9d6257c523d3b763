/* Following the alarm line: the run that it is about, and the live setting that it advises, filled in. */
#ifndef MLVICX_VIEWS_ADVICE_H
#define MLVICX_VIEWS_ADVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/settings.h"

struct workbench;

/** What a text advises. */
struct advice {
    const struct setting *row; /* static */
    char value[SETTINGS_TEXT]; /* "": none is named */
};

/** Finds the setting that the advice of a text names ("... Try: loss.cov 1: it is 0", "Try: a lower optim.lr"), and the
 * value behind it where that is one. False if it names none. A pure function. */
bool advice_parse(const char *text, struct advice *out);

/** The alarm that the alarm line shows, "" for none: of the shown run, else of any live one. Fills `*run` (0: none) and
 * `*ink` (may be NULL). Borrowed until the next check of the store. */
const char *advice_alarm(const struct workbench *wb, int64_t *run, unsigned *ink);
/** The run whose alarm the alarm line shows; 0: it shows none. */
int64_t advice_run(const struct workbench *wb);

/** Action of a key: shows the run of the alarm, and asks for the value of the setting that the alarm advises. */
unsigned advice_on_follow(struct workbench *wb, void *state, int argument);

#endif
