/* `eval`: score a run's encoder, a random one or a file's on a labelled data set, and record it. */
#include "app/commands/evaluation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/areas.h"
#include "app/session/fit.h"
#include "app/cli/process.h"
#include "app/commands/eval_localise.h"
#include "app/commands/eval_sheet.h"
#include "app/worker/eval_probe.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"

static const struct option_row options[] = {
    { "init", 0, OPTION_TEXT, "X",
      "instead of a run: random, or a file of weights (safetensors, or .pth and .pt of PyTorch)", 0, 0 },
    { "task", 0, OPTION_TEXT, "DATASET", "labelled data set [the one that the run was trained on]", 0, 0 },
    { "protocol", 0, OPTION_TEXT, "LIST",
      "knn, linear (frozen features), finetune, scratch (runs that learn from the labels), several "
      "separated by commas, or apply: a run's own classifier [linear; apply for a run "
      "trained on labels]",
      0, 0 },
    { "labels", 0, OPTION_TEXT, "LIST", "shares of the training labels in percent [1,10,100]", 0, 0 },
    { "draws", 0, OPTION_INT, "N", "random draws of each share [3]", 1, MOST_DRAWS },
    { "seeds", 0, OPTION_INT, "N", "older name of --draws", 1, MOST_DRAWS },
    { "rates", 0, OPTION_TEXT, "LIST",
      "finetune, scratch: optim.lr of a run each, of which validation takes one [3e-4,1e-3]", 0, 0 },
    { "queue", 0, OPTION_FLAG, NULL,
      "finetune, scratch: put their runs into the queue; the last of a configuration scores", 0, 0 },
    { "per-class", 0, OPTION_FLAG, NULL,
      "a table of each class as well: intervals, precision, operating point, calibration", 0, 0 },
    { "by", 0, OPTION_TEXT, "LIST",
      "areas of groups of the test images as well: by sex, age, view or another fact of them; several separated by "
      "commas have a table each",
      0, 0 },
    { "localise", 0, OPTION_FLAG, NULL,
      "whether heatmaps of the classes lie where boxes are, beside a random encoder's", 0, 0 },
    { "level", 0, OPTION_TEXT, "L", "--localise: heat at which map: map1 to map5 [map5]", 0, 0 },
    { "probe-for", 0, OPTION_TEXT, "LIST",
      "instead of the task: how well the features tell facts that they should not need, beside a random "
      "encoder: sex, age, view, brightness or another fact of the images",
      0, 0 },
    { "context", 0, OPTION_TEXT, "WORD", "context gates: on, off or both [eval.context]", 0, 0 },
    { "size", 0, OPTION_SETTING, "data.size", "side of the images in pixels [as in training; data.size]", 0, 0 },
    { "preset", 0, OPTION_TEXT, "P", "with --init: network of this preset [small]", 0, 0 },
    { "set", 0, OPTION_TEXT, "K=V",
      "with --init: a setting, such as model.width=64 or train.seed=2 (a file determines the width); "
      "finetune, scratch: of their runs, such as optim.epochs=20; may be repeated",
      0, 0 },
    SHEET_OPTION,
    { 0 },
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
                           "--protocol: '%s' is not one; take knn, linear, finetune, scratch, or apply: the run's own "
                           "classifier",
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
        bool there = false; /* named twice it counts once */
        for (int k = 0; k < q->percent_count; k++) there = there || q->percents[k] == v;
        if (there) continue;
        if (q->percent_count == MOST_PERCENTS)
            return err_set(e, ERR_USAGE, "--labels: more than %d shares", MOST_PERCENTS);
        q->percents[q->percent_count++] = v;
    }
    return true;
}

static bool read_rates(struct request *q, const char *list, struct err *e)
{
    char word[64];
    for (int i = 0; list_word(list, i, word, sizeof word); i++) {
        double v;
        if (!text_to_double(word, &v) || !(v > 0 && v <= 10))
            return err_set(e, ERR_USAGE, "--rates: '%s' is not a rate above 0 and up to 10, such as 3e-4,1e-3", word);
        if (i >= MOST_RATES) return err_set(e, ERR_USAGE, "--rates: more than %d rates", MOST_RATES);
        for (int k = 0; k < i; k++)
            if (q->rates[k] == v) return err_set(e, ERR_USAGE, "--rates: '%s' is there twice", word);
        q->rates[q->rate_count++] = v;
    }
    return true;
}

/* Options that only some protocols read. */
static bool check_trained(const struct request *q, const struct arguments *a, struct err *e)
{
    static const char *const own[] = { "rates", "queue" };
    for (int i = 0; i < 2; i++)
        if (arguments_has(a, own[i]) && !evaluation_trains(q))
            return err_set(e, ERR_USAGE, "--%s: goes with --protocol finetune or scratch", own[i]);
    static const char *const of_task[] = { "protocol", "labels", "draws", "seeds", "by", "per-class" };
    for (size_t i = 0; q->probe_for && i < sizeof of_task / sizeof of_task[0]; i++)
        if (arguments_has(a, of_task[i]))
            return err_set(e, ERR_USAGE, "--probe-for: is a linear probe on all labels; leave --%s out", of_task[i]);
    for (int p = 0; q->queue && p < PROTOCOL_FINETUNE; p++)
        if (q->protocol[p])
            return err_set(e, ERR_USAGE, "--queue: --protocol %s makes no runs; ask for it by itself",
                           protocol_names[p]);
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
    q->probe_for = arguments_text(a, "probe-for", NULL);
    q->queue = arguments_has(a, "queue");
    if (context) {
        q->gates[1] = !strcmp(context, "on") || !strcmp(context, "both");
        q->gates[0] = !strcmp(context, "off") || !strcmp(context, "both");
        if (!q->gates[0] && !q->gates[1])
            return err_set(e, ERR_USAGE, "--context: '%s' is neither on, off nor both", context);
    }
    if (q->paper && q->queue)
        return err_set(e, ERR_USAGE, "--format: --queue has no figures yet; ask for the table without --queue");
    q->usual = !arguments_has(a, "protocol");
    return read_protocols(q, arguments_text(a, "protocol", "linear"), e) &&
           read_percents(q, arguments_text(a, "labels", "1,10,100"), e) &&
           read_rates(q, arguments_text(a, "rates", "3e-4,1e-3"), e) && check_trained(q, a, e);
}

/* Configurations that are scored at most. */
static int most(const struct request *q)
{
    return 2 * PROTOCOL_COUNT * q->percent_count * q->draws + 1;
}

/* ---- the encoder ---- */

static bool open_init(struct evaluation *v, const struct arguments *a, struct err *e)
{
    const char *init = arguments_text(a, "init", NULL), *preset = arguments_text(a, "preset", SETTINGS_PRESET), *set;
    struct settings s;
    char note[512] = "";
    if (!v->request.task) {
        if (!app_only_dataset(v->app, v->only, e)) return false;
        v->request.task = *v->only ? v->only : NULL;
    }
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
    int channels = v->channels = pack_channels(v->task.pack);
    v->given = s;
    snprintf(v->preset, sizeof v->preset, "%s", preset);
    if (!strcmp(init, "random")) return eval_encoder_random(&v->encoder, &s, channels, e);
    if (!eval_encoder_file(&v->encoder, &s, channels, init, note, sizeof note, e)) return false;
    if (*note) app_note(v->app, "%s: %s", init, note);
    return true;
}

/* What a run was told, which its children are told too. */
static bool read_given(struct evaluation *v, const struct store_run *run, struct err *e)
{
    settings_init(&v->given);
    snprintf(v->preset, sizeof v->preset, "%s", *run->preset ? run->preset : SETTINGS_PRESET);
    if (!settings_read_ini(&v->given, run->config, "configuration of the run", e)) return false;
    v->given.data.size = v->encoder.config.model.size;
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

/* A score on images that the run has seen is no test of it. */
static void warn_of_seen(const struct evaluation *v)
{
    const struct eval_seen *s = &v->seen;
    struct text how = { 0 };
    if (!s->count) return;
    if (s->labelled == s->count)
        text_add(&how, "with their labels");
    else if (!s->labelled)
        text_add(&how, "without labels (self-supervised)");
    else
        text_printf(&how, "%d with their labels, the others without", s->labelled);
    app_note(v->app,
             "warning: %d of the %d test images of %s %s among the training images of run %s or its parents, %s: their "
             "score is no test",
             s->count, v->task.test.n, v->task.data.dataset.name, text_number(s->count, "is", "are"), v->encoder.name,
             text_str(&how));
    text_clear(&how);
}

static bool open_run(struct evaluation *v, const char *word, struct err *e)
{
    struct store_run run;
    int64_t step;
    if (!app_find_run_step(v->app, word, &run, &step, e)) return false;
    v->own = true;
    const char *task = v->request.task ? v->request.task : run.dataset;
    bool ok = eval_task_open(&v->task, v->store, task, e) &&
              eval_encoder_run(&v->encoder, v->store, &run, step, v->request.size, pack_channels(v->task.pack), e) &&
              read_given(v, &run, e) && eval_seen_find(&v->seen, v->store, &v->task, &run, e);
    if (ok) warn_of_seen(v);
    if (ok) v->channels = pack_channels(v->task.pack);
    store_run_clear(&run);
    return ok;
}

static bool find_groups(struct evaluation *v, const char *list, struct err *e)
{
    char word[EVAL_GROUP_NAME];
    for (int i = 0; list_word(list, i, word, sizeof word); i++) {
        if (i == MOST_FACTS) return err_set(e, ERR_USAGE, "--by: more than %d facts", MOST_FACTS);
        for (int k = 0; k < i; k++)
            if (!strcmp(v->groups[k].by, word)) return err_set(e, ERR_USAGE, "--by: '%s' is there twice", word);
        v->facts = i + 1;
        if (!eval_groups_find(&v->groups[i], v->store, &v->task, word, e)) return false;
    }
    return true;
}

static const char usage[] = "RUN[@STEP] | --init random|FILE --task DATASET";

static bool open_all(struct evaluation *v, const struct arguments *a, struct err *e)
{
    const char *word = arguments_word(a, 0);
    if (!word == !arguments_has(a, "init"))
        return err_set(e, ERR_USAGE, "eval: give either a run or --init random|FILE; usage: mlvicx eval %s", usage);
    if (!read_request(&v->request, a, e)) return false;
    if (word && ((arguments_has(a, "set") && !evaluation_trains(&v->request)) || arguments_has(a, "preset")))
        return err_set(e, ERR_USAGE, "eval: a run brings its own settings; --set and --preset go with --init");
    v->store = app_existing_store(v->app, STORE_ANY, e);
    if (!v->store || !(word ? open_run(v, word, e) : open_init(v, a, e)) || !choose_apply(v, e)) return false;
    if (v->request.by && !find_groups(v, v->request.by, e)) return false;
    v->recorded = !store_is_read_only(v->store);
    const char *why = store_remark(v->store);
    if (!v->recorded)
        app_note(v->app, "the store cannot be written%s%s%s: the figures are shown but not recorded", *why ? " (" : "",
                 why, *why ? ")" : "");
    if (v->recorded && !fit_check_store(v->store, eval_record_bytes(&v->task, most(&v->request)), "these figures", e))
        return false;
    if (v->recorded) eval_record_earlier(v->app);
    if (v->task.made_validation)
        app_note(v->app, "%s has no validation images: a tenth of its training patients (%d %s) choose the strength%s",
                 v->task.data.dataset.name, v->task.fit.n - v->task.train,
                 text_number(v->task.fit.n - v->task.train, "image", "images"),
                 evaluation_trains(&v->request) ? ", rate and epoch" : "");
    const struct settings *s = &v->encoder.settings;
    if (!v->request.gates[0] && !v->request.gates[1]) v->request.gates[s->model.context && s->eval.context] = true;
    if (v->request.gates[1] && !s->model.context)
        return err_set(e, ERR_USAGE, "--context: this network was made without gates; take off");
    return !evaluation_trains(&v->request) || evaluation_trained_check(v, e);
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
    if (!v->recorded) return true;
    if (!eval_record(&r, v->results + v->recorded_count, v->count - v->recorded_count, e)) return false;
    for (int i = v->recorded_count; i < v->count; i++) {
        const struct eval_result *one = &v->results[i];
        const struct eval_probe probe = { &v->encoder, &v->task, one->gates, one->percent, one->draw };
        struct err ignored; /* without it a heatmap fits its own */
        if (one->weights) eval_probe_keep(v->store, &probe, one->weights, one->d, &ignored);
    }
    return true;
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
    if (v->app->terminal && ok && v->count)
        app_progress(v->app, true, "%d %s scored", v->count, text_number(v->count, "configuration", "configurations"));
    return ok;
}

static bool score_groups(struct evaluation *v, int fact, struct err *e)
{
    const struct eval_groups *g = &v->groups[fact];
    struct eval_result *parts = v->parts[fact] = calloc((size_t)v->count * (size_t)g->count + 1, sizeof *parts);
    if (!parts) return err_set(e, ERR_MEMORY, "figures of groups: no memory");
    for (int i = 0; i < v->count; i++)
        for (int k = 0; v->results[i].test && k < g->count; k++)
            if (!eval_groups_figures(&parts[i * g->count + k], g, k, &v->results[i], &v->task, e)) return false;
    return true;
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
                                            .draws = v->request.draws,
                                            .store = v->store };
    const struct eval_facts facts = { v->groups, (const struct eval_result *const *)v->parts, v->facts };
    bool ok = v->facts ? eval_sheet_groups_print(&list, &facts, v->request.format, &e)
                       : eval_sheet_print(&list, v->request.format, &e);
    return ok ? 0 : app_fail(v->app, &e);
}

/* Said once: every draw keeps both values of a class that has them. */
static void note_lacking(const struct evaluation *v)
{
    struct text line = { 0 };
    static const char *const why[] = { "not both values among the training labels",
                                       "its classifier was not taught it" };
    if (v->count)
        areas_lacking_of(v->results[0].classes, v->task.data.classes, v->task.classes, "test", why[v->applied > 0],
                         &line);
    if (line.length) app_note(v->app, "%s: %s", v->task.data.dataset.name, text_str(&line));
    text_clear(&line);
}

static int fail(const struct evaluation *v, const struct err *e)
{
    int status = app_fail(v->app, e);
    return process_asked() ? 128 + process_asked() : status;
}

/* What is fitted is recorded all at once, and what cannot be recorded is shown; what was trained is recorded already.
 */
static int score_and_show(struct evaluation *v)
{
    struct err e;
    bool trains = evaluation_trains(&v->request);
    if (!score_all(v, &e)) return fail(v, &e);
    if (trains && !record_all(v, &e)) return fail(v, &e);
    if (trains) v->recorded_count = v->count;
    if (trains && !evaluation_trained_score(v, &e)) return fail(v, &e);
    for (int i = 0; i < v->facts; i++)
        if (!score_groups(v, i, &e)) return fail(v, &e);
    note_lacking(v);
    int status = v->app->json ? evaluation_show_json(v) : v->request.paper ? show_sheet(v) : evaluation_show(v);
    fflush(stdout);
    return trains || record_all(v, &e) ? status : fail(v, &e);
}

static int run_eval(struct app *app, const struct arguments *a)
{
    if (arguments_has(a, "localise")) return eval_localise(app, a);
    struct evaluation v = { .app = app, .arguments = a };
    struct err e;
    bool ok = sheet_asked(app, a, &v.request.format, &v.request.paper, &e) && open_all(&v, a, &e);
    int status = !ok                   ? fail(&v, &e)
                 : v.request.probe_for ? evaluation_probe(&v)
                 : v.request.queue     ? evaluation_trained_queue(&v)
                                       : score_and_show(&v);
    for (int i = 0; i < v.count; i++) eval_result_clear(&v.results[i]);
    for (int k = 0; k < v.facts; k++) {
        for (int i = 0; v.parts[k] && i < v.count * v.groups[k].count; i++) eval_result_clear(&v.parts[k][i]);
        free(v.parts[k]);
        eval_groups_clear(&v.groups[k]);
    }
    free(v.results);
    free(v.ours);
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
    .details =
        "Features of the frozen encoder are computed once. `linear` fits a logistic regression per class on the "
        "training\nimages; its regularisation is chosen on the validation images. `knn` lets the 20 nearest "
        "neighbours vote. Shares\nof the labels are drawn from the training images by patient, the same for "
        "every encoder. The test images are\nscored once per configuration. `apply` scores the classifier that "
        "a run has learned, as it is: of its best epoch\nunless @STEP says otherwise, and on another data set "
        "for the classes whose names match.\n\n"
        "`finetune` trains the encoder with a classifier on the task, `scratch` the same network from random "
        "weights: for each\nshare and draw one run a rate, a child of RUN. The validation images choose rate and "
        "epoch, then the chosen run scores\nthe test images. All runs are in the queue before the first begins: if "
        "this command or "
        "its terminal dies, they go on\nand are scored; Ctrl-C stops them. Where the queue is busy with other runs, "
        "they "
        "are trained beside it. The same command\ngoes on and repeats nothing: runs in the trash are brought back, and "
        "those that another process trains are waited\nfor. `scratch` has the same runs for all encoders of one shape "
        "and seed.",
};
