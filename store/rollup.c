/* A bucket of level L is computed from its eight children of level L-1 (level 0: the points), and is never updated
 * incrementally. So it depends only on the points, bit for bit, whatever the batches were and wherever a run was
 * interrupted. */
#include "store/rollup.h"

#include <math.h>

#include "store/database/column.h"
#include "store/database/rows.h"

/* Combines one child, or one bucket of a plot, with what is there. The columns are min, max, sum, n and missing from
 * column `at` on; a bucket of `level` (0: a point) covers 8^level steps. */
static void take(struct columns *row, int at, int level, struct store_column *c)
{
    int64_t most = (int64_t)1 << (3 * level);
    double min = column_number(row, at), max = column_number(row, at + 1), sum = column_number(row, at + 2);
    int64_t n = column_integer(row, at + 3, 0, most), missing = column_integer(row, at + 4, 0, most);
    c->missing += missing;
    if (!n) return;
    c->n += n;
    c->min = fmin(c->min, min); /* fmin skips a NaN */
    c->max = fmax(c->max, max);
    c->sum += sum;
}

/* Collects rows of points or buckets, which are in time order, into columns. */
struct gathering {
    int64_t run;
    int level;   /* of the rows: 0 points */
    bool spread; /* the rows begin with a step, which gives their column; else all go into one */
    int i, columns;
    struct store_column *out;
};

static bool read_bucket(struct store *s, sqlite3_stmt *q, void *none, void *context, struct err *e)
{
    (void)none;
    struct gathering *g = context;
    struct columns row = column_begin(s, q, g->level == 0 ? "point" : "rollup", g->run, e);
    if (g->spread) {
        int64_t step = column_step(&row, 0);
        while (g->i + 1 < g->columns && step > g->out[g->i].last) g->i++;
    }
    take(&row, g->spread, g->level, &g->out[g->i]);
    return column_end(&row);
}

static bool children(struct store *s, int64_t run, int64_t metric, int level, int64_t bucket, struct store_column *c,
                     struct err *e)
{
    *c = (struct store_column){ .min = INFINITY, .max = -INFINITY };
    int64_t first = bucket * 8, last = first + 7;
    sqlite3_stmt *q =
        level == 1
            ? sql_select(s, e,
                         "SELECT value, value, value, value IS NOT NULL AS n, value IS NULL AS missing FROM point"
                         " WHERE run_id = ? AND metric_id = ? AND step BETWEEN ? AND ? ORDER BY step",
                         BIND(INT(run), INT(metric), INT(first), INT(last)))
            : sql_select(s, e,
                         "SELECT min, max, sum, n, missing FROM rollup"
                         " WHERE run_id = ? AND metric_id = ? AND level = ? AND bucket BETWEEN ? AND ? ORDER BY bucket",
                         BIND(INT(run), INT(metric), INT(level - 1), INT(first), INT(last)));
    struct gathering g = { .run = run, .level = level - 1, .columns = 1, .out = c };
    const struct row_reader reader = { .read = read_bucket, .context = &g };
    return rows_read(s, q, &reader, e);
}

static bool mend_bucket(struct store *s, int64_t run, int64_t metric, int level, int64_t bucket, struct err *e)
{
    struct store_column c;
    if (!children(s, run, metric, level, bucket, &c, e)) return false;
    if (c.n + c.missing == 0)
        return sql_run(s, e, "DELETE FROM rollup WHERE run_id = ? AND metric_id = ? AND level = ? AND bucket = ?",
                       BIND(INT(run), INT(metric), INT(level), INT(bucket)));
    return sql_run(s, e,
                   "INSERT OR REPLACE INTO rollup(run_id, metric_id, level, bucket, min, max, sum, n, missing)"
                   " VALUES(?,?,?,?,?,?,?,?,?)",
                   BIND(INT(run), INT(metric), INT(level), INT(bucket), REAL(c.n ? c.min : NAN),
                        REAL(c.n ? c.max : NAN), REAL(c.sum), INT(c.n), INT(c.missing)));
}

bool rollup_mend(struct store *s, int64_t run, const struct store_point *points, size_t n, struct err *e)
{
    for (int level = 1; level <= ROLLUP_LEVELS; level++) {
        int64_t done = -1;
        for (size_t i = 0; i < n; i++) {
            int64_t bucket = points[i].step >> (3 * level);
            if (bucket == done) continue;
            if (!mend_bucket(s, run, points[i].metric, level, bucket, e)) return false;
            done = bucket;
        }
    }
    return true;
}

bool rollup_cut(struct store *s, int64_t run, int64_t metric, int64_t step, struct err *e)
{
    int changed;
    if (!sql_change(s, e, &changed, "DELETE FROM point WHERE run_id = ? AND metric_id = ? AND step > ?",
                    BIND(INT(run), INT(metric), INT(step))))
        return false;
    if (!changed) return true;
    for (int level = 1; level <= ROLLUP_LEVELS; level++)
        if (!sql_run(s, e, "DELETE FROM rollup WHERE run_id = ? AND metric_id = ? AND level = ? AND bucket > ?",
                     BIND(INT(run), INT(metric), INT(level), INT(step >> (3 * level)))))
            return false;
    return rollup_mend(s, run, &(struct store_point){ metric, step, 0 }, 1, e);
}

/* ---- reading for plots ---- */

/* The coarsest level that still gives two buckets per column. */
static int level_for(int64_t span, int columns)
{
    int level = 0;
    while (level < ROLLUP_LEVELS && (int64_t)2 << (3 * (level + 1)) <= span / columns) level++;
    return level;
}

static void lay_columns(int64_t first, int64_t last, int columns, int level, struct store_column *out)
{
    int64_t bucket = (int64_t)1 << (3 * level);
    double width = ((double)last - (double)first + 1) / columns;
    for (int i = 0; i < columns; i++) {
        int64_t edge = first + (int64_t)floor(width * i);
        out[i] = (struct store_column){ .first = edge / bucket * bucket, .min = NAN, .max = NAN };
    }
    for (int i = 0; i < columns; i++)
        out[i].last = i + 1 < columns ? out[i + 1].first - 1 : (last / bucket + 1) * bucket - 1;
}

bool store_series_read(struct store *s, int64_t run, int64_t metric, int64_t first, int64_t last, int columns,
                       struct store_column *out, struct err *e)
{
    if (first < 0) first = 0;
    if (columns < 1 || last < first || last > INT64_MAX / 16)
        return err_set(e, ERR_USAGE, "metric: a series of %d columns over steps %lld to %lld", columns,
                       (long long)first, (long long)last);
    int level = level_for(last - first + 1, columns);
    lay_columns(first, last, columns, level, out);
    sqlite3_stmt *q =
        level == 0
            ? sql_select(s, e,
                         "SELECT step, value, value, value, value IS NOT NULL AS n, value IS NULL AS missing FROM point"
                         " WHERE run_id = ? AND metric_id = ? AND step BETWEEN ? AND ? ORDER BY step",
                         BIND(INT(run), INT(metric), INT(out[0].first), INT(out[columns - 1].last)))
            : sql_select(s, e,
                         "SELECT bucket << ?3 AS bucket, min, max, sum, n, missing FROM rollup WHERE run_id = ?1 AND "
                         "metric_id = ?2"
                         " AND level = ?3 / 3 AND bucket BETWEEN ?4 >> ?3 AND ?5 >> ?3 ORDER BY bucket",
                         BIND(INT(run), INT(metric), INT(3 * level), INT(out[0].first), INT(out[columns - 1].last)));
    struct gathering g = { .run = run, .level = level, .spread = true, .columns = columns, .out = out };
    const struct row_reader reader = { .read = read_bucket, .context = &g };
    return rows_read(s, q, &reader, e);
}
