/* Names of metrics, batches of points, and reading points back. */
#include "store/metric.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/database/column.h"
#include "store/database/schema.h"
#include "store/rollup.h"
#include "store/database/rows.h"

enum { METRICS_MOST = 4096 }; /* a table of values by step has at most as many columns */

/* ---- names ---- */

static bool read_metric(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    const size_t *before = context;
    struct store_metric *m = out;
    if (*before >= METRICS_MOST)
        return err_set(e, ERR_FORMAT, "store %s: more than %d metrics; restore a copy of the store", s->dir,
                       METRICS_MOST);
    m->id = sqlite3_column_int64(q, 0);
    struct columns c = column_begin(s, q, "metric", m->id, e);
    column_name(&c, 1, m->name, sizeof m->name);
    column_name(&c, 2, m->unit, sizeof m->unit);
    m->help = column_text(&c, 3, COLUMN_LINE); /* NULL if anything before it failed */
    return column_end(&c);
}

bool store_metric_list(struct store *s, int64_t run, struct store_metrics *out, struct err *e)
{
    *out = (struct store_metrics){ 0 };
    sqlite3_stmt *q = sql_select(s, e,
                                 "SELECT id, name, unit, help FROM metric WHERE ?1 = 0 OR"
                                 " (?1 > 0 AND EXISTS(SELECT 1 FROM point WHERE run_id = ?1 AND metric_id = metric.id))"
                                 " OR (?1 < 0 AND EXISTS(SELECT 1 FROM run WHERE EXISTS(SELECT 1 FROM point"
                                 "  WHERE run_id = run.id AND metric_id = metric.id))) ORDER BY id",
                                 BIND(INT(run)));
    const struct row_reader reader = {
        .read = read_metric, .context = &out->count, .rows = &out->rows, .count = &out->count, .size = sizeof *out->rows
    };
    if (rows_read(s, q, &reader, e)) return true;
    store_metrics_clear(out);
    return false;
}

void store_metrics_clear(struct store_metrics *m)
{
    for (size_t i = 0; i < m->count; i++) free(m->rows[i].help);
    free(m->rows);
    *m = (struct store_metrics){ 0 };
}

static bool known(const struct store *s, const char *name, int64_t *id)
{
    for (size_t i = 0; i < s->metric_count; i++) {
        if (strcmp(s->metrics[i].name, name)) continue;
        *id = s->metrics[i].id;
        return true;
    }
    return false;
}

static bool read_name(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    (void)context;
    struct metric_name *m = out;
    m->id = sqlite3_column_int64(q, 0);
    struct columns c = column_begin(s, q, "metric", m->id, e);
    column_name(&c, 1, m->name, sizeof m->name);
    return column_end(&c);
}

static bool read_names(struct store *s, struct err *e)
{
    struct metric_name *names = NULL;
    size_t count = 0;
    const struct row_reader reader = { .read = read_name, .rows = &names, .count = &count, .size = sizeof *names };
    if (!rows_read(s, sql_select(s, e, "SELECT id, name FROM metric ORDER BY id", BIND_NONE), &reader, e)) {
        free(names); /* known ids stay valid: ids that were handed out are written under these names */
        return false;
    }
    free(s->metrics);
    s->metrics = names;
    s->metric_count = count;
    if (s->depth == 0) s->metrics_kept = count;
    return true;
}

bool store_metric_id(struct store *s, const char *name, int64_t *id, struct err *e)
{
    if (known(s, name, id)) return true;
    if (!read_names(s, e)) return false;
    if (known(s, name, id)) return true;
    if (!*name || strlen(name) >= sizeof s->metrics->name) return err_set(e, ERR_USAGE, "metric %s: not a name", name);
    if (s->read_only) return err_set(e, ERR_NOT_FOUND, "metric %s: there is none", name);
    if (!store_begin(s, STORE_NORMAL, e)) return false;
    if (!sql_end(s, sql_run(s, e, "INSERT OR IGNORE INTO metric(name, unit, help) VALUES(?,'','')", BIND(TEXT(name))),
                 e))
        return false;
    return read_names(s, e) && (known(s, name, id) || err_set(e, ERR_NOT_FOUND, "metric %s: there is none", name));
}

bool store_metric_learn(struct store *s, const struct store_metric_text *rows, size_t count, struct err *e)
{
    if (!store_begin(s, STORE_NORMAL, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = *rows[i].name && strlen(rows[i].name) < sizeof s->metrics->name
                 ? metric_renew(s, rows[i].name, rows[i].unit, rows[i].help, e)
                 : err_set(e, ERR_USAGE, "metric %s: not a name", rows[i].name);
    }
    return sql_end(s, ok, e);
}

/* ---- writing ---- */

void store_batch_add(struct store_batch *b, int64_t metric, int64_t step, double value)
{
    if (b->count == b->room) {
        size_t room = b->room ? 2 * b->room : 256;
        struct store_point *rows = realloc(b->rows, room * sizeof *rows);
        if (!rows) {
            b->broken = true;
            err_set(&b->why, ERR_MEMORY, "no memory to gather the numbers of a run");
            return;
        }
        b->rows = rows;
        b->room = room;
    }
    b->rows[b->count++] = (struct store_point){ metric, step, value };
}

void store_batch_name(struct store_batch *b, struct store *s, const char *metric, int64_t step, double value)
{
    int64_t id;
    if (store_metric_id(s, metric, &id, &b->why))
        store_batch_add(b, id, step, value);
    else
        b->broken = true;
}

void store_batch_reset(struct store_batch *b)
{
    b->count = 0;
    b->broken = false;
}

void store_batch_clear(struct store_batch *b)
{
    free(b->rows);
    *b = (struct store_batch){ 0 };
}

static int by_metric_and_step(const void *a, const void *b)
{
    const struct store_point *x = a, *y = b;
    if (x->metric != y->metric) return x->metric < y->metric ? -1 : 1;
    return (x->step > y->step) - (x->step < y->step);
}

static bool append(struct store *s, int64_t run, const struct store_batch *b, struct store_point *sorted, struct err *e)
{
    sqlite3_stmt *q =
        sql_select(s, e, "INSERT OR REPLACE INTO point(run_id, metric_id, step, value) VALUES(?,?,?,?)", BIND_NONE);
    if (!q) return false;
    bool ok = true;
    /* in the given order: of two values at one step the later counts */
    for (size_t i = 0; i < b->count && ok; i++)
        ok = sql_again(s, q, e, BIND(INT(run), INT(b->rows[i].metric), INT(b->rows[i].step), REAL(b->rows[i].value)));
    sql_release(s, q);
    memcpy(sorted, b->rows, b->count * sizeof *sorted);
    qsort(sorted, b->count, sizeof *sorted, by_metric_and_step);
    for (size_t i = 0; i < b->count && ok && !s->bundle;) {
        size_t n = 1;
        while (i + n < b->count && sorted[i + n].metric == sorted[i].metric) n++;
        ok = rollup_mend(s, run, sorted + i, n, e);
        i += n;
    }
    return ok;
}

bool store_points_append(struct store *s, int64_t run, const struct store_batch *b, struct err *e)
{
    if (b->broken) return err_set(e, b->why.code, "run %lld: %s", (long long)run, b->why.msg);
    if (!b->count) return true;
    for (size_t i = 0; i < b->count; i++)
        if (b->rows[i].step < 0 || b->rows[i].step > STORE_STEP_MOST)
            return err_set(e, ERR_INTERNAL, "run %lld: a point at %s step %lld", (long long)run,
                           b->rows[i].step < 0 ? "a negative" : "an absurd", (long long)b->rows[i].step);
    struct store_point *sorted = malloc(b->count * sizeof *sorted);
    if (!sorted) return err_set(e, ERR_MEMORY, "run %lld: no memory to write its numbers", (long long)run);
    bool ok = store_begin(s, STORE_NORMAL, e) && sql_end(s, append(s, run, b, sorted, e), e);
    free(sorted);
    return ok;
}

/* ---- reading ---- */

struct point_reader {
    int64_t run, metric;
    int64_t least; /* smallest next step: a table whose pages refer to each other would return rows again and again */
};

static bool read_point(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    struct point_reader *k = context;
    struct store_point *p = out;
    struct columns c = column_begin(s, q, "point", k->run, e);
    p->metric = k->metric;
    p->step = column_integer(&c, 0, k->least, STORE_STEP_MOST);
    p->value = column_number(&c, 1);
    k->least = p->step + 1;
    return column_end(&c);
}

bool store_points_piece(struct store *s, int64_t run, int64_t metric, int64_t first, int64_t last, int64_t most,
                        struct store_points *out, struct err *e)
{
    struct point_reader k = { .run = run, .metric = metric, .least = first < 0 ? 0 : first };
    const struct row_reader reader = {
        .read = read_point, .context = &k, .rows = &out->rows, .count = &out->count, .size = sizeof *out->rows
    };
    *out = (struct store_points){ 0 };
    sqlite3_stmt *q =
        sql_select(s, e,
                   "SELECT step, value FROM point WHERE run_id = ? AND metric_id = ? AND step BETWEEN ? AND ?"
                   " ORDER BY step LIMIT ?",
                   BIND(INT(run), INT(metric), INT(first), INT(last), INT(most)));
    if (rows_read(s, q, &reader, e)) return true;
    store_points_clear(out);
    return false;
}

bool store_points_read(struct store *s, int64_t run, int64_t metric, int64_t first, int64_t last,
                       struct store_points *out, struct err *e)
{
    return store_points_piece(s, run, metric, first, last, -1, out, e);
}

void store_points_clear(struct store_points *p)
{
    free(p->rows);
    *p = (struct store_points){ 0 };
}

bool store_points_span(struct store *s, int64_t run, int64_t metric, int64_t *first, int64_t *last, bool *any,
                       struct err *e)
{
    *any = false;
    *first = *last = 0;
    sqlite3_stmt *q =
        sql_select(s, e,
                   "SELECT min((SELECT min(step) FROM point WHERE run_id = ?1 AND metric_id = metric.id)) AS step,"
                   " max((SELECT max(step) FROM point WHERE run_id = ?1 AND metric_id = metric.id)) AS step"
                   " FROM metric WHERE ?2 IN (0, id)",
                   BIND(INT(run), INT(metric)));
    if (!q) return false;
    enum sql_result r = sql_step(s, q, e);
    if (r != SQL_ROW) return r == SQL_END;
    struct columns c = column_begin(s, q, "point", run, e);
    *first = column_integer_or(&c, 0, 0, STORE_STEP_MOST, 0);
    *last = column_integer_or(&c, 1, 0, STORE_STEP_MOST, 0);
    *any = column_end(&c) && sqlite3_column_type(q, 0) != SQLITE_NULL;
    sql_release(s, q);
    return column_end(&c);
}

/* The newest value at or before step `at`; `value` and `step` are unchanged if there is none. */
static bool read_latest(struct store *s, int64_t run, int64_t metric, int64_t at, double *value, int64_t *step,
                        struct err *e)
{
    sqlite3_stmt *q = sql_select(s, e,
                                 "SELECT step, value FROM point WHERE run_id = ? AND metric_id = ? AND step <= ?"
                                 " ORDER BY step DESC LIMIT 1",
                                 BIND(INT(run), INT(metric), INT(at)));
    if (!q) return false;
    enum sql_result r = sql_step(s, q, e);
    if (r != SQL_ROW) return r == SQL_END;
    struct columns c = column_begin(s, q, "point", run, e);
    int64_t found = column_step(&c, 0);
    *value = column_number(&c, 1);
    if (step) *step = found;
    sql_release(s, q);
    return column_end(&c);
}

bool store_metric_latest(struct store *s, int64_t run, int64_t at, const char *const *names, size_t n, double *values,
                         int64_t *steps, struct err *e)
{
    bool own, ok = true;
    if (!sql_read_begin(s, &own, e)) return false; /* one transaction for all: each one takes locks */
    for (size_t i = 0; ok && i < n; i++) {
        values[i] = NAN;
        if (steps) steps[i] = -1;
        int64_t id = 0;
        ok = known(s, names[i], &id) ||
             sql_integer(s, e, &id, 0, "SELECT id FROM metric WHERE name = ?", BIND(TEXT(names[i])));
        if (ok && id) ok = read_latest(s, run, id, at < 0 ? INT64_MAX : at, &values[i], steps ? &steps[i] : NULL, e);
    }
    sql_read_end(s, own);
    return ok;
}

bool store_metric_highest(struct store *s, int64_t run, const char *name, double *value, int64_t *step, struct err *e)
{
    *value = NAN;
    *step = -1;
    sqlite3_stmt *q = sql_select(s, e,
                                 "SELECT step, value FROM point WHERE run_id = ?"
                                 " AND metric_id = (SELECT id FROM metric WHERE name = ?) AND value IS NOT NULL"
                                 " ORDER BY value DESC, step LIMIT 1",
                                 BIND(INT(run), TEXT(name)));
    if (!q) return false;
    enum sql_result r = sql_step(s, q, e);
    if (r != SQL_ROW) return r == SQL_END;
    struct columns c = column_begin(s, q, "point", run, e);
    *step = column_step(&c, 0);
    *value = column_number(&c, 1);
    sql_release(s, q);
    return column_end(&c);
}
