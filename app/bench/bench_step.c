/* `bench step`: one training step, or one pass for features, on images generated in memory; where the time goes, and
 * how close it is to the peak of the machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/bench/bench.h"
#include "app/session/fit.h"
#include "app/cli/json.h"
#include "app/session/network.h"
#include "app/session/phases.h"
#include "engine/base/text.h"
#include "engine/train/engine.h"

enum { CLASSES_MOST = 4096 };

static const struct option_row options[] = {
    { "size", 0, OPTION_SETTING, "data.size", "side of the images (64)", 0, 0 },
    { "batch", 0, OPTION_SETTING, "data.batch", "images per step, each in as many views as the method reads (64)", 0,
      0 },
    { "dim", 0, OPTION_SETTING, "model.dim", "width of the heads (4096)", 0, 0 },
    { "width", 0, OPTION_SETTING, "model.width", "channels of the stem (64); the fused maps have 8 times as many", 0,
      0 },
    { "method", 0, OPTION_TEXT, "NAME", "objective to learn from, as method.name says", 0, 0 },
    { "classes", 0, OPTION_INT, "N", "of a method that learns from labels, which are made too (5)", 1, CLASSES_MOST },
    { "freeze", 0, OPTION_FLAG, NULL, "of such a method: train the classifier alone", 0, 0 },
    { "arch", 0, OPTION_TEXT, "NAME", "resnet18 (default) or resnet50", 0, 0 },
    { "optim", 0, OPTION_TEXT, "NAME", "lars (default) or adamw", 0, 0 },
    { "channels", 0, OPTION_INT, "N", "of the images: 1 (default) or 3", 1, 3 },
    { "features", 0, OPTION_FLAG, NULL, "features of one view in evaluation mode instead of a step", 0, 0 },
    { "threads", 0, OPTION_SETTING, "train.threads", "threads (all cores)", 1, 0 },
    { "repetitions", 0, OPTION_INT, "N", "least number of repetitions after the first (5)", 1, 1000 },
    { "layers", 0, OPTION_FLAG, NULL, "show every layer", 0, 0 },
    { 0 },
};

/* Sums over the repetitions that count. */
struct totals {
    struct phase phases[PHASES_MOST];
    int phase_count, steps;
    double conv_flops, conv_seconds; /* of the 3x3 convolutions of stride 1 */
};

struct bench {
    struct settings settings;
    struct engine_config config;
    struct engine *engine;
    struct batch batch;
    unsigned char *pixels; /* owned */
    int8_t *labels;        /* owned: [images, classes]; NULL where the method reads none */
    float *features;       /* owned: [batch, h] */
    struct step_report report;
    struct totals totals;
    struct bench_times times;
    struct bench_peaks peaks;
    double rss_mib;
};

static void bench_clear(struct bench *b)
{
    engine_destroy(b->engine);
    free(b->pixels);
    free(b->labels);
    free(b->features);
}

static bool set_number(struct settings *s, const char *key, const struct arguments *a, const char *option,
                       int64_t usual, struct err *e)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)arguments_int(a, option, usual));
    return settings_set(s, key, text, e);
}

/* Options for methods with labels; other methods refuse them. */
static bool with_labels(struct engine_config *c, int set, const struct arguments *a, struct err *e)
{
    const struct method_info *m = engine_method(c->method);
    static const char *const only[] = { "classes", "freeze" };
    for (size_t i = 0; !m->labels && i < sizeof only / sizeof only[0]; i++)
        if (arguments_has(a, only[i]))
            return err_set(e, ERR_USAGE, "--%s: method %s reads no labels", only[i], m->name);
    if (m->labels) c->model.classes = (int)arguments_int(a, "classes", 5);
    c->freeze = m->labels && arguments_has(a, "freeze");
    c->kernels = engine_kernels((enum kernel_set)set, c);
    return true;
}

static bool configure(struct bench *b, const struct arguments *a, struct err *e)
{
    struct settings *s = &b->settings;
    bool features = arguments_has(a, "features");
    int64_t width = arguments_int(a, "width", 64), batch = arguments_int(a, "batch", 64),
            channels = arguments_int(a, "channels", 1);
    if (channels == 2) return err_set(e, ERR_USAGE, "--channels: 2 is not 1 or 3");
    if (!bench_settings(s, arguments_int(a, "threads", 0), e)) return false;
    const char *method = arguments_text(a, "method", NULL);
    bool ok = (!method || settings_set(s, "method.name", method, e)) && set_number(s, "data.size", a, "size", 64, e) &&
              set_number(s, "data.batch", a, "batch", 64, e) && set_number(s, "model.dim", a, "dim", 4096, e) &&
              set_number(s, "model.width", a, "width", 64, e) &&
              settings_set(s, "model.arch", arguments_text(a, "arch", "resnet18"), e) &&
              settings_set(s, "optim.kind", arguments_text(a, "optim", "lars"), e);
    s->model.fuse = 8 * width;
    s->optim.weight_decay = 1e-6;
    ok = ok && network_config(s, (int)channels, features ? (int)batch : 0, &b->config, e);
    ok = ok && with_labels(&b->config, s->kernels, a, e);
    if (!ok) e->code = ERR_USAGE; /* the user typed all of it */
    return ok;
}

/* A third of each: 1, 0, not known. */
static bool draw_labels(struct bench *b, size_t n)
{
    if (!n) return true;
    unsigned char *drawn = malloc(n);
    b->labels = malloc(n);
    if (drawn) bench_draw(drawn, n);
    for (size_t i = 0; drawn && b->labels && i < n; i++) b->labels[i] = (int8_t)(drawn[i] % 3 - 1);
    free(drawn);
    return drawn && b->labels;
}

static bool provide(struct bench *b, struct err *e)
{
    const struct engine_config *c = &b->config;
    size_t images = (size_t)b->settings.data.batch,
           bytes = images * (size_t)c->model.size * c->model.size * c->model.channels;
    if (!fit_check_engine(c, e) ||
        !fit_check_beside(c, 2.0 * (double)bytes + BENCH_PEAK_BYTES, "images and the memory that is timed", e))
        return false;
    b->pixels = malloc(2 * bytes);
    b->features = malloc(images * engine_level_dims(&c->model, LEVEL_H) * sizeof *b->features);
    if (!b->pixels || !b->features) return err_set(e, ERR_MEMORY, "bench: no memory for the images");
    bench_draw(b->pixels, 2 * bytes);
    b->batch = (struct batch){ .n = (int)images,
                               .views = engine_method(c->method)->views,
                               .u8 = { b->pixels, b->pixels + bytes } };
    if (!draw_labels(b, images * (size_t)c->model.classes))
        return err_set(e, ERR_MEMORY, "bench: no memory for labels");
    b->batch.labels = b->labels;
    if (!engine_create(&b->engine, c, e)) return false;
    engine_init(b->engine, 1);
    return true;
}

static bool step(void *ctx, struct err *e)
{
    struct bench *b = ctx;
    const struct step_settings usual = { .weights = network_weights(&b->settings),
                                         .rate = 1e-4,
                                         .draw = network_draw(&b->settings),
                                         .keep = b->settings.method.ema };
    return engine_step(b->engine, &b->batch, &usual, &b->report, e);
}

static bool features(void *ctx, struct err *e)
{
    struct bench *b = ctx;
    float *out[LEVEL_COUNT] = { [LEVEL_H] = b->features };
    return engine_features(b->engine, &b->batch, true, out, e);
}

static void add_layer(void *ctx, const struct engine_timing *t)
{
    struct totals *sum = ctx;
    if (t->kernel != 3 || t->stride != 1) return;
    sum->conv_flops += 3 * t->flops;
    sum->conv_seconds += t->forward_seconds + t->backward_seconds;
}

static void add_step(void *ctx)
{
    struct bench *b = ctx;
    struct phase phases[PHASES_MOST];
    b->totals.phase_count = phases_list(&b->report, phases);
    for (int i = 0; i < b->totals.phase_count; i++) {
        memcpy(b->totals.phases[i].name, phases[i].name, sizeof phases[i].name);
        b->totals.phases[i].seconds += phases[i].seconds;
    }
    b->totals.steps++;
    engine_timings(b->engine, add_layer, &b->totals);
}

static bool measure(struct bench *b, const struct arguments *a, struct err *e)
{
    bool looks = !arguments_has(a, "features");
    int least = (int)arguments_int(a, "repetitions", 5);
    if (!provide(b, e) || !bench_repeat(looks ? step : features, looks ? add_step : NULL, b, least, 3, &b->times, e))
        return false;
    b->rss_mib = bench_peak_rss_mib();
    return bench_peaks(&b->settings, &b->peaks, e);
}

static double conv_gflops(const struct bench *b)
{
    return 1e-9 * b->totals.conv_flops / b->totals.conv_seconds; /* NaN where there was none */
}

static double rate(const struct bench *b)
{
    return (double)b->settings.data.batch / b->times.median;
}

static void layer_json(void *ctx, const struct engine_timing *t)
{
    json_array_append_new(ctx, json_pack("{s:o,s:s,s:s,s:o,s:o,s:o}", "name", json_text(t->name), "kind", t->kind,
                                         "stage", model_stage_names[t->stage], "forward_flops", json_number(t->flops),
                                         "forward_seconds", json_number(t->forward_seconds), "backward_seconds",
                                         json_number(t->backward_seconds)));
}

static json_t *to_json(const struct bench *b, bool layers)
{
    json_t *o = json_object(), *phases = json_object();
    const struct engine_config *c = &b->config;
    for (int i = 0; i < b->totals.phase_count; i++)
        json_object_set_new(phases, b->totals.phases[i].name,
                            json_number(b->totals.phases[i].seconds / b->totals.steps));
    json_object_set_new(o, "images_per_second", json_number(rate(b)));
    json_object_set_new(o, "step_seconds", json_number(b->times.median));
    json_object_set_new(o, "peak_rss_mib", json_number(b->rss_mib));
    json_object_set_new(o, "phases", phases);
    json_object_set_new(o, "fma_peak_gflops", json_number(b->peaks.fma_gflops));
    json_object_set_new(o, "memory_gbps", json_number(b->peaks.memory_gbps));
    json_object_set_new(o, "conv_effective_gflops", json_number(conv_gflops(b)));
    json_object_set_new(o, "threads", json_integer(c->threads));
    json_object_set_new(o, "kernels", json_string(kernel_set_names[c->kernels]));
    json_object_set_new(o, "method", json_string(engine_method(c->method)->name));
    json_object_set_new(o, "arch", json_string(model_arch_names[c->model.arch]));
    json_object_set_new(o, "size", json_integer(c->model.size));
    json_object_set_new(o, "batch", json_integer(b->settings.data.batch));
    json_object_set_new(o, "dim", json_integer(c->model.dim));
    json_object_set_new(o, "width", json_integer(c->model.width));
    json_object_set_new(o, "channels", json_integer(c->model.channels));
    json_object_set_new(o, "features", json_boolean(c->batch == 0));
    bench_times_json(o, &b->times);
    if (!layers) return o;
    json_t *list = json_array();
    engine_timings(b->engine, layer_json, list);
    json_object_set_new(o, "layers", list);
    return o;
}

static void print_layer(void *ctx, const struct engine_timing *t)
{
    (void)ctx;
    app_print("  %-32s %-8s %8.2f ms forward %8.2f ms backward %8.1f GFLOP/s\n", t->name, t->kind,
              1e3 * t->forward_seconds, 1e3 * t->backward_seconds,
              3e-9 * t->flops / (t->forward_seconds + t->backward_seconds));
}

static void print(const struct bench *b, bool layers)
{
    const struct engine_config *c = &b->config;
    double conv = conv_gflops(b), peak = b->peaks.fma_gflops;
    app_print("%s, %s, width %d, %d px, %d channel%s, batch %lld, D %d; %d thread%s, kernels %s\n",
              engine_method(c->method)->name, model_arch_names[c->model.arch], c->model.width, c->model.size,
              c->model.channels, c->model.channels > 1 ? "s" : "", (long long)b->settings.data.batch, c->model.dim,
              c->threads, c->threads > 1 ? "s" : "", kernel_set_names[c->kernels]);
    app_print("%.4g images/s, %.4g s a %s (%.4g to %.4g in %d), peak memory %.0f MiB\n", rate(b), b->times.median,
              c->batch ? "step" : "pass", b->times.least, b->times.most, b->times.repetitions, b->rss_mib);
    app_print("machine: %.0f GFLOP/s of multiply-adds, %.0f GB/s\n", peak, b->peaks.memory_gbps);
    if (b->totals.conv_seconds > 0)
        app_print("3x3 convolutions of stride 1: %.0f GFLOP/s counted directly, %.2f of the peak\n", conv, conv / peak);
    for (int i = 0; i < b->totals.phase_count; i++) {
        const struct phase *p = &b->totals.phases[i];
        double seconds = p->seconds / b->totals.steps;
        bool part = strchr(p->name, '.') != NULL;
        app_print("  %s%-*s %9.2f ms %5.1f %%\n", part ? "  " : "", part ? 18 : 20, p->name, 1e3 * seconds,
                  100 * seconds / b->times.median);
    }
    if (layers) engine_timings(b->engine, print_layer, NULL);
}

static int run(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct bench b = { 0 };
    bool layers = arguments_has(a, "layers");
    int status = 0;
    if (!configure(&b, a, &e) || !measure(&b, a, &e))
        status = app_fail(app, &e);
    else if (app->json)
        status = app_print_json(app, to_json(&b, layers));
    else
        print(&b, layers);
    bench_clear(&b);
    return status;
}

const struct command command_bench_step = {
    .name = "bench step",
    .arguments = "",
    .summary = "time a training step on generated images",
    .least = 0,
    .most = 0,
    .options = options,
    .run = run,
};
