#include "app/session/phases.h"

#include <stdio.h>

/* The phases that are split by stage, and the direction that they time. The forward pass of the heads is a phase of its
 * own. */
static const struct {
    enum step_phase phase;
    int way, stages;
} split[] = { { PHASE_FORWARD, 0, STAGE_HEADS }, { PHASE_BACKWARD, 1, STAGE_COUNT } };

int phases_list(const struct step_report *r, struct phase out[PHASES_MOST])
{
    int n = 0;
    for (int p = 0; p < PHASE_COUNT; p++) {
        out[n].seconds = r->seconds[p];
        snprintf(out[n++].name, sizeof out->name, "%s", step_phase_names[p]);
        for (size_t i = 0; i < sizeof split / sizeof split[0]; i++) {
            for (int s = 0; (int)split[i].phase == p && s < split[i].stages; s++) {
                if (r->absent & 1u << s) continue;
                out[n].seconds = r->stage[split[i].way][s];
                snprintf(out[n++].name, sizeof out->name, "%s.%s", step_phase_names[p], model_stage_names[s]);
            }
        }
    }
    return n;
}
