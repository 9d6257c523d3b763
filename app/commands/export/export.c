/* `export`: numbers and weights for other programs. Each kind has a file of its own. */
#include "app/commands/export/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/scored_init.h"
#include "engine/base/text.h"

/* A kind and one of its formats; the first row of a kind is its default. `all`: it accepts --all. `ending`: a file of
 * such a name asks for the format by itself. `scored`: it is about evaluations, of encoders that are no run's, too. */
static const struct {
    const char *what, *format;
    bool (*run)(const struct export_request *r, struct err *e);
    bool all;
    const char *ending;
    bool scored;
} kinds[] = {
    { "metrics", "csv", export_metrics, true, NULL, false },
    { "metrics", "jsonl", export_metrics, true, NULL, false },
    { "metrics", "json", export_metrics, false, NULL, false },
    { "metrics", "tensorboard", export_tensorboard, true, NULL, false },
    { "encoder", "safetensors", export_encoder, false, NULL, false },
    { "encoder", "onnx", export_encoder, false, ".onnx", false },
    { "embedding", "csv", export_embedding, false, NULL, false },
    { "figure", "png", export_figure, false, NULL, false },
    { "figure", "csv", export_figure, false, ".csv", false },
    { "predictions", "csv", export_predictions, false, NULL, true },
    { "scores", "csv", export_scores, false, NULL, true },
    { "scores", "markdown", export_scores, false, ".md", true },
    { "scores", "latex", export_scores, false, ".tex", true },
    { "scores", "html", export_scores, false, ".html", true },
    { "roc", "png", export_curve, false, NULL, true },
    { "roc", "csv", export_curve, false, ".csv", true },
    { "pr", "png", export_curve, false, NULL, true },
    { "pr", "csv", export_curve, false, ".csv", true },
    { "reliability", "png", export_curve, false, NULL, true },
    { "reliability", "csv", export_curve, false, ".csv", true },
    { "mistakes", "csv", export_mistakes, false, NULL, true },
    { "heatmap", "png", export_heatmap, false, NULL, false },
    { "heatmap", "csv", export_heatmap, false, ".csv", false },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const char *kind_name(const void *ctx, size_t i)
{
    (void)ctx;
    return kinds[i].what;
}

/* The row for what was requested; KINDS with an error if there is none. */
static size_t find_kind(const char *what, const char *format, bool all, struct err *e)
{
    struct text formats = { 0 }, names = { 0 };
    size_t k = 0;
    bool known = false;
    for (; k < KINDS; k++) {
        if (!k || strcmp(kinds[k].what, kinds[k - 1].what)) text_printf(&names, "%s%s", k ? ", " : "", kinds[k].what);
        if (strcmp(kinds[k].what, what)) continue;
        known = true;
        if (!format || !strcmp(kinds[k].format, format)) break;
        text_printf(&formats, "%s%s", formats.length ? ", " : "", kinds[k].format);
    }
    if (!known) {
        const char *near = text_nearest(what, KINDS, kind_name, NULL);
        err_set(e, ERR_USAGE, "export %s: there are %s%s%s", what, text_str(&names), near ? "; did you mean " : "",
                near ? near : "");
    } else if (k == KINDS) {
        err_set(e, ERR_USAGE, "--format: '%s' is no format of %s; there are %s", format, what, text_str(&formats));
    } else if (all && !kinds[k].all) {
        err_set(e, ERR_USAGE, "--all: not for %s as %s; name a run", what, kinds[k].format);
        k = KINDS;
    }
    text_clear(&formats);
    text_clear(&names);
    return k;
}

/* The format that the name of the file asks for; NULL: none. */
static const char *format_of_file(const char *what, const char *path)
{
    for (size_t k = 0; path && k < KINDS; k++)
        if (kinds[k].ending && !strcmp(kinds[k].what, what) && text_ends(path, kinds[k].ending)) return kinds[k].format;
    return NULL;
}

/* Stops at the first run that can be read. */
static bool note_any(void *any, const struct store_run *run, struct err *e)
{
    (void)run, (void)e;
    *(bool *)any = true;
    return false;
}

/* init:NAME, as compare has it: what eval --init scored under that name. */
static bool find_init(struct export_request *r, const char *name, bool scored, struct store_run *named, struct err *e)
{
    struct scored_init found;
    if (!scored)
        return err_set(e, ERR_USAGE,
                       "init:%s: is no run; of it there are predictions, scores, roc, pr, reliability and "
                       "mistakes",
                       name);
    if (!scored_init_find(r->app, name, arguments_text(r->arguments, "task", NULL), &found, e)) return false;
    snprintf(named->name, sizeof named->name, "%s", found.name);
    snprintf(named->dataset, sizeof named->dataset, "%s", found.task);
    return true;
}

/* Finds the run that was named; with --all, checks that there is any. */
static bool find_runs(struct export_request *r, bool scored, struct store_run *named, struct err *e)
{
    static const char init[] = "init:";
    const char *word = r->all ? "" : arguments_word(r->arguments, 0);
    bool any = false;
    r->run = named;
    if (!strncmp(word, init, strlen(init))) return find_init(r, word + strlen(init), scored, named, e);
    if (!r->all) return app_find_run_step(r->app, word, named, &r->step, e);
    r->run = NULL;
    if (!app_store(r->app, STORE_READ, e)) return false;
    if (!export_each_run(r, note_any, &any, e)) return any;
    return err_set(e, ERR_NOT_FOUND,
                   r->left_out->count ? "export: there is no run that can be read"
                                      : "export: no runs yet; begin one with mlvicx train");
}

/* Tables are no JSON, which a script would learn from its parser. */
static bool check_json(const struct app *app, const char *what, const char *format, struct err *e)
{
    static const char *const tables[] = { "csv", "markdown", "latex", "html" };
    bool table = false;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) table = table || !strcmp(format, tables[i]);
    if (!app->json || !table) return true;
    return err_set(e, ERR_USAGE, "export %s: writes %s, not JSON: leave --json out, or take -o FILE%s", what, format,
                   !strcmp(what, "scores") ? "; mlvicx eval RUN --json has the figures" : "");
}

static int run_export(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_run named = { 0 };
    struct export_left_out left_out = { 0 };
    struct export_request r = { .app = app,
                                .arguments = a,
                                .all = arguments_has(a, "all"),
                                .step = -1,
                                .out = arguments_text(a, "output", NULL),
                                .format = arguments_text(a, "format", NULL),
                                .left_out = &left_out };
    if (arguments_count(a) != (r.all ? 1 : 2)) {
        err_set(&e, ERR_USAGE, "export: give %s",
                r.all ? "--all without a RUN: export metrics --all" : "RUN and what of it: export RUN metrics");
        return app_fail(app, &e);
    }
    const char *what = arguments_word(a, r.all ? 0 : 1);
    if (!r.format && app->json && !strcmp(what, "metrics")) r.format = r.all ? "jsonl" : "json";
    if (!r.format) r.format = format_of_file(what, r.out);
    size_t k = find_kind(what, r.format, r.all, &e);
    bool ok = k < KINDS && check_json(app, what, kinds[k].format, &e) && find_runs(&r, kinds[k].scored, &named, &e);
    if (ok) {
        r.what = kinds[k].what;
        r.format = kinds[k].format;
        ok = kinds[k].run(&r, &e);
    }
    int status = app_passed_over(app, ok ? app_finish(app) : app_fail(app, &e), "run", left_out.count, &left_out.why);
    store_run_clear(&named);
    return status;
}

static const struct option_row options[] = {
    { "output", 'o', OPTION_TEXT, "PATH",
      "file, or folder for tensorboard; tables go to standard output without it or with -", 0, 0 },
    { "format", 0, OPTION_TEXT, "F",
      "metrics: csv (default), jsonl, json or tensorboard; encoder: safetensors or onnx; figures and curves: png or "
      "csv; scores: csv (default), markdown, latex or html",
      0, 0 },
    { "all", 0, OPTION_FLAG, NULL, "metrics of all runs, in one table or a folder each", 0, 0 },
    { "long", 0, OPTION_FLAG, NULL, "csv and jsonl: one row per number, with its run and unit, instead of one per step",
      0, 0 },
    { "header", 0, OPTION_FLAG, NULL, "csv and jsonl: begin with the runs, the conventions and the units", 0, 0 },
    { "timm", 0, OPTION_FLAG, NULL, "encoder: exactly the tensors of timm's network of that name", 0, 0 },
    { "task", 0, OPTION_TEXT, "DATASET",
      "predictions, curves, mistakes: on which data set [the run's own]; scores [all]", 0, 0 },
    { "class", 0, OPTION_TEXT, "NAME", "curves, mistakes, heatmap: of which class", 0, 0 },
    { "image", 0, OPTION_TEXT, "PATH", "heatmap: of which image: its path in the data set, or the end of it", 0, 0 },
    { "protocol", 0, OPTION_TEXT, "P", "what is about evaluations: of this protocol [the newest evaluation's]", 0, 0 },
    { "labels", 0, OPTION_FLOAT, "PERCENT", "of this share of the labels [the newest evaluation's]", 0.001, 100 },
    { "draw", 0, OPTION_INT, "N", "of this draw of the labels [the newest evaluation's]", 0, 1e9 },
    { "context", 0, OPTION_TEXT, "WORD", "gates on or off [the newest evaluation's]", 0, 0 },
    { "screen", 0, OPTION_TEXT, "NAME", "figure: loss, variance, covariance or spectrum", 0, 0 },
    { "view", 0, OPTION_TEXT, "NAME", "older name of --screen", 0, 0 },
    { "level", 0, OPTION_TEXT, "L",
      "figure: z (default), d, map1 to map5, or h; embedding: z, d or h (default); heatmap: map1 to map5 (default)", 0,
      0 },
    { "step", 0, OPTION_INT, "N", "figure: the newest recorded step up to N [the newest]; as RUN@N", 0, 1e15 },
    { "with", 0, OPTION_TEXT, "RUN,...",
      "figures and curves: other runs to draw as well; curves of a class: also init:NAME", 0, 0 },
    { "span", 0, OPTION_TEXT, "A:B", "figure: steps that curves show [all]", 0, 0 },
    { "x", 0, OPTION_TEXT, "KIND", "figure: what curves are drawn over: step, epoch, images or time [step]", 0, 0 },
    { "group", 0, OPTION_TEXT, "KEYS",
      "figure of loss: runs with the same method and settings KEYS are one curve; seeds: those that differ in the seed "
      "alone",
      0, 0 },
    { "size", 0, OPTION_TEXT, "WxH|N",
      "WxH: figures and curves: of the picture in pixels [1340x900; 900x960]; N: predictions, scores, curves, "
      "mistakes: "
      "of evaluations on images of that side [the newest evaluation's]",
      0, 0 },
    { "light", 0, OPTION_FLAG, NULL, "figures and curves: white background (default)", 0, 0 },
    { "dark", 0, OPTION_FLAG, NULL, "figures and curves: black background", 0, 0 },
    { 0 },
};

const struct command command_export = {
    .name = "export",
    .arguments = "RUN metrics | metrics --all | RUN[@STEP] encoder -o FILE | RUN[@STEP] embedding [--level L] | "
                 "RUN[@STEP] figure --screen NAME -o FILE | "
                 "RUN[@STEP] "
                 "predictions|scores [--task DATASET] | RUN[@STEP] roc|pr|reliability|mistakes --class NAME [-o FILE] "
                 "| RUN[@STEP] "
                 "heatmap --class NAME --image PATH -o FILE",
    .summary = "write metrics (tables, TensorBoard), an encoder (torchvision's or timm's names, ONNX), an embedding "
               "(table), a figure (PNG, CSV), predictions or scores of evaluations (tables), or a curve or heatmap of "
               "a class (PNG, CSV)",
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
        "exported, or that of the best epoch if the run was trained\non labels. An embedding is a row for each image "
        "of the "
        "probe set: path, patient, split, labels, its place on the map\nthat keeps neighbours (mlvicx map; empty "
        "without "
        "one) and its numbers, of the newest step that kept them. A figure is an image for a paper, or, "
        "with .csv or --format csv, its numbers.\nPredictions are a row for each validation and test image of an "
        "evaluation: path, patient, split, a column label:CLASS\n(empty: missing) and score:CLASS (a probability) for "
        "each class.\nScores are what evaluations found, with intervals, as a table for a paper. roc, pr (precision "
        "and "
        "recall) and reliability are\ncurves of a class, with the point of the threshold that validation images chose; "
        "mistakes are the test images on the wrong\nside of it, the most confident first. A heatmap (Grad-CAM) shows "
        "which places of an image the score of a class comes "
        "from: of the\nclassifier of a run, or of a linear probe, fitted as eval fits it (--labels [100], --draw [1]); "
        "boxes "
        "of the class are drawn.\nFor predictions, scores, curves and mistakes RUN may be init:NAME, an encoder that "
        "eval "
        "--init scored, such as\ninit:random:1:resnet18-w32-s64 or init:FILE, with --task.",
};
