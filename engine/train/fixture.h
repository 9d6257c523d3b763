/* A fixture as `verify` reads it: its configuration, rates, images, and what it says of its own errors. */
#ifndef MLVICX_TRAIN_FIXTURE_H
#define MLVICX_TRAIN_FIXTURE_H

#include <stdbool.h>

#include <jansson.h>

#include "engine/base/err.h"
#include "engine/model/safetensors.h"
#include "engine/train/engine.h"

enum { FIXTURE_STEPS = 64 };

/** What a fixture says of itself. */
struct fixture {
    const char *path; /* borrowed, for errors */
    struct tensors tensors;
    struct engine_config config;
    struct loss_weights weights;
    struct loss_draw draw;
    float *directions; /* [draw.slices, width of z], owned; NULL: the method draws none */
    double rates[FIXTURE_STEPS];
    double keep[FIXTURE_STEPS]; /* of the moving average, where there is one */
    int steps;
    bool baseline;          /* of another method than mlvicx: it names its terms, and has one level */
    json_t *float32, *zero; /* owned */
    bool grey;              /* equal channels: the grey stem is proven */
    float *view[2];         /* [n, size, size, channels] each, owned; the second NULL where there is one view */
    int8_t *labels;         /* [n, classes], owned; NULL: the method reads none */
};

/** Read and check; what it holds is freed by fixture_close, or already where this fails. */
bool fixture_open(struct fixture *f, const char *path, struct err *e);
void fixture_close(struct fixture *f);

#endif
