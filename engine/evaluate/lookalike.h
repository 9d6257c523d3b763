/* Look-alikes: images that are each other's nearest neighbours by features, likely pictures of one person.
 *
 * Features are whitened over the images, so that no direction that all share decides; the cosine of two images is
 * their likeness. A pair counts where each is the nearest of the other and no third comes close to either. Images that
 * cannot show one person, by what is known of them otherwise, are no neighbours. */
#ifndef MLVICX_EVALUATE_LOOKALIKE_H
#define MLVICX_EVALUATE_LOOKALIKE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"

/** Likeness from which a pair counts, and by how much it must exceed that of the second nearest to either. */
#define LOOKALIKE_LEAST  0.75
#define LOOKALIKE_MARGIN 0.1

struct lookalike {
    int a, b; /* a < b */
    float likeness, margin;
};

/** What is searched: features x [n, d], borrowed. Both functions may be NULL. */
struct lookalike_search {
    const float *x;
    int n, d;
    bool (*may)(void *ctx, int a, int b); /* whether two images can show one person */
    bool (*go_on)(void *ctx);             /* false stops (ERR_INTERRUPTED) */
    void *ctx;
};

/** Mutual nearest neighbours in descending order of likeness, whatever likeness and margin they have. *out [at most
 *  n / 2] owned by the caller (free); *count filled. */
bool lookalike_find(const struct lookalike_search *s, struct lookalike **out, int *count, struct err *e);
/** Does it count? */
bool lookalike_is(const struct lookalike *l);

#endif
