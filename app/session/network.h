/* From settings to the engine's plain configuration, and what `auto` means on this machine. */
#ifndef MLVICX_APP_NETWORK_H
#define MLVICX_APP_NETWORK_H

#include "engine/base/settings.h"
#include "engine/train/engine.h"

/** Replace what is automatic (train.threads, data.threads, kernels) by what this machine has; MLVICX_KERNELS overrules
 *  `kernels`. A kernel set that this CPU lacks is refused. */
bool network_resolve(struct settings *s, struct err *e);

/** INI text of the resolved keys alone; reading it on top of a run's settings repeats the choice. */
void network_resolved_text(const struct settings *s, struct text *out);

/** Configuration of an engine that trains with `s` (resolved) on images of `channels`. With `features` > 0 instead one
 *  that only computes features, `features` images a pass. Checked against model_shape_check. */
bool network_config(const struct settings *s, int channels, int features, struct engine_config *c, struct err *e);

/** The classes that a method with labels tells apart. */
void network_labels(struct engine_config *c, int classes, bool exclusive);

/** Weights of the loss as these settings have them. */
struct loss_weights network_weights(const struct settings *s);
/** What its random directions are drawn from. */
struct loss_draw network_draw(const struct settings *s);

#endif
