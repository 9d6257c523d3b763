/* Near-copies: images that show one picture though their pixels differ, since it was rescaled, compressed again, made
 * brighter, cropped or turned by a little, or turned by quarters and mirrored.
 *
 * A perceptual hash finds candidates, a correlation decides. The hash is 63 bits, the low frequencies of a cosine
 * transform of 32 x 32 cells against their median; its four parts of 16 bits are an index, so that 100,000 images are
 * compared without looking at every pair. A candidate's cells are moved over the other's (shift, scale and turn by a
 * few percent, by least squares). There the correlation of the cells must reach NEAR_CORRELATION, and that of their
 * detail, which two exposures of one person never share, NEAR_DETAIL. */
#ifndef MLVICX_DATA_NEAR_H
#define MLVICX_DATA_NEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/pack.h"

enum {
    NEAR_SIDE = 32,           /* pixels of a side that are compared                       */
    NEAR_TURNS = 8,           /* quarter turns and mirrored ones; 0: upright              */
    NEAR_DISTANCE = 12,       /* bits that the hashes of two candidates differ in at most, */
    NEAR_DISTANCE_TURNED = 7, /* and where one is turned by quarters or mirrored            */
};
#define NEAR_CORRELATION 0.985
#define NEAR_DETAIL      0.885

/** What of an image is compared, about 1 KB. */
struct near_print {
    uint64_t hash[NEAR_TURNS];
    uint8_t tile[NEAR_SIDE * NEAR_SIDE];
    float spread; /* root of the sum of squares about the mean, edges left out */
    bool flat;    /* of one level: it is near to nothing */
};

/** Fill a print from grey or colour pixels [size, size, channels]; size >= NEAR_SIDE. */
void near_print_of(const uint8_t *pixels, int size, int channels, struct near_print *out);
/** Of all images of a pack; `*out` [pack_count] owned by the caller (free). Side of the pack: at least NEAR_SIDE. */
bool near_prints(const struct pack *p, struct near_print **out, struct err *e);

/** A turned image and how it changes when it is shifted, scaled and turned a little, as orthogonal directions. */
enum { NEAR_DIRECTIONS = 5 };
struct near_basis {
    float q[NEAR_DIRECTIONS][NEAR_SIDE * NEAR_SIDE];
};
void near_basis_of(const struct near_print *a, int turn, struct near_basis *out);
/** The correlation that `b` could reach with that image, to first order: quick, and tells whether to look closer. */
double near_promise(const struct near_basis *a, const struct near_print *b);

/** How alike two pictures are once they are moved over each other, `a` turned first (0..NEAR_TURNS - 1). */
struct near_likeness {
    double correlation; /* of the cells; -1 where it is too low to be worth fitting */
    double detail;      /* of what the cells differ by from the mean about them: edges, ribs */
};
struct near_likeness near_likeness_of(const struct near_print *a, int turn, const struct near_print *b);
bool near_is_copy(const struct near_likeness *l);

struct near_pair {
    uint32_t a, b; /* images; b of the other set where there is one, else a < b */
    float correlation;
    uint8_t turn; /* of a, to be b */
};
struct near_pairs {
    struct near_pair *rows; /* [count], by a and b */
    size_t count, room;
    bool cut; /* too much looked alike: some pairs were not compared */
};

/** What is looked through. */
struct near_set {
    const struct near_print *prints; /* [count] */
    uint32_t count;
    const bool *skip; /* [count] images that take no part; NULL: none */
};
/** Pairs within `a`, or, where `b` is not NULL, of one of `a` and one of `b`. `out` filled, owned by the caller
 *  (near_clear). `go_on` (may be NULL) returns false to stop (ERR_INTERRUPTED). */
bool near_find(const struct near_set *a, const struct near_set *b, bool (*go_on)(void *ctx), void *ctx,
               struct near_pairs *out, struct err *e);
void near_clear(struct near_pairs *p);

#endif
