#include "views/analysis/level_rules.h"

#include "engine/train/engine.h"
#include "engine/train/methods/reported.h"

struct level_rules level_rules_of(enum method_kind method, bool local, enum engine_level level)
{
    const struct method_info *m = engine_method(method);
    if (level > LEVEL_D) return (struct level_rules){ .there = true, .deviations = true };
    bool deviations = m->stats & 1u << STAT_DEAD;
    return (struct level_rules){ .there = !m->labels && (level == LEVEL_Z || reported_levels(m, local) > 1),
                                 .held = deviations,
                                 .hinge = m->stats & 1u << STAT_INACTIVE,
                                 .deviations = deviations,
                                 .judged = method_is_judged(m) };
}

enum engine_level level_rules_nearest(enum method_kind method, bool local, enum engine_level wanted)
{
    const enum engine_level order[] = { wanted, LEVEL_Z, LEVEL_MAP5 };
    int at = 0;
    while (!level_rules_of(method, local, order[at]).there) at++;
    return order[at];
}
