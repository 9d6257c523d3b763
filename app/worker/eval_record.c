#include "app/worker/eval_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/insist.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/evaluation.h"
#include "store/kept.h"

static const double write_seconds = 60; /* that the store is asked, once the figures lie beside it */
enum { DETAIL = 512, TAKE_MILLISECONDS = 250, ROW_BYTES = 600, SCORE_BYTES = 80, PREDICTION_BYTES = 24 };

double eval_record_bytes(const struct eval_task *task, int count)
{
    double images = task->test.n + task->fit.n - task->train;
    return (double)count * (ROW_BYTES + (SCORE_BYTES + PREDICTION_BYTES * images) * task->classes);
}

/* Rows as the store takes them. */
struct rows {
    struct app *app;
    struct store_evaluation *list;
    struct store_score *scores;           /* [count, classes] */
    char (*details)[DETAIL];              /* [count]          */
    struct store_prediction *predictions; /* of all rows, one after another */
    size_t count, predictions_count;
    struct store_kept kept;
};

/* Predictions of one result that has any. */
static size_t predictions_of(const struct eval_task *t)
{
    return (size_t)(t->test.n + t->fit.n - t->train) * (size_t)t->classes;
}

static bool rows_allocate(struct rows *r, const struct eval_task *t, const struct eval_result *results, size_t count,
                          struct err *e)
{
    size_t classes = (size_t)t->classes, whole = 0;
    for (size_t i = 0; i < count; i++) whole += results[i].test != NULL;
    r->predictions = malloc(whole * predictions_of(t) * sizeof *r->predictions + 1);
    r->list = calloc(count + 1, sizeof *r->list);
    r->scores = calloc(count * classes + 1, sizeof *r->scores);
    r->details = calloc(count + 1, sizeof *r->details);
    r->count = count;
    return (r->list && r->scores && r->details && r->predictions) ||
           err_set(e, ERR_MEMORY, "record the figures: no memory");
}

static void rows_free(struct rows *r)
{
    free(r->list);
    free(r->scores);
    free(r->details);
    free(r->predictions);
}

static void fill_scores(const struct eval_task *t, const struct eval_result *r, struct store_score *scores)
{
    for (int c = 0; c < t->classes; c++)
        scores[c] = (struct store_score){ .class = c,
                                          .name = t->data.classes[c],
                                          .auc = r->classes[c].auc,
                                          .lo = eval_interval(&r->details[c])->lo,
                                          .hi = eval_interval(&r->details[c])->hi,
                                          .positives = r->classes[c].positives,
                                          .negatives = r->classes[c].negatives,
                                          .detailed = true,
                                          .average_precision = r->details[c].at.average_precision,
                                          .threshold = r->details[c].threshold,
                                          .sensitivity = r->details[c].at.sensitivity,
                                          .specificity = r->details[c].at.specificity,
                                          .f1 = r->details[c].at.f1,
                                          .brier = r->details[c].at.brier,
                                          .calibration = r->details[c].at.calibration };
}

/* `n` images of a subset and what they got, put behind the others. */
static void put_predictions(struct rows *rows, const uint32_t *images, int n, int classes, const double *scores)
{
    for (int i = 0; i < n; i++)
        for (int c = 0; c < classes; c++)
            rows->predictions[rows->predictions_count++] =
                (struct store_prediction){ (int32_t)images[i], c, scores[(size_t)i * (size_t)classes + (size_t)c] };
}

static void fill_predictions(struct rows *rows, const struct eval_task *t, const struct eval_result *r,
                             struct store_evaluation *row)
{
    if (!r->test) return; /* all labels: those of the first draw */
    row->predictions = rows->predictions + rows->predictions_count;
    put_predictions(rows, t->fit.images + t->train, t->fit.n - t->train, t->classes, r->validation);
    put_predictions(rows, t->test.images, t->test.n, t->classes, r->test);
    row->predictions_count = predictions_of(t);
}

/* JSON of what has no column. The digest tells whether indices of images still mean the same. */
static void fill_detail(char *detail, const struct eval_record *record, const struct eval_result *r)
{
    int used = snprintf(detail, DETAIL, "{\"images\":%d,\"size\":%d,\"digest\":\"%s\"", r->images,
                        record->encoder->config.model.size, record->task->data.dataset.digest);
    if (!isnan(r->interval.lo))
        used += snprintf(detail + used, (size_t)(DETAIL - used), ",\"lo\":%.6f,\"hi\":%.6f", r->interval.lo,
                         r->interval.hi);
    if (!isnan(r->strength)) used += snprintf(detail + used, (size_t)(DETAIL - used), ",\"strength\":%g", r->strength);
    if (r->child) used += snprintf(detail + used, (size_t)(DETAIL - used), ",\"rate\":%g", r->rate);
    if (*r->rates)
        used += snprintf(detail + used, (size_t)(DETAIL - used), ",\"rates\":\"%s\",\"batch\":%d", r->rates, r->batch);
    snprintf(detail + used, (size_t)(DETAIL - used), "}");
}

static void fill(struct rows *rows, size_t i, const struct eval_record *record, const struct eval_result *r)
{
    int classes = record->task->classes;
    struct store_score *scores = rows->scores + i * (size_t)classes;
    char *detail = rows->details[i];
    fill_detail(detail, record, r);
    fill_scores(record->task, r, scores);
    struct store_evaluation *row = &rows->list[i];
    *row = (struct store_evaluation){
        .run_id = record->encoder->run_id,
        .step = record->encoder->step,
        .context = r->gates,
        .fraction = r->percent,
        .seed = r->draw,
        .split = "test",
        .size = record->encoder->config.model.size,
        .child_run_id = r->child,
        .auc_macro = r->macro,
        .detail = detail,
        .created_at = clock_wall(), /* and not when the store takes it */
        .scores = scores,
        .scores_count = (size_t)classes,
    };
    fill_predictions(rows, record->task, r, row);
    if (!record->own) snprintf(row->init, sizeof row->init, "%s", record->encoder->name);
    snprintf(row->task, sizeof row->task, "%s", record->task->data.dataset.name);
    snprintf(row->weights, sizeof row->weights, "%s", record->encoder->weights);
    snprintf(row->data, sizeof row->data, "%s", record->task->data.dataset.digest);
    snprintf(row->settings, sizeof row->settings, "%s", r->settings);
    snprintf(row->protocol, sizeof row->protocol, "%s", protocol_names[r->protocol]);
}

static bool write(void *ctx, struct err *e)
{
    struct rows *r = ctx;
    if (!store_evaluation_insert_all(r->app->store, r->list, r->count, e)) return false;
    store_kept_drop(r->app->store, &r->kept);
    return true;
}

static const char *keep(void *ctx, struct err *e)
{
    struct rows *r = ctx;
    return store_kept_write(r->app->store, &r->kept, r->list, r->count, e) ? r->kept.path : NULL;
}

/* What cannot be forgotten now is at the next evaluation. */
static void bound_predictions(struct app *app)
{
    size_t forgotten;
    struct err why;
    if (store_prediction_bound(app->store, STORE_PREDICTIONS_MOST, &forgotten, &why) && forgotten)
        app_note(app, "predictions of the oldest %zu %s were removed: the store keeps %d", forgotten,
                 text_number(forgotten, "evaluation", "evaluations"), STORE_PREDICTIONS_MOST);
}

bool eval_record(const struct eval_record *record, const struct eval_result *results, int count, struct err *e)
{
    struct rows rows = { .app = record->app };
    struct insist i = { record->app, "the figures", write_seconds, write, keep, &rows };
    bool ok = rows_allocate(&rows, record->task, results, (size_t)count, e);
    for (int k = 0; ok && k < count; k++) fill(&rows, (size_t)k, record, &results[k]);
    ok = ok && insist(&i, e);
    rows_free(&rows);
    if (ok) bound_predictions(record->app);
    return ok;
}

void eval_record_earlier(struct app *app)
{
    size_t taken, left;
    struct err why;
    store_set_lock_timeout(app->store, TAKE_MILLISECONDS); /* they can wait, this evaluation need not */
    store_kept_take(app->store, &taken, &left, &why);
    store_set_lock_timeout(app->store, STORE_LOCK_TIMEOUT);
    if (taken)
        app_note(app, "figures that %zu earlier %s could not record are in the store now", taken,
                 text_number(taken, "evaluation", "evaluations"));
    if (left)
        app_note(app, "figures that %zu earlier %s could not record stay where they are: %s", left,
                 text_number(left, "evaluation", "evaluations"), why.msg);
}
