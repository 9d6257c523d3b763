#include "views/analysis/level_rules.h"

#include "engine/train/engine.h"
#include "engine/train/methods/reported.h"

struct level_rules level_rules_of(enum method_kind method, bool local, enum levels_level level)
{
    const struct method_info *m = engine_method(method);
    if (level > LEVELS_D) return (struct level_rules){ .there = true, .deviations = true };
    bool deviations = m->stats & 1u << STAT_DEAD;
    return (struct level_rules){ .there = !m->labels && (level == LEVELS_Z || reported_levels(m, local) > 1),
                                 .held = deviations,
                                 .hinge = m->stats & 1u << STAT_INACTIVE,
                                 .deviations = deviations,
                                 .judged = m->judged };
}

enum levels_level level_rules_nearest(enum method_kind method, bool local, enum levels_level wanted)
{
    const enum levels_level order[] = { wanted, LEVELS_Z, LEVELS_MAP5 };
    int at = 0;
    while (!level_rules_of(method, local, order[at]).there) at++;
    return order[at];
}
