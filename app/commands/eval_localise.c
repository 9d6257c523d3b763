/* Heatmaps of the test images that have boxes of a class, of the run and of a random encoder of the same shape: does
 * the hottest place lie in a box, how much of the heat does, and how much of box and heat overlap. Validation images
 * choose the heat from which on a place counts. Nothing is recorded. */
#include "app/commands/eval_localise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/json.h"
#include "app/cli/sheet.h"
#include "app/worker/eval_cam.h"
#include "engine/base/text.h"
#include "engine/evaluate/cam.h"

enum { RUN, RANDOM, ENCODERS, SHARES = 3, THRESHOLD_USUAL = 9 /* one half */ };
static const double shares[SHARES] = { .1, .3, .5 };

/* Sums over the images of one class. */
struct tally {
    int images, hits, cold, above[SHARES]; /* cold: without any heat */
    double energy, area, iou[CAM_THRESHOLDS];
};

/* Everything of one invocation. */
struct localising {
    struct app *app;
    struct store_run row;
    struct eval_task task;
    struct store_contents boxes;
    struct eval_encoder encoder[ENCODERS];
    struct eval_cam cam[ENCODERS];
    struct tally *test[ENCODERS]; /* [classes] */
    double validation[ENCODERS][CAM_THRESHOLDS];
    int validations, threshold[ENCODERS]; /* images with boxes that chose; which was chosen */
    enum engine_level level;
    double *heat; /* [side, side] */
    bool paper;
    enum sheet_format format;
};

/* ---- opening ---- */

static bool progress(void *ctx, int done, int total)
{
    const struct localising *v = ctx;
    app_progress(v->app, done == total, "features: %d of %d %s", done, total, text_number(total, "image", "images"));
    return true;
}

static bool refuse_others(const struct arguments *a, struct err *e)
{
    static const char *const others[] = { "init", "by", "per-class", "set", "preset", "draws", "seeds" };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (arguments_has(a, others[i])) return err_set(e, ERR_USAGE, "--localise: not with --%s", others[i]);
    return arguments_word(a, 0) || err_set(e, ERR_USAGE, "--localise: of which run? mlvicx eval RUN --localise");
}

/* One share of the labels, or all. */
static bool read_percent(const struct arguments *a, double *percent, struct err *e)
{
    const char *word = arguments_text(a, "labels", "100");
    return (text_to_double(word, percent) && *percent > 0 && *percent <= 100) ||
           err_set(e, ERR_USAGE, "--labels: '%s' is not one share in percent above 0 and up to 100", word);
}

static bool read_gates(const struct localising *v, const struct arguments *a, bool *gates, struct err *e)
{
    const char *word = arguments_text(a, "context", NULL);
    const struct settings *s = &v->encoder[RUN].settings;
    *gates = word ? !strcmp(word, "on") : s->model.context && (s->eval.context || v->encoder[RUN].classes);
    if (word && strcmp(word, "on") && strcmp(word, "off"))
        return err_set(e, ERR_USAGE, "--context: '%s' is neither on nor off", word);
    if (*gates && !s->model.context)
        return err_set(e, ERR_USAGE, "--context: this network was made without gates; take off");
    return true;
}

/* The run as it is asked for; the random encoder always by a probe. */
static bool open_cams(struct localising *v, const struct arguments *a, struct err *e)
{
    struct eval_cam_fit fit = { .store = v->app->store, .draw = 1, .progress = progress, .ctx = v };
    const char *word = arguments_text(a, "protocol", v->encoder[RUN].classes ? "apply" : "linear");
    bool gates, own = !strcmp(word, "apply");
    if (!own && strcmp(word, "linear"))
        return err_set(e, ERR_USAGE, "--protocol: '%s' has no heatmaps; take linear or apply", word);
    if (!read_percent(a, &fit.percent, e) || !read_gates(v, a, &gates, e)) return false;
    return eval_cam_open(&v->cam[RUN], &v->encoder[RUN], &v->task, own ? PROTOCOL_APPLY : PROTOCOL_LINEAR, gates, &fit,
                         e) &&
           eval_cam_open(&v->cam[RANDOM], &v->encoder[RANDOM], &v->task, PROTOCOL_LINEAR, gates, &fit, e);
}

static bool open_all(struct localising *v, const struct arguments *a, struct err *e)
{
    int64_t step;
    if (!refuse_others(a, e) || !eval_cam_level(arguments_text(a, "level", NULL), &v->level, e) ||
        !sheet_asked(v->app, a, &v->format, &v->paper, e) ||
        !app_find_run_step(v->app, arguments_word(a, 0), &v->row, &step, e) ||
        !eval_task_open(&v->task, v->app->store, arguments_text(a, "task", v->row.dataset), e) ||
        !store_dataset_load(v->app->store, v->task.data.dataset.id, STORE_PART_BOXES, &v->boxes, e))
        return false;
    if (!v->boxes.boxes_count)
        return err_set(e, ERR_DATA, "data set %s: has no boxes to compare heatmaps with", v->task.data.dataset.name);
    int channels = pack_channels(v->task.pack), size = (int)arguments_int(a, "size", 0);
    size_t side = (size_t)pack_size(v->task.pack);
    v->heat = malloc(side * side * sizeof *v->heat);
    for (int k = 0; k < ENCODERS; k++) v->test[k] = calloc((size_t)v->task.classes + 1, sizeof *v->test[k]);
    if (!v->heat || !v->test[RUN] || !v->test[RANDOM]) return err_set(e, ERR_MEMORY, "heatmaps: no memory");
    return eval_encoder_run(&v->encoder[RUN], v->app->store, &v->row, step, size, channels, e) &&
           eval_encoder_random(&v->encoder[RANDOM], &v->encoder[RUN].settings, channels, e) && open_cams(v, a, e);
}

static void close_all(struct localising *v)
{
    for (int k = 0; k < ENCODERS; k++) {
        eval_cam_close(&v->cam[k]);
        eval_encoder_close(&v->encoder[k]);
        free(v->test[k]);
    }
    free(v->heat);
    eval_task_close(&v->task);
    store_contents_clear(&v->boxes);
    store_run_clear(&v->row);
}

/* ---- looking ---- */

/* Boxes of a class in an image, into `list`, which has room for all. */
static int boxes_of(const struct localising *v, uint32_t image, int class, struct cam_box *list)
{
    int n = 0;
    for (size_t i = 0; i < v->boxes.boxes_count; i++) {
        const struct store_box *b = &v->boxes.boxes[i];
        if (b->image == image && b->class == class) list[n++] = (struct cam_box){ b->x0, b->y0, b->x1, b->y1 };
    }
    return n;
}

static void count(struct tally *t, const struct cam_agreement *a)
{
    t->images++;
    t->hits += a->hit;
    t->cold += isnan(a->energy);
    t->energy += isnan(a->energy) ? 0 : a->energy; /* without any heat there is none in a box */
    t->area += a->area;
    for (int i = 0; i < CAM_THRESHOLDS; i++) t->iou[i] += a->iou[i];
}

/* What of both encoders' heat is said of one class of one image; classes that one was not taught are left out. */
static bool look(struct localising *v, uint32_t image, int class, const struct cam_box *boxes, int n, bool chooses,
                 struct err *e)
{
    struct cam_agreement a[ENCODERS];
    for (int k = 0; k < ENCODERS; k++) {
        if (!eval_cam_heat(&v->cam[k], image, class, v->level, v->heat, e)) return e->code == ERR_DATA;
        cam_compare(v->heat, pack_size(v->task.pack), boxes, n, &a[k]);
    }
    v->validations += chooses;
    for (int k = 0; k < ENCODERS; k++) {
        for (int i = 0; chooses && i < CAM_THRESHOLDS; i++) v->validation[k][i] += a[k].iou[i];
        if (chooses) continue;
        count(&v->test[k][class], &a[k]);
        for (int i = 0; i < SHARES; i++) v->test[k][class].above[i] += a[k].iou[v->threshold[k]] >= shares[i];
    }
    return true;
}

static bool look_at(struct localising *v, const uint32_t *images, int n, bool choose, struct err *e)
{
    struct cam_box *list = malloc((v->boxes.boxes_count + 1) * sizeof *list);
    bool ok = list || err_set(e, ERR_MEMORY, "heatmaps: no memory");
    for (int i = 0; ok && i < n; i++)
        for (int c = 0; ok && c < v->task.classes; c++) {
            int boxes = boxes_of(v, images[i], c, list);
            ok = !boxes || look(v, images[i], c, list, boxes, choose, e);
            if (boxes && !choose) app_progress(v->app, false, "heatmaps: test image %d of %d", i + 1, n);
        }
    free(list);
    return ok;
}

static void note_few_places(const struct localising *v)
{
    int side = eval_cam_side(v->encoder[RUN].config.model.size, v->level);
    if (side < EVAL_CAM_FEW)
        app_note(v->app, "%s has %d x %d places: an earlier map tells more apart, such as --level map3",
                 level_table[v->level].name, side, side);
}

static bool look_at_all(struct localising *v, struct err *e)
{
    const struct eval_task *t = &v->task;
    if (!look_at(v, t->fit.images + t->train, t->fit.n - t->train, true, e)) return false;
    for (int k = 0; k < ENCODERS; k++) {
        v->threshold[k] = v->validations ? 0 : THRESHOLD_USUAL;
        for (int i = 1; v->validations && i < CAM_THRESHOLDS; i++)
            if (v->validation[k][i] > v->validation[k][v->threshold[k]]) v->threshold[k] = i;
    }
    if (!look_at(v, t->test.images, t->test.n, false, e)) return false;
    int images = 0;
    for (int c = 0; c < t->classes; c++) images += v->test[RUN][c].images;
    return images || err_set(e, ERR_DATA, "data set %s: no test image has a box of a class that was taught",
                             t->data.dataset.name);
}

/* ---- showing ---- */

struct figures {
    double pointing, energy, area, iou, above[SHARES];
};

static struct figures figures_of(const struct localising *v, int encoder, int class)
{
    const struct tally *t = &v->test[encoder][class];
    double n = t->images;
    struct figures f = { t->hits / n, t->energy / n, t->area / n, t->iou[v->threshold[encoder]] / n, { 0 } };
    for (int i = 0; i < SHARES; i++) f.above[i] = t->above[i] / n;
    return f;
}

static const char *encoder_name(const struct localising *v, int encoder)
{
    return encoder == RUN ? v->row.name : "random";
}

static int show_json(const struct localising *v)
{
    json_t *list = json_array();
    for (int c = 0; c < v->task.classes; c++)
        for (int k = 0; v->test[RUN][c].images && k < ENCODERS; k++) {
            struct figures f = figures_of(v, k, c);
            json_array_append_new(
                list,
                json_pack("{s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:i}", "encoder",
                          json_text(encoder_name(v, k)), "class", json_text(v->task.data.classes[c]), "images",
                          v->test[k][c].images, "pointing", json_number(f.pointing), "energy", json_number(f.energy),
                          "box_area", json_number(f.area), "iou", json_number(f.iou), "iou_above_10",
                          json_number(f.above[0]), "iou_above_30", json_number(f.above[1]), "iou_above_50",
                          json_number(f.above[2]), "without_heat", v->test[k][c].cold, "threshold",
                          json_number(cam_threshold(v->threshold[k])), "validation_images", v->validations));
        }
    return app_print_json(v->app, list);
}

static const struct sheet_column columns[] = {
    { "class", "class", SHEET_TEXT, 0 },
    { "encoder", "encoder", SHEET_TEXT, 0 },
    { "images", "images", SHEET_COUNT, 0 },
    { "pointing", "pointing game", SHEET_NUMBER, 3 },
    { "energy", "heat in boxes", SHEET_NUMBER, 3 },
    { "box_area", "area of boxes", SHEET_NUMBER, 3 },
    { "threshold", "threshold", SHEET_NUMBER, 2 },
    { "iou", "IoU", SHEET_NUMBER, 3 },
    { "iou_above_10", "above .1", SHEET_NUMBER, 3 },
    { "iou_above_30", "above .3", SHEET_NUMBER, 3 },
    { "iou_above_50", "above .5", SHEET_NUMBER, 3 },
    { 0 },
};

static bool show_sheet(const struct localising *v, struct err *e)
{
    struct sheet s;
    struct text caption = { 0 };
    text_printf(&caption, "%s, step %lld, on %s: heatmaps and boxes", v->row.name, (long long)v->encoder[RUN].step,
                v->task.data.dataset.name);
    sheet_begin(&s, v->format, columns, text_str(&caption));
    for (int c = 0; c < v->task.classes; c++)
        for (int k = 0; v->test[RUN][c].images && k < ENCODERS; k++) {
            struct figures f = figures_of(v, k, c);
            const double numbers[] = { f.pointing, f.energy,   f.area,     cam_threshold(v->threshold[k]),
                                       f.iou,      f.above[0], f.above[1], f.above[2] };
            sheet_text(&s, v->task.data.classes[c]);
            sheet_text(&s, encoder_name(v, k));
            sheet_count(&s, v->test[k][c].images);
            for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) sheet_number(&s, numbers[i], NAN, NAN);
        }
    bool ok = sheet_end(&s, e);
    if (ok) fputs(text_str(&s.out), stdout);
    sheet_clear(&s);
    text_clear(&caption);
    return ok;
}

static int show_table(const struct localising *v)
{
    app_print("%s (step %lld) on %s: heatmaps at %s and boxes of test images, beside a random encoder's\n\n",
              v->row.name, (long long)v->encoder[RUN].step, v->task.data.dataset.name, level_table[v->level].name);
    app_print("%-24s %7s %15s %15s %6s %15s %15s %15s\n", "class", "images", "pointing game", "heat in boxes", "area",
              "IoU", "IoU above .3", "above .5");
    for (int c = 0; c < v->task.classes; c++) {
        if (!v->test[RUN][c].images) continue;
        struct figures a = figures_of(v, RUN, c), b = figures_of(v, RANDOM, c);
        app_print("%-24s %7d %7.3f %7.3f %7.3f %7.3f %6.3f %7.3f %7.3f %7.3f %7.3f %7.3f %7.3f\n",
                  v->task.data.classes[c], v->test[RUN][c].images, a.pointing, b.pointing, a.energy, b.energy, a.area,
                  a.iou, b.iou, a.above[1], b.above[1], a.above[2], b.above[2]);
    }
    int cold[ENCODERS] = { 0 };
    for (int c = 0; c < v->task.classes; c++)
        for (int k = 0; k < ENCODERS; k++) cold[k] += v->test[k][c].cold;
    if (cold[RUN] || cold[RANDOM])
        app_print("\nno heat at all in %d (random: %d): nothing there speaks for the class\n", cold[RUN], cold[RANDOM]);
    if (v->validations)
        app_print("\nIoU with the heat from %.2f on (random: %.2f), chosen on %d %s of validation images\n",
                  cam_threshold(v->threshold[RUN]), cam_threshold(v->threshold[RANDOM]), v->validations,
                  text_number(v->validations, "box class", "box classes"));
    else
        app_print("\nIoU with the heat from 0.50 on: no validation image has boxes to choose it by\n");
    return 0;
}

int eval_localise(struct app *app, const struct arguments *a)
{
    struct localising v = { .app = app };
    struct err e;
    int status = 0;
    bool ok = open_all(&v, a, &e);
    if (ok) note_few_places(&v);
    ok = ok && look_at_all(&v, &e);
    if (ok && v.paper)
        ok = show_sheet(&v, &e);
    else if (ok)
        status = app->json ? show_json(&v) : show_table(&v);
    if (!ok) status = app_fail(app, &e);
    close_all(&v);
    return status;
}
