/* The loss of one level: variance, invariance, covariance of two views a, b [n, d] (VICReg; Bardes, Ponce, LeCun 2022,
 * equations 1 to 6, with the means of the authors' code), and its gradient. "Loss" in assets/docs/method.md.
 *
 *     total = sim * inv + std * var + cov * cov
 *     inv = |a - b|^2 / (n d)
 *     var = sum over a, b of mean over j of max(0, 1 - sqrt(var_j + 1e-4)) / 2
 *     cov = sum over a, b of (sum over i != j of C_ij^2) / d,   C = x' x / (n - 1), x centred
 *
 * The variance term is halved, as there; other libraries do not halve it. */
#ifndef MLVICX_TRAIN_LOSS_H
#define MLVICX_TRAIN_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/real.h"
#include "engine/kernels/kernels.h"
#include "engine/model/choices.h"
#include "engine/train/methods/method.h"

/** The terms that loss_level fills, for the table of a method. */
#define LOSS_TERMS 3
#define LOSS_TERM                                                                                                      \
    {                                                                                                                  \
        { "inv", "", "mean squared difference of the two views, unweighted" },                                         \
            { "var", "",                                                                                               \
              "mean over views and dimensions of what sqrt(variance + 1e-4) falls short of 1, halved, unweighted; 0 "  \
              "is "                                                                                                    \
              "best" },                                                                                                \
            { "cov", "",                                                                                               \
              "squared covariances between dimensions, over their number, sum of both views, unweighted; near 0 with " \
              "falling deviation is collapse" },                                                                       \
    }

/** The settings that weigh them. */
#define LOSS_WEIGHT                                                                                                    \
    {                                                                                                                  \
        { .key = "loss.inv" }, { .key = "loss.var" }, { .key = "loss.cov" },                                           \
    }
/** 25 inv + 25 var of uncorrelated views is least at a gain of 1/4: inv 1/8, var 3/4. */
#define LOSS_PLATEAU 21.9

#define loss_level   REAL_NAME(loss_level)
#define loss_scratch REAL_NAME(loss_scratch)

/** What is known of the images, where an objective reads labels. */
struct loss_labels {
    const int8_t *of; /* [n, d]: 1, 0, -1 where it is not known; borrowed */
    bool exclusive;   /* one class an image                              */
    double mass;      /* what sums over images are divided by: struct method has it of a whole step, this is its share
                         of a micro-batch */
};

/** All views of one level, and where its gradient goes: what an objective reads and writes. Borrowed. */
struct loss_views {
    int n, d;              /* n >= 2 */
    const real *z;         /* [views, n, d]: view 1, then view 2    */
    real *dz;              /* [views, n, d]: filled                 */
    double scale;          /* of the gradient: dz is that of scale * total */
    const real *embedding; /* [2, n, d]: the output "z", whose facts are reported; z itself unless there is a predictor;
                              NULL where the network has none */
    const real *target;    /* [2, n, d]: the output "z" of the moving average; NULL where the method has none */
    const struct loss_draw *draw;
    struct loss_labels labels;
};

/** The choices of the variance hinge, one for each view and dimension: whether its deviation is below 1. */
struct loss_hinge {
    const uint8_t *forced; /* [2, d], obeyed; NULL: free                                     */
    struct choice *record; /* filled with its own choices and, where forced, how they differ; NULL: not wanted */
};

/** Reals of scratch that loss_level needs for views of [n, d]. */
size_t loss_scratch(const struct kernels *k, int threads, int n, int d);

/** Terms of one level (inv, var, cov), its statistics, and its gradient. run.scratch holds loss_scratch reals.
 * The covariance uses the n x n Gram matrix where n < d, else the d x d matrix: same numbers. The gain of the result is
 * left 0: it is no fact of the views.
 */
struct level_report loss_level(const struct kernels *k, const struct kernel_run *run, const struct loss_weights *w,
                               const struct loss_views *views, const struct loss_hinge *hinge);

#endif
