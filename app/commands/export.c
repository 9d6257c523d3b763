/* `export`: numbers and weights for other programs. Each kind has a file of its own. */
#include "app/commands/export.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

/* A kind and a format of it; the first row of a kind is its default. With `all` it takes --all. */
static const struct {
    const char *what, *format;
    bool (*run)(const struct export_request *r, struct err *e);
    bool all;
} kinds[] = {
    { "metrics", "csv", export_metrics, true },          { "metrics", "jsonl", export_metrics, true },
    { "metrics", "json", export_metrics, false },        { "metrics", "tensorboard", export_tensorboard, true },
    { "encoder", "safetensors", export_encoder, false }, { "encoder", "onnx", export_encoder, false },
    { "figure", "png", export_figure, false },           { "figure", "csv", export_figure, false },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const char *kind_name(const void *ctx, size_t i)
{
    (void)ctx;
    return kinds[i].what;
}

/* Row of what is to be written; KINDS with an error. */
static size_t find_kind(const char *what, const char *format, bool all, struct err *e)
{
    struct text formats = { 0 };
    size_t k = 0;
    bool known = false;
    for (; k < KINDS; k++) {
        if (strcmp(kinds[k].what, what)) continue;
        known = true;
        if (!format || !strcmp(kinds[k].format, format)) break;
        text_printf(&formats, "%s%s", formats.length ? ", " : "", kinds[k].format);
    }
    if (!known) {
        const char *near = text_nearest(what, KINDS, kind_name, NULL);
        err_set(e, ERR_USAGE, "export %s: there are metrics, encoder and figure%s%s", what,
                near ? "; did you mean " : "", near ? near : "");
    } else if (k == KINDS) {
        err_set(e, ERR_USAGE, "--format: '%s' is no format of %s; there are %s", format, what, text_str(&formats));
    } else if (all && !kinds[k].all) {
        err_set(e, ERR_USAGE, "--all: not for %s as %s; name a run", what, kinds[k].format);
        k = KINDS;
    }
    text_clear(&formats);
    return k;
}

static bool read_runs(struct export_request *r, struct store_runs *runs, struct err *e)
{
    struct app *app = r->app;
    if (r->all) {
        if (!app_store(app, STORE_READ, e) || !store_run_list_brief(app->store, runs, e)) return false;
        for (size_t i = 0; i < runs->count / 2; i++) { /* the list has the newest first */
            struct store_run swap = runs->rows[i];
            runs->rows[i] = runs->rows[runs->count - 1 - i];
            runs->rows[runs->count - 1 - i] = swap;
        }
    } else {
        runs->rows = calloc(1, sizeof *runs->rows);
        if (!runs->rows) return err_set(e, ERR_MEMORY, "export: memory ran out");
        if (!app_find_run_step(app, arguments_word(r->arguments, 0), runs->rows, &r->step, e)) return false;
        runs->count = 1;
    }
    r->runs = runs;
    r->run = runs->rows;
    if (runs->count) return true;
    return err_set(e, ERR_NOT_FOUND,
                   runs->unreadable ? "export: there is no run that can be read"
                                    : "export: no runs yet; begin one with mlvicx train");
}

static int run_export(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_runs runs = { 0 };
    struct export_request r = { .app = app,
                                .arguments = a,
                                .all = arguments_has(a, "all"),
                                .step = -1,
                                .out = arguments_text(a, "output", NULL),
                                .format = arguments_text(a, "format", NULL) };
    if (arguments_count(a) != (r.all ? 1 : 2)) {
        err_set(&e, ERR_USAGE, "export: give %s",
                r.all ? "--all without a RUN: export metrics --all" : "RUN and what of it: export RUN metrics");
        return app_fail(app, &e);
    }
    const char *what = arguments_word(a, r.all ? 0 : 1);
    if (!r.format && app->json && !strcmp(what, "metrics")) r.format = r.all ? "jsonl" : "json";
    if (!r.format && r.out && !strcmp(what, "figure") && text_ends(r.out, ".csv")) r.format = "csv";
    if (!r.format && r.out && !strcmp(what, "encoder") && text_ends(r.out, ".onnx")) r.format = "onnx";
    size_t k = find_kind(what, r.format, r.all, &e);
    bool ok = k < KINDS && read_runs(&r, &runs, &e);
    if (ok) {
        r.format = kinds[k].format;
        ok = kinds[k].run(&r, &e);
    }
    int status = app_passed_over(app, ok ? app_finish(app) : app_fail(app, &e), "run", runs.unreadable, &runs.why);
    store_runs_clear(&runs);
    return status;
}

static const struct option_row options[] = {
    { "output", 'o', OPTION_TEXT, "PATH",
      "file, or folder for tensorboard; tables go to standard output without it or with -", 0, 0 },
    { "format", 0, OPTION_TEXT, "F",
      "metrics: csv (default), jsonl, json or tensorboard; encoder: safetensors or onnx; figure: png or csv", 0, 0 },
    { "all", 0, OPTION_FLAG, NULL, "metrics of all runs, in one table or a folder each", 0, 0 },
    { "long", 0, OPTION_FLAG, NULL, "csv and jsonl: one row per number, with its run and unit, instead of one per step",
      0, 0 },
    { "header", 0, OPTION_FLAG, NULL, "csv and jsonl: begin with the runs, the conventions and the units", 0, 0 },
    { "timm", 0, OPTION_FLAG, NULL, "encoder: exactly the tensors of timm's network of that name", 0, 0 },
    { "screen", 0, OPTION_TEXT, "NAME", "figure: loss, variance, covariance or spectrum", 0, 0 },
    { "view", 0, OPTION_TEXT, "NAME", "older name of --screen", 0, 0 },
    { "level", 0, OPTION_TEXT, "L", "figure: z (default), d, map1 to map5, or h", 0, 0 },
    { "step", 0, OPTION_INT, "N", "figure: the newest recorded step up to N [the newest]; as RUN@N", 0, 1e15 },
    { "with", 0, OPTION_TEXT, "RUN,...", "figure: other runs to draw as well", 0, 0 },
    { "span", 0, OPTION_TEXT, "A:B", "figure: steps that curves show [all]", 0, 0 },
    { "size", 0, OPTION_TEXT, "WxH", "figure: size in pixels [1340x900]", 0, 0 },
    { "light", 0, OPTION_FLAG, NULL, "figure: white background (default)", 0, 0 },
    { "dark", 0, OPTION_FLAG, NULL, "figure: black background", 0, 0 },
    { 0 },
};

const struct command command_export = {
    .name = "export",
    .arguments = "RUN metrics | metrics --all | RUN[@STEP] encoder -o FILE | RUN[@STEP] figure --screen NAME -o FILE",
    .summary =
        "write metrics (tables, TensorBoard), an encoder (torchvision's or timm's names, ONNX), or a figure (PNG, CSV)",
    .least = 1,
    .most = 2,
    .options = options,
    .run = run_export,
    .details =
        "A table has one row per step; an empty cell was not recorded, nan (null in JSON) was recorded and is not a "
        "number.\nFor TensorBoard each run gets a folder with scalars and, where diagnostics were computed, histograms "
        "of the deviations\nof the dimensions. The encoder loads with resnet18().load_state_dict(..., strict=False), "
        "only fc.* missing; the gates\nare context.*. With --format onnx (opset 13) it takes images scaled to 0..1, "
        "normalises them, and outputs h and the five\nmaps after the gates. Without @STEP the newest checkpoint is "
        "exported. A figure is an image for a paper, or, with .csv\nor --format csv, its numbers.",
};
