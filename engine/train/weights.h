/* Weights in and out: files of others into the engine, the encoder out for torchvision. */
#ifndef MLVICX_TRAIN_WEIGHTS_H
#define MLVICX_TRAIN_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "engine/base/text.h"
#include "engine/model/safetensors.h"
#include "engine/model/state_dict.h"
#include "engine/train/engine.h"

/** What a file brought. `missing` are tensors of the network that the file lacks (they keep their values), `surplus`
 * names in the file that the network lacks (fc.* and num_batches_tracked are not counted). One name a line, of surplus
 * ones the first WEIGHTS_NAMED. */
struct weights_report {
    int loaded, missing, surplus;
    struct text missing_names, surplus_names;
    char form[256]; /* what was stripped of its names: "prefix module. stripped"; "": nothing */
};
enum { WEIGHTS_NAMED = 64 };
void weights_report_clear(struct weights_report *r);
/** One line: how many were loaded and from what form, which are missing and which were left over, the first few of each
 * by name. With `heads` false what is missing of the heads does not count. */
void weights_report_line(const struct weights_report *r, bool heads, struct text *out);

/** Load parameters and running statistics from a file of others (state_dict.h) or of ours. A wrong shape, a non-finite
 * number, a file without any tensor of the encoder or with blocks that this network lacks is an error and nothing is
 * changed. */
bool weights_load(struct engine *g, const char *path, struct weights_report *report, struct err *e);
/** The same of a file that is open, which is closed, whatever comes of it. */
bool weights_take(struct engine *g, struct state_dict *file, struct weights_report *report, struct err *e);

/** Write the encoder with torchvision's names at top level (so that `resnet18().load_state_dict(strict=False)` misses
 *  only fc.*), the gates as context.*, with num_batches_tracked left out. With `gates` false without them, so that
 * timm's create_model(..., num_classes=0) takes all there is. */
bool weights_export(const struct engine *g, bool gates, const char *path, const struct tensors_pair *metadata,
                    size_t pairs, struct err *e);

#endif
