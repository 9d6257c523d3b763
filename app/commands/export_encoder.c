/* `export RUN encoder`: weights under torchvision's names. */
#include <stdio.h>

#include "app/worker/eval.h"
#include "app/commands/export.h"
#include "app/session/checkpoint_files.h"
#include "engine/base/text.h"
#include "engine/train/weights.h"
#include "store/checkpoint.h"

/* Channels of the images that a checkpoint was trained on. */
static bool read_channels(const struct export_request *r, const struct store_checkpoint *row, int *channels,
                          struct err *e)
{
    struct tensors file;
    int64_t n;
    if (!checkpoint_files_open(r->app->store, r->run->id, row, &file, e)) return false;
    const char *text = tensors_metadata(&file, "channels");
    bool ok = text && text_to_int(text, &n) && (n == 1 || n == 3);
    if (ok) *channels = (int)n;
    if (!ok) err_set(e, ERR_FORMAT, "%s: does not say how many channels its images have", file.path);
    tensors_close(&file);
    return ok;
}

bool export_encoder(const struct export_request *r, struct err *e)
{
    struct store_checkpoint row;
    struct eval_encoder encoder;
    char step[32], start[32];
    int channels;
    if (!r->out) return err_set(e, ERR_USAGE, "export: say where the encoder goes: -o FILE.safetensors");
    if (!store_checkpoint_find(r->app->store, r->run->id, r->step, &row, e) || !read_channels(r, &row, &channels, e))
        return false;
    if (!eval_encoder_run(&encoder, r->app->store, r->run, row.step, 0, channels, e)) return false;
    snprintf(step, sizeof step, "%lld", (long long)row.step);
    snprintf(start, sizeof start, "%.17g", encoder.config.model.context_start);
    const struct tensors_pair metadata[] = {
        { "format", "pt" },
        { "method", (char *)(uintptr_t)r->run->method },
        { "run", (char *)(uintptr_t)r->run->name },
        { "step", step },
        { "dataset", (char *)(uintptr_t)r->run->dataset },
        { "context_start", start },
        { "config", r->run->config },
    };
    bool ok = weights_export(encoder.engine, r->out, metadata, sizeof metadata / sizeof metadata[0], e);
    eval_encoder_close(&encoder);
    if (ok) app_note(r->app, "%s: encoder of run %s at step %lld", r->out, r->run->name, (long long)row.step);
    return ok;
}
