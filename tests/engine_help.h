/* What the suites share that train a small engine: its configuration, and checkpoints by path. */
#ifndef MLVICX_TESTS_ENGINE_HELP_H
#define MLVICX_TESTS_ENGINE_HELP_H

#include "tests/check.h"

#include <fcntl.h>

#include "engine/base/files.h"
#include "engine/train/checkpoint.h"
#include "engine/train/engine.h"

/** A narrow ResNet-18 with both levels on grey images of size x size, trained by AdamW. */
static inline struct engine_config small_engine(enum kernel_set set, int size, int batch, int threads)
{
    return (struct engine_config){ .model = { .arch = MODEL_RESNET18,
                                              .width = 8,
                                              .context = true,
                                              .context_reduction = 2,
                                              .dim = 16,
                                              .fuse = 8,
                                              .grid = 16,
                                              .size = size,
                                              .channels = 1,
                                              .mean = { .485f, .456f, .406f },
                                              .deviation = { .229f, .224f, .225f },
                                              .local = true },
                                   .batch = batch,
                                   .fuse_trained = true,
                                   .optim = OPTIM_ADAMW,
                                   .momentum = 0.9,
                                   .weight_decay = 0.01,
                                   .eta = 1e-3,
                                   .accumulate = 1,
                                   .kernels = set,
                                   .threads = threads };
}

/** Owned by the caller (engine_destroy). */
static inline struct engine *engine_made(const struct engine_config *c, uint64_t seed)
{
    struct engine *g;
    struct err e;
    if (!engine_create(&g, c, &e)) fail_msg("%s", e.msg);
    engine_init(g, seed);
    return g;
}

/** checkpoint_put to a path. */
static inline bool checkpoint_write(const char *path, const struct engine *g, const struct tensors_pair *metadata,
                                    size_t pairs, char hex[DIGEST_HEX_SIZE], struct err *e)
{
    struct file_writer w;
    return file_begin(&w, path, e) && checkpoint_put(&w, g, metadata, pairs, hex, e);
}

/** checkpoint_open_fd of a path. expected: 64 hex digits; NULL: not checked. */
static inline bool checkpoint_open(struct tensors *t, const char *path, const char *expected, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return checkpoint_open_fd(t, &(struct checkpoint_file){ fd, path, -1, expected }, NULL, e);
}

#endif
