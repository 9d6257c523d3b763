/* The numbers of a step that a method reports of its levels, by the names under which they are recorded.
 *
 * The one place where names are made from a method's table: `loss.LEVEL`, `loss.LEVEL.TERM`, `STAT.LEVEL`. Whoever
 * records, draws or explains them walks this list. */
#ifndef MLVICX_METHODS_REPORTED_H
#define MLVICX_METHODS_REPORTED_H

#include "engine/train/methods/method.h"

enum reported_kind { REPORTED_TOTAL, REPORTED_TERM, REPORTED_STAT };

struct reported {
    char name[64]; /* "loss.global.inv" */
    enum reported_kind kind;
    int level;               /* of method_info.level                                */
    int index;               /* of method_info.term, or enum level_stat; a total: 0 */
    const char *unit, *help; /* static */
};

enum { REPORTED_MOST = METHOD_LEVELS * (1 + METHOD_TERMS + STAT_COUNT) };

/** How many of its levels such a run builds: the second one is the local level, which model.local may leave out. */
int reported_levels(const struct method_info *m, bool local);
/** Fill `out` with what a run of `m` that builds its first `levels` levels reports; returns how many. */
int reported_list(const struct method_info *m, int levels, struct reported out[REPORTED_MOST]);

/** The number itself. */
double reported_value(const struct reported *r, const struct level_report level[METHOD_LEVELS]);

#endif
