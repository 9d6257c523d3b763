#include "store/evaluation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "store/database/column.h"
#include "store/leftovers.h"
#include "store/database/rows.h"
#include "store/database/slice.h"

/* The task of an evaluation that is half written (with the time, in seconds, when that began): no name of a data set
 * begins with a dot. */
#define UNFINISHED ".new."

/* Rows left by a killed process are removed at this age, in seconds; before, the process may be working on another
 * machine. */
enum { ABANDONED = 24 * 60 * 60 };

/* ---- writing ----
 *
 * Predictions can be millions, and the figures of one evaluation thousands. They are written in slices to rows that
 * readers do not know; the last transaction takes away what is replaced and gives the rows their task, so that a reader
 * sees the old ones or all of the new ones. */

/* Evaluations that are written together, and become visible at once. */
struct batch {
    const struct store_evaluation *rows; /* of one encoder, step and task */
    size_t count;
    int64_t id;      /* of the newest row                      */
    char hidden[48]; /* the task that they have until then     */
};

static void hide(struct batch *b)
{
    uint64_t random;
    sqlite3_randomness(sizeof random, &random);
    snprintf(b->hidden, sizeof b->hidden, UNFINISHED "%lld.%016llX", (long long)clock_wall(),
             (unsigned long long)random);
}

static bool insert_score(struct store *s, int64_t id, const struct store_score *c, struct err *e)
{
    const double none = NAN,
                 *rest[] = { &c->average_precision, &c->threshold, &c->sensitivity, &c->specificity, &c->f1, &c->brier,
                             &c->calibration };
    for (int i = 0; !c->detailed && i < 7; i++) rest[i] = &none;
    return sql_run(
        s, e,
        "INSERT INTO score(evaluation_id, class, name, auc, lo, hi, positives, negatives, average_precision,"
        " threshold, sensitivity, specificity, f1, brier, calibration) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        BIND(INT(id), INT(c->class), TEXT(c->name ? c->name : ""), REAL(c->auc), REAL(c->lo), REAL(c->hi),
             INT(c->positives), INT(c->negatives), REAL(*rest[0]), REAL(*rest[1]), REAL(*rest[2]), REAL(*rest[3]),
             REAL(*rest[4]), REAL(*rest[5]), REAL(*rest[6])));
}

/* Inserts a row that readers skip, and its scores. */
static bool insert_row(struct store *s, const struct store_evaluation *v, const char *hidden, int64_t *id,
                       struct err *e)
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
                 " auc_macro, detail, created_at, weights, data, settings, size, child_run_id)"
                 " VALUES(?,nullif(?,0),?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
                 " CASE WHEN ?18 THEN nullif(?19,0) ELSE (SELECT id FROM run WHERE id = ?19) END)",
                 BIND(INT(fresh), INT(v->run_id), TEXT(v->init), INT(v->step), TEXT(hidden), TEXT(v->protocol),
                      INT(v->context), REAL(v->fraction), INT(v->seed), TEXT(v->split), REAL(v->auc_macro),
                      TEXT(v->detail), REAL(at), TEXT(v->weights), TEXT(v->data), TEXT(v->settings), INT(v->size),
                      INT(s->bundle), INT(v->child_run_id))))
        return false;
    *id = fresh;
    for (size_t i = 0; i < v->scores_count; i++)
        if (!insert_score(s, fresh, &v->scores[i], e)) return false;
    return true;
}

static bool insert_predictions(struct store *s, struct slice *k, int64_t id, const struct store_evaluation *v,
                               struct err *e)
{
    if (!v->predictions_count) return true;
    sqlite3_stmt *q = sql_select(
        s, e, "INSERT INTO prediction(evaluation_id, image_idx, class_idx, score) VALUES(?,?,?,?)", BIND_NONE);
    bool ok = q != NULL;
    for (size_t i = 0; ok && i < v->predictions_count; i++) {
        const struct store_prediction *p = &v->predictions[i];
        ok = sql_again(s, q, e, BIND(INT(id), INT(p->image), INT(p->class), REAL(p->score))) && slice_go_on(k, 1, e);
    }
    sql_release(s, q);
    return ok;
}

/* Writes all rows in slices, each with its scores and predictions. */
static bool insert_rows(struct store *s, struct batch *b, struct err *e)
{
    struct slice k;
    if (!slice_begin(&k, s, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < b->count; i++)
        ok = insert_row(s, &b->rows[i], b->hidden, &b->id, e) && slice_go_on(&k, 1 + (int)b->rows[i].scores_count, e) &&
             insert_predictions(s, &k, b->id, &b->rows[i], e);
    return slice_end(&k, ok, e);
}

#define COARSE "protocol, context, fraction, seed, split"
#define FIGURE COARSE ", settings, size"
/* Weights that a file of the user gives; those of a run at a step are one. */
#define WEIGHTS "CASE WHEN run_id IS NULL THEN weights ELSE '' END"
#define NEW     " FROM evaluation WHERE run_id IS nullif(?1,0) AND step = ?3 AND task = ?5)"

/* Complete: from here on the new rows are visible, and earlier ones are not. If the batch has one figure twice, the
 * later one counts. A fixed number of statements, so nobody waits long. `*gone`: number of rows whose scores and
 * predictions are left. */
static bool give_task(struct store *s, const struct batch *b, int *gone, struct err *e)
{
    const struct store_evaluation *v = b->rows;
    int changed, doubled, replaced, abandoned;
    if (!slice_lock(s, STORE_FULL, e)) return false;
    bool ok =
        sql_change(s, e, &doubled,
                   "DELETE FROM evaluation WHERE run_id IS nullif(?1,0) AND step = ?2 AND task = ?3 AND id NOT IN"
                   " (SELECT max(id) FROM evaluation WHERE run_id IS nullif(?1,0) AND step = ?2 AND task = ?3"
                   " GROUP BY " FIGURE ", " WEIGHTS ")",
                   BIND(INT(v->run_id), INT(v->step), TEXT(b->hidden))) &&
        sql_change(s, e, &replaced,
                   "DELETE FROM evaluation WHERE run_id IS nullif(?1,0) AND init = ?2 AND step = ?3 AND task = ?4 AND"
                   " ((" FIGURE ", " WEIGHTS ") IN (SELECT " FIGURE ", " WEIGHTS NEW
                   /* what an older version did not tell agrees with everything */
                   " OR (settings = '' AND (" COARSE ") IN (SELECT " COARSE NEW "))",
                   BIND(INT(v->run_id), TEXT(v->init), INT(v->step), TEXT(v->task), TEXT(b->hidden))) &&
        sql_change(s, e, &abandoned,
                   "DELETE FROM evaluation WHERE task GLOB '" UNFINISHED "*' AND CAST(substr(task, 6) AS INTEGER) <= ?",
                   BIND(INT((int64_t)clock_wall() - ABANDONED))) &&
        sql_change(s, e, &changed,
                   "UPDATE evaluation SET task = ?4 WHERE run_id IS nullif(?1,0) AND step = ?2 AND task = ?3",
                   BIND(INT(v->run_id), INT(v->step), TEXT(b->hidden), TEXT(v->task)));
    if (ok) *gone = doubled + replaced + abandoned;
    if (ok && changed + doubled != (int)b->count)
        ok = err_set(e, ERR_CONFLICT, "evaluation on %s: its run was removed or went back meanwhile", v->task);
    return sql_end(s, ok, e);
}

/* Within a larger transaction, which others cannot see into: no slices, and replaced rows are deleted completely. */
static bool insert_within(struct store *s, struct batch *b, struct err *e)
{
    int gone;
    if (!store_begin(s, STORE_FULL, e)) return false;
    return sql_end(s, insert_rows(s, b, e) && give_task(s, b, &gone, e), e);
}

static bool insert(struct store *s, struct batch *b, struct err *e)
{
    int gone = 0;
    hide(b);
    if (s->depth) return insert_within(s, b, e);
    bool ok = insert_rows(s, b, e);
    if (!leftovers_keep(s, true, ok ? e : NULL)) return false;
    ok = ok && give_task(s, b, &gone, e);
    if (!ok) sql_change(s, NULL, &gone, "DELETE FROM evaluation WHERE task = ?", BIND(TEXT(b->hidden)));
    if (!leftovers_keep(s, false, ok ? e : NULL)) return false;
    if (gone) leftovers_sweep(s, NULL); /* what cannot be deleted now is deleted by the next removal */
    return ok;
}

bool store_evaluation_insert(struct store *s, const struct store_evaluation *row,
                             const struct store_prediction *predictions, size_t predictions_count, int64_t *id,
                             struct err *e)
{
    struct store_evaluation whole = *row;
    whole.predictions = predictions;
    whole.predictions_count = predictions_count;
    struct batch b = { .rows = &whole, .count = 1 };
    bool ok = insert(s, &b, e);
    if (ok && id) *id = b.id;
    return ok;
}

bool store_evaluation_insert_all(struct store *s, const struct store_evaluation *rows, size_t count, struct err *e)
{
    struct batch b = { .rows = rows, .count = count };
    return !count || insert(s, &b, e);
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
    double *const rest[] = { &score->average_precision, &score->threshold, &score->sensitivity,
                             &score->specificity,       &score->f1,        &score->brier,
                             &score->calibration };
    for (int i = 0; i < 7; i++) {
        *rest[i] = column_number(&c, 7 + i);
        score->detailed = score->detailed || !isnan(*rest[i]);
    }
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
                                   "SELECT class, name, auc, lo, hi, positives, negatives, average_precision,"
                                   " threshold, sensitivity, specificity, f1, brier, calibration FROM score"
                                   " WHERE evaluation_id = ? ORDER BY class",
                                   BIND(INT(v->id))),
                        &reader, e);
    v->scores = rows;
    return ok;
}

static void clear_scores(struct store_evaluation *row)
{
    for (size_t k = 0; k < row->scores_count; k++) free((void *)(uintptr_t)row->scores[k].name);
    free((void *)(uintptr_t)row->scores);
    row->scores = NULL;
    row->scores_count = 0;
}

/* `context`: whether its scores are only checked, and not kept. */
static bool read_row(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    const bool *bare = context;
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
    column_name(&c, 13, v->weights, sizeof v->weights);
    column_name(&c, 14, v->data, sizeof v->data);
    column_name(&c, 15, v->settings, sizeof v->settings);
    v->size = column_integer(&c, 16, 0, INT32_MAX);
    v->child_run_id = column_integer_or(&c, 17, 1, INT64_MAX, 0);
    bool ok = column_end(&c) && read_scores(s, v, e);
    if (!ok || *bare) clear_scores(v);
    if (!ok) free(v->detail);
    return ok;
}

static bool read_rows(struct store *s, int64_t run, const struct store_cursor *behind, const struct row_reader *reader,
                      struct err *e)
{
    return rows_read(s,
                     sql_select(s, e,
                                "SELECT id, run_id, init, step, task, protocol, context, fraction, seed, split,"
                                " auc_macro, detail, created_at, weights, data, settings, size,"
                                " CASE WHEN ?3 THEN child_run_id ELSE (SELECT id FROM run WHERE id = child_run_id) END"
                                " AS child_run_id"
                                " FROM evaluation WHERE " EVALUATION_VISIBLE
                                " AND (?1 < 0 OR run_id IS nullif(?1, 0)) AND id > coalesce(?2, -9e999) ORDER BY id",
                                BIND(INT(run), ROWS_BEHIND(behind), INT(s->bundle))),
                     reader, e);
}

bool store_evaluation_list(struct store *s, int64_t run, struct store_evaluations *out, struct err *e)
{
    static const struct store_cursor start = { 0 };
    *out = (struct store_evaluations){ 0 };
    bool bare = false;
    struct row_reader reader = ROW_LIST(out, read_row, false);
    reader.context = &bare;
    if (read_rows(s, run, &start, &reader, e)) return true;
    store_evaluations_clear(out);
    return false;
}

bool store_evaluation_page(struct store *s, int64_t run, struct store_cursor *at, struct store_evaluations *out,
                           struct err *e)
{
    *out = (struct store_evaluations){ 0 };
    bool bare = true;
    struct row_reader reader = ROW_PAGE(out, read_row, at, 0);
    reader.context = &bare;
    if (read_rows(s, run, at, &reader, e)) return true;
    store_evaluations_clear(out);
    return false;
}

void store_evaluations_clear(struct store_evaluations *v)
{
    for (size_t i = 0; i < v->count; i++) {
        clear_scores(&v->rows[i]);
        free(v->rows[i].detail);
    }
    free(v->rows);
    *v = (struct store_evaluations){ 0 };
}

static bool read_prediction(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    const int64_t *evaluation = context;
    struct store_prediction *p = out;
    struct columns c = column_begin(s, q, "prediction", *evaluation, e);
    p->image = (int32_t)column_integer(&c, 0, 0, INT32_MAX);
    p->class = (int32_t)column_integer(&c, 1, 0, INT32_MAX);
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

/* ---- a store that would grow without end ---- */

enum { PREDICTION_BYTES = 8 }; /* of one, at the least: as many bytes in the file may be one too many */

/* The oldest evaluation that has any, and how many; 0 where there is none. */
static bool oldest_predictions(struct store *s, int64_t *evaluation, struct err *e)
{
    return sql_integer(s, e, evaluation, 0, "SELECT min(evaluation_id) FROM prediction", BIND_NONE);
}

static bool forget_slice(struct store *s, void *ctx, int64_t size, bool *done, struct err *e)
{
    const int64_t *evaluation = ctx;
    int gone;
    if (!sql_change(
            s, e, &gone,
            "DELETE FROM prediction WHERE evaluation_id = ?1 AND image_idx <= (SELECT max(image_idx) FROM (SELECT"
            " image_idx FROM prediction WHERE evaluation_id = ?1 ORDER BY image_idx LIMIT ?2))",
            BIND(INT(*evaluation), INT(size))))
        return false;
    *done = !gone;
    return true;
}

bool store_prediction_bound(struct store *s, int64_t most, size_t *forgotten, struct err *e)
{
    int64_t pages, size, all, evaluation, own;
    *forgotten = 0;
    /* counting takes long where there are many, and is needless in a small file */
    if (!sql_integer(s, e, &pages, 0, "PRAGMA page_count", BIND_NONE) ||
        !sql_integer(s, e, &size, 0, "PRAGMA page_size", BIND_NONE))
        return false;
    if (pages * size / PREDICTION_BYTES <= most) return true;
    if (!sql_integer(s, e, &all, 0, "SELECT count(*) FROM prediction", BIND_NONE)) return false;
    for (int64_t left = all; all > most && left > most / 4 * 3; left -= own, ++*forgotten)
        if (!oldest_predictions(s, &evaluation, e) ||
            !sql_integer(s, e, &own, 0, "SELECT count(*) FROM prediction WHERE evaluation_id = ?",
                         BIND(INT(evaluation))) ||
            !slice_run(s, forget_slice, &evaluation, e))
            return false;
    return true;
}
