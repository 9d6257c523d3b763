#include "app/commands/eval_record.h"

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
enum { DETAIL = 96, TAKE_MILLISECONDS = 250, ROW_BYTES = 400, SCORE_BYTES = 80 };

double eval_record_bytes(const struct eval_task *task, int count)
{
    return (double)count * (ROW_BYTES + SCORE_BYTES * task->classes);
}

/* Rows as the store takes them. */
struct rows {
    struct app *app;
    struct store_evaluation *list;
    struct store_score *scores; /* [count, classes] */
    char (*details)[DETAIL];    /* [count]          */
    size_t count;
    struct store_kept kept;
};

static bool rows_allocate(struct rows *r, size_t count, size_t classes, struct err *e)
{
    r->list = calloc(count + 1, sizeof *r->list);
    r->scores = calloc(count * classes + 1, sizeof *r->scores);
    r->details = calloc(count + 1, sizeof *r->details);
    r->count = count;
    return (r->list && r->scores && r->details) || err_set(e, ERR_MEMORY, "record the figures: no memory");
}

static void rows_free(struct rows *r)
{
    free(r->list);
    free(r->scores);
    free(r->details);
}

static void fill_scores(const struct eval_task *t, const struct eval_result *r, struct store_score *scores)
{
    for (int c = 0; c < t->classes; c++)
        scores[c] = (struct store_score){ .class = c,
                                          .name = t->data.classes[c],
                                          .auc = r->classes[c].auc,
                                          .lo = NAN,
                                          .hi = NAN,
                                          .positives = r->classes[c].positives,
                                          .negatives = r->classes[c].negatives };
}

static void fill(struct rows *rows, size_t i, const struct eval_record *record, const struct eval_result *r)
{
    int classes = record->task->classes;
    struct store_score *scores = rows->scores + i * (size_t)classes;
    char *detail = rows->details[i];
    int used = snprintf(detail, DETAIL, "{\"images\":%d,\"size\":%d", r->images, record->encoder->config.model.size);
    snprintf(detail + used, (size_t)(DETAIL - used), isnan(r->strength) ? "}" : ",\"strength\":%g}", r->strength);
    fill_scores(record->task, r, scores);
    struct store_evaluation *row = &rows->list[i];
    *row = (struct store_evaluation){
        .run_id = record->encoder->run_id,
        .step = record->encoder->step,
        .context = r->gates,
        .fraction = r->percent,
        .seed = r->draw,
        .split = "test",
        .auc_macro = r->macro,
        .detail = detail,
        .created_at = clock_wall(), /* and not when the store takes it */
        .scores = scores,
        .scores_count = (size_t)classes,
    };
    if (!record->own) snprintf(row->init, sizeof row->init, "%s", record->encoder->name);
    snprintf(row->task, sizeof row->task, "%s", record->task->data.dataset.name);
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

bool eval_record(const struct eval_record *record, const struct eval_result *results, int count, struct err *e)
{
    struct rows rows = { .app = record->app };
    struct insist i = { record->app, "the figures", write_seconds, write, keep, &rows };
    bool ok = rows_allocate(&rows, (size_t)count, (size_t)record->task->classes, e);
    for (int k = 0; ok && k < count; k++) fill(&rows, (size_t)k, record, &results[k]);
    ok = ok && insist(&i, e);
    rows_free(&rows);
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
