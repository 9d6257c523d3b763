/* Which variant computes each direction of each convolution, as plain values: found by timing (engine/train/tune.h),
 * kept by others as text, obeyed when a network is built. What they do not name follows the set's fixed table. */
#ifndef MLVICX_MODEL_TUNING_H
#define MLVICX_MODEL_TUNING_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "engine/base/text.h"
#include "engine/kernels/kernels.h"

enum { TUNING_SHAPE = 80, TUNING_VARIANT = 32 };

struct tuning_row {
    char shape[TUNING_SHAPE];     /* of tuning_shape                        */
    char variant[TUNING_VARIANT]; /* a variant's name; "" while undecided   */
    double figure;                /* GFLOP/s when it was timed; NAN unknown */
    bool timed;                   /* now, not remembered                    */
};

struct tuning {
    struct tuning_row *rows; /* owned */
    size_t count;
};

/** Key of one direction of one shape: "avx512 2 forward 32x56x56x64-64 3/1/1" (set, threads, direction, n x h x w x c -
 * k, kernel / stride / padding). */
void tuning_shape(const char *set, int threads, int direction, const struct conv_shape *s, char out[TUNING_SHAPE]);

/** Add a row unless its shape is there; false when memory ran out. */
bool tuning_add(struct tuning *t, const char *shape, const char *variant, struct err *e);
/** The variant chosen for a shape; NULL where nothing was. `t` may be NULL. */
const char *tuning_variant(const struct tuning *t, const char *shape);

/** One line each, "# autotune SHAPE = VARIANT": a comment of the INI text that it stands in. */
void tuning_write(const struct tuning *t, struct text *out);
/** Add what such lines of a text say; other lines are passed over. */
bool tuning_read(struct tuning *t, const char *text, struct err *e);

void tuning_clear(struct tuning *t);

#endif
