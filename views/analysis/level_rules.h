/* How the numbers of a level may be interpreted: the tables of methods say which facts are meaningful for them. */
#ifndef MLVICX_VIEWS_LEVEL_RULES_H
#define MLVICX_VIEWS_LEVEL_RULES_H

#include <stdbool.h>

#include "engine/base/methods.h"
#include "views/analysis/levels.h"

struct level_rules {
    bool there;      /* the run has such a level                                                 */
    bool held;       /* an embedding whose scale the loss controls: below 0.1 a dimension is dead */
    bool hinge;      /* ... and whose deviations it pushes up to 1                                 */
    bool deviations; /* the deviations are meaningful: not those of vectors of unit length */
    bool judged;     /* its objective has verdicts */
};

/** Of a run of this method, with or without a local level. */
struct level_rules level_rules_of(enum method_kind method, bool local, enum engine_level level);

/** The level to show if `wanted` is requested: that level, or, if the run lacks it, its embedding, or its last map. */
enum engine_level level_rules_nearest(enum method_kind method, bool local, enum engine_level wanted);

#endif
