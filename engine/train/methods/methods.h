/* Methods as the engine of one precision uses them: their heads, their loss. */
#ifndef MLVICX_METHODS_METHODS_H
#define MLVICX_METHODS_METHODS_H

#include "engine/base/methods.h"
#include "engine/base/real.h"
#include "engine/model/encoder.h"
#include "engine/train/methods/loss.h"
#include "engine/train/methods/method.h"

/** One objective: a table in a file of its own. */
struct method {
    struct method_info info;
    /** Append the heads; their outputs with a loss are the levels, in the order of info.level. */
    void (*heads)(struct graph *g, const struct encoder_maps *maps);
    /** Reals of scratch that `loss` needs for views of [n, d], with these kernels on that many threads. */
    size_t (*scratch)(const struct kernels *k, int threads, int n, int d);
    /** Terms and statistics of one level, and its gradient. The gain is left 0. */
    struct level_report (*loss)(const struct kernels *k, const struct kernel_run *run, const struct loss_weights *w,
                                const struct loss_views *views, const struct loss_hinge *hinge);
    /** What the sums over n images, all of a step, are divided by: labels, or their weights. NULL: it reads none. */
    double (*mass)(const struct loss_labels *labels, const struct loss_weights *w, size_t n, int classes);
    bool hinge;  /* its loss makes choices: struct loss_hinge */
    bool target; /* a moving average of the network is kept, built by `heads` in the mode of a target */
};

#define method_table REAL_NAME(method_table)

/** The table of a method; static. */
const struct method *method_table(enum method_kind kind);

#endif
