/* `compare`: the first run, or several seeds of a method, against each of the others on one test set, with what the set
 * and the seeds could have shown. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/sheet.h"
#include "app/cli/scored_init.h"
#include "app/commands/agreement.h"
#include "app/session/areas.h"
#include "engine/base/text.h"
#include "engine/evaluate/significance.h"

enum { MOST_SIDES = 16, CELL = 24 };

static const struct option_row options[] = {
    { "task", 0, OPTION_TEXT, "DATASET", "labelled data set [the first run's own]", 0, 0 },
    { "protocol", 0, OPTION_TEXT, "P",
      "knn, linear, finetune, scratch or apply [that of the first run's newest evaluation]", 0, 0 },
    { "labels", 0, OPTION_FLOAT, "PERCENT", "share of the labels [that of the first run's newest evaluation]", 0.001,
      100 },
    { "context", 0, OPTION_TEXT, "WORD",
      "context gates: on or off [that of the newest evaluations that agree; networks without gates are off]", 0, 0 },
    { "size", 0, OPTION_SETTING, "data.size",
      "side of the images in pixels [that of the newest evaluations that agree]", 0, 0 },
    SHEET_OPTION,
    { 0 },
};

/* Everything of one invocation. */
struct comparing {
    struct app *app;
    struct predictions_wanted wanted;
    struct test_set test;
    struct text settings;     /* what all evaluations were told, "" where nothing */
    struct side *sides;       /* [count] */
    struct comparison *pairs; /* [count - 1]: the first with each of the others */
    int count;
    bool paper; /* --format */
    enum sheet_format format;
    struct sheet sheet;
};

/* ---- what may be said ---- */

static bool excludes_zero(const struct difference *d)
{
    return d->lo > 0 || d->hi < 0;
}

/* Rounded up to two digits: no one knows more. */
static double round_up(double n)
{
    if (!isfinite(n) || n < 1) return n;
    double unit = pow(10, floor(log10(n)) - 1);
    return ceil(n / (unit < 1 ? 1 : unit)) * (unit < 1 ? 1 : unit);
}

/* The variance that a difference may have to be found at 80 % power. */
static double variance_to_have(const struct difference *d)
{
    double deviation = d->value / significance_detectable(1);
    return deviation * deviation;
}

/* With the seeds that there are; infinite where no number of images suffices. Where a few seeds make the interval wide,
 * the share of the images in its variance counts. */
static double images_needed(const struct comparison *c, const struct difference *d)
{
    if (!(d->seeds > 0)) return round_up(c->n * significance_more(d->value, d->deviation));
    double left = variance_to_have(d) - d->seeds;
    return left > 0 ? round_up(fmax(c->n, c->n * d->patients / left)) : INFINITY;
}

/* Of each side, with the images that there are; NaN where one side has a single seed, of whose kind nothing is known.
 */
static double seeds_needed(const struct comparison *c, const struct difference *d)
{
    double left = variance_to_have(d) - d->patients, most = fmax(c->seeds[0], c->seeds[1]);
    if (c->seeds[0] < 2 || c->seeds[1] < 2 || isnan(d->seeds)) return NAN;
    return left > 0 ? fmax(most + 1, ceil(most * d->seeds / left)) : INFINITY;
}

static void put_needed(const struct comparison *c, const struct difference *d, struct text *out)
{
    double images = images_needed(c, d), seeds = seeds_needed(c, d);
    text_printf(out, "not distinguishable here; ");
    if (!(images < 1e7) && !(seeds < 1e4) && !isnan(seeds))
        text_printf(out, "neither more images nor more seeds alone would do");
    else if (!(images < 1e7) && !(seeds < 1e4))
        text_printf(out, "more than ten million images would be needed");
    else if (seeds < 1e4 && images < 1e7)
        text_printf(out, "about %.0f images or %.0f seeds of each would be needed", images, seeds);
    else if (seeds < 1e4)
        text_printf(out, "about %.0f seeds of each would be needed", seeds);
    else
        text_printf(out, "about %.0f images would be needed", images);
}

static void verdict(const struct comparing *v, const struct side *b, const struct comparison *c, struct text *out)
{
    const struct difference *d = &c->macro;
    const char *better = d->value > 0 ? v->sides[0].name : b->name, *other = d->value > 0 ? b->name : v->sides[0].name;
    if (isnan(d->value) || isnan(d->lo))
        text_printf(out, "no class has an area in both: nothing to compare");
    else if (excludes_zero(d) && d->p_holm < .05)
        text_printf(out, "%s is better than %s by %.4f%s", better, other, fabs(d->value),
                    c->seeds[0] * c->seeds[1] == 1 ? "; seeds of one method differ, too: compare several" : "");
    else if (excludes_zero(d))
        text_printf(out, "not distinguishable among %d comparisons (Holm's p %.4f)", v->count - 1, d->p_holm);
    else
        put_needed(c, d, out);
}

/* ---- showing ---- */

/* Of all evaluations; 0: an older version did not tell. */
static int64_t size_of(const struct comparing *v)
{
    return v->sides[0].seeds[0].chosen.size;
}

static const char *gates_word(const struct side *s)
{
    return s->seeds[0].chosen.gates ? "on" : "off";
}

/* What the evaluations have in common, and the gates, which networks of several methods need not. `b` NULL: the first
 * side alone. */
static void put_protocol(const struct comparing *v, const struct side *b, struct text *out)
{
    const struct side *a = &v->sides[0];
    text_printf(out, "%s, %g %% of the labels", v->wanted.protocol, v->wanted.percent);
    if (v->settings.length) text_printf(out, ", %s", text_str(&v->settings));
    if (size_of(v))
        text_printf(out, ", %lld px", (long long)size_of(v));
    else
        text_add(out, ", size not told");
    if (!b || a->seeds[0].chosen.gates == b->seeds[0].chosen.gates)
        text_printf(out, ", gates %s", gates_word(a));
    else
        text_printf(out, ", gates %s and %s (%s has none)", gates_word(a), gates_word(b),
                    a->seeds[0].gated ? b->name : a->name);
}

static json_t *difference_json(const struct comparison *c, const struct difference *d)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "auc_a", json_number(d->a), "auc_b",
                     json_number(d->b), "difference", json_number(d->value), "lo", json_number(d->lo), "hi",
                     json_number(d->hi), "p", json_number(d->p), "p_patient", json_number(d->p_patient), "detectable",
                     json_number(significance_detectable(d->deviation)), "images_needed",
                     json_number(images_needed(c, d)), "seeds_needed", json_number(seeds_needed(c, d)),
                     "distinguishable", excludes_zero(d));
}

/* Names and steps of a side's runs. */
static json_t *seeds_json(const struct side *s)
{
    json_t *list = json_array();
    for (int i = 0; i < s->count; i++)
        json_array_append_new(list, json_pack("{s:o, s:I, s:I}", "run", json_text(s->seeds[i].run.name), "step",
                                              (json_int_t)s->seeds[i].step, "seed", (json_int_t)s->seeds[i].run.seed));
    return list;
}

static json_t *comparison_json(const struct comparing *v, const struct side *b, const struct comparison *c)
{
    json_t *classes = json_array(), *macro = difference_json(c, &c->macro);
    struct text line = { 0 };
    verdict(v, b, c, &line);
    for (int k = 0; k < c->classes; k++) {
        json_t *row = difference_json(c, &c->list[k]);
        json_object_set_new(row, "name", json_text(v->test.data.classes[k]));
        json_object_set_new(row, "p_holm", json_number(c->list[k].p_holm));
        json_object_set_new(row, "positives", json_integer(c->list[k].positives));
        json_object_set_new(row, "negatives", json_integer(c->list[k].negatives));
        json_object_set_new(row, "finding", json_boolean(!v->test.apart[k]));
        json_object_set_new(row, "left_out", json_integer(c->list[k].left_out));
        json_array_append_new(classes, row);
    }
    json_object_set_new(macro, "left_out", json_integer(c->macro.left_out));
    json_object_set_new(macro, "p_holm", json_number(c->macro.p_holm));
    json_t *out = json_pack("{s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:o, s:o, s:o}", "run_a",
                            json_text(v->sides[0].name), "run_b", json_text(b->name), "step_a",
                            (json_int_t)v->sides[0].seeds[0].step, "step_b", (json_int_t)b->seeds[0].step, "seeds_a",
                            seeds_json(&v->sides[0]), "seeds_b", seeds_json(b), "task",
                            json_text(v->test.data.dataset.name), "protocol", json_text(v->wanted.protocol), "fraction",
                            json_number(v->wanted.percent), "draws", c->draws, "images", c->n, "patients", c->patients,
                            "classes", classes, "macro", macro, "verdict", json_text(text_str(&line)));
    text_clear(&line);
    json_object_set_new(out, "size", size_of(v) ? json_integer(size_of(v)) : json_null());
    json_object_set_new(out, "context_a", json_boolean(v->sides[0].seeds[0].chosen.gates));
    json_object_set_new(out, "context_b", json_boolean(b->seeds[0].chosen.gates));
    json_object_set_new(out, "settings", json_text(text_str(&v->settings)));
    return out;
}

static const char *p_text(double p, char out[CELL])
{
    if (isnan(p))
        snprintf(out, CELL, "-");
    else if (p < .0001)
        snprintf(out, CELL, "<.0001");
    else
        snprintf(out, CELL, "%.4f", p);
    return out;
}

static void show_row(const char *name, const struct difference *d, const char *end)
{
    char a[16], b[16], cell[5][CELL];
    if (isnan(d->value)) {
        app_print("%-24s %7s %7s %8s\n", name, areas_text(d->a, 4, a), areas_text(d->b, 4, b), "-");
        return;
    }
    snprintf(cell[0], CELL, "%+.4f", d->value);
    if (isnan(d->lo))
        snprintf(cell[1], CELL, "-");
    else
        snprintf(cell[1], CELL, "(%+.4f %+.4f)", d->lo, d->hi);
    app_print("%-24s %7s %7s %8s %-19s %7s %9s %7s%s\n", name, areas_text(d->a, 4, a), areas_text(d->b, 4, b), cell[0],
              cell[1], p_text(d->p, cell[2]), p_text(d->p_patient, cell[3]), p_text(d->p_holm, cell[4]), end);
}

static void put_side(const struct side *s)
{
    if (s->count == 1)
        app_print("%s (step %lld)", s->name, (long long)s->seeds[0].step);
    else
        app_print("%s (%d seeds)", s->name, s->count);
}

static void show(const struct comparing *v, const struct side *b, const struct comparison *c)
{
    struct text line = { 0 }, protocol = { 0 };
    verdict(v, b, c, &line);
    put_protocol(v, b, &protocol);
    put_side(&v->sides[0]);
    app_print(" and ");
    put_side(b);
    app_print(" on %s: %s, %d %s; %d test %s of %d %s\n\n", v->test.data.dataset.name, text_str(&protocol), c->draws,
              text_number(c->draws, "draw", "draws"), c->n, text_number(c->n, "image", "images"), c->patients,
              text_number(c->patients, "patient", "patients"));
    app_print("%-24s %7s %7s %8s %-19s %7s %9s %7s\n", "", "AUC", "AUC", "a - b", "95 %", "p", "p patient", "Holm");
    for (int k = 0; k < c->classes; k++)
        show_row(v->test.data.classes[k], &c->list[k], v->test.apart[k] ? "  not in the mean" : "");
    show_row("mean of findings", &c->macro, "");
    app_print("\n%s\n", text_str(&line));
    if (!isnan(c->macro.deviation))
        app_print("a difference of %.4f would have been found here at 80 %% power\n",
                  significance_detectable(c->macro.deviation));
    if (c->seeds[0] != c->seeds[1] && (c->seeds[0] == 1 || c->seeds[1] == 1))
        app_print("one side has a single seed: how its seeds vary is not in the interval\n");
    text_clear(&protocol);
    text_clear(&line);
}

/* ---- for papers ---- */

static const struct sheet_column columns[] = {
    { "task", NULL, SHEET_TEXT, 0 },
    { "protocol", NULL, SHEET_TEXT, 0 },
    { "labels_percent", NULL, SHEET_NUMBER, 0 },
    { "draws", NULL, SHEET_COUNT, 0 },
    { "run_a", "a", SHEET_TEXT, 0 },
    { "step_a", NULL, SHEET_COUNT, 0 },
    { "seeds_a", NULL, SHEET_COUNT, 0 },
    { "run_b", "b", SHEET_TEXT, 0 },
    { "step_b", NULL, SHEET_COUNT, 0 },
    { "seeds_b", NULL, SHEET_COUNT, 0 },
    { "class", "class", SHEET_TEXT, 0 },
    { "positives", NULL, SHEET_COUNT, 0 },
    { "negatives", NULL, SHEET_COUNT, 0 },
    { "auc_a", "AUC a", SHEET_NUMBER, 3 },
    { "auc_b", "AUC b", SHEET_NUMBER, 3 },
    { "difference", "a - b (95 %)", SHEET_CHANGE, 3 },
    { "p", "p", SHEET_P, 0 },
    { "p_patient", "p, by patient", SHEET_P, 0 },
    { "p_holm", "p, Holm", SHEET_P, 0 },
    { "detectable", NULL, SHEET_NUMBER, 4 },
    { "size", NULL, SHEET_COUNT, 0 },
    { "gates_a", NULL, SHEET_TEXT, 0 },
    { "gates_b", NULL, SHEET_TEXT, 0 },
    { "settings", NULL, SHEET_TEXT, 0 },
    { 0 },
};

static void sheet_begin_compared(struct comparing *v)
{
    struct text caption = { 0 };
    const struct side *unlike = &v->sides[1]; /* one with other gates than the first, where there is any */
    for (int i = v->count; i-- > 1;)
        if (v->sides[i].seeds[0].chosen.gates != v->sides[0].seeds[0].chosen.gates) unlike = &v->sides[i];
    text_printf(&caption, "%s against others on %s: ", v->sides[0].name, v->test.data.dataset.name);
    put_protocol(v, unlike, &caption);
    text_printf(&caption, "; %d test %s", v->test.n, text_number(v->test.n, "image", "images"));
    sheet_begin(&v->sheet, v->format, columns, text_str(&caption));
    text_clear(&caption);
}

/* -1 where several runs stand together, or none. */
static int64_t step_of(const struct side *b)
{
    return b->count == 1 && b->seeds[0].run.id ? b->seeds[0].step : -1;
}

/* `class` NULL: the mean of the findings. */
static void add_difference(struct comparing *v, const struct side *b, const struct comparison *c, const char *class,
                           const struct difference *d)
{
    struct sheet *s = &v->sheet;
    sheet_text(s, v->test.data.dataset.name);
    sheet_text(s, v->wanted.protocol);
    sheet_number(s, v->wanted.percent, NAN, NAN);
    sheet_count(s, c->draws);
    sheet_text(s, v->sides[0].name);
    sheet_count(s, step_of(&v->sides[0]));
    sheet_count(s, v->sides[0].count);
    sheet_text(s, b->name);
    sheet_count(s, step_of(b));
    sheet_count(s, b->count);
    sheet_text(s, class ? class : "mean of findings");
    sheet_count(s, class ? d->positives : -1);
    sheet_count(s, class ? d->negatives : -1);
    sheet_number(s, d->a, NAN, NAN);
    sheet_number(s, d->b, NAN, NAN);
    sheet_number(s, d->value, d->lo, d->hi);
    sheet_number(s, d->p, NAN, NAN);
    sheet_number(s, d->p_patient, NAN, NAN);
    sheet_number(s, d->p_holm, NAN, NAN);
    sheet_number(s, significance_detectable(d->deviation), NAN, NAN);
    sheet_count(s, size_of(v) ? size_of(v) : -1);
    sheet_text(s, gates_word(&v->sides[0]));
    sheet_text(s, gates_word(b));
    sheet_text(s, text_str(&v->settings));
}

static void add_compared(struct comparing *v, const struct side *b, const struct comparison *c)
{
    for (int k = 0; k < c->classes; k++) add_difference(v, b, c, v->test.data.classes[k], &c->list[k]);
    add_difference(v, b, c, NULL, &c->macro);
}

/* ---- the command ---- */

/* The data set of the first side that has one; NULL: none has. */
static const char *known_task(const struct comparing *v)
{
    for (int i = 0; i < v->count; i++)
        if (v->sides[i].count && *v->sides[i].seeds[0].run.dataset) return v->sides[i].seeds[0].run.dataset;
    return NULL;
}

static bool read_wanted(struct comparing *v, const struct arguments *a, struct err *e)
{
    const char *context = arguments_text(a, "context", NULL), *protocol = arguments_text(a, "protocol", NULL);
    v->wanted = (struct predictions_wanted){ .task = arguments_text(a, "task", known_task(v)),
                                             .protocol = protocol,
                                             .percent = arguments_float(a, "labels", 0),
                                             .draw = -1,
                                             .step = -1,
                                             .size = arguments_int(a, "size", 0),
                                             .gates = context ? !strcmp(context, "on") : -1 };
    if (!v->wanted.task)
        return err_set(e, ERR_USAGE, "--task: is missing: on which labelled data set? mlvicx data list shows them");
    if (context && strcmp(context, "on") && strcmp(context, "off"))
        return err_set(e, ERR_USAGE, "--context: '%s' is neither on nor off", context);
    return true;
}

/* A run, or init:NAME: what eval --init scored under that name. */
static bool find_seed(struct comparing *v, const char *word, struct seed *s, struct err *e)
{
    static const char init[] = "init:";
    if (strncmp(word, init, strlen(init)) != 0) return app_find_run_step(v->app, word, &s->run, &s->step, e);
    struct scored_init found;
    s->step = -1;
    const char *task = v->wanted.task ? v->wanted.task : known_task(v);
    if (!scored_init_find(v->app, word + strlen(init), task, &found, e)) return false;
    snprintf(s->run.name, sizeof s->run.name, "%s", found.name);
    snprintf(s->run.dataset, sizeof s->run.dataset, "%s", found.task);
    return true;
}

/* RUN[@STEP],RUN[@STEP],...: runs of one side. */
static bool find_side(struct comparing *v, const char *word, struct side *side, struct err *e)
{
    char one[STORE_NAME + 32];
    snprintf(side->name, sizeof side->name, "%s", word);
    for (const char *p = word;; p++) {
        size_t n = strcspn(p, ",");
        if (!n || n >= sizeof one)
            return err_set(e, ERR_USAGE, "compare: '%.100s' is no list of runs, such as a1,a2,a3", word);
        if (side->count == SIDE_SEEDS)
            return err_set(e, ERR_USAGE, "compare: more than %d seeds on one side", SIDE_SEEDS);
        snprintf(one, sizeof one, "%.*s", (int)n, p);
        struct seed *s = &side->seeds[side->count];
        if (!find_seed(v, one, s, e)) return false;
        side->count++;
        for (int i = 0; i < side->count - 1; i++)
            if (side->seeds[i].run.id == s->run.id && !strcmp(side->seeds[i].run.name, s->run.name))
                return err_set(e, ERR_USAGE, "compare: run %s is there twice in '%.100s'; each seed counts once",
                               s->run.name, word);
        p += n;
        if (!*p) break;
    }
    const char *first = side->seeds[0].run.name;
    if (side->count == 1) snprintf(side->name, sizeof side->name, "%s", first);
    if (strlen(word) >= sizeof side->name)
        snprintf(side->name, sizeof side->name, "%s and %d more", first, side->count - 1);
    return true;
}

/* Runs of one side should be seeds of one method. */
static bool note_differences(const struct comparing *v, const struct side *side, struct err *e)
{
    struct text keys = { 0 };
    bool ok = side_differences(side, &keys, e);
    if (ok && keys.length)
        app_note(v->app, "%s: these runs differ in %s, not in their seeds alone", side->name, text_str(&keys));
    text_clear(&keys);
    return ok;
}

/* Whether two sides are the same runs at the same steps. */
static bool same_side(const struct side *a, const struct side *b)
{
    for (int i = 0; i < a->count; i++) {
        bool there = false;
        for (int k = 0; k < b->count; k++)
            there = there || (a->seeds[i].run.id == b->seeds[k].run.id && a->seeds[i].step == b->seeds[k].step &&
                              !strcmp(a->seeds[i].run.name, b->seeds[k].run.name));
        if (!there) return false;
    }
    return a->count == b->count;
}

static bool check_sides(const struct comparing *v, struct err *e)
{
    for (int i = 0; i < v->count; i++)
        for (int k = 0; k < i; k++)
            if (same_side(&v->sides[i], &v->sides[k]))
                return err_set(e, ERR_USAGE,
                               "compare: %s is there twice, and does not differ from itself; name another run, or "
                               "another step of it: RUN@STEP",
                               v->sides[i].name);
    return true;
}

static bool read_sides(struct comparing *v, const struct arguments *a, struct err *e)
{
    int count = arguments_count(a);
    if (count > MOST_SIDES) return err_set(e, ERR_USAGE, "compare: at most %d sides at once", MOST_SIDES);
    v->sides = calloc((size_t)count, sizeof *v->sides);
    v->pairs = calloc((size_t)count, sizeof *v->pairs);
    if (!v->sides || !v->pairs) return err_set(e, ERR_MEMORY, "compare: no memory");
    v->wanted.task = arguments_text(a, "task", NULL);
    for (v->count = 0; v->count < count; v->count++)
        if (!find_side(v, arguments_word(a, v->count), &v->sides[v->count], e)) return v->count++, false;
    if (!read_wanted(v, a, e) || !check_sides(v, e) || !test_set_load(&v->test, v->app->store, v->wanted.task, e) ||
        !sides_agree(v->sides, v->count, v->app->store, &v->wanted, &v->settings, e) || !check_sides(v, e))
        return false;
    for (int i = 0; i < v->count; i++)
        if (!side_read(&v->sides[i], v->app->store, &v->test, &v->wanted, e) || !note_differences(v, &v->sides[i], e))
            return false;
    return sides_align(v->sides, v->count, e);
}

/* The first against each of the others; Holm's correction of the means is over these. */
static bool compare_all(struct comparing *v, struct err *e)
{
    double p[2 * MOST_SIDES];
    for (int i = 0; i < v->count - 1; i++) {
        if (!comparison_make(&v->pairs[i], &v->test, &v->sides[0], &v->sides[i + 1], e)) return false;
        p[i] = v->pairs[i].macro.p_patient;
    }
    significance_holm(p, v->count - 1, p + MOST_SIDES);
    for (int i = 0; i < v->count - 1; i++) v->pairs[i].macro.p_holm = p[MOST_SIDES + i];
    return true;
}

static int show_sheet(struct comparing *v)
{
    struct err e;
    sheet_begin_compared(v);
    for (int i = 0; i < v->count - 1; i++) add_compared(v, &v->sides[i + 1], &v->pairs[i]);
    if (!sheet_end(&v->sheet, &e)) return app_fail(v->app, &e);
    fputs(text_str(&v->sheet.out), stdout);
    return app_finish(v->app);
}

/* One value for two sides, a list for more. */
static int show_all(struct comparing *v)
{
    if (v->paper) return show_sheet(v);
    json_t *list = json_array();
    for (int i = 0; i < v->count - 1; i++) {
        if (v->app->json)
            json_array_append_new(list, comparison_json(v, &v->sides[i + 1], &v->pairs[i]));
        else
            app_print(i ? "\n" : ""), show(v, &v->sides[i + 1], &v->pairs[i]);
    }
    json_t *out = v->count > 2 ? json_incref(list) : json_incref(json_array_get(list, 0));
    json_decref(list);
    return v->app->json ? app_print_json(v->app, out) : app_finish(v->app);
}

static int run_compare(struct app *app, const struct arguments *a)
{
    struct comparing v = { .app = app };
    struct err e;
    bool ok = sheet_asked(app, a, &v.format, &v.paper, &e) && read_sides(&v, a, &e) && compare_all(&v, &e);
    int status = ok ? show_all(&v) : app_fail(app, &e);
    for (int i = 0; v.sides && i < v.count; i++) side_clear(&v.sides[i]);
    for (int i = 0; v.pairs && i < v.count - 1; i++) comparison_clear(&v.pairs[i]);
    free(v.sides);
    free(v.pairs);
    test_set_clear(&v.test);
    text_clear(&v.settings);
    sheet_clear(&v.sheet);
    return status;
}

const struct command command_compare = {
    .name = "compare",
    .arguments = "RUN[@STEP][,RUN...] RUN[@STEP][,RUN...] ... [--task DATASET]",
    .summary = "tell whether runs differ on a test set, and what it could have shown",
    .least = 2,
    .most = -1,
    .options = options,
    .run = run_compare,
    .details =
        "The first run is compared with each of the others, by what eval kept of each test image: of each run the "
        "newest\nevaluation that agrees with the others' in protocol, share of the labels, size, settings and, where "
        "the network has any,\ngates. Where none agree, it says what differs. With one draw of the labels\np is "
        "DeLong's, plain and clustered by patient; with several the draws, then patients are "
        "resampled, as they are for the\nmean. Several seeds of a method are one side: a1,a2,a3 b1,b2,b3. Their areas "
        "are averaged, never their scores, and\nseeds, then draws, then patients are resampled; with few seeds the "
        "interval is as wide as Student's. Holm's correction is\nover classes, for the mean over comparisons. "
        "\"Better\" "
        "is said only where the interval excludes 0 and Holm's p is below .05.\n"
        "init:NAME is an encoder that eval --init scored, such as init:random:1:resnet18-w32-s64.",
};
