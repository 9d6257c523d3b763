/* Proof of the engine against a fixture: one step, and a few more, computed elsewhere in double precision.
 *
 * A fixture is a safetensors file with parameters, one or two views, outputs, losses, gradients, the state after one
 * update, a trace of losses and features in evaluation mode; its metadata says the configuration, the rates, the errors
 * of the same computation in float32, and which gradients are exactly zero.
 *
 * Error of a tensor: relative L2; of `after.*` relative to the norm of after - param. Limits: with naive64 1e-6
 * (after.* 5e-3: the file's own rounding); with float sets max(floor of its kind, 4 times the fixture's float32
 * figure), at most 5e-2. A network with convolutions by Winograd rounds more: 5 times the floors, 20 times the figure.
 * AdamW's first update is the sign of the gradient: numbers whose gradient is smaller than the error of the gradient of
 * their tensor are left out of `after.*`.
 * Steps that the engine computes in double (engine_kernels) are held to the limits of direct convolutions.
 * Where a float set misses a limit, naive64 must first agree with the file; then each step is repeated in naive64 from
 * the float run's parameters with its ReLUs and maxima forced. That is accepted only where each choice that differs
 * was a tie within 1e-5 (Winograd: 1e-4) of the RMS of its inputs, and then every tensor must hold its limit against
 * that run. */
#ifndef MLVICX_TRAIN_PROOF_H
#define MLVICX_TRAIN_PROOF_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "engine/kernels/kernels.h"

struct proof_row {
    char name[96];
    double error, limit;
    bool passed;
};

/** What float sets are held to: times the floors, times the fixture's float32 figure, how near a tie a choice may flip.
 */
struct proof_limits {
    const char *name; /* "direct", "winograd" */
    double floors, factor, flip;
};

struct proof {
    enum kernel_set kernels, computed; /* asked for, and what computes its steps: engine_kernels */
    const struct proof_limits *limits; /* static */
    struct proof_row *rows;            /* owned, in the order of the file */
    size_t count, failed;
    bool repeated;      /* a limit was missed, and the choices were checked                 */
    size_t flips;       /* choices that differ between float and double, when repeated      */
    double flip_worst;  /* greatest distance of such a choice from a tie, over the RMS      */
    char flip_name[96]; /* where                                                            */
    bool passed;
};

/** Run the fixture at PATH with a resolved set. An unreadable file is an error; a missed limit is not: see passed. */
bool proof_run(struct proof *p, const char *path, enum kernel_set kernels, int threads, struct err *e);
void proof_clear(struct proof *p);

#endif
