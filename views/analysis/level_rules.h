/* What the numbers of a level may be held against: the tables of methods say which facts mean something to them. */
#ifndef MLVICX_VIEWS_LEVEL_RULES_H
#define MLVICX_VIEWS_LEVEL_RULES_H

#include <stdbool.h>

#include "engine/base/methods.h"
#include "views/analysis/levels.h"

struct level_rules {
    bool there;      /* the run has such a level                                                 */
    bool held;       /* an embedding that the loss keeps at a scale: below 0.1 a dimension is dead */
    bool hinge;      /* ... and whose deviations it pushes up to 1                                 */
    bool deviations; /* they say something: not those of vectors of unit length                    */
    bool judged;     /* its objective is given verdicts                                            */
};

/** Of a run of this method, with or without a local level. */
struct level_rules level_rules_of(enum method_kind method, bool local, enum engine_level level);

/** The level that is looked at where `wanted` is: that, or where the run has no such level, its embedding, or its last
 * map. */
enum engine_level level_rules_nearest(enum method_kind method, bool local, enum engine_level wanted);

#endif
