/* A network while it is built: lists of layers and values that grow, and the parameters that layers have.
 *
 * What is asked for is appended, in the order of the forward pass. Where memory runs out network.broken is set, and
 * building goes on harmlessly until somebody looks. */
#ifndef MLVICX_MODEL_GRAPH_H
#define MLVICX_MODEL_GRAPH_H

#include "engine/model/network.h"

struct graph {
    struct network *net;                 /* borrowed */
    struct params *params;               /* borrowed */
    const struct network_config *config; /* borrowed */
    bool fresh;                          /* parameters are being added, not found */
    bool frozen;                         /* layers that are being added keep nothing for a way back */
    struct err *e;                       /* filled where a layer cannot be made   */
};

/** What a new layer reads and makes. */
struct layer_spec {
    const struct layer_ops *ops;
    const char *name;
    int inputs, in[NETWORK_INPUTS]; /* values                 */
    int h, w, c;                    /* of its output          */
};

#define graph_value      REAL_NAME(graph_value)
#define graph_made_by    REAL_NAME(graph_made_by)
#define graph_layer      REAL_NAME(graph_layer)
#define graph_parameter  REAL_NAME(graph_parameter)
#define graph_keep       REAL_NAME(graph_keep)
#define graph_choice     REAL_NAME(graph_choice)
#define graph_norm_parts REAL_NAME(graph_norm_parts)
#define graph_norm       REAL_NAME(graph_norm)
#define graph_output     REAL_NAME(graph_output)

/** Append a value that no layer makes; its index. */
int graph_value(struct network *net, int n, int h, int w, int c);
/** Append a value [images, h, w, c] that a layer makes beside its output; its index. */
int graph_made_by(struct network *net, const struct layer *l, int h, int w, int c);
/** Append a layer and its output; the caller fills the rest of the struct returned, which is good until the next one.
 */
struct layer *graph_layer(struct network *net, const struct layer_spec *spec);
/** Index of a tensor: appended when the list is being made, else found by its name. */
int graph_parameter(struct graph *g, const struct param_spec *spec);
void graph_keep(struct layer *l, enum kept slot, size_t bytes);
/** A choice of a layer whose name is prefix and suffix, where steps are observed. */
void graph_choice(struct graph *g, struct layer *l, const char *name, enum choice_kind kind, size_t count);

/** A norm's parameters, where it is `affine`, and what it keeps; `relu` and the residual are the layer's. */
void graph_norm_parts(struct graph *g, struct layer *l, const char *name, int c, bool affine);

/** What stands around a norm. */
struct norm_spec {
    int residual; /* value that it adds; -1: none */
    bool relu;    /* behind it                    */
    bool bare;    /* without weight and bias; then there is no ReLU */
};
/** A norm layer over value `in`. */
int graph_norm(struct graph *g, const char *name, int in, const struct norm_spec *spec);

/** Give a value a name by which others find it. A name longer than its place, or one too many, is a mistake of the
 * caller (assert). */
void graph_output(struct network *net, const struct output *o);

#endif
