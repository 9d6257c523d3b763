/* The loader: threads that augment the next batches while the engine computes.
 *
 * The contents of a batch are a pure function of (seed, step): the order of a pass over the images is a keyed
 * permutation, and the random draws of an image belong to (seed, pass, image, view). So neither the number of
 * threads nor the step at which a run was resumed changes a bit. */
#ifndef MLVICX_DATA_LOADER_H
#define MLVICX_DATA_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/images/augment.h"
#include "engine/data/pack.h"

struct loader_config {
    const struct pack *pack; /* borrowed until loader_destroy */
    const uint32_t *images;  /* [count] indices into the pack, copied */
    uint32_t count;
    int size, channels;   /* of the views; its channels must equal the pack's */
    int batch, threads;   /* threads 1 up */
    int views;            /* of each image: 1 or 2 */
    const int8_t *labels; /* [count, classes] of the images, copied; NULL: none */
    int classes;
    uint64_t seed;
    struct augment view[2]; /* copied; if views is 1, the first is used */
    uint64_t first_step;    /* where loader_next begins */
};

struct loader;

/** Checks the configuration, allocates the ring, and starts the threads. A batch larger than `count` is refused. */
bool loader_create(struct loader **out, const struct loader_config *c, struct err *e);
/** The views of the next step, each [batch, size, size, channels], borrowed until the next call or loader_destroy;
 * if there is one view, the second is NULL. `waited_seconds` (may be NULL) is filled with the time that the caller
 * had to wait. */
bool loader_next(struct loader *l, const uint8_t *views[2], double *waited_seconds, struct err *e);
/** Batches in one pass over the images: count / batch; the incomplete last one is dropped. Step s belongs to pass s
 * / this number; each pass has its own order and views. */
uint64_t loader_steps_per_pass(const struct loader *l);
/** Labels of the batch that loader_next returned last, [batch, classes], in the order of its images and borrowed like
 *  it; NULL where the loader has none. */
const int8_t *loader_labels(const struct loader *l);
/** The work of the loader's threads for that batch, in seconds summed over the threads. */
struct loader_times {
    double load;    /* waiting until the pack's pixels are in memory */
    double augment; /* CPU time for making the views */
};
struct loader_times loader_times(const struct loader *l);
/** Approximate number of bytes that a loader of this configuration needs. */
double loader_bytes(const struct loader_config *c);
/** Stops the threads and frees everything. NULL is allowed. */
void loader_destroy(struct loader *l);

#endif
