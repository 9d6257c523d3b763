#include "views/screens/eval_form.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/checkpoint.h"
#include "store/dataset.h"
#include "views/analysis/format.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/jobs.h"
#include "views/workbench/message.h"
#include "views/workbench/workbench.h"

static const char *const protocols[] = { "linear", "knn", "knn,linear", NULL };
static const char *const gates[] = { "as trained", "on", "off", "both", NULL };
static const char *const shares[] = { "100", "10,100", "1,10,100", NULL };
enum { DRAWS_MOST = 10 };

/* Label, help, and number of choices (0: choices come from the store, or there are none). */
static const struct {
    const char *label, *help;
    int choices;
} fields[EVAL_FIELDS] = {
    [EVAL_STEP] = { "checkpoint", "whose encoder is scored; random is the yardstick: any training must beat it", 0 },
    [EVAL_TASK] = { "data set", "labelled images: fitted on train and val, scored on test", 0 },
    [EVAL_PROTOCOL] = { "protocol", "linear fits a logistic regression to each class, knn asks the 20 nearest", 3 },
    [EVAL_LABELS] = { "labels %", "shares of the training labels; enter types others", 3 },
    [EVAL_DRAWS] = { "draws", "of each share: their spread tells how far to trust a figure", DRAWS_MOST },
    [EVAL_GATES] = { "gates", "with the context gates of the encoder, or without", 4 },
    [EVAL_START] = { "start", "enter begins; it works on in the background", 0 },
};

/* ---- opening ----------------------------------------------------------------------------------------------- */

static void read_steps(struct eval_form *f, struct workbench *wb, int64_t step)
{
    enum { STEPS_MOST = 1000 }; /* newest ones to choose from */
    struct store_checkpoints list;
    struct err e;
    int64_t older;
    f->step_count = 0;
    f->choice[EVAL_STEP] = 0;
    free(f->steps);
    f->steps = NULL;
    if (!store_checkpoint_newest(wb->store, f->run, STEPS_MOST, &list, &older, &e)) {
        message_fail(wb, &e);
        return;
    }
    f->steps = calloc(list.count + 1, sizeof *f->steps);
    for (size_t i = 0; f->steps && i < list.count; i++) {
        f->steps[i] = list.rows[list.count - 1 - i].step;
        if (f->steps[i] == step) f->choice[EVAL_STEP] = (int)i;
        f->step_count++;
    }
    store_checkpoints_clear(&list);
}

static void read_tasks(struct eval_form *f, struct workbench *wb)
{
    struct store_datasets list;
    struct err e;
    f->task_count = 0;
    f->choice[EVAL_TASK] = 0;
    free(f->tasks);
    f->tasks = NULL;
    if (!store_dataset_list(wb->store, &list, &e)) {
        message_fail(wb, &e);
        return;
    }
    f->tasks = calloc(list.count + 1, sizeof *f->tasks);
    for (size_t i = 0; f->tasks && i < list.count; i++) {
        if (list.rows[i].classes == 0) continue;
        if (!strcmp(list.rows[i].name, wb->selection.summary.run.dataset)) f->choice[EVAL_TASK] = f->task_count;
        snprintf(f->tasks[f->task_count++], sizeof *f->tasks, "%s", list.rows[i].name);
    }
    store_datasets_clear(&list);
}

void eval_form_open(struct eval_form *f, struct workbench *wb, int64_t step)
{
    f->run = wb->selection.run;
    f->field = EVAL_START;
    if (!f->labels[0]) {
        f->choice[EVAL_LABELS] = 1;
        f->choice[EVAL_DRAWS] = 2;
        snprintf(f->labels, sizeof f->labels, "%s", shares[1]);
    }
    read_steps(f, wb, step);
    read_tasks(f, wb);
    f->shown = f->task_count > 0;
    if (!f->shown) message_warn(wb, "evaluate: no data set has labels; :data import brings one");
}

void eval_form_refresh(struct eval_form *f, struct workbench *wb)
{
    char task[STORE_NAME] = "";
    int at = f->choice[EVAL_STEP];
    bool random = at >= f->step_count;
    if (!f->shown) return;
    int64_t step = random ? -1 : f->steps[at];
    if (f->choice[EVAL_TASK] < f->task_count) snprintf(task, sizeof task, "%s", f->tasks[f->choice[EVAL_TASK]]);
    read_steps(f, wb, step);
    if (random) f->choice[EVAL_STEP] = f->step_count;
    read_tasks(f, wb);
    for (int i = 0; i < f->task_count; i++)
        if (!strcmp(f->tasks[i], task)) f->choice[EVAL_TASK] = i;
    f->shown = f->task_count > 0;
}

void eval_form_close(struct eval_form *f)
{
    free(f->steps);
    free(f->tasks);
    *f = (struct eval_form){ 0 };
}

/* ---- the job --------------------------------------------------------------------------------------------------- */

/* Results differ in protocol, share, draw and gates; the message shows the first one with the largest share of
 * labels. */
static void tell_result(struct eval_form *f, struct workbench *wb, const char *output)
{
    json_t *all = json_loads(output, 0, NULL);
    double best = -1, auc = NAN;
    const char *protocol = "";
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *row = json_array_get(all, i);
        double share = json_number_value(json_object_get(row, "fraction"));
        const json_t *macro = json_object_get(row, "auc_macro");
        if (share <= best) continue;
        best = share;
        auc = json_is_number(macro) ? json_number_value(macro) : NAN;
        protocol = json_string_value(json_object_get(row, "protocol"));
    }
    char took[CLOCK_ISO_SIZE], text[FORMAT_SIZE];
    clock_duration(wb->now - f->began, took);
    message_say(wb, "%s: %s, %g %% of the labels: AUC %s (%zu %s in %s)", f->what, protocol ? protocol : "?", best,
                isnan(auc) ? "-" : format_share(auc, 3, text), json_array_size(all),
                text_number(json_array_size(all), "figure", "figures"), took);
    json_decref(all);
}

static void job_done(struct workbench *wb, void *ctx, int status, const char *output)
{
    struct eval_form *f = ctx;
    f->running = false;
    if (status == 0) tell_result(f, wb, output);
}

static unsigned begin(struct eval_form *f, struct workbench *wb)
{
    char run[STORE_NAME + 32], draws[16];
    const char *task = f->tasks[f->choice[EVAL_TASK]];
    bool random = f->choice[EVAL_STEP] >= f->step_count;
    const char *argv[20], *gate = gates[f->choice[EVAL_GATES]];
    int n = 0;
    if (f->running) {
        message_warn(wb, "%s is being scored still; wait for its end", f->what);
        return AFTER_DRAW;
    }
    if (!random) snprintf(run, sizeof run, "%lld@%lld", (long long)f->run, (long long)f->steps[f->choice[EVAL_STEP]]);
    snprintf(draws, sizeof draws, "%d", f->choice[EVAL_DRAWS] + 1);
    argv[n++] = "eval";
    if (random)
        argv[n++] = "--init", argv[n++] = "random";
    else
        argv[n++] = run;
    argv[n++] = "--task", argv[n++] = task;
    argv[n++] = "--protocol", argv[n++] = protocols[f->choice[EVAL_PROTOCOL]];
    argv[n++] = "--labels", argv[n++] = f->labels;
    argv[n++] = "--draws", argv[n++] = draws;
    if (f->choice[EVAL_GATES] > 0) argv[n++] = "--context", argv[n++] = gate;
    argv[n++] = "--json";
    argv[n] = NULL;
    f->began = wb->now;
    snprintf(f->what, sizeof f->what, "%s on %s", random ? "random encoder" : run, task);
    f->running = job_start(wb, f->what, argv, job_done, f);
    f->shown = !f->running;
    return AFTER_DRAW;
}

bool eval_form_status(const struct eval_form *f, const struct workbench *wb, char *out, size_t size)
{
    char since[CLOCK_ISO_SIZE], says[200];
    if (!f->running) return false;
    clock_duration(wb->now - f->began, since);
    job_progress(wb, f->what, says, sizeof says);
    snprintf(out, size, "scoring %s for %s%s%s", f->what, since, *says ? ": " : "", says);
    return true;
}

/* ---- keys ------------------------------------------------------------------------------------------------------ */

static int choices(const struct eval_form *f, int field)
{
    return field == EVAL_STEP ? f->step_count + 1 : field == EVAL_TASK ? f->task_count : fields[field].choices;
}

static unsigned typed_labels(struct workbench *wb, void *ctx, const char *text)
{
    struct eval_form *f = ctx;
    (void)wb;
    snprintf(f->labels, sizeof f->labels, "%s", text);
    return AFTER_DRAW;
}

static bool check_labels(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size)
{
    (void)wb;
    (void)ctx;
    for (const char *p = text; *p; p += strcspn(p, ","), p += *p == ',') {
        char word[32];
        double share;
        snprintf(word, sizeof word, "%.*s", (int)strcspn(p, ","), p);
        if (!text_to_double(word, &share) || !(share > 0 && share <= 100)) {
            snprintf(remark, size, "shares above 0 to 100, such as 1,10,100");
            return false;
        }
    }
    snprintf(remark, size, "percent");
    return true;
}

static unsigned walk(struct eval_form *f, int by)
{
    int n = choices(f, f->field);
    if (n > 0) f->choice[f->field] = (f->choice[f->field] + by + n) % n;
    if (f->field == EVAL_LABELS) snprintf(f->labels, sizeof f->labels, "%s", shares[f->choice[EVAL_LABELS]]);
    return AFTER_DRAW;
}

static unsigned enter(struct eval_form *f, struct workbench *wb)
{
    if (f->field == EVAL_START) return begin(f, wb);
    if (f->field != EVAL_LABELS) return walk(f, 1);
    dialog_ask(wb, &(struct dialog_question){ .label = "labels in percent: ",
                                              .initial = f->labels,
                                              .done = typed_labels,
                                              .check = check_labels,
                                              .ctx = f });
    return AFTER_DRAW;
}

unsigned eval_form_key(struct eval_form *f, struct workbench *wb, int key)
{
    if (!f->shown) return AFTER_UNUSED;
    switch (key) {
    case KEYS_UP:
    case KEYS_BACK_TAB:
    case 'k':
        f->field = (f->field + EVAL_FIELDS - 1) % EVAL_FIELDS;
        break;
    case KEYS_DOWN:
    case KEYS_TAB:
    case 'j':
        f->field = (f->field + 1) % EVAL_FIELDS;
        break;
    case KEYS_LEFT:
    case 'h':
        return walk(f, -1);
    case KEYS_RIGHT:
    case KEYS_SPACE:
    case 'l':
        return walk(f, 1);
    case KEYS_ENTER:
        return enter(f, wb);
    case KEYS_ESCAPE:
    case 'q':
        f->shown = false;
        break;
    default:
        if (key == ':' || key == '?' || key == 'Q') return AFTER_UNUSED;
    }
    return AFTER_DRAW;
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

static void field_text(const struct eval_form *f, int field, char *out, size_t size)
{
    int at = f->choice[field];
    switch (field) {
    case EVAL_STEP:
        if (at >= f->step_count)
            snprintf(out, size, "random: no training at all");
        else
            snprintf(out, size, "step %lld%s", (long long)f->steps[at], at == 0 ? ", the newest" : "");
        break;
    case EVAL_TASK:
        snprintf(out, size, "%s", f->tasks[at]);
        break;
    case EVAL_PROTOCOL:
        snprintf(out, size, "%s", at == 2 ? "knn and linear" : protocols[at]);
        break;
    case EVAL_LABELS:
        snprintf(out, size, "%s", f->labels);
        break;
    case EVAL_DRAWS:
        snprintf(out, size, "%d", at + 1);
        break;
    case EVAL_GATES:
        snprintf(out, size, "%s", gates[at]);
        break;
    default:
        snprintf(out, size, "enter");
    }
}

void eval_form_draw(const struct eval_form *f, const struct workbench *wb, const struct area *a)
{
    int h = EVAL_FIELDS + 4, w = a->w < 64 ? a->w : 64;
    char title[STORE_NAME + 32], value[128];
    if (!f->shown) return;
    if (h > a->h) h = a->h;
    snprintf(title, sizeof title, "Evaluate run %lld %s", (long long)f->run, wb->selection.summary.run.name);
    struct area box = area_sub(a, (a->h - h) / 2, (a->w - w) / 2, h, w);
    area_fill(&box, 0, 0, box.h, box.w, ' ', INK_NORMAL);
    struct area in = box.h > 4 ? area_frame(&box, INK_ACCENT, title, INK_STRONG) : box;
    int top = f->field >= in.h ? f->field - in.h + 1 : 0; /* a low box scrolls */
    for (int i = top; i < EVAL_FIELDS && i - top < in.h; i++) {
        bool here = i == f->field;
        unsigned paper = here ? STYLE_PAPER(INK_CHOSEN) : 0;
        area_fill(&in, i - top, 0, 1, in.w, ' ', paper);
        area_field(&in, i - top, 1, 12, -1, (i == EVAL_START ? INK_GOOD : INK_DIM) | paper, fields[i].label);
        field_text(f, i, value, sizeof value);
        area_field(&in, i - top, 14, in.w - 19, -1, (here ? INK_STRONG : INK_NORMAL) | paper, value);
        if (here && i != EVAL_START) area_text(&in, i - top, in.w - 4, INK_KEY | paper, "< >");
    }
    if (in.h >= EVAL_FIELDS + 2) area_wrap(&in, EVAL_FIELDS, 1, 2, in.w - 2, INK_DIM, fields[f->field].help);
}
