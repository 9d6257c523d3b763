#include "app/commands/dry_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/fit.h"
#include "app/cli/json.h"
#include "app/session/network.h"
#include "app/session/session.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"

/* The largest step that is measured: about a second on one old core. */
static const double most_flops = 8e9;

/* The limits of this job, and whether the run fits. Determined before the measurement takes memory of its own. */
struct room {
    struct limits limits;
    bool fits;
    struct err why;
};

struct layers {
    json_t *list; /* NULL: print */
    int told;     /* printed so far */
};

static void show_layer(void *ctx, const struct engine_layer *l)
{
    struct layers *layers = ctx;
    char bytes[16], shape[64];
    if (!layers->list && !layers->told++)
        app_print("  %-29s %-6s %-18s %7s %8s\n", "layer", "kind", "output", "GFLOP", "memory");
    if (layers->list) {
        json_array_append_new(layers->list,
                              json_pack("{s:o,s:o,s:[i,i,i,i],s:o,s:o,s:o}", "name", json_text(l->name), "kind",
                                        json_text(l->kind), "shape", l->shape[0], l->shape[1], l->shape[2], l->shape[3],
                                        "forward_flops", json_number(l->flops), "bytes", json_number(l->bytes),
                                        "offset_bytes", json_number(l->offset)));
        return;
    }
    snprintf(shape, sizeof shape, "%d x %d x %d x %d", l->shape[0], l->shape[1], l->shape[2], l->shape[3]);
    app_print("  %-29s %-6s %-18s %7.3f %8s\n", l->name, l->kind, shape, l->flops / 1e9, text_bytes(l->bytes, bytes));
}

/* Seconds of one step of `c` on noise: the second of two. */
static bool time_step(const struct engine_config *c, const struct step_settings *settings, double *seconds,
                      struct err *e)
{
    const struct model_shape *m = &c->model;
    size_t bytes = (size_t)c->batch * c->accumulate * m->size * m->size * m->channels;
    struct engine *g = NULL;
    size_t known = (size_t)c->batch * c->accumulate * (size_t)m->classes;
    uint8_t *pixels = malloc(2 * bytes);
    int8_t *labels = malloc(known + 1);
    if (!pixels || !labels) {
        free(pixels);
        free(labels);
        return err_set(e, ERR_MEMORY, "dry run: memory ran out");
    }
    for (size_t i = 0; i < 2 * bytes; i++) pixels[i] = (uint8_t)(i * 2654435761u >> 24);
    for (size_t i = 0; i < known; i++)
        labels[i] = i % (size_t)m->classes == i / (size_t)m->classes % (size_t)m->classes;
    bool ok = engine_create(&g, c, e);
    if (ok) engine_init(g, 1);
    const struct batch batch = { .n = c->batch * c->accumulate,
                                 .views = engine_method(c->method)->views,
                                 .u8 = { pixels, pixels + bytes },
                                 .labels = m->classes ? labels : NULL };
    for (int i = 0; ok && i < 2; i++) {
        struct step_report report;
        double begun = clock_seconds();
        ok = engine_step(g, &batch, settings, &report, e);
        *seconds = clock_seconds() - begun;
    }
    engine_destroy(g);
    free(pixels);
    free(labels);
    return ok;
}

/* The time of one step: measured with as many images as are quick to compute, then scaled by the arithmetic. If memory
 * does not suffice for that, nothing is measured (0 images). */
static bool estimate(const struct session *s, const struct engine_size *plan, double *seconds, int *measured,
                     struct err *e)
{
    const struct step_settings settings = session_step_settings(s, 0);
    struct engine_config small = s->config;
    struct engine_size small_plan;
    small.accumulate = 1;
    while (small.batch > 2) {
        if (!engine_measure(&small, &small_plan, NULL, NULL, e)) return false;
        if (small_plan.step_flops <= most_flops) break;
        small.batch = small.batch / 2 > 2 ? small.batch / 2 : 2;
    }
    *measured = 0;
    if (!fit_check_engine(&small, NULL)) return true;
    if (!engine_measure(&small, &small_plan, NULL, NULL, e) || !time_step(&small, &settings, seconds, e)) return false;
    *seconds *= plan->step_flops / small_plan.step_flops;
    *measured = small.batch;
    return true;
}

static json_t *memory_json(const struct fit_memory *m)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "engine", json_number(m->engine), "program",
                     json_number(m->program), "loader", json_number(m->loader), "pack", json_number(m->pack), "looking",
                     json_number(m->looking), "saving", json_number(m->saving), "peak", json_number(m->peak));
}

static json_t *limit_json(const struct session *s, const struct engine_size *p, const struct room *v)
{
    return json_pack("{s:o,s:o,s:o,s:o}", "needed_bytes", json_number(fit_memory(s, p).needed), "bytes",
                     json_number(v->limits.memory.value), "by", json_text(v->limits.memory.by), "refused",
                     v->fits ? json_null() : json_text(v->why.msg));
}

static json_t *dry_run_json(const struct session *s, const struct engine_size *p, const struct room *v, json_t *layers,
                            double step_seconds)
{
    const struct fit_memory m = fit_memory(s, p);
    double total = (double)session_total(s);
    return json_pack("{s:s,s:o,s:i,s:I,s:I,s:I,s:I,s:i,s:s,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
                     "method", engine_method(s->config.method)->name, "dataset", json_text(s->data.dataset.name),
                     "train_images", s->train.count, "images_per_step", (json_int_t)s->images_per_step,
                     "steps_per_epoch", (json_int_t)s->steps_per_epoch, "epochs", (json_int_t)s->settings.optim.epochs,
                     "steps", (json_int_t)session_total(s), "threads", s->config.threads, "kernels",
                     kernel_set_names[s->config.kernels], "parameters", (json_int_t)p->parameters, "step_flops",
                     json_number(p->step_flops), "parameter_bytes", json_number(p->parameter_bytes), "activation_bytes",
                     json_number(p->activation_bytes), "scratch_bytes", json_number(p->scratch_bytes), "table_bytes",
                     json_number(p->table_bytes), "total_bytes", json_number(p->total_bytes), "peak_rss_bytes",
                     json_number(m.peak), "memory_bytes", memory_json(&m), "limit", limit_json(s, p, v), "step_seconds",
                     json_number(step_seconds), "images_per_second",
                     json_number((double)s->images_per_step / step_seconds), "total_seconds",
                     json_number(total * step_seconds), "layers", layers);
}

static void print_dry_run(const struct session *s, const struct engine_size *p, const struct room *v, double seconds,
                          int measured)
{
    const struct fit_memory m = fit_memory(s, p);
    char a[16], b[16], c[16], d[16], last[16], time[CLOCK_ISO_SIZE];
    double total = seconds * (double)session_total(s);
    const struct method_info *method = engine_method(s->config.method);
    app_print("\nmethod     %s: %s\n", method->name, method->help);
    app_print("data set   %s: %d training %s, %lld %s an epoch, %lld %s, %lld %s\n", s->data.dataset.name,
              s->train.count, text_number(s->train.count, "image", "images"), (long long)s->steps_per_epoch,
              text_number(s->steps_per_epoch, "step", "steps"), (long long)s->settings.optim.epochs,
              text_number(s->settings.optim.epochs, "epoch", "epochs"), (long long)session_total(s),
              text_number(session_total(s), "step", "steps"));
    app_print("machine    %d %s, kernels %s%s\n", s->config.threads,
              text_number(s->config.threads, "thread", "threads"), kernel_set_names[s->config.kernels],
              (int)s->config.kernels == s->settings.kernels ? "" : ": so small a batch is computed in double");
    app_print("parameters %.3f million, %.2f GFLOP a step\n", (double)p->parameters / 1e6, p->step_flops / 1e9);
    app_print("memory     %s at its peak: ", text_bytes(m.peak, a));
    app_print("parameters and optimizer %s, activations %s, scratch %s, tables %s,\n",
              text_bytes(p->parameter_bytes, a), text_bytes(p->activation_bytes, b), text_bytes(p->scratch_bytes, c),
              text_bytes(p->table_bytes, d));
    app_print("           program %s, loader %s, pack %s, looking or saving %s\n", text_bytes(m.program, a),
              text_bytes(m.loader, b), text_bytes(m.pack, c), text_bytes(fmax(m.looking, m.saving), last));
    app_print("limit      this job may use %s (%s)\n", text_bytes(v->limits.memory.value, a), v->limits.memory.by);
    if (!v->fits) app_print("           train would refuse it: %s\n", v->why.msg);
    if (!measured) {
        app_print("time       not measured: a step does not fit into what this job may use\n");
        return;
    }
    app_print("time       about %.3f s a step, %.0f images/s, %s in all, without looking and saving (measured with a "
              "batch of %d)\n",
              seconds, (double)s->images_per_step / seconds, clock_duration(total, time), measured);
}

static void tell_labels(const struct app *app, const struct session *s)
{
    struct text lines = { 0 };
    session_remarks(s, &lines);
    for (char *rest = lines.data, *line; rest && (line = strsep(&rest, "\n"));)
        if (*line) app_note(app, "%s", line);
    text_clear(&lines);
}

int dry_run(struct app *app, const struct settings *settings)
{
    struct session s = { 0 };
    struct engine_size plan;
    struct room v;
    struct err e;
    struct layers layers = { .list = app->json ? json_array() : NULL };
    double seconds = NAN;
    int measured = 0;
    limits_read(NULL, &v.limits);
    bool ok = app_existing_store(app, STORE_READ, &e) && session_open(&s, app->store, settings, &e) &&
              engine_measure(&s.config, &plan, show_layer, &layers, &e);
    v.fits = ok && fit_check_plan(&s, &plan, &v.limits, &v.why) && fit_check_files(&s, 0, app->store, &v.why);
    ok = ok && estimate(&s, &plan, &seconds, &measured, &e);
    int status = 0;
    if (ok) tell_labels(app, &s);
    if (!ok)
        status = app_fail(app, &e);
    else if (app->json)
        status = app_print_json(app, dry_run_json(&s, &plan, &v, json_incref(layers.list), seconds));
    else
        print_dry_run(&s, &plan, &v, seconds, measured);
    json_decref(layers.list);
    session_close(&s);
    return status;
}
