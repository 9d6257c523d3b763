/* Snapshots: arrays of the diagnostics at some steps (spectra, deviations, correlations, embeddings).
 *
 * Kept as zlib-compressed float32, embeddings as float16; they are read as float32 alike. What the kinds hold:
 *
 *     deviation    [1, D]        deviation of every dimension
 *     spectrum     [1, K]        eigenvalues of the covariance, falling
 *     correlation  [4 B, B]      B x B blocks, four planes one below the other: mean |r|, max |r|, and the two
 *                                dimensions of the maximum; B at most 128
 *     pairs        [P, 3]        the strongest pairs: dimension, dimension, r; P at most 100
 *     embedding    [N, D]        features of the probe set (float16: only the newest, and those of kept checkpoints)
 *     tsne         [N, 2]        places of its rows on a plane that keeps neighbours; stays as long as the embedding
 *     probe-*      [K, D]        weights of a linear probe of an evaluation, named by a digest of what they depend on;
 *                                no thinning removes them
 *     cka          [L, L]        similarity between the levels; its level is "all"
 *     images       [1, N]        which images of the data set the rows of embeddings are; its level is "all" */
#ifndef MLVICX_STORE_SNAPSHOT_H
#define MLVICX_STORE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

/** Names one array of a run. */
struct store_snapshot_key {
    int64_t run, step;
    const char *level; /* "z", "d", "map1" .. "map5", "h" or "all"; borrowed */
    const char *kind;  /* one of the above; borrowed                         */
};

/** Store one array data [rows, cols] (borrowed); an "embedding" is rounded to float16. Replaces the one that is there.
 */
bool store_snapshot_put(struct store *s, const struct store_snapshot_key *k, int rows, int cols, const float *data,
                        struct err *e);

/** A number as an "embedding" keeps it: what is computed from one must not depend on whether it was stored before. */
float store_snapshot_rounded(float x);
/** Store an array that was computed from the one of kind `source` of the same run, step and level. ERR_NOT_FOUND where
 * that is gone meanwhile: thinned, or taken back by a resume. */
bool store_snapshot_derive(struct store *s, const struct store_snapshot_key *k, const char *source, int rows, int cols,
                           const float *data, struct err *e);

struct store_snapshot {
    int64_t step;
    int rows, cols;
    float *data; /* owned: store_snapshot_clear */
};
/** Read one; ERR_NOT_FOUND when there is none. */
bool store_snapshot_get(struct store *s, const struct store_snapshot_key *k, struct store_snapshot *out, struct err *e);
void store_snapshot_clear(struct store_snapshot *p);

/** Steps that have a snapshot of the level and kind (NULL: any), rising; `*steps` is owned (free). */
bool store_snapshot_steps(struct store *s, int64_t run, const char *level, const char *kind, int64_t **steps,
                          size_t *count, struct err *e);

/** Thin a run's snapshots to at most `keep` steps, spaced evenly in the logarithm of the step; the newest always stays.
 *  Which ones stay depends on the steps alone, so that an interrupted run ends with the same ones. Embeddings (and
 *  what lies on their plane) other than the newest and those of listed checkpoints go. Call it after each step's
 * snapshots were put. */
bool store_snapshot_thin(struct store *s, int64_t run, int64_t keep, struct err *e);

#endif
