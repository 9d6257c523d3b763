#include "store/evaluation.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "store/column.h"
#include "store/leftovers.h"
#include "store/rows.h"
#include "store/slice.h"

/* The task of an evaluation that is half written (with the time, in seconds, when that began): no name of a data set
 * begins with a dot. */
#define UNFINISHED ".new."

/* What a kill left is taken away when it is that old, in seconds: before, it may be at work on another machine. */
enum { ABANDONED = 24 * 60 * 60 };

/* ---- writing ----
 *
 * Predictions can be millions. They are written in slices to a row that readers do not know; the last transaction takes
 * away what is replaced and gives the row its task, so that a reader sees the old one or all of the new one. */

/* The row, which readers do not know yet, and its scores. */
static bool insert_row(struct store *s, const struct store_evaluation *v, int64_t *id, struct err *e)
{
    double at = v->created_at > 0 ? v->created_at : clock_wall();
    int64_t fresh; /* above the leftovers of removed ones (leftovers.h), which would be taken for its own */
    if (!sql_integer(s, e, &fresh, 1,
                     "SELECT 1 + max(coalesce((SELECT max(id) FROM evaluation), 0),"
                     " coalesce((SELECT max(evaluation_id) FROM score), 0),"
                     " coalesce((SELECT max(evaluation_id) FROM prediction), 0))",
                     BIND_NONE) ||
        !sql_run(s, e,
                 "INSERT INTO evaluation(id, run_id, init, step, task, protocol, context, fraction, seed, split,"
                 " auc_macro, detail, created_at) VALUES(?,nullif(?,0),?,?,'" UNFINISHED
                 "' || ? || '.' || hex(randomblob(8)),?,?,?,?,?,?,?,?)",
                 BIND(INT(fresh), INT(v->run_id), TEXT(v->init), INT(v->step), INT((int64_t)clock_wall()),
                      TEXT(v->protocol), INT(v->context), REAL(v->fraction), INT(v->seed), TEXT(v->split),
                      REAL(v->auc_macro), TEXT(v->detail), REAL(at))))
        return false;
    *id = fresh;
    for (size_t i = 0; i < v->scores_count; i++) {
        const struct store_score *c = &v->scores[i];
        if (!sql_run(s, e,
                     "INSERT INTO score(evaluation_id, class, name, auc, lo, hi, positives, negatives)"
                     " VALUES(?,?,?,?,?,?,?,?)",
                     BIND(INT(*id), INT(c->class), TEXT(c->name ? c->name : ""), REAL(c->auc), REAL(c->lo), REAL(c->hi),
                          INT(c->positives), INT(c->negatives))))
            return false;
    }
    return true;
}

static bool insert_predictions(struct store *s, int64_t id, const struct store_prediction *p, size_t n, struct err *e)
{
    struct slice k;
    if (!n) return true;
    if (!slice_begin(&k, s, e)) return false;
    sqlite3_stmt *q = sql_select(
        s, e, "INSERT INTO prediction(evaluation_id, image_idx, class_idx, score) VALUES(?,?,?,?)", BIND_NONE);
    bool ok = q != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = sql_again(s, q, e, BIND(INT(id), INT(p[i].image), INT(p[i].class), REAL(p[i].score))) &&
             slice_go_on(&k, 1, e);
    sql_release(s, q);
    return slice_end(&k, ok, e);
}

/* Whole: from here on it is there, and an earlier one is not. `*gone`: rows whose predictions are left. */
static bool give_task(struct store *s, const struct store_evaluation *v, int64_t id, int *gone, struct err *e)
{
    int changed, abandoned;
    if (!slice_lock(s, STORE_FULL, e)) return false;
    bool ok =
        sql_change(s, e, gone,
                   "DELETE FROM evaluation WHERE run_id IS nullif(?,0) AND init = ? AND step = ? AND task = ?"
                   " AND protocol = ? AND context = ? AND fraction = ? AND seed = ? AND split = ?",
                   BIND(INT(v->run_id), TEXT(v->init), INT(v->step), TEXT(v->task), TEXT(v->protocol), INT(v->context),
                        REAL(v->fraction), INT(v->seed), TEXT(v->split))) &&
        sql_change(s, e, &abandoned,
                   "DELETE FROM evaluation WHERE task GLOB '" UNFINISHED "*' AND CAST(substr(task, 6) AS INTEGER) <= ?",
                   BIND(INT((int64_t)clock_wall() - ABANDONED))) &&
        sql_change(s, e, &changed, "UPDATE evaluation SET task = ? WHERE id = ?", BIND(TEXT(v->task), INT(id)));
    if (ok) *gone += abandoned;
    if (ok && changed != 1)
        ok = err_set(e, ERR_CONFLICT, "evaluation on %s: its run was removed or went back meanwhile", v->task);
    return sql_end(s, ok, e);
}

/* In a larger transaction, which nobody else sees into: no slices, and what is replaced goes with all that it had. */
static bool insert_within(struct store *s, const struct store_evaluation *row, const struct store_prediction *p,
                          size_t n, int64_t *id, struct err *e)
{
    int gone;
    if (!store_begin(s, STORE_FULL, e)) return false;
    return sql_end(
        s, insert_row(s, row, id, e) && insert_predictions(s, *id, p, n, e) && give_task(s, row, *id, &gone, e), e);
}

bool store_evaluation_insert(struct store *s, const struct store_evaluation *row,
                             const struct store_prediction *predictions, size_t predictions_count, int64_t *id,
                             struct err *e)
{
    int64_t own;
    int gone = 0;
    if (!id) id = &own;
    if (s->depth) return insert_within(s, row, predictions, predictions_count, id, e);
    if (!slice_lock(s, STORE_NORMAL, e) || !sql_end(s, insert_row(s, row, id, e), e)) return false;
    bool ok = insert_predictions(s, *id, predictions, predictions_count, e);
    if (!leftovers_keep(s, true, ok ? e : NULL)) return false;
    ok = ok && give_task(s, row, *id, &gone, e);
    if (!ok) sql_change(s, NULL, &gone, "DELETE FROM evaluation WHERE id = ?", BIND(INT(*id)));
    if (!leftovers_keep(s, false, ok ? e : NULL)) return false;
    if (gone) leftovers_sweep(s, NULL); /* what cannot go now goes with the next removal */
    return ok;
}

/* ---- reading ---- */

static bool read_score(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    const int64_t *evaluation = context;
    struct store_score *score = out;
    struct columns c = column_begin(s, q, "score", *evaluation, e);
    score->class = column_integer(&c, 0, 0, INT32_MAX);
    char *name = column_text(&c, 1, COLUMN_LINE);
    score->name = name;
    score->auc = column_number(&c, 2);
    score->lo = column_number(&c, 3);
    score->hi = column_number(&c, 4);
    score->positives = column_integer(&c, 5, 0, INT32_MAX);
    score->negatives = column_integer(&c, 6, 0, INT32_MAX);
    if (column_end(&c)) return true;
    free(name);
    return false;
}

static bool read_scores(struct store *s, struct store_evaluation *v, struct err *e)
{
    struct store_score *rows = NULL;
    const struct row_reader reader = {
        .read = read_score, .context = &v->id, .rows = &rows, .count = &v->scores_count, .size = sizeof *rows
    };
    bool ok = rows_read(s,
                        sql_select(s, e,
                                   "SELECT class, name, auc, lo, hi, positives, negatives FROM score"
                                   " WHERE evaluation_id = ? ORDER BY class",
                                   BIND(INT(v->id))),
                        &reader, e);
    v->scores = rows;
    return ok;
}

static void clear_row(struct store_evaluation *row)
{
    for (size_t k = 0; k < row->scores_count; k++) free((void *)(uintptr_t)row->scores[k].name);
    free((void *)(uintptr_t)row->scores);
    free(row->detail);
}

static bool read_row(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    (void)context;
    struct store_evaluation *v = out;
    v->id = sqlite3_column_int64(q, 0);
    struct columns c = column_begin(s, q, "evaluation", v->id, e);
    v->run_id = column_integer_or(&c, 1, 1, INT64_MAX, 0);
    column_word(&c, 2, v->init, sizeof v->init);
    v->step = column_step(&c, 3);
    column_name(&c, 4, v->task, sizeof v->task);
    column_name(&c, 5, v->protocol, sizeof v->protocol);
    v->context = column_bool(&c, 6);
    v->fraction = column_real(&c, 7, 0, 100);
    v->seed = column_integer(&c, 8, INT64_MIN, INT64_MAX);
    column_name(&c, 9, v->split, sizeof v->split);
    v->auc_macro = column_number(&c, 10);
    if (sqlite3_column_type(q, 11) != SQLITE_NULL) v->detail = column_text(&c, 11, COLUMN_LONG);
    v->created_at = column_time(&c, 12);
    if (column_end(&c) && read_scores(s, v, e)) return true;
    clear_row(v);
    return false;
}

static bool read_list(struct store *s, int64_t run, bool lenient, struct store_evaluations *out, struct err *e)
{
    *out = (struct store_evaluations){ 0 };
    sqlite3_stmt *q =
        sql_select(s, e,
                   "SELECT id, run_id, init, step, task, protocol, context, fraction, seed, split, auc_macro,"
                   " detail, created_at FROM evaluation WHERE " EVALUATION_VISIBLE
                   " AND (?1 < 0 OR run_id IS nullif(?1, 0)) ORDER BY id",
                   BIND(INT(run)));
    const struct row_reader reader = { .read = read_row,
                                       .rows = &out->rows,
                                       .count = &out->count,
                                       .size = sizeof *out->rows,
                                       .unreadable = lenient ? &out->unreadable : NULL,
                                       .why = &out->why };
    if (rows_read(s, q, &reader, e)) return true;
    store_evaluations_clear(out);
    return false;
}

bool store_evaluation_list(struct store *s, int64_t run, struct store_evaluations *out, struct err *e)
{
    return read_list(s, run, false, out, e);
}

bool store_evaluation_list_readable(struct store *s, int64_t run, struct store_evaluations *out, struct err *e)
{
    return read_list(s, run, true, out, e);
}

void store_evaluations_clear(struct store_evaluations *v)
{
    for (size_t i = 0; i < v->count; i++) clear_row(&v->rows[i]);
    free(v->rows);
    *v = (struct store_evaluations){ 0 };
}

static bool read_prediction(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    const int64_t *evaluation = context;
    struct store_prediction *p = out;
    struct columns c = column_begin(s, q, "prediction", *evaluation, e);
    p->image = column_integer(&c, 0, 0, INT32_MAX);
    p->class = column_integer(&c, 1, 0, INT32_MAX);
    p->score = column_number(&c, 2);
    return column_end(&c);
}

bool store_prediction_read(struct store *s, int64_t evaluation, struct store_prediction **out, size_t *count,
                           struct err *e)
{
    *out = NULL;
    *count = 0;
    sqlite3_stmt *q = sql_select(s, e,
                                 "SELECT image_idx, class_idx, score FROM prediction WHERE evaluation_id = ?"
                                 " ORDER BY image_idx, class_idx",
                                 BIND(INT(evaluation)));
    const struct row_reader reader = {
        .read = read_prediction, .context = &evaluation, .rows = out, .count = count, .size = sizeof **out
    };
    if (rows_read(s, q, &reader, e)) return true;
    free(*out);
    *out = NULL;
    *count = 0;
    return false;
}
