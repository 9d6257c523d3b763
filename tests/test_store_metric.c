/* Points and their roll-ups: exact at every level, the same whatever the batches, and after a rewind as if the rest had
 * never been written. */
#include "store/database/column.h"
#include "tests/store_help.h"

#include <math.h>

#include "engine/base/random.h"
#include "store/bundle.h"
#include "store/checkpoint.h"
#include "store/evaluation.h"
#include "store/event.h"
#include "store/metric.h"
#include "store/database/metric_table.h"
#include "store/outbox.h"
#include "store/snapshot.h"

/* A value that is rarely NaN, the same whenever it is asked for. */
static double value_at(uint32_t metric, int64_t step)
{
    struct random r = random_stream(11, metric, (uint32_t)step, 0);
    double x = random_normal(&r);
    return random_below(&r, 20) == 0 ? (double)NAN : x * 1e3;
}

static bool has_point(uint32_t metric, int64_t step)
{
    struct random r = random_stream(12, metric, (uint32_t)step, 0);
    return metric == 0 || random_below(&r, metric == 1 ? 50 : 3) == 0; /* every step, rare, in between */
}

static const char *const names[] = { "loss", "auc.ridge", "z.rankme" };
enum { METRICS = 3 };

/* Steps first..last in batches of at most `batch` steps. */
static void write_points(struct store *s, int64_t run, int64_t first, int64_t last, int64_t batch)
{
    struct store_batch b = { 0 };
    for (int64_t step = first; step <= last; step++) {
        for (uint32_t m = 0; m < METRICS; m++)
            if (has_point(m, step)) store_batch_name(&b, s, names[m], step, value_at(m, step));
        if ((step - first) % batch == batch - 1 || step == last) {
            OK(store_points_append(s, run, &b, &error));
            store_batch_reset(&b);
        }
    }
    store_batch_clear(&b);
}

static struct store_column brute(uint32_t metric, int64_t first, int64_t last, int64_t newest)
{
    struct store_column c = { .first = first, .last = last, .min = NAN, .max = NAN };
    for (int64_t step = first < 1 ? 1 : first; step <= last && step <= newest; step++) {
        if (!has_point(metric, step)) continue;
        double x = value_at(metric, step);
        if (isnan(x)) {
            c.missing++;
            continue;
        }
        c.n++;
        c.min = fmin(c.min, x);
        c.max = fmax(c.max, x);
        c.sum += x;
    }
    return c;
}

static void check_column(const struct store_column *c, const struct store_column *want)
{
    assert_int_equal(c->n, want->n);
    assert_int_equal(c->missing, want->missing);
    if (!want->n) {
        assert_true(isnan(c->min) && isnan(c->max) && c->sum == 0);
        return;
    }
    assert_true(c->min == want->min && c->max == want->max);
    assert_true(fabs(c->sum - want->sum) <= 1e-9 * (1e3 * (double)want->n));
}

static void rollups_equal_brute_force(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), other = make_run(s, "b"), newest = 3001;
    write_points(s, run, 1, newest, 13);
    write_points(s, other, 1, 100, 100); /* a neighbour whose rows must not leak in */
    for (uint32_t m = 0; m < METRICS; m++) {
        int64_t id;
        OK(store_metric_id(s, names[m], &id, &error));
        sqlite3_stmt *q = sql_select(
            s, &error, "SELECT level, bucket, min, max, sum, n, missing FROM rollup WHERE run_id = ? AND metric_id = ?",
            BIND(INT(run), INT(id)));
        int rows = 0;
        while (sql_step(s, q, &error) == SQL_ROW) {
            int64_t level = sqlite3_column_int64(q, 0), width = (int64_t)1 << (3 * level),
                    first = sqlite3_column_int64(q, 1) * width;
            struct columns row = column_begin(s, q, "rollup", run, &error);
            struct store_column c = { first,
                                      first + width - 1,
                                      sqlite3_column_int64(q, 5),
                                      sqlite3_column_int64(q, 6),
                                      column_number(&row, 2),
                                      column_number(&row, 3),
                                      sqlite3_column_double(q, 4) };
            struct store_column want = brute(m, c.first, c.last, newest);
            check_column(&c, &want);
            assert_true(c.n + c.missing > 0);
            rows++;
        }
        assert_true(rows > 7);
    }
}

static void a_series_is_exact_for_any_span_and_width(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), newest = 2500;
    write_points(s, run, 1, newest, 100);
    struct random r = random_stream(5, 0, 0, 0);
    struct store_column columns[200];
    for (int round = 0; round < 150; round++) {
        uint32_t m = random_below(&r, METRICS);
        int64_t id, first = random_below(&r, 2600), last = first + random_below(&r, round < 75 ? 40 : 3000);
        int n = 1 + (int)random_below(&r, 200), empty = 0;
        OK(store_metric_id(s, names[m], &id, &error));
        OK(store_series_read(s, run, id, first, last, n, columns, &error));
        assert_true(columns[0].first <= first && columns[n - 1].last >= last);
        for (int i = 0; i < n; i++) {
            if (i > 0) assert_int_equal(columns[i].first, columns[i - 1].last + 1); /* no gap, no overlap */
            if (columns[i].first > columns[i].last) empty++;
            struct store_column want = brute(m, columns[i].first, columns[i].last, newest);
            check_column(&columns[i], &want);
        }
        int64_t span = last - first + 1;
        if (n <= span) assert_int_equal(empty, 0);
    }
    REFUSED(store_series_read(s, run, 1, 5, 4, 10, columns, &error), ERR_USAGE, "series");
}

static void a_long_span_is_read_from_few_rows(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), id;
    struct store_column columns[80];
    write_points(s, run, 1, 20000, 5000);
    OK(store_metric_id(s, "loss", &id, &error));
    sqlite3_stmt *q = NULL;
    OK(store_series_read(s, run, id, 1, 20000, 80, columns, &error));
    while ((q = sqlite3_next_stmt(s->db, q))) { /* steps of SQLite's machine, not of a clock */
        int work = sqlite3_stmt_status(q, SQLITE_STMTSTATUS_VM_STEP, 0);
        if (strstr(sqlite3_sql(q), "FROM rollup WHERE run_id = ?1")) assert_in_range(work, 1, 80 * 16 * 20);
    }
    int64_t n = 0;
    for (int i = 0; i < 80; i++) n += columns[i].n + columns[i].missing;
    assert_int_equal(n, 20000);
}

static void the_batches_leave_no_trace(void **state)
{
    struct store *s = *state;
    struct text dumps[2] = { { 0 }, { 0 } };
    int64_t runs[] = { make_run(s, "a"), make_run(s, "b") };
    write_points(s, runs[0], 1, 700, 1);
    write_points(s, runs[1], 1, 500, 499);
    write_points(s, runs[1], 450, 700, 60); /* some of them twice */
    for (int i = 0; i < 2; i++) {
        char sql[256];
        snprintf(sql, sizeof sql, "SELECT metric_id, step, value FROM point WHERE run_id = %d", (int)runs[i]);
        dump_query(s->db, sql, &dumps[i]);
        snprintf(sql, sizeof sql,
                 "SELECT metric_id, level, bucket, min, max, sum, n, missing FROM rollup WHERE run_id = %d",
                 (int)runs[i]);
        dump_query(s->db, sql, &dumps[i]);
    }
    assert_string_equal(text_str(&dumps[0]), text_str(&dumps[1]));
    for (int i = 0; i < 2; i++) text_clear(&dumps[i]);
}

/* ---- rewind ---- */

/* All that a worker records at steps first..last. Times are fixed, so that two stores are alike. */
static void live(struct store *s, int64_t run, int64_t first, int64_t last)
{
    write_points(s, run, first, last, 17);
    for (int64_t step = first; step <= last; step++) {
        if (step % 50 == 0) {
            float data[6] = { 1, 2, 3, (float)step, 5, 6 };
            OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, step, "z", "spectrum" }, 1, 6, data, &error));
            OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, step, "d", "embedding" }, 2, 3, data, &error));
            OK(store_event_insert(
                s, run,
                &(struct store_event){ .step = step, .at = 5, .kind = "verdict", .text = "watch", .derived = true },
                &error));
        }
        if (step % 100 == 0) {
            struct store_checkpoint c = {
                .step = step, .path = "step-x.safetensors", .reason = "time", .created_at = 1
            };
            OK(store_checkpoint_insert(s, run, &c, &error));
            struct store_score score = {
                .name = "effusion", .auc = 0.75, .lo = NAN, .hi = NAN, .positives = 3, .negatives = 4
            };
            struct store_evaluation v = { .run_id = run,
                                          .step = step,
                                          .task = "t",
                                          .protocol = "ridge",
                                          .split = "val",
                                          .auc_macro = 0.75,
                                          .created_at = 1,
                                          .scores = &score,
                                          .scores_count = 1 };
            OK(store_evaluation_insert(s, &v, &(struct store_prediction){ 1, 0, 0.5 }, 1, NULL, &error));
        }
    }
}

/* How many checkpoints a rewind has given up and nothing new stands for. */
static int given_up(struct store *s, int64_t run)
{
    struct store_checkpoints list;
    int n = 0;
    OK(store_checkpoint_list(s, run, &list, &error));
    for (size_t i = 0; i < list.count; i++) n += list.rows[i].given_up == STORE_GIVEN_UP;
    store_checkpoints_clear(&list);
    return n;
}

static void a_rewind_equals_never_having_written(void **state)
{
    (void)state;
    static const int64_t cuts[] = { 300, 0, 1, 63, 64, 511, 512, 699, 700 };
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct text dumps[2] = { { 0 }, { 0 } };
        for (int k = 0; k < 2; k++) {
            char dir[STORE_PATH];
            struct store *s;
            snprintf(dir, sizeof dir, "%s", workspace_make());
            OK(store_open(dir, STORE_WRITE, &s, &error));
            int64_t run = make_run(s, "a"), other = make_run(s, "b");
            OK(store_event_insert(s, run, &(struct store_event){ .at = 1, .step = 650, .kind = "set", .text = "stays" },
                                  &error));
            live(s, other, 1, 30);
            live(s, run, 1, cuts[i]);
            if (k == 1) {
                live(s, run, cuts[i] + 1, 700);
                OK(store_run_rewind(s, run, cuts[i], &error));
                assert_int_equal(given_up(s, run), (700 - cuts[i] + 99) / 100);
                OK(sqlite3_exec(s->db, "UPDATE run SET rewound = 0; DELETE FROM checkpoint WHERE given_up", NULL, NULL,
                                NULL) == SQLITE_OK);
            }
            OK(sqlite3_exec(s->db, "UPDATE run SET created_at = 0", NULL, NULL, NULL) == SQLITE_OK);
            dump_all(s->db, &dumps[k]);
            store_close(s);
            workspace_remove(dir);
        }
        assert_string_equal(text_str(&dumps[0]), text_str(&dumps[1]));
        for (int k = 0; k < 2; k++) text_clear(&dumps[k]);
    }
}

static void what_a_rewind_gave_up_comes_back_as_it_was(void **state)
{
    struct store *s = *state;
    struct text before = { 0 }, after = { 0 };
    int64_t run = make_run(s, "a");
    live(s, run, 1, 700);
    OK(sqlite3_exec(s->db, "UPDATE run SET created_at = 0", NULL, NULL, NULL) == SQLITE_OK);
    dump_all(s->db, &before);
    OK(store_bundle_give_up(s, run, 250, &error));
    OK(store_run_rewind(s, run, 250, &error));
    live(s, run, 251, 290); /* continues for a while, and is killed before it saves anything */
    OK(store_run_rewind(s, run, 250, &error));
    for (int again = 0; again < 2; again++)
        OK(store_bundle_merge(s, run, BUNDLE_GIVEN_UP, &error)); /* a merge may be cut off */
    OK(store_checkpoint_restore_given_up(s, run, &error));
    /* numbers of rows may differ, and follow from the step here */
    OK(sqlite3_exec(
           s->db,
           "PRAGMA foreign_keys = OFF; UPDATE run SET rewound = 0; UPDATE event SET id = -step / 50;"
           "UPDATE event SET id = -id; UPDATE snapshot SET id = -(step / 25 - (level = 'z'));"
           "UPDATE snapshot SET id = -id;"
           "UPDATE score SET evaluation_id = -(SELECT step / 100 FROM evaluation WHERE id = evaluation_id);"
           "UPDATE prediction SET evaluation_id = -(SELECT step / 100 FROM evaluation WHERE id = evaluation_id);"
           "UPDATE evaluation SET id = -step / 100; UPDATE evaluation SET id = -id;"
           "UPDATE score SET evaluation_id = -evaluation_id;"
           "UPDATE prediction SET evaluation_id = -evaluation_id",
           NULL, NULL, NULL) == SQLITE_OK);
    dump_all(s->db, &after);
    assert_string_equal(text_str(&before), text_str(&after));
    text_clear(&before);
    text_clear(&after);
}

/* A write that failed was rolled back; what the handle knew of names before is still so. */
static void what_could_not_be_written_is_kept_with_its_names(void **state)
{
    struct store *s = *state;
    struct outbox box = { 0 };
    struct store_points points;
    int64_t run = make_run(s, "a"), loss;
    store_batch_name(&box.points, s, "loss", 3, 1.5);
    OK(store_begin(s, STORE_NORMAL, &error));
    store_rollback(s);
    OK(outbox_save(&box, s, run, &error));
    OK(store_bundle_merge(s, run, BUNDLE_UNWRITTEN, &error));
    OK(store_metric_id(s, "loss", &loss, &error));
    OK(store_points_read(s, run, loss, 0, 10, &points, &error));
    assert_int_equal(points.count, 1);
    assert_true(points.rows[0].value == 1.5);
    store_points_clear(&points);
    /* one without a name is refused, not dropped */
    store_batch_add(&box.points, 999999, 4, 2);
    REFUSED(outbox_save(&box, s, run, &error), ERR_FORMAT, "without the name");
    outbox_clear(&box);
}

static void a_pinned_checkpoint_outlives_every_rewind(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct store_checkpoint row, fresh = { .step = 150, .path = "step-y.safetensors", .reason = "time" };
    struct store_checkpoints list;
    live(s, run, 1, 400);
    OK(store_checkpoint_pin(s, run, 300, true, &error));
    OK(store_run_rewind(s, run, 100, &error));
    OK(store_checkpoint_find(s, run, -1, &row, &error));
    assert_int_equal(row.step, 100);                      /* of the run as it is, not the newest of what was given up */
    OK(store_checkpoint_find(s, run, 400, &row, &error)); /* and that is still there */
    fresh.step = 100;
    OK(store_checkpoint_insert(s, run, &fresh, &error)); /* saved again is not new */
    assert_int_equal(given_up(s, run), 3);
    fresh.step = 150;
    OK(store_checkpoint_insert(s, run, &fresh, &error));
    OK(store_checkpoint_list(s, run, &list, &error));
    assert_int_equal(list.count, 3);
    assert_int_equal(list.rows[2].step, 300);
    assert_int_equal(list.rows[2].given_up, STORE_GIVEN_UP_PIN);
    store_checkpoints_clear(&list);
    OK(store_run_rewind(s, run, 0, &error));
    OK(store_checkpoint_find(s, run, 300, &row, &error));
    assert_true(row.pinned);
    OK(store_checkpoint_spare(s, run, 1, &list, &error));
    assert_int_equal(list.count, 0);
    store_checkpoints_clear(&list);
}

/* ---- slices ---- */

static int commits, commits_allowed;

static int count_commits(void *ctx)
{
    (void)ctx;
    return commits++ >= commits_allowed; /* not 0: the commit fails, as if the process ended here */
}

/* The last step of every metric; all the same, or the run has a ragged end. */
static int64_t last_step(struct store *s, int64_t run)
{
    int64_t id, first, last, all = -1;
    bool any;
    for (int m = 0; m < METRICS; m++) {
        OK(store_metric_id(s, names[m], &id, &error));
        OK(store_points_span(s, run, id, &first, &last, &any, &error));
        if (all < 0) all = last;
        assert_int_equal(last, all);
    }
    return all;
}

static void a_long_rewind_goes_in_slices_that_each_leave_a_shorter_run(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), before = 20000;
    struct store_batch b = { 0 };
    for (int64_t step = 1; step <= before; step++)
        for (int m = 0; m < METRICS; m++) store_batch_name(&b, s, names[m], step, (double)step);
    OK(store_points_append(s, run, &b, &error));
    store_batch_clear(&b);
    int rounds = 0;
    for (bool done = false; !done; rounds++) {
        commits = 0;
        commits_allowed = 1;
        sqlite3_commit_hook(s->db, count_commits, NULL);
        done = store_run_rewind(s, run, 10, &error);
        sqlite3_commit_hook(s->db, NULL, NULL);
        int64_t last = last_step(s, run);
        assert_true(last < before);
        before = last;
    }
    assert_int_equal(before, 10);
    assert_true(rounds > 1);
}

static void a_long_removal_hides_the_run_at_once_and_leftovers_go_next_time(void **state)
{
    struct store *s = *state;
    struct text before = { 0 }, after = { 0 };
    int64_t keep = make_run(s, "keep"), run = make_run(s, "a"), next;
    live(s, keep, 1, 100);
    OK(sqlite3_exec(s->db, "UPDATE run SET created_at = 0; DELETE FROM run WHERE name = 'a'", NULL, NULL, NULL) ==
       SQLITE_OK);
    dump_all(s->db, &before);
    next = make_run(s, "b");
    live(s, next, 1, 400);
    commits = 0;
    commits_allowed = 2;
    sqlite3_commit_hook(s->db, count_commits, NULL);
    assert_false(store_run_remove(s, next, &error));
    sqlite3_commit_hook(s->db, NULL, NULL);
    struct store_run row;
    REFUSED(store_run_get(s, next, &row, &error), ERR_NOT_FOUND, "there is none");
    struct store_evaluation v = { .run_id = keep, .task = "other", .protocol = "knn", .split = "val" };
    int64_t id;
    OK(store_evaluation_insert(s, &v, &(struct store_prediction){ 5, 5, 0.5 }, 1, &id,
                               &error)); /* beside the leftovers */
    struct store_prediction *p;
    size_t n;
    OK(store_prediction_read(s, id, &p, &n, &error));
    assert_int_equal(n, 1);
    free(p);
    char sql[64];
    snprintf(sql, sizeof sql, "DELETE FROM evaluation WHERE id = %lld", (long long)id);
    OK(sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK);
    run = make_run(s, "c");
    OK(store_run_remove(s, run, &error));
    OK(sqlite3_exec(s->db, "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'run'", NULL, NULL, NULL) == SQLITE_OK);
    dump_all(s->db, &after);
    assert_string_equal(text_str(&before), text_str(&after));
    text_clear(&before);
    text_clear(&after);
}

static void a_rewind_is_counted_and_needs_a_run(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct store_run row;
    write_points(s, run, 1, 20, 20);
    OK(store_run_rewind(s, run, 10, &error));
    OK(store_run_rewind(s, run, 10, &error));
    OK(store_run_get(s, run, &row, &error));
    assert_int_equal(row.rewound, 2);
    assert_int_equal(row.step, 10);
    store_run_clear(&row);
    REFUSED(store_run_rewind(s, 99, 0, &error), ERR_NOT_FOUND, "run 99");
}

/* ---- names and single values ---- */

static void the_newest_value_of_each_metric_is_found(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), steps[4];
    double values[4];
    struct store_batch b = { 0 };
    store_batch_name(&b, s, "loss", 5, 1.5);
    store_batch_name(&b, s, "loss", 9, 2.5);
    store_batch_name(&b, s, "auc.ridge", 7, NAN);
    OK(store_points_append(s, run, &b, &error));
    static const char *const wanted[] = { "loss", "auc.ridge", "rate", "no.such" };
    OK(store_metric_latest(s, run, -1, wanted, 4, values, steps, &error));
    assert_true(values[0] == 2.5 && isnan(values[1]) && isnan(values[2]) && isnan(values[3]));
    assert_true(steps[0] == 9 && steps[1] == 7 && steps[2] == -1 && steps[3] == -1);
    OK(store_metric_latest(s, run, 8, wanted, 1, values, NULL, &error));
    assert_true(values[0] == 1.5);
    int64_t first, last;
    bool any;
    OK(store_points_span(s, run, 0, &first, &last, &any, &error));
    assert_true(any && first == 5 && last == 9);
    OK(store_points_span(s, run + 1, 0, &first, &last, &any, &error));
    assert_false(any);
    struct store_metrics used;
    OK(store_metric_list(s, run, &used, &error));
    assert_int_equal(used.count, 2);
    assert_string_equal(used.rows[0].name, "loss");
    store_metrics_clear(&used);
    store_batch_clear(&b);
}

static void metrics_have_names_units_and_help(void **state)
{
    struct store *s = *state;
    struct store_metrics all;
    OK(store_metric_list(s, 0, &all, &error));
    assert_true(all.count > 100);
    for (size_t i = 0; i < all.count; i++) {
        assert_true(*all.rows[i].help != '\0');
        for (const char *p = all.rows[i].name; *p; p++)
            assert_non_null(strchr("abcdefghijklmnopqrstuvwxyz0123456789._", *p));
    }
    store_metrics_clear(&all);
    static const char *const contract[] = { "loss",           "rate",        "grad_norm", "images_per_second",
                                            "time.forward",   "time.wall",   "auc.knn",   "map5.condition",
                                            "z.rankme_ratio", "d.uniformity" };
    struct store *reader;
    OK(store_open(store_dir(s), STORE_READ, &reader, &error));
    int64_t id, again;
    for (size_t i = 0; i < sizeof contract / sizeof contract[0]; i++)
        OK(store_metric_id(reader, contract[i], &id, &error));
    REFUSED(store_metric_id(reader, "own.metric", &id, &error), ERR_NOT_FOUND, "own.metric");
    OK(store_metric_id(s, "own.metric", &id, &error));
    OK(store_metric_id(reader, "own.metric", &again, &error)); /* seen by others at once */
    assert_int_equal(id, again);
    store_close(reader);
}

/* The store knows no term of an objective until a run tells it; who starts last says what it means. */
static void what_an_objective_reports_is_learned_from_its_runs(void **state)
{
    struct store *s = *state;
    static const struct store_metric_text first[] = { { "loss.side.term", "nats", "as it was" },
                                                      { "gain.side", "", "another" } },
                                          second[] = { { "loss.side.term", "bits", "as it is" } },
                                          none[] = { { "gain.side", "", "half done" }, { "", "", "" } };
    struct text out = { 0 };
    int64_t before, after;
    OK(store_metric_id(s, "gain.side", &before, &error)); /* as a number comes first */
    OK(store_metric_learn(s, first, 2, &error));
    OK(store_metric_learn(s, second, 1, &error));
    REFUSED(store_metric_learn(s, none, 2, &error), ERR_USAGE, "not a name");
    dump_query(s->db, "SELECT name, unit, help FROM metric WHERE name LIKE '%.side%' ORDER BY name", &out);
    assert_string_equal(text_str(&out), "gain.side||another|\nloss.side.term|bits|as it is|\n");
    text_clear(&out);
    OK(store_metric_id(s, "gain.side", &after, &error));
    assert_int_equal(before, after);
}

static void a_batch_that_cannot_be_written_is_refused_whole(void **state)
{
    struct store *s = *state;
    struct store_batch b = { 0 };
    struct store_points points;
    int64_t run = make_run(s, "a");
    store_batch_add(&b, 1, 3, 1.0);
    store_batch_add(&b, 1, -1, 1.0);
    REFUSED(store_points_append(s, run, &b, &error), ERR_INTERNAL, "negative");
    store_batch_reset(&b);
    store_batch_add(&b, 1, 3, 1.0);
    REFUSED(store_points_append(s, run + 5, &b, &error), ERR_CONFLICT, "FOREIGN KEY");
    OK(store_points_read(s, run, 1, 0, 100, &points, &error));
    assert_int_equal(points.count, 0);
    store_batch_clear(&b);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(rollups_equal_brute_force),
        STORE_TEST(a_series_is_exact_for_any_span_and_width),
        STORE_TEST(a_long_span_is_read_from_few_rows),
        STORE_TEST(the_batches_leave_no_trace),
        cmocka_unit_test(a_rewind_equals_never_having_written),
        STORE_TEST(what_a_rewind_gave_up_comes_back_as_it_was),
        STORE_TEST(what_could_not_be_written_is_kept_with_its_names),
        STORE_TEST(a_pinned_checkpoint_outlives_every_rewind),
        STORE_TEST(a_long_rewind_goes_in_slices_that_each_leave_a_shorter_run),
        STORE_TEST(a_long_removal_hides_the_run_at_once_and_leftovers_go_next_time),
        STORE_TEST(a_rewind_is_counted_and_needs_a_run),
        STORE_TEST(the_newest_value_of_each_metric_is_found),
        STORE_TEST(metrics_have_names_units_and_help),
        STORE_TEST(what_an_objective_reports_is_learned_from_its_runs),
        STORE_TEST(a_batch_that_cannot_be_written_is_refused_whole),
    };
    return cmocka_run_group_tests_name("store_metric", tests, NULL, NULL);
}
