/* `export RUN encoder`: weights under torchvision's or timm's names, or an ONNX model. */
#include <stdio.h>
#include <string.h>

#include "app/worker/eval.h"
#include "app/commands/export/export.h"
#include "app/session/checkpoint_files.h"
#include "engine/base/text.h"
#include "engine/train/onnx.h"
#include "engine/train/weights.h"
#include "store/checkpoint.h"

/* What a file under timm's names lacks; reported once. */
static void note_timm(const struct export_request *r, const struct model_shape *s)
{
    if (s->context)
        app_note(r->app,
                 "%s: timm's networks have no gates: they are left out; eval --context both tells what that costs",
                 r->out);
    if (s->width != 64)
        app_note(r->app, "%s: timm's %s has 64 channels in its stem, this one %d", r->out, model_arch_names[s->arch],
                 s->width);
}

bool export_encoder(const struct export_request *r, struct err *e)
{
    bool onnx = !strcmp(r->format, "onnx"), timm = arguments_has(r->arguments, "timm");
    struct store_checkpoint row;
    struct eval_encoder encoder;
    char step[32], start[32];
    int channels;
    if (!r->out) return err_set(e, ERR_USAGE, "export: say where the encoder goes: -o FILE.%s", r->format);
    if (onnx && timm) return err_set(e, ERR_USAGE, "--timm: names tensors of safetensors; an ONNX model needs none");
    if (!store_checkpoint_find(r->app->store, r->run->id, r->step, &row, e) ||
        !checkpoint_files_channels(r->app->store, r->run->id, &row, &channels, e))
        return false;
    if (!eval_encoder_run(&encoder, r->app->store, r->run, row.step, 0, channels, e)) return false;
    snprintf(step, sizeof step, "%lld", (long long)row.step);
    const struct model_shape *shape = &encoder.config.model;
    snprintf(start, sizeof start, "%.17g", encoder.config.model.context_start);
    const struct tensors_pair metadata[] = {
        { "format", "pt" },
        { "method", (char *)(uintptr_t)r->run->method },
        { "run", (char *)(uintptr_t)r->run->name },
        { "step", step },
        { "dataset", (char *)(uintptr_t)r->run->dataset },
        { "context_start", start },
        { "config", r->run->config },
        { "architecture", (char *)(uintptr_t)model_arch_names[shape->arch] },
        { "num_classes", (char *)(uintptr_t) "0" },
        { "classes", encoder.classes }, /* of the output "logits" */
        { "exclusive", (char *)(uintptr_t)(encoder.config.exclusive ? "on" : "off") },
    };
    enum { OF_CLASSES = 2 };
    size_t pairs = sizeof metadata / sizeof metadata[0] - (onnx && encoder.classes ? 0 : OF_CLASSES);
    if (timm) note_timm(r, shape);
    bool ok = onnx ? onnx_export(encoder.engine, shape, true, r->out, metadata, pairs, e)
                   : weights_export(encoder.engine, !timm, r->out, metadata, pairs, e);
    eval_encoder_close(&encoder);
    if (ok) app_note(r->app, "%s: encoder of run %s at step %lld", r->out, r->run->name, (long long)row.step);
    return ok;
}
