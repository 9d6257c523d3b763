/* Converts settings to the engine's plain configuration, and resolves `auto` for this machine. */
#ifndef MLVICX_APP_NETWORK_H
#define MLVICX_APP_NETWORK_H

#include "engine/base/settings.h"
#include "engine/train/engine.h"

/** Replaces automatic values (train.threads, data.threads, kernels) by those of this machine; MLVICX_KERNELS
 * overrides `kernels`. A kernel set that this CPU lacks is refused. */
bool network_resolve(struct settings *s, struct err *e);

/** INI text of the resolved keys alone; reading it on top of a run's settings repeats the choice. */
void network_resolved_text(const struct settings *s, struct text *out);

/** Configuration of an engine that trains with `s` (resolved) on images of `channels`. With `features` > 0, of one
 * that only computes features, `features` images per pass. Checked by model_shape_check. */
bool network_config(const struct settings *s, int channels, int features, struct engine_config *c, struct err *e);

/** The number of classes that a method with labels distinguishes. */
void network_labels(struct engine_config *c, int classes, bool exclusive);

/** The weights of the loss in these settings. */
struct loss_weights network_weights(const struct settings *s);
/** The seed of its random directions. */
struct loss_draw network_draw(const struct settings *s);

#endif
