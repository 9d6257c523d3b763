/* `bench conv`: every convolution of a network, each alone: GFLOP/s of its passes, counted directly. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/bench/bench.h"
#include "app/cli/json.h"
#include "app/cli/table.h"
#include "engine/base/arena.h"

enum { PASSES = 3 };
static const char *const pass_names[PASSES] = { "forward", "backward_data", "backward_weights" };

static const struct option_row options[] = {
    { "size", 0, OPTION_INT, "N", "side of the images (224)", 32, 4096 },
    { "batch", 0, OPTION_INT, "N", "images a step, each in two views (16)", 2, 65536 },
    { "width", 0, OPTION_INT, "N", "channels of the stem (64)", 1, 1024 },
    { "threads", 0, OPTION_INT, "N", "threads (all cores)", 1, 1024 },
    { 0 },
};

/* ResNet-18's convolutions: side as a part of the image's, channels in and out in widths (0: the two of a grey image).
 */
static const struct {
    const char *name;
    int part, in, out, kernel, stride;
} shapes[] = {
    { "stem 7x7/2", 1, 0, 1, 7, 2 },    { "layer1 3x3", 4, 1, 1, 3, 1 },  { "layer2 3x3/2", 4, 1, 2, 3, 2 },
    { "layer2 1x1/2", 4, 1, 2, 1, 2 },  { "layer2 3x3", 8, 2, 2, 3, 1 },  { "layer3 3x3/2", 8, 2, 4, 3, 2 },
    { "layer3 1x1/2", 8, 2, 4, 1, 2 },  { "layer3 3x3", 16, 4, 4, 3, 1 }, { "layer4 3x3/2", 16, 4, 8, 3, 2 },
    { "layer4 1x1/2", 16, 4, 8, 1, 2 }, { "layer4 3x3", 32, 8, 8, 3, 1 },
};

struct conv {
    const struct kernels *k;
    struct kernel_run run;
    struct conv_shape s;
    struct conv_plan *plan;
    const char *variant[PASSES]; /* that computes each pass */
    real *x, *w, *y;
    int pass;
    double flops, gflops[PASSES];
};

static bool once(void *ctx, struct err *e)
{
    struct conv *c = ctx;
    (void)e;
    if (c->pass == 0) c->k->conv_forward(&c->run, c->plan, c->x, c->w, c->y);
    if (c->pass == 1) c->k->conv_backward_data(&c->run, c->plan, c->y, c->w, c->x, false);
    if (c->pass == 2) c->k->conv_backward_weights(&c->run, c->plan, c->x, c->y, c->w);
    return true;
}

static void fill(real *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = (real)((double)(i * 2654435761u % 1024) / 1024 - 0.5);
}

static bool measure(struct conv *c, struct err *e)
{
    const struct conv_shape *s = &c->s;
    size_t pixels = (size_t)s->n * conv_out(s->h, s->r, s->stride, s->pad) * conv_out(s->w, s->r, s->stride, s->pad);
    size_t x = (size_t)s->n * s->h * s->w * s->c, w = (size_t)s->r * s->r * s->c * s->k, y = pixels * s->k;
    struct arena memory = { 0 };
    c->plan = c->k->conv_create(s, c->run.threads, e);
    if (!c->plan) return false;
    size_t scratch = c->k->conv_scratch(c->plan);
    bool ok = arena_init(&memory,
                         arena_round(x * sizeof(real)) + arena_round(w * sizeof(real)) + arena_round(y * sizeof(real)) +
                             arena_round(scratch * sizeof(real)),
                         "bench", e);
    if (ok) {
        c->x = arena_take(&memory, x * sizeof(real));
        c->w = arena_take(&memory, w * sizeof(real));
        c->y = arena_take(&memory, y * sizeof(real));
        c->run.scratch = arena_take(&memory, scratch * sizeof(real));
        fill(c->x, x), fill(c->w, w), fill(c->y, y);
    }
    c->flops = 2.0 * (double)y * s->r * s->r * s->c;
    for (c->pass = 0; ok && c->pass < PASSES; c->pass++) {
        struct bench_times t;
        c->gflops[c->pass] = NAN;
        if (s->r == 7 && c->pass == 1) continue; /* nobody wants the gradient of an image */
        ok = bench_repeat(once, NULL, c, 3, 0.15, &t, e);
        c->variant[c->pass] = c->k->conv_variant(c->plan, c->pass);
        if (ok) c->gflops[c->pass] = 1e-9 * c->flops / t.median;
    }
    arena_clear(&memory);
    return ok;
}

static void add_json(json_t *list, const char *name, const struct conv *c, double peak)
{
    const struct conv_shape *s = &c->s;
    json_t *o = json_pack("{s:s,s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "name", name, "images", s->n, "height", s->h, "width",
                          s->w, "channels_in", s->c, "channels_out", s->k, "kernel", s->r, "stride", s->stride);
    for (int p = 0; p < PASSES; p++) {
        char key[48];
        snprintf(key, sizeof key, "%s_variant", pass_names[p]);
        json_object_set_new(o, key, isnan(c->gflops[p]) ? json_null() : json_string(c->variant[p]));
        snprintf(key, sizeof key, "%s_gflops", pass_names[p]);
        json_object_set_new(o, key, json_number(c->gflops[p]));
        snprintf(key, sizeof key, "%s_share_of_peak", pass_names[p]);
        json_object_set_new(o, key, json_number(c->gflops[p] / peak));
    }
    json_array_append_new(list, o);
}

static void add_row(struct table *t, const char *name, const struct conv *c, double peak)
{
    table_add(t, "%s", name);
    table_add(t, "%d x %d x %d x %d - %d", c->s.n, c->s.h, c->s.w, c->s.c, c->s.k);
    for (int p = 0; p < PASSES; p++) {
        table_add(t, "%s", isnan(c->gflops[p]) ? "-" : c->variant[p]);
        table_number(t, c->gflops[p], 4);
        table_number(t, c->gflops[p] / peak, 3);
    }
}

static int run(struct app *app, const struct arguments *a)
{
    static const struct table_column columns[] = {
        { "convolution", false, 0 }, { "shape", false, 0 },  { "forward", false, 0 }, { "GFLOP/s", true, 0 },
        { "of peak", true, 0 },      { "data", false, 0 },   { "GFLOP/s", true, 0 },  { "of peak", true, 0 },
        { "weights", false, 0 },     { "GFLOP/s", true, 0 }, { "of peak", true, 0 },  { 0 }
    };
    struct settings settings;
    struct bench_peaks peaks;
    struct err e;
    struct table t = { .columns = columns };
    json_t *list = json_array();
    if (!bench_settings(&settings, arguments_int(a, "threads", 0), &e) || !bench_peaks(&settings, &peaks, &e))
        return json_decref(list), app_fail(app, &e);
    const struct kernels *k = kernels_find((enum kernel_set)settings.kernels);
    int size = (int)arguments_int(a, "size", 224), width = (int)arguments_int(a, "width", 64),
        images = 2 * (int)arguments_int(a, "batch", 16), status = 0;
    for (size_t i = 0; !status && i < sizeof shapes / sizeof shapes[0]; i++) {
        int side = (size + shapes[i].part - 1) / shapes[i].part, in = shapes[i].in ? width * shapes[i].in : 2;
        struct conv c = { .k = k ? k : &kernels_naive,
                          .run.threads = (int)settings.train.threads,
                          .s = { images, side, side, in, width * shapes[i].out, shapes[i].kernel, shapes[i].stride,
                                 shapes[i].kernel / 2 } };
        if (!measure(&c, &e))
            status = app_fail(app, &e);
        else if (app->json)
            add_json(list, shapes[i].name, &c, peaks.fma_gflops);
        else
            add_row(&t, shapes[i].name, &c, peaks.fma_gflops);
        if (c.plan) c.k->conv_destroy(c.plan);
    }
    if (!status && app->json) return table_clear(&t), app_print_json(app, list);
    json_decref(list);
    if (!status) table_print(&t);
    if (!status)
        app_print("\npeak %.0f GFLOP/s, %lld threads, kernels %s; flops are those of the direct sum\n",
                  peaks.fma_gflops, (long long)settings.train.threads, kernel_set_names[settings.kernels]);
    table_clear(&t);
    return status;
}

const struct command command_bench_conv = {
    .name = "bench conv",
    .arguments = "",
    .summary = "time each convolution of ResNet-18 alone",
    .least = 0,
    .most = 0,
    .options = options,
    .run = run,
};
