/* Plan of the direct convolution: which input rows meet which weights, tabled once.
 *
 * Forward and backward-data are the same machine with other tables: output pixels visit taps, each tap reads one run of
 * input channels. Output pixels that use the same taps form a class: the parity classes of a strided backward pass
 * visit only the taps that hit; on small maps the border pixels are classes of their own and skip the padding; on large
 * ones padding taps read a row of zeros, which costs little and keeps neighbours together. */
#ifndef MLVICX_VECTOR_CONV_H
#define MLVICX_VECTOR_CONV_H

#include "engine/kernels/vector/set.h"

enum { CONV_TAPS_MOST = 49 };

struct conv_class {
    unsigned key; /* taps of rows << 16 | taps of columns, as bits */
    int taps, pixels;
    int tap[CONV_TAPS_MOST]; /* which weights */
    int32_t *out;            /* [pixels], owned: output pixel within its image; NULL in a plan without tables */
    int32_t *in;             /* [pixels, taps], owned: first input channel, -1 for padding; likewise          */
};

struct conv_tables {
    int in_c, out_c;            /* channels of a run, channels of an output pixel */
    int taps;                   /* of all classes: rows of the packed weights     */
    int out_pixels;             /* of an image                                    */
    size_t in_image, out_image; /* reals                                          */
    int class_count;
    struct conv_class *classes; /* [class_count], owned */
};

struct conv_variant;
struct winograd;

struct conv_plan {
    struct conv_shape s;
    int oh, ow, threads;
    const struct conv_variant *variant[CONV_DIRECTIONS];
    /* Few input channels: every image is copied with its border, and a whole row of taps is one run of r * c. */
    bool bordered;
    size_t border_image; /* reals of such a copy */
    struct conv_tables forward, backward;
    bool split_pixels;         /* backward-weights: threads share out pixels, else pieces of dw */
    struct winograd *winograd; /* owned; NULL where it does not fit */
};

/** One call of a direction: forward x, w -> y; data dy, w -> dx; weights x, dy -> dw. */
struct conv_call {
    const struct kernel_run *run;
    const struct conv_plan *p;
    const float *a; /* x [n, h, w, c]; data: dy [n, oh, ow, k]                                   */
    const float *b; /* w [r, r, c, k]; weights: dy [n, oh, ow, k]                                */
    float *out;     /* y [n, oh, ow, k]; data: dx [n, h, w, c]; weights: dw [r, r, c, k]         */
    bool add;       /* of data only                                                              */
};

/** A way to compute a direction. */
struct conv_variant {
    const char *name;
    bool (*fits)(const struct conv_plan *p);   /* NULL: always */
    bool (*prefer)(const struct conv_plan *p); /* NULL: always */
    size_t (*scratch)(const struct conv_plan *p, const struct conv_variant *v);
    void (*run)(const struct conv_call *call, const struct conv_variant *v);
    int direction; /* enum conv_direction */
    int kib;       /* cache that a block of tiles may fill */
};

#define conv_direct_scratch SET_NAME(conv_direct_scratch)
#define conv_direct_forward SET_NAME(conv_direct_forward)
#define conv_direct_data    SET_NAME(conv_direct_data)
#define conv_direct_weights SET_NAME(conv_direct_weights)
size_t conv_direct_scratch(const struct conv_plan *p, const struct conv_variant *v);
void conv_direct_forward(const struct conv_call *call, const struct conv_variant *v);
void conv_direct_data(const struct conv_call *call, const struct conv_variant *v);
void conv_direct_weights(const struct conv_call *call, const struct conv_variant *v);

#define conv_stem_fits    SET_NAME(conv_stem_fits)
#define conv_stem_scratch SET_NAME(conv_stem_scratch)
#define conv_stem_forward SET_NAME(conv_stem_forward)
#define conv_stem_weights SET_NAME(conv_stem_weights)
bool conv_stem_fits(const struct conv_plan *p);
size_t conv_stem_scratch(const struct conv_plan *p, const struct conv_variant *v);
void conv_stem_forward(const struct conv_call *call, const struct conv_variant *v);
void conv_stem_weights(const struct conv_call *call, const struct conv_variant *v);

#define conv_point_fits      SET_NAME(conv_point_fits)
#define conv_point_fits_data SET_NAME(conv_point_fits_data)
#define conv_point_scratch   SET_NAME(conv_point_scratch)
#define conv_point           SET_NAME(conv_point)
#define conv_point_weights   SET_NAME(conv_point_weights)
bool conv_point_fits(const struct conv_plan *p);
bool conv_point_fits_data(const struct conv_plan *p);
size_t conv_point_scratch(const struct conv_plan *p, const struct conv_variant *v);
void conv_point(const struct conv_call *call, const struct conv_variant *v); /* forward and data */
void conv_point_weights(const struct conv_call *call, const struct conv_variant *v);

/** Give a new plan the variants of the fixed table. */
#define conv_set_fixed_variants SET_NAME(conv_set_fixed_variants)
void conv_set_fixed_variants(struct conv_plan *p);

#define conv_plan_create      SET_NAME(conv_plan_create)
#define conv_plan_measure     SET_NAME(conv_plan_measure)
#define conv_plan_destroy     SET_NAME(conv_plan_destroy)
#define conv_plan_table_bytes SET_NAME(conv_plan_table_bytes)

struct conv_plan *conv_plan_create(const struct conv_shape *s, int threads, struct err *e);
struct conv_plan *conv_plan_measure(const struct conv_shape *s, int threads, struct err *e);
void conv_plan_destroy(struct conv_plan *p);
size_t conv_plan_table_bytes(const struct conv_plan *p);

#endif
