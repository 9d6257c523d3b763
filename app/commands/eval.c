/* `eval`: score a run's encoder, a random one or a file's on a labelled data set, and record it. */
#include "app/worker/eval_groups.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/areas.h"
#include "app/session/fit.h"
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/process.h"
#include "app/commands/eval_localise.h"
#include "app/commands/eval_record.h"
#include "app/commands/eval_sheet.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"

enum { MOST_PERCENTS = 16, MOST_DRAWS = 100 };

static const struct option_row options[] = {
    { "init", 0, OPTION_TEXT, "X",
      "instead of a run: random, or a file of weights (safetensors, or .pth and .pt of PyTorch)", 0, 0 },
    { "task", 0, OPTION_TEXT, "DATASET", "labelled data set [the one that the run was trained on]", 0, 0 },
    { "protocol", 0, OPTION_TEXT, "LIST",
      "knn, linear or both, separated by a comma, or apply: a run's own classifier [linear;\n"
      "                             apply for a run trained on labels]",
      0, 0 },
    { "labels", 0, OPTION_TEXT, "LIST", "shares of the training labels in percent [1,10,100]", 0, 0 },
    { "draws", 0, OPTION_INT, "N", "random draws of each share [3]", 1, MOST_DRAWS },
    { "seeds", 0, OPTION_INT, "N", "older name of --draws", 1, MOST_DRAWS },
    { "per-class", 0, OPTION_FLAG, NULL,
      "a table of each class as well: intervals, precision, operating point, calibration", 0, 0 },
    { "by", 0, OPTION_TEXT, "FACT",
      "areas of groups of the test images as well: by sex, age, view or another fact of them", 0, 0 },
    { "localise", 0, OPTION_FLAG, NULL,
      "whether heatmaps of the classes lie where boxes are, beside a random encoder's", 0, 0 },
    { "level", 0, OPTION_TEXT, "L", "--localise: heat at which map: map1 to map5 [map5]", 0, 0 },
    { "context", 0, OPTION_TEXT, "WORD", "context gates: on, off or both [eval.context]", 0, 0 },
    { "size", 0, OPTION_SETTING, "data.size", "side of the images in pixels [as in training; data.size]", 0, 0 },
    { "preset", 0, OPTION_TEXT, "P", "with --init: network of this preset [small]", 0, 0 },
    { "set", 0, OPTION_TEXT, "K=V",
      "with --init: a setting, such as model.width=64 or train.seed=2; may be repeated (a file determines the width)",
      0, 0 },
    SHEET_OPTION,
    { 0 },
};

/** What was asked for. */
struct request {
    bool protocol[PROTOCOL_COUNT], usual; /* usual: nothing was said */
    bool per_class;
    double percents[MOST_PERCENTS];
    int percent_count, draws, size;
    bool gates[2]; /* off, on */
    const char *task, *by;
    bool paper; /* --format */
    enum sheet_format format;
};

/* Everything of one invocation. */
struct evaluation {
    struct app *app;
    struct store *store;
    struct request request;
    struct eval_task task;
    struct eval_encoder encoder;
    struct eval_groups groups;           /* count 0: none were asked for */
    bool own;                            /* a run's encoder */
    bool recorded;                       /* the store takes rows */
    struct eval_result *results, *parts; /* parts [count, groups]; zeroed where the result has no scores of its own */
    int count, applied;                  /* the first of them are of its own classifier */
    double began;
};

/* ---- what was asked ---- */

/* Word i of a list separated by commas into out; false beyond the end. */
static bool list_word(const char *list, int i, char *out, size_t size)
{
    for (; i > 0 && list; i--) list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL;
    if (!list) return false;
    snprintf(out, size, "%.*s", (int)strcspn(list, ","), list);
    return true;
}

static bool read_protocols(struct request *q, const char *list, struct err *e)
{
    char word[64];
    for (int i = 0; list_word(list, i, word, sizeof word); i++) {
        int found = -1;
        for (int p = 0; p < PROTOCOL_COUNT; p++)
            if (!strcmp(word, protocol_names[p])) found = p;
        if (found < 0)
            return err_set(e, ERR_USAGE,
                           "--protocol: '%s' is not one; take knn, linear or both, or apply: the run's own classifier",
                           word);
        q->protocol[found] = true;
    }
    return true;
}

static bool read_percents(struct request *q, const char *list, struct err *e)
{
    char word[64];
    for (int i = 0; list_word(list, i, word, sizeof word); i++) {
        double v;
        if (!text_to_double(word, &v) || !(v > 0 && v <= 100))
            return err_set(e, ERR_USAGE,
                           "--labels: '%s' is not a share in percent above 0 and up to 100, such as 1,10,100", word);
        if (i >= MOST_PERCENTS) return err_set(e, ERR_USAGE, "--labels: more than %d shares", MOST_PERCENTS);
        q->percents[q->percent_count++] = v;
    }
    return true;
}

static bool read_request(struct request *q, const struct arguments *a, struct err *e)
{
    const char *context = arguments_text(a, "context", NULL);
    q->draws = (int)arguments_int(a, "draws", arguments_int(a, "seeds", 3));
    q->size = (int)arguments_int(a, "size", 0);
    q->task = arguments_text(a, "task", NULL);
    q->per_class = arguments_has(a, "per-class");
    q->by = arguments_text(a, "by", NULL);
    if (context) {
        q->gates[1] = !strcmp(context, "on") || !strcmp(context, "both");
        q->gates[0] = !strcmp(context, "off") || !strcmp(context, "both");
        if (!q->gates[0] && !q->gates[1])
            return err_set(e, ERR_USAGE, "--context: '%s' is neither on, off nor both", context);
    }
    if (q->paper && q->by) return err_set(e, ERR_USAGE, "--format: not with --by; groups are in --json");
    q->usual = !arguments_has(a, "protocol");
    return read_protocols(q, arguments_text(a, "protocol", "linear"), e) &&
           read_percents(q, arguments_text(a, "labels", "1,10,100"), e);
}

/* Configurations that are scored at most. */
static int most(const struct request *q)
{
    return 2 * PROTOCOL_FITTED * q->percent_count * q->draws + 1;
}

/* ---- the encoder ---- */

static bool open_init(struct evaluation *v, const struct arguments *a, struct err *e)
{
    const char *init = arguments_text(a, "init", NULL), *preset = arguments_text(a, "preset", SETTINGS_PRESET), *set;
    struct settings s;
    char note[512] = "";
    if (!v->request.task)
        return err_set(e, ERR_USAGE,
                       "--task: is missing: which labelled data set is to be scored? mlvicx data list shows them");
    settings_init(&s);
    if (!settings_preset(&s, preset, e)) return false;
    if (strcmp(init, "random") && !eval_settings_of_file(&s, init, e)) return false;
    for (int i = 0; (set = arguments_nth(a, "set", i)); i++)
        if (!settings_assign(&s, set, e)) return false;
    if (v->request.size) s.data.size = v->request.size;
    if (!settings_check(&s, e) || !eval_task_open(&v->task, v->store, v->request.task, e)) return false;
    int channels = pack_channels(v->task.pack);
    if (!strcmp(init, "random")) return eval_encoder_random(&v->encoder, &s, channels, e);
    if (!eval_encoder_file(&v->encoder, &s, channels, init, note, sizeof note, e)) return false;
    if (*note) app_note(v->app, "%s: %s", init, note);
    return true;
}

/* A run that learned from labels is scored as the classifier that it is, unless told otherwise. */
static bool choose_apply(struct evaluation *v, struct err *e)
{
    struct request *q = &v->request;
    if (q->usual && v->encoder.classes) {
        q->protocol[PROTOCOL_APPLY] = true;
        q->protocol[PROTOCOL_LINEAR] = false;
    }
    if (!q->protocol[PROTOCOL_APPLY] || v->encoder.classes) return true;
    return err_set(e, ERR_USAGE,
                   "--protocol apply: %s has no classifier of its own; take linear, or train one: mlvicx train "
                   "--method supervised --parent RUN",
                   v->encoder.name);
}

static bool open_run(struct evaluation *v, const char *word, struct err *e)
{
    struct store_run run;
    int64_t step;
    if (!app_find_run_step(v->app, word, &run, &step, e)) return false;
    v->own = true;
    const char *task = v->request.task ? v->request.task : run.dataset;
    bool ok = eval_task_open(&v->task, v->store, task, e) &&
              eval_encoder_run(&v->encoder, v->store, &run, step, v->request.size, pack_channels(v->task.pack), e);
    store_run_clear(&run);
    return ok;
}

static const char usage[] = "RUN[@STEP] | --init random|FILE --task DATASET";

static bool open_all(struct evaluation *v, const struct arguments *a, struct err *e)
{
    const char *word = arguments_word(a, 0);
    if (!word == !arguments_has(a, "init"))
        return err_set(e, ERR_USAGE, "eval: give either a run or --init random|FILE; usage: mlvicx eval %s", usage);
    if (word && (arguments_has(a, "set") || arguments_has(a, "preset")))
        return err_set(e, ERR_USAGE, "eval: a run brings its own settings; --set and --preset go with --init");
    if (!read_request(&v->request, a, e)) return false;
    v->store = app_existing_store(v->app, STORE_ANY, e);
    if (!v->store || !(word ? open_run(v, word, e) : open_init(v, a, e)) || !choose_apply(v, e)) return false;
    if (v->request.by && !eval_groups_find(&v->groups, v->store, &v->task, v->request.by, e)) return false;
    v->recorded = !store_is_read_only(v->store);
    const char *why = store_remark(v->store);
    if (!v->recorded)
        app_note(v->app, "the store cannot be written%s%s%s: the figures are shown but not recorded", *why ? " (" : "",
                 why, *why ? ")" : "");
    if (v->recorded && !fit_check_store(v->store, eval_record_bytes(&v->task, most(&v->request)), "these figures", e))
        return false;
    if (v->recorded) eval_record_earlier(v->app);
    if (v->task.made_validation)
        app_note(v->app, "%s has no validation images: a tenth of its training patients (%d %s) choose the strength",
                 v->task.data.dataset.name, v->task.fit.n - v->task.train,
                 text_number(v->task.fit.n - v->task.train, "image", "images"));
    const struct settings *s = &v->encoder.settings;
    if (!v->request.gates[0] && !v->request.gates[1]) v->request.gates[s->model.context && s->eval.context] = true;
    if (v->request.gates[1] && !s->model.context)
        return err_set(e, ERR_USAGE, "--context: this network was made without gates; take off");
    return true;
}

/* ---- scoring ---- */

static bool features_progress(void *ctx, int done, int total)
{
    struct evaluation *v = ctx;
    double seconds = clock_seconds() - v->began;
    app_progress(v->app, done == total, "features: %d of %d %s, %.0f a second", done, total,
                 text_number(total, "image", "images"), done / (seconds > 0 ? seconds : 1));
    return true;
}

/* All of it at once: no one sees the mean of some draws, and of an evaluation that was killed nothing stays. */
static bool record_all(struct evaluation *v, struct err *e)
{
    struct eval_record r = { v->app, &v->task, &v->encoder, v->own };
    return !v->recorded || eval_record(&r, v->results, v->count, e);
}

/* One configuration; all labels are the same in every draw, so that one is copied. */
static bool score(struct evaluation *v, const struct eval_features *f, bool gates, enum protocol protocol,
                  double percent, int draw, struct err *e)
{
    struct eval_result *r = &v->results[v->count];
    if (percent >= 100 && draw > 1) {
        if (!eval_result_copy(r, &r[-1], &v->task, e)) return eval_result_clear(r), false;
        r->draw = draw;
    } else if (!eval_score(r, f, &v->task, protocol, percent, draw, e)) {
        return false;
    }
    r->gates = gates;
    v->count++;
    return true;
}

/* Its own classifier, once. */
static bool apply(struct evaluation *v, struct err *e)
{
    v->began = clock_seconds();
    if (!eval_apply(&v->results[0], &v->encoder, &v->task, features_progress, v, e)) return false;
    v->count = v->applied = 1;
    return true;
}

static bool fits(const struct request *q)
{
    for (int p = 0; p < PROTOCOL_FITTED; p++)
        if (q->protocol[p]) return true;
    return false;
}

static bool score_all(struct evaluation *v, struct err *e)
{
    const struct request *q = &v->request;
    v->results = calloc((size_t)most(q), sizeof *v->results);
    if (!v->results) return err_set(e, ERR_MEMORY, "figures: no memory");
    bool ok = (!fits(q) || eval_task_check_fit(&v->task, e)) && (!q->protocol[PROTOCOL_APPLY] || apply(v, e));
    for (int gates = 1; ok && fits(q) && gates >= 0; gates--) {
        struct eval_features f = { 0 };
        if (!q->gates[gates]) continue;
        v->began = clock_seconds();
        ok = eval_features_read(&f, &v->encoder, &v->task, gates, features_progress, v, e);
        for (int p = 0; ok && p < PROTOCOL_FITTED; p++)
            for (int k = 0; ok && q->protocol[p] && k < q->percent_count; k++)
                for (int draw = 1; ok && draw <= q->draws; draw++) {
                    ok = score(v, &f, gates, (enum protocol)p, q->percents[k], draw, e);
                    if (ok)
                        app_progress(v->app, false, "%s, %g %% of the labels, draw %d of %d", protocol_names[p],
                                     q->percents[k], draw, q->draws);
                }
        eval_features_clear(&f);
    }
    if (v->app->terminal && ok)
        app_progress(v->app, true, "%d %s scored", v->count, text_number(v->count, "configuration", "configurations"));
    return ok;
}

static bool score_groups(struct evaluation *v, struct err *e)
{
    int groups = v->groups.count;
    v->parts = calloc((size_t)v->count * (size_t)groups + 1, sizeof *v->parts);
    if (!v->parts) return err_set(e, ERR_MEMORY, "figures of groups: no memory");
    for (int i = 0; i < v->count; i++)
        for (int k = 0; v->results[i].test && k < groups; k++)
            if (!eval_groups_figures(&v->parts[i * groups + k], &v->groups, k, &v->results[i], &v->task, e))
                return false;
    return true;
}

/* The largest difference between groups that have an area; NaN where fewer than two have. */
static double gap(const struct evaluation *v, const struct eval_result *parts)
{
    double least = NAN, most = NAN;
    int defined = 0;
    for (int k = 0; k < v->groups.count; k++) {
        defined += !isnan(parts[k].macro);
        least = fmin(least, parts[k].macro); /* fmin and fmax pass over NaN */
        most = fmax(most, parts[k].macro);
    }
    return defined > 1 ? most - least : NAN;
}

/* ---- showing ---- */

static json_t *class_json(const struct evaluation *v, const struct eval_result *r, int c)
{
    const struct eval_class *d = &r->details[c];
    const struct interval *i = eval_interval(d);
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
        json_text(v->task.data.classes[c]), "auc", json_number(r->classes[c].auc), "lo", json_number(i->lo), "hi",
        json_number(i->hi), "lo_plain", json_number(d->plain.lo), "hi_plain", json_number(d->plain.hi), "positives",
        r->classes[c].positives, "negatives", r->classes[c].negatives, "finding", !v->task.apart[c],
        "average_precision", json_number(d->at.average_precision), "threshold", json_number(d->threshold),
        "sensitivity", json_number(d->at.sensitivity), "specificity", json_number(d->at.specificity), "f1",
        json_number(d->at.f1), "brier", json_number(d->at.brier), "calibration_error", json_number(d->at.calibration));
}

static json_t *result_json(const struct evaluation *v, const struct eval_result *r)
{
    json_t *classes = json_array();
    for (int c = 0; c < v->task.classes; c++) json_array_append_new(classes, class_json(v, r, c));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:s, s:b, s:o, s:i, s:s, s:o, s:o, s:o, s:i, s:o, s:o}", "run",
        json_text(v->own ? v->encoder.name : NULL), "init", json_text(v->own ? NULL : v->encoder.name), "step",
        v->own ? json_integer(v->encoder.step) : json_null(), "task", json_text(v->task.data.dataset.name), "protocol",
        protocol_names[r->protocol], "context", r->gates, "fraction", json_number(r->percent), "seed", r->draw, "split",
        "test", "auc_macro", json_number(r->macro), "lo_macro", json_number(r->interval.lo), "hi_macro",
        json_number(r->interval.hi), "images", r->images, "strength", json_number(r->strength), "classes", classes);
}

static json_t *groups_json(const struct evaluation *v, const struct eval_result *parts)
{
    json_t *list = json_array();
    for (int k = 0; k < v->groups.count; k++) {
        json_t *classes = json_array();
        for (int c = 0; c < v->task.classes; c++) json_array_append_new(classes, class_json(v, &parts[k], c));
        json_array_append_new(list, json_pack("{s:o, s:i, s:o, s:o, s:o, s:o}", "value", json_text(v->groups.names[k]),
                                              "images", parts[k].images, "auc_macro", json_number(parts[k].macro),
                                              "lo_macro", json_number(parts[k].interval.lo), "hi_macro",
                                              json_number(parts[k].interval.hi), "classes", classes));
    }
    return json_pack("{s:o, s:o, s:o}", "by", json_text(v->groups.by), "gap", json_number(gap(v, parts)), "groups",
                     list);
}

static int show_json(const struct evaluation *v)
{
    json_t *list = json_array();
    for (int i = 0; i < v->count; i++) {
        json_t *row = result_json(v, &v->results[i]);
        if (v->groups.count && v->results[i].test)
            json_object_set_new(row, "by", groups_json(v, &v->parts[i * v->groups.count]));
        json_array_append_new(list, row);
    }
    return app_print_json(v->app, list);
}

/* Areas of several draws; one that is undefined leaves the others alone. */
struct spread {
    int count;
    double sum, least, most;
};

static void spread_add(struct spread *s, double area)
{
    if (isnan(area)) return;
    s->least = s->count ? fmin(s->least, area) : area;
    s->most = s->count ? fmax(s->most, area) : area;
    s->sum += area;
    s->count++;
}

static double spread_mean(const struct spread *s)
{
    return s->count ? s->sum / s->count : NAN;
}

/* One line for `draws` results that differ in the draw alone. */
static void show_line(const struct evaluation *v, const struct eval_result *r, int draws)
{
    char mean[16], low[16], high[16];
    struct spread all = { 0 };
    for (int i = 0; i < draws; i++) spread_add(&all, r[i].macro);
    app_print("%-8s %-5s %7g %8d   %s", protocol_names[r->protocol], r->gates ? "on" : "off", r->percent, r->images,
              areas_text(spread_mean(&all), 4, mean));
    if (draws > 1 && all.count)
        app_print(" (%s - %s)", areas_text(all.least, 4, low), areas_text(all.most, 4, high));
    else
        app_print("%*s", draws > 1 ? 18 : 0, "");
    for (int c = 0; c < v->task.classes; c++) {
        struct spread class = { 0 };
        int width = (int)strlen(v->task.data.classes[c]);
        for (int i = 0; i < draws; i++) spread_add(&class, r[i].classes[c].auc);
        app_print("  %*s", width > 6 ? width : 6, areas_text(spread_mean(&class), 4, mean));
    }
    app_print("\n");
}

static const char *interval_text(const struct interval *i, char out[40])
{
    char lo[16], hi[16];
    snprintf(out, 40, isnan(i->lo) ? "-" : "(%s - %s)", areas_text(i->lo, 4, lo), areas_text(i->hi, 4, hi));
    return out;
}

/* Everything of one result, a line a class. */
static void show_classes(const struct evaluation *v, const struct eval_result *r)
{
    char text[8][16], interval[40];
    app_print("\n%s, gates %s, %g %% of the labels, draw %d: macro %s", protocol_names[r->protocol],
              r->gates ? "on" : "off", r->percent, r->draw, areas_text(r->macro, 4, text[0]));
    app_print(" %s\n%-24s %9s %9s %6s %-17s %6s %6s %6s %6s %6s %6s %6s\n", interval_text(&r->interval, interval),
              "class", "positives", "negatives", "AUC", "95 %", "AP", "at", "sens", "spec", "F1", "Brier", "ECE");
    for (int c = 0; c < v->task.classes; c++) {
        const struct eval_class *d = &r->details[c];
        const double values[] = { r->classes[c].auc, d->at.average_precision, d->threshold,
                                  d->at.sensitivity, d->at.specificity,       d->at.f1,
                                  d->at.brier,       d->at.calibration };
        for (int i = 0; i < 8; i++) areas_text(values[i], 4, text[i]);
        app_print("%-24s %9d %9d %6s %-17s %6s %6s %6s %6s %6s %6s %6s%s\n", v->task.data.classes[c],
                  r->classes[c].positives, r->classes[c].negatives, text[0], interval_text(eval_interval(d), interval),
                  text[1], text[2], text[3], text[4], text[5], text[6], text[7],
                  v->task.apart[c] ? "  not in the mean" : "");
    }
}

/* One result by group: mean of findings, then classes. */
static void show_groups(const struct evaluation *v, const struct eval_result *r, const struct eval_result *parts)
{
    char text[16], interval[40];
    app_print("\n%s, gates %s, %g %% of the labels, draw %d, by %s\n%-24s %7s %6s %-17s", protocol_names[r->protocol],
              r->gates ? "on" : "off", r->percent, r->draw, v->groups.by, "", "images", "AUC", "95 %");
    for (int c = 0; c < v->task.classes; c++) app_print("  %6s", v->task.data.classes[c]);
    for (int k = 0; k < v->groups.count; k++) {
        const struct eval_result *p = &parts[k];
        app_print("\n%-24s %7d %6s %-17s", v->groups.names[k], p->images, areas_text(p->macro, 4, text),
                  interval_text(&p->interval, interval));
        for (int c = 0; c < v->task.classes; c++) {
            int width = (int)strlen(v->task.data.classes[c]);
            app_print("  %*s", width > 6 ? width : 6, areas_text(p->classes[c].auc, 4, text));
        }
    }
    app_print("\ngap between groups: %s\n", areas_text(gap(v, parts), 4, text));
}

static int show_table(const struct evaluation *v)
{
    int draws = v->request.draws;
    app_print("%s", v->encoder.name);
    if (v->own) app_print(", step %lld", (long long)v->encoder.step);
    app_print(", on %s: %d test %s at %d px; %d training %s to draw from, %d for validation\n\n",
              v->task.data.dataset.name, v->task.test.n, text_number(v->task.test.n, "image", "images"),
              v->encoder.config.model.size, v->task.train, text_number(v->task.train, "image", "images"),
              v->task.fit.n - v->task.train);
    app_print("protocol gates labels%%   images   %-*s", draws > 1 ? 24 : 6,
              draws > 1 ? "AUC (lowest - highest)" : "AUC");
    for (int c = 0; c < v->task.classes; c++) app_print("  %6s", v->task.data.classes[c]);
    app_print("\n");
    for (int i = 0; i < v->applied; i++) show_line(v, &v->results[i], 1);
    for (int i = v->applied; i < v->count; i += draws) show_line(v, &v->results[i], draws);
    for (int i = 0; v->request.per_class && i < v->count; i++)
        if (v->results[i].test) show_classes(v, &v->results[i]);
    for (int i = 0; v->groups.count && i < v->count; i++)
        if (v->results[i].test) show_groups(v, &v->results[i], &v->parts[i * v->groups.count]);
    return 0;
}

static int show_sheet(const struct evaluation *v)
{
    struct err e;
    const struct eval_figures_list list = { .task = &v->task,
                                            .encoder = &v->encoder,
                                            .own = v->own,
                                            .results = v->results,
                                            .count = v->count,
                                            .applied = v->applied,
                                            .draws = v->request.draws };
    return eval_sheet_print(&list, v->request.format, &e) ? 0 : app_fail(v->app, &e);
}

static int show_all(const struct evaluation *v)
{
    return v->app->json ? show_json(v) : v->request.paper ? show_sheet(v) : show_table(v);
}

/* Said once: every draw keeps both values of a class that has them. */
static void note_lacking(const struct evaluation *v)
{
    struct text line = { 0 };
    if (v->count) areas_lacking(v->results[0].classes, v->task.data.classes, v->task.classes, "test", &line);
    if (line.length) app_note(v->app, "%s: %s", v->task.data.dataset.name, text_str(&line));
    text_clear(&line);
}

static int run_eval(struct app *app, const struct arguments *a)
{
    if (arguments_has(a, "localise")) return eval_localise(app, a);
    struct evaluation v = { .app = app };
    struct err e;
    bool scored = sheet_asked(app, a, &v.request.format, &v.request.paper, &e) && open_all(&v, a, &e) &&
                  score_all(&v, &e) && (!v.groups.count || score_groups(&v, &e));
    if (scored) note_lacking(&v);
    int status = scored ? show_all(&v) : 0; /* also what cannot be recorded */
    fflush(stdout);
    bool recorded = scored && record_all(&v, &e);
    if (!recorded) status = app_fail(app, &e);
    if (!recorded && process_asked()) status = 128 + process_asked();
    for (int i = 0; i < v.count; i++) eval_result_clear(&v.results[i]);
    for (int i = 0; v.parts && i < v.count * v.groups.count; i++) eval_result_clear(&v.parts[i]);
    free(v.results);
    free(v.parts);
    eval_groups_clear(&v.groups);
    eval_encoder_close(&v.encoder);
    eval_task_close(&v.task);
    return status;
}

const struct command command_eval = {
    .name = "eval",
    .arguments = usage,
    .summary = "score an encoder on a labelled data set and record it",
    .most = 1,
    .options = options,
    .run = run_eval,
    .details = "Features of the frozen encoder are computed once. `linear` fits a logistic regression per class on the "
               "training\nimages; its regularisation is chosen on the validation images. `knn` lets the 20 nearest "
               "neighbours vote. Shares\nof the labels are drawn from the training images by patient, the same for "
               "every encoder. The test images are\nscored once per configuration. `apply` scores the classifier that "
               "a run has learned, as it is: of its best epoch\nunless @STEP says otherwise, and on another data set "
               "for the classes whose names match.",
};
