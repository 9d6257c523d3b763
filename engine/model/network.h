/* The network as a list of layers over a list of values, planned once and then run.
 *
 * Building adds layers in the order of the forward pass; each reads values and makes one. Planning gives every
 * value, gradient and kept number a lifetime in one clock (the functions *_time of memory.c) and an offset in one
 * arena, such that what lives at the same time does not overlap. Running only walks the list. */
#ifndef MLVICX_MODEL_NETWORK_H
#define MLVICX_MODEL_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/real.h"
#include "engine/kernels/kernels.h"
#include "engine/model/choices.h"
#include "engine/model/params.h"
#include "engine/model/shape.h"
#include "engine/model/tuning.h"

enum { NETWORK_KEPT = 12, NETWORK_INPUTS = MODEL_MAPS, NETWORK_FUSED_UPDATES = 6, NETWORK_OUTPUTS = 16 };

/** Slots of what a layer of kind norm or stage keeps; of a norm only the first four. g: groups (views), m: hidden
 * units. Of other layers: a grey stem has its weights and their gradient in slots 0 and 1 [r, r, 2, k], a linear map
 * with a fused update two doubles in slot 0. */
enum kept {
    KEPT_MEAN,      /* [g, c]    mean of the batch                              */
    KEPT_SCALE,     /* [g, c]    1 / sqrt(variance + eps)                       */
    KEPT_UNBIASED,  /* [g, c]    unbiased variance                              */
    KEPT_AFFINE,    /* [3, g, c] pivot, factor, shift                           */
    KEPT_POOLED,    /* [2, n, c] mean, maximum over positions: read by the gate */
    KEPT_HIDDEN,    /* [2, n, m] hidden units of the channel gate               */
    KEPT_CHANNEL,   /* [2, n, c] channel gate, and what it leaves to 1          */
    KEPT_STAT,      /* [n, h, w, 2] mean, maximum over channels                 */
    KEPT_LARGEST,   /* [n, h, w] int32: channel of that maximum                 */
    KEPT_SPATIAL,   /* [2, n, h, w] spatial gate, and what it leaves to 1       */
    KEPT_TAP,       /* [n, oh, ow, c] bytes: tap of the max-pool                */
    KEPT_ACTIVATED, /* [n, h, w, c] what stands before the gate, when observed  */
};

/** A block of memory with a lifetime. */
struct span {
    size_t size;    /* bytes; 0: not there */
    int born, dies; /* times, inclusive    */
    size_t offset;  /* bytes in the arena  */
};

/** What a layer makes and others read: [n, h, w, c]. */
struct value {
    int n, h, w, c;
    int producer, first_reader, last_reader; /* layers; -1: none */
    struct span data;                        /* [n, h, w, c] */
    struct span gradient;                    /* [n, h, w, c]; size 0: none */
};

/** Numbers of a value: n * h * w * c. */
static inline size_t value_reals(const struct value *v)
{
    return (size_t)v->n * v->h * v->w * v->c;
}

struct layer;
struct pass;

/** What a kind of layer can do. */
struct layer_ops {
    const char *kind;  /* "conv": static                       */
    bool reads_input;  /* backward reads the first input again */
    bool reads_output; /* backward reads the output again      */
    bool only_adds;    /* backward adds to the input's gradient, so the first writer needs it zeroed */
    /** Reads the data of its inputs, fills that of its outputs and what it keeps. */
    void (*forward)(struct pass *p, const struct layer *l);
    /** From the output's gradient to those of the inputs and of the parameters. add[i]: input i's gradient holds
     *  something already and is added to, else filled. NULL: no gradient goes through. */
    void (*backward)(struct pass *p, const struct layer *l, const bool add[NETWORK_INPUTS]);
};

struct layer {
    const struct layer_ops *ops;
    char name[64];
    int inputs, in[NETWORK_INPUTS], out; /* values                                    */
    int cell_map;                        /* of a stage: value [n, 4, 4, c]; -1        */
    int map_mean;                        /* of a stage: value [n, 1, 1, c]; -1        */
    int gated_map;                       /* of a stage: value [n, h, w, c] before the max-pool; -1 */
    int parameter;                       /* index of the first of its tensors; -1     */
    int running;                         /* of a norm or stage: index of its running mean, the variance follows; -1 */
    int gate;                            /* of a stage: index of the first tensor of its gate; -1 */
    int choice;                          /* first of its choices; -1                  */
    int operators;                       /* of a cells layer or stage: which of the network */
    bool relu, residual;                 /* of a norm or stage: in[1] is the residual */
    bool maxpool;                        /* of a stage                                */
    bool input_gradient;                 /* false: the input is the image, or frozen layers made it */
    bool frozen;                         /* in training: running statistics, and nothing goes back through it */
    bool update_fused; /* of a linear map: its gradient is made while it is applied; see struct fused_update */
    int map;           /* of a fuse or stage: 0..4 */
    enum model_stage stage;
    struct conv_shape conv;
    struct conv_plan *conv_plan;    /* owned */
    struct span kept[NETWORK_KEPT]; /* what forward keeps for backward or the update */
    double flops;                   /* of one forward pass                         */
};

/** Separable operators from a map [h, w] to cells. */
struct operators {
    real *rows;    /* [4, h], owned                 */
    real *columns; /* [4, w], in the block of rows  */
};

/** A value that others find by name and read until the update. */
struct output {
    char name[16];
    int value;
    bool has_loss; /* a loss fills its gradient */
    int gain;      /* of an output with a loss: index of the weights of the norm that makes it; -1: no norm does */
};

/** What a network is for. */
enum network_mode {
    NETWORK_EVAL,    /* running statistics, no gradients      */
    NETWORK_TRAIN,   /* statistics of each view, and gradients */
    NETWORK_EXPLAIN, /* running statistics; gradients of values, none of parameters */
    NETWORK_TARGET,  /* statistics of each view, which are not kept, and no gradients; its tensors are TENSOR_TARGET */
};

struct network {
    const struct kernels *kernels; /* borrowed, static */
    struct model_shape shape;
    int images; /* n of every value: images of a pass over all views */
    int groups; /* views with statistics of their own                */
    enum network_mode mode;
    bool training; /* whether there are gradients: mode is NETWORK_TRAIN or NETWORK_EXPLAIN */
    bool observe;
    struct layer *layers; /* [layer_count], owned, in forward order */
    int layer_count, layer_room;
    struct value *values; /* [value_count], owned */
    int value_count, value_room;
    struct operators *operators; /* [operator_count], owned */
    int operator_count;
    int first_head; /* layer: those from here on are of the heads, those before of the encoder */
    int input;      /* value [n, size, size, 2 or 3]: grey is stored as its value and 1     */
    struct output outputs[NETWORK_OUTPUTS]; /* those with a loss in the order of the method's levels */
    int output_count;
    struct choices choices; /* when observed */
    size_t arena_bytes;     /* that pass.arena must have               */
    size_t scratch_reals;   /* that pass.run.scratch must have, at least */
    size_t table_bytes;     /* of its convolutions' plans, which are beside these */
    bool broken;            /* memory ran out while building */
};

/** One run over the network. */
struct pass {
    const struct network *net;   /* borrowed                               */
    const struct params *params; /* borrowed                               */
    unsigned char *arena;        /* [net->arena_bytes], borrowed           */
    struct kernel_run run;
    bool gates;                   /* evaluation: apply the context gates    */
    bool heads, map_means;        /* evaluation: whether heads, whether means of maps are wanted */
    struct choices *record;       /* NULL, or filled                        */
    const struct choices *forced; /* NULL, or obeyed                        */
    double *seconds;              /* [2, layers] of forward and of backward, added to; NULL: not timed */
};

/** An update that is one with its gradient: dy transposed * x, of a linear map whose weights are many and whose images
 * are few. Both factors live until the update, which makes the gradient tile by tile and uses it up. */
struct fused_update {
    int parameter;             /* index of the weights, [shape.out, shape.in]          */
    struct linear_shape shape; /* rows are images                                      */
    const real *x;             /* [rows, in], borrowed from the arena                  */
    const real *dy;            /* [rows, out], borrowed from the arena                 */
    double value_squares;      /* sum of value * value                                 */
    double value_gradient;     /* sum of value * gradient, known without the gradient  */
};

#define network_build         REAL_NAME(network_build)
#define network_fused_updates REAL_NAME(network_fused_updates)
#define network_clear         REAL_NAME(network_clear)
#define network_output        REAL_NAME(network_output)
#define network_data          REAL_NAME(network_data)
#define network_gradient      REAL_NAME(network_gradient)
#define network_kept          REAL_NAME(network_kept)
#define network_forward       REAL_NAME(network_forward)
#define network_backward      REAL_NAME(network_backward)
#define network_backward_to   REAL_NAME(network_backward_to)
#define network_statistics    REAL_NAME(network_statistics)
#define network_plan_memory   REAL_NAME(network_plan_memory)

struct graph;
struct encoder_maps;

/** What network_build makes. All pointers are borrowed; kernels as long as the network lives. */
struct network_config {
    const struct model_shape *shape;
    const struct kernels *kernels;
    void (*heads)(struct graph *g, const struct encoder_maps *maps); /* appends what the losses read */
    enum network_mode mode;
    int views;                   /* that keep statistics of their own, in the order of the images */
    int images;                  /* of a pass: views times the batch                     */
    bool measured;               /* only for its sizes: nothing is computed with it       */
    bool observe;                /* training: keep what `verify` compares                */
    bool freeze;                 /* training: the encoder runs in evaluation mode        */
    bool fuse_updates;           /* large linear maps may have a fused update             */
    int threads;                 /* that conv plans are made for                          */
    const struct tuning *tuning; /* how convolutions are computed; NULL: the fixed table  */
};

/** Build and plan. Parameters are added to `params` when it is empty, else found by name. */
bool network_build(struct network *net, const struct network_config *c, struct params *params, struct err *e);
void network_clear(struct network *net);

/** The value of the output called `name`; -1: this network has none. */
int network_output(const struct network *net, const char *name);

/** In memory.c: give every span its lifetime and an offset; fills arena_bytes. False when memory ran out. */
bool network_plan_memory(struct network *net);

/** [n, h, w, c] of a value; good between its birth and its death. */
static inline real *network_data(const struct pass *p, int value)
{
    return (real *)(void *)(p->arena + p->net->values[value].data.offset);
}

/** [n, h, w, c]; NULL where a value has no gradient: nobody reads it, or the network is not for training. */
static inline real *network_gradient(const struct pass *p, int value)
{
    const struct span *g = &p->net->values[value].gradient;
    return g->size ? (real *)(void *)(p->arena + g->offset) : NULL;
}

/** What a layer keeps in a slot: see enum kept. */
static inline void *network_kept(const struct pass *p, const struct layer *l, int slot)
{
    return p->arena + l->kept[slot].offset;
}

/** Run layers from..to-1. */
void network_forward(struct pass *p, int from, int to);
/** Whether norms go by the statistics of the batch. */
static inline bool network_has_batch_statistics(const struct network *net)
{
    return net->mode == NETWORK_TRAIN || net->mode == NETWORK_TARGET;
}

/** Run backward over the layers from the last down to `first`. NETWORK_EXPLAIN: the caller has filled the gradient of
 * output "h"; what layers before `first` have made then has its gradient: outputs "map.1" .. "map.5" [n, h, w, c]. */
void network_backward_to(struct pass *p, int first);
/** Run backward over all layers. The losses have filled the gradients of the outputs that have one; this fills
 * params->gradient. */
void network_backward(struct pass *p);
/** Fill `list` with the fused updates that are due after backward; returns how many. NETWORK_FUSED_UPDATES is room
 * enough for any network; too little is a mistake of the caller (assert). */
int network_fused_updates(const struct pass *p, struct fused_update *list, int room);
/** Move the running statistics by the batch statistics of the last forward pass, view after view (momentum 0.1). */
void network_statistics(const struct pass *p);

/* In layers.c: the kinds. */
#define layer_stem   REAL_NAME(layer_stem)
#define layer_conv   REAL_NAME(layer_conv)
#define layer_norm   REAL_NAME(layer_norm)
#define layer_stage  REAL_NAME(layer_stage)
#define layer_mean   REAL_NAME(layer_mean)
#define layer_cells  REAL_NAME(layer_cells)
#define layer_fuse   REAL_NAME(layer_fuse)
#define layer_linear REAL_NAME(layer_linear)
extern const struct layer_ops layer_stem, layer_conv, layer_norm, layer_stage, layer_mean, layer_cells, layer_fuse,
    layer_linear;

/** A linear or fuse layer's map from input i: rows are images, or images and cells. */
#define layer_linear_shape REAL_NAME(layer_linear_shape)
struct linear_shape layer_linear_shape(const struct network *net, const struct layer *l, int i);

/* In flips.c: compare a forced layer's inputs with the choices forced upon it. */
#define layer_compare REAL_NAME(layer_compare)
void layer_compare(const struct pass *p, const struct layer *l, struct choices *found);

#endif
