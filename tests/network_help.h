/* What the suites share that run a network without an engine: its parameters, its memory, and a pass over it. */
#ifndef MLVICX_TESTS_NETWORK_HELP_H
#define MLVICX_TESTS_NETWORK_HELP_H

#include "tests/check.h"

#include "engine/base/arena.h"
#include "engine/model/network.h"
#include "engine/model/params.h"
#include "engine/train/methods/loss.h"

/** A network with parameters drawn and memory allocated, and a pass over it. */
struct rig {
    struct network net;
    struct params params;
    struct arena activations, scratch; /* scratch: enough for the layers, and for the loss of half of the images */
    struct pass pass;
};

/** `r` is filled and then owned by the caller (rig_down). */
static inline void rig_up(struct rig *r, const struct network_config *c)
{
    struct err e;
    const struct params_need need = { .gradient = true };
    *r = (struct rig){ 0 };
    if (!network_build(&r->net, c, &r->params, &e)) fail_msg("%s", e.msg);
    assert_true(params_allocate(&r->params, &need, &e));
    params_start(&r->params, 5);
    size_t loss = loss_scratch(c->images / 2, c->shape->dim);
    size_t scratch = r->net.scratch_reals > loss ? r->net.scratch_reals : loss;
    assert_true(arena_init(&r->activations, r->net.arena_bytes, "test", &e));
    assert_true(arena_init(&r->scratch, scratch * sizeof(real), "test", &e));
    r->pass = (struct pass){ .net = &r->net,
                             .params = &r->params,
                             .arena = r->activations.base,
                             .gates = true,
                             .run = { c->threads, (real *)(void *)r->scratch.base } };
}

static inline void rig_down(struct rig *r)
{
    network_clear(&r->net);
    params_clear(&r->params);
    arena_clear(&r->activations);
    arena_clear(&r->scratch);
}

#endif
