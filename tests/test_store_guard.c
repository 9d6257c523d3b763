/* What a database may look like, hold, and take of one's time, seen from the handle: versions and their schema,
 * statements that do not end, values that do not belong, steps far apart. test_strangers.c has the same for commands.
 */
#include "tests/store_help.h"

#include <math.h>

#include "store/bundle.h"
#include "store/checkpoint.h"
#include "store/command.h"
#include "store/dataset.h"
#include "store/evaluation.h"
#include "store/event.h"
#include "store/database/guard.h"
#include "store/metric.h"
#include "store/queue.h"
#include "store/database/schema.h"
#include "store/setting.h"
#include "store/database/shape.h"
#include "store/snapshot.h"
#include "views/analysis/series.h"

/* As someone else would, with a handle of sqlite3's own. */
static void change(const char *dir, const char *sql)
{
    char path[STORE_PATH + 16], *why = NULL;
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/mlvicx.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s: %s", sql, why);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- schema ---- */

static void a_store_of_every_version_opens(void **state)
{
    (void)state;
    int count;
    const struct migration *list = schema_migrations(&count);
    for (int mode = STORE_READ; mode <= STORE_ANY; mode++) {
        for (int v = 0; v <= count; v++) {
            char dir[64], pragma[48];
            struct store *s;
            int version;
            snprintf(dir, sizeof dir, "%s", workspace_make());
            for (int i = 0; i < v; i++) change(dir, list[i].sql);
            snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", v);
            change(dir, pragma);
            OK(store_open(dir, (enum store_mode)mode, &s, &error));
            OK(schema_known(s, &version, &error));
            assert_int_equal(version, count);
            store_close(s);
            workspace_remove(dir);
        }
    }
}

/* What dumping, restoring and looking for oneself leave in a schema is no change of it. */
static void a_schema_may_be_written_in_another_way(void **state)
{
    struct store *s = *state;
    static const char *const ways[] = {
        "ANALYZE",
        "CREATE TABLE mine(x); CREATE INDEX mine_x ON mine(x)",
        "CREATE TABLE other(x PRIMARY KEY, run REFERENCES mine(x), y REFERENCES elsewhere)",
        ("DROP TABLE tag; CREATE  TABLE \"tag\" ( [run_id] INTEGER NOT NULL\n REFERENCES `run` ON DELETE CASCADE ,"
         "\t\"tag\" text not null, PRIMARY KEY ( run_id , tag ) ) without rowid"),
        "PRAGMA auto_vacuum = 1; VACUUM",
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        change(store_dir(s), ways[i]);
        OK(shape_check(s, store_schema_version(), &error));
    }
}

static void a_schema_that_is_another_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *part;
    } rows[] = {
        { "CREATE VIEW v AS SELECT 1", "view v does not belong there" },
        { "DROP VIEW v_point; CREATE VIEW v_point AS SELECT 1", "view v_point is another" },
        { "DROP VIEW v_score", "view v_score is missing" },
        { "CREATE TRIGGER t AFTER INSERT ON run BEGIN SELECT 1; END", "trigger t does not belong there" },
        { "DROP TABLE tag; CREATE VIEW tag AS SELECT 1 AS run_id, 'a' AS tag", "table tag is something else" },
        { "ALTER TABLE run ADD COLUMN more", "table run is another" },
        { "ALTER TABLE run RENAME COLUMN note TO n", "table run is another" },
        { "DROP TABLE score", "table score is missing" },
        { "CREATE INDEX i ON mask(width)", "index i does not belong there" },
        { "CREATE TABLE mine(x REFERENCES/**/\"Run\"(id) ON DELETE SET NULL, CHECK(length(randomblob(9))))",
          "table mine refers to one of mlvicx" },
        { "CREATE TABLE mine(x, y REFERENCES mine(x), FOREIGN KEY(x, y) REFERENCES point)",
          "table mine refers to one of mlvicx" },
        { "DROP TABLE setting; CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL)",
          "table setting is another" },
        { "DROP TABLE setting; CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL COLLATE \"NOCASE\")"
          " WITHOUT ROWID",
          "table setting is another" },
        { "PRAGMA user_version = 1", "of version 1, but its tables are of version" },
        { "PRAGMA user_version = 0", "of version 0, but its tables are of version" },
        { "PRAGMA user_version = -2147483648", "of version -2147483648, but its tables are of version" },
        { "PRAGMA user_version = 0; DROP TABLE score", "a database of something else" },
        { "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES('table','w','w',0,'CREATE VIEW w AS SELECT "
          "1')",
          "damaged" },
        { "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || '--' WHERE name = 'run'", "damaged" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char dir[STORE_PATH];
        struct store *s;
        snprintf(dir, sizeof dir, "%s", workspace_make());
        OK(store_open(dir, STORE_WRITE, &s, &error));
        store_close(s);
        change(dir, rows[i].sql);
        for (int mode = STORE_READ; mode <= STORE_ANY; mode++)
            REFUSED(store_open(dir, (enum store_mode)mode, &s, &error), ERR_FORMAT, rows[i].part);
        workspace_remove(dir);
    }
}

/* ---- time ---- */

static bool yes(void *ctx)
{
    ++*(int *)ctx;
    return true;
}

static const char endless[] = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c";

static void a_long_statement_heeds_who_stops_it(void **state)
{
    struct store *s = *state;
    int64_t x;
    int asked = 0;
    store_heed(s, yes, &asked);
    OK(sql_integer(s, &error, &x, 0, "SELECT 7", BIND_NONE)); /* a short one continues */
    assert_int_equal(x, 7);
    REFUSED(sql_integer(s, &error, &x, 0, endless, BIND_NONE), ERR_INTERRUPTED, "interrupted");
    assert_true(asked > 0);
    OK(store_setting_set(s, "after", "it", &error)); /* and the handle is as good as before */
}

static bool many_events(struct store *bundle, void *ctx, struct err *e)
{
    for (int i = 0; i < *(const int *)ctx; i++) {
        struct store_event row = { .step = i % 7, .at = 1 + i, .kind = "alarm.x", .text = "t", .derived = true };
        if (!store_event_insert(bundle, 1, &row, e)) return false;
    }
    return true;
}

static int count_look(void *ctx)
{
    ++*(int *)ctx;
    return 0;
}

/* What SQLite does for a run's events is in proportion to their number, also when they are merged a second time. */
static void events_are_merged_once_and_in_linear_time(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), n;
    int looks[4] = { 0 };
    for (int i = 0; i < 4; i++) {
        int count = i % 2 ? 2000 : 1000;
        OK(store_bundle_write(s, run, BUNDLE_UNWRITTEN, many_events, &count, &error));
        if (i == 1) OK(sql_run(s, &error, "DELETE FROM event", BIND_NONE));
        sqlite3_progress_handler(s->db, 10, count_look, &looks[i]);
        OK(store_bundle_merge(s, run, BUNDLE_UNWRITTEN, &error));
        sqlite3_progress_handler(s->db, 0, NULL, NULL);
        OK(sql_integer(s, &error, &n, -1, "SELECT count(*) FROM event WHERE run_id = 1", BIND_NONE));
        assert_int_equal(n, i ? 2000 : 1000);
    }
    assert_true(looks[1] < 3 * looks[0]);
    assert_true(looks[2] < looks[1] && looks[3] < looks[1]);
}

/* Each slice of a removal looks up what it takes away, and nothing else of the run. */
static void tags_are_removed_in_linear_time(void **state)
{
    enum { TAGS = 50000, STEPS_A_TAG = 150 };
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    int looks = 0;
    OK(sql_run(s, &error,
               "INSERT INTO tag WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 50000)"
               " SELECT 1, 't' || x FROM c",
               BIND_NONE));
    sqlite3_progress_handler(s->db, 100, count_look, &looks);
    OK(store_run_remove(s, run, &error));
    sqlite3_progress_handler(s->db, 0, NULL, NULL);
    if (looks > TAGS / 100 * STEPS_A_TAG) fail_msg("%d hundred steps", looks);
}

static int count_to_a_million(void *ctx)
{
    return ++*(int *)ctx > 1000000;
}

/* Steps may lie any distance apart, and events in any order: a rewind looks at rows, each once. */
static void a_rewind_is_linear_in_its_rows(void **state)
{
    static const char *const rows[] = {
        "INSERT INTO point WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000)"
        " SELECT 1, 1, x * 1000000007, 1 FROM c",
        "INSERT INTO event(run_id, step, at, severity, kind, text, derived) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
        " SELECT x + 1 FROM c WHERE x < 20000) SELECT 1, x * 1000000007, x, 1, 'alarm.a', 'b', x % 2 FROM c",
    };
    struct store *s = *state;
    int64_t run = make_run(s, "a"), points, events;
    int looks = 0;
    for (int i = 0; i < 2; i++) OK(sql_run(s, &error, rows[i], BIND_NONE));
    sqlite3_progress_handler(s->db, 100, count_to_a_million, &looks);
    OK(store_run_rewind(s, run, 1000000007, &error));
    sqlite3_progress_handler(s->db, 0, NULL, NULL);
    OK(sql_integer(s, &error, &points, -1, "SELECT count(*) FROM point", BIND_NONE));
    OK(sql_integer(s, &error, &events, -1, "SELECT count(*) FROM event", BIND_NONE));
    assert_int_equal(points, 1);
    assert_int_equal(events, 10001);
}

/* Work in slices is long where there is much of it: who was asked to end does so between two of them. */
static void a_long_removal_heeds_a_wish_to_stop(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), left;
    int asked = 0;
    OK(sql_run(s, &error,
               "INSERT INTO tag WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 50000)"
               " SELECT 1, 't' || x FROM c",
               BIND_NONE));
    store_heed(s, yes, &asked);
    REFUSED(store_run_remove(s, run, &error), ERR_INTERRUPTED, "interrupted");
    store_heed(s, NULL, NULL);
    OK(sql_integer(s, &error, &left, -1, "SELECT count(*) FROM tag", BIND_NONE));
    assert_in_range(left, 50000 - 64 * 255, 50000);
}

static void a_statement_without_end_is_ended(void **state)
{
    struct store *s = *state;
    int64_t x;
    if (!is_long_suite()) skip();
    REFUSED(sql_integer(s, &error, &x, 0, endless, BIND_NONE), ERR_FORMAT, "does not end");
}

/* ---- values ---- */

static void what_a_run_may_not_hold_is_named_and_hides_no_other(void **state)
{
    struct store *s = *state;
    static const char *const wrong[] = { "steps = 'abc'",
                                         "steps = -1",
                                         "steps = 9007199254740993",
                                         "steps = 1.5",
                                         "steps = x'31'",
                                         "place = 9223372036854775807",
                                         "pid = -1",
                                         "created_at = 9e999",
                                         "state = 'dreaming'",
                                         "note = x'00'",
                                         "name = x'ff'",
                                         "host = 'a' || char(7)",
                                         "preset = hex(zeroblob(40))" };
    make_run(s, "first");
    int64_t second = make_run(s, "second");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char sql[160], part[80];
        struct store_run run;
        struct store_runs runs;
        OK(store_begin(s, STORE_NORMAL, &error));
        snprintf(sql, sizeof sql, "UPDATE run SET %s WHERE id = %d", wrong[i], (int)second);
        assert_int_equal(sqlite3_exec(s->db, sql, NULL, NULL, NULL), SQLITE_OK);
        snprintf(part, sizeof part, "table run, row %d: %.*s is ", (int)second, (int)strcspn(wrong[i], " "), wrong[i]);
        REFUSED(store_run_get(s, second, &run, &error), ERR_FORMAT, part);
        OK(store_run_list(s, &runs, &error));
        assert_int_equal(runs.count, 1);
        assert_int_equal(runs.unreadable, 1);
        assert_non_null(strstr(runs.why.msg, part));
        store_runs_clear(&runs);
        store_rollback(s);
    }
}

/* Who lists runs without their settings still learns which rows are damaged. */
static void a_brief_list_holds_no_settings(void **state)
{
    struct store *s = *state;
    struct store_runs runs;
    int64_t a = make_run(s, "a");
    make_run(s, "b");
    OK(sql_run(s, &error, "UPDATE run SET config = zeroblob(9) WHERE name = 'b'", BIND_NONE));
    OK(store_run_list(s, &runs, &error));
    assert_int_equal(runs.count, 1);
    assert_int_equal(runs.rows[0].id, a);
    assert_null(runs.rows[0].config);
    assert_null(runs.rows[0].resolved);
    assert_non_null(runs.rows[0].note);
    assert_int_equal(runs.unreadable, 1);
    assert_non_null(strstr(runs.why.msg, "config is "));
    store_runs_clear(&runs);
}

static void a_number_without_sense_is_none(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), loss;
    struct store_points points;
    OK(store_metric_id(s, "loss", &loss, &error));
    char sql[200];
    snprintf(sql, sizeof sql,
             "INSERT INTO point SELECT %d, %d, value, CASE value WHEN 1 THEN 9e999 WHEN 2 THEN 1e200 ELSE 3 END"
             " FROM (SELECT 1 AS value UNION SELECT 2 UNION SELECT 3)",
             (int)run, (int)loss);
    assert_int_equal(sqlite3_exec(s->db, sql, NULL, NULL, NULL), SQLITE_OK);
    OK(store_points_read(s, run, loss, 0, 10, &points, &error));
    assert_int_equal(points.count, 3);
    assert_true(isnan(points.rows[0].value) && isnan(points.rows[1].value) && points.rows[2].value == 3);
    store_points_clear(&points);
    assert_int_equal(sqlite3_exec(s->db, "UPDATE point SET value = 'x'", NULL, NULL, NULL), SQLITE_OK);
    REFUSED(store_points_read(s, run, loss, 0, 10, &points, &error), ERR_FORMAT, "value is 'x', not a number");
}

static void steps_far_apart_take_no_time(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), loss;
    struct store_batch b = { 0 };
    struct store_points points;
    struct series t = { 0 };
    bool changed = false;
    OK(store_metric_id(s, "loss", &loss, &error));
    store_batch_add(&b, loss, 8, 1);
    store_batch_add(&b, loss, STORE_STEP_MOST, 2);
    OK(store_points_append(s, run, &b, &error));
    OK(store_points_piece(s, run, loss, 0, INT64_MAX, 1, &points, &error));
    assert_int_equal(points.count, 1);
    assert_int_equal(points.rows[0].step, 8);
    store_points_clear(&points);
    OK(store_points_piece(s, run, loss, 9, INT64_MAX, 9, &points, &error));
    assert_int_equal(points.count, 1);
    assert_true(points.rows[0].step == STORE_STEP_MOST);
    store_points_clear(&points);
    OK(series_continue(&t, s, &(struct series_want){ run, 0, NULL, "loss", 0, INT64_MAX, 80 }, &changed, &error));
    assert_int_equal(t.count, 2);
    OK(store_run_rewind(s, run, 8, &error));
    OK(store_points_piece(s, run, loss, 9, INT64_MAX, 9, &points, &error));
    assert_int_equal(points.count, 0);
    series_clear(&t);
    store_batch_reset(&b);
    store_batch_add(&b, loss, STORE_STEP_MOST + 1, 2);
    REFUSED(store_points_append(s, run, &b, &error), ERR_INTERNAL, "an absurd step");
    store_batch_clear(&b);
}

static void a_width_of_thinning_without_sense_is_refused(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    float x = 1;
    for (int step = 1; step < 9; step++)
        OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, step, "z", "spectrum" }, 1, 1, &x, &error));
    assert_int_equal(sqlite3_exec(s->db, "UPDATE run SET thinned = 4611686018427387904", NULL, NULL, NULL), SQLITE_OK);
    REFUSED(store_snapshot_thin(s, run, 2, &error), ERR_FORMAT, "thinned is 4611686018427387904");
}

static void a_place_behind_the_last_is_refused(void **state)
{
    struct store *s = *state;
    int64_t first = make_run(s, "a"), second = make_run(s, "b");
    OK(store_queue_add(s, first, &error));
    assert_int_equal(sqlite3_exec(s->db, "UPDATE run SET place = 9223372036854775807 WHERE id = 1", NULL, NULL, NULL),
                     SQLITE_OK);
    REFUSED(store_queue_add(s, second, &error), ERR_FORMAT, "place 9223372036854775807");
}

static void a_command_without_words_is_taken_all_the_same(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), id;
    struct store_command c;
    bool any;
    OK(store_command_insert(s, run, "set", "optim.lr=1", &id, &error));
    assert_int_equal(sqlite3_exec(s->db, "UPDATE command SET verb = x'00', asked_at = 'now'", NULL, NULL, NULL),
                     SQLITE_OK);
    OK(store_command_take(s, run, 3, &c, &any, &error));
    assert_true(any && c.id == id && !*c.verb && !*c.argument);
    store_command_clear(&c);
    OK(store_command_take(s, run, 3, &c, &any, &error));
    assert_false(any);
}

static void counts_are_those_of_the_rows(void **state)
{
    struct store *s = *state;
    struct store_image images[3] = { { .path = "a" }, { .path = "b" }, { .path = "c" } };
    const char *classes[] = { "x", "y" };
    int8_t labels[6] = { 0, 1, 1, 0, 1, 1 };
    struct store_contents c = { .dataset = { .name = "d", .kind = "csv", .size = 8, .channels = 1, .digest = "00" },
                                .images_count = 3,
                                .classes_count = 2,
                                .images = images,
                                .classes = classes,
                                .labels = labels };
    static const struct {
        const char *sql, *part;
    } rows[] = {
        { "UPDATE dataset SET count = 2305843009213693953", "count is 2305843009213693953" },
        { "UPDATE dataset SET count = -1", "count is -1" },
        { "UPDATE dataset SET count = 4", "3 images where its row says 4" },
        { "UPDATE image SET idx = 9 WHERE idx = 2", "idx is 9, not 2" },
        { "UPDATE image SET split = 4", "split is '4'" },
        { "UPDATE image SET split = x'00'", "split is a blob of 1 bytes" },
        { "UPDATE image SET path = x'41'", "path is a blob of 1 bytes" },
        { "UPDATE label SET class_idx = 2 WHERE class_idx = 1", "class_idx is 2" },
        { "UPDATE label SET image_idx = -1 WHERE image_idx = 0", "image_idx is -1" },
        { "UPDATE label SET value = 'yes'", "value is 'yes'" },
        { "INSERT INTO class(dataset_id, idx, name) VALUES(1, 5, 'z')", "idx is 5, not 2" },
    };
    int64_t id;
    OK(store_dataset_insert(s, &c, &id, &error));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct store_contents loaded;
        OK(store_begin(s, STORE_NORMAL, &error));
        assert_int_equal(sqlite3_exec(s->db, rows[i].sql, NULL, NULL, NULL), SQLITE_OK);
        REFUSED(store_dataset_load(s, id, STORE_PART_ALL, &loaded, &error), ERR_FORMAT, rows[i].part);
        store_rollback(s);
    }
}

/* SQLite calls it a full disk, too. */
static void a_number_that_has_no_next_is_no_full_disk(void **state)
{
    struct store *s = *state;
    struct store_run row = { .name = "b", .seed = 7, .steps = 10, .epochs = 1 };
    struct store_image image = { .path = "a" };
    struct store_contents c = { .dataset = { .name = "d", .kind = "csv", .size = 8, .channels = 1, .digest = "00" },
                                .images_count = 1,
                                .images = &image };
    int64_t id;
    make_run(s, "a");
    OK(store_dataset_insert(s, &c, &id, &error));
    change(store_dir(s), "UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'dataset'");
    strcpy(c.dataset.name, "e");
    REFUSED(store_dataset_insert(s, &c, &id, &error), ERR_FORMAT, "table dataset has given its greatest number");
    change(store_dir(s), "UPDATE sqlite_sequence SET seq = 7");
    change(store_dir(s), "UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'run'");
    REFUSED(store_run_insert(s, &row, &id, &error), ERR_FORMAT, "table run has given its greatest number");
    change(store_dir(s), "UPDATE sqlite_sequence SET seq = 7 WHERE name = 'run'");
    OK(store_run_insert(s, &row, &id, &error));
    assert_int_equal(id, 8);
    sqlite3_exec(s->db, "PRAGMA max_page_count = 1", NULL, NULL, NULL); /* as many as there are */
    char *note = calloc(1, 1 << 20);
    assert_non_null(note);
    memset(note, 'x', (1 << 20) - 1);
    REFUSED(store_run_set_note(s, id, note, &error), ERR_IO, "the disk is full");
    free(note);
}

/* A row that cannot be read hides none of the others from who shows them, and is not skipped in silence. */
static void what_is_listed_goes_on_without_a_bad_row(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), id;
    struct store_event event = { .step = 1, .kind = "note", .text = "x" };
    struct store_checkpoint point = { .step = 1, .path = "step-1.safetensors", .sha256 = "00", .reason = "time" };
    struct store_score score = { .name = "c", .auc = .5 };
    struct store_evaluation evaluation = { .run_id = run, .task = "d", .protocol = "knn", .scores = &score };
    evaluation.scores_count = 1;
    for (int i = 0; i < 3; i++) {
        OK(store_event_insert(s, run, &event, &error));
        point.step = i + 1;
        OK(store_checkpoint_insert(s, run, &point, &error));
        OK(store_command_insert(s, run, "set", "optim.lr=1", &id, &error));
        evaluation.step = i + 1;
        OK(store_evaluation_insert(s, &evaluation, NULL, 0, &id, &error));
    }
    change(store_dir(s),
           "UPDATE event SET derived = 2 WHERE id = 2; UPDATE checkpoint SET bytes = 'many' WHERE step = 2;"
           "UPDATE command SET argument = x'00' WHERE id = 2;"
           "UPDATE score SET positives = -1 WHERE evaluation_id = 2");
    struct store_events events;
    struct store_checkpoints points;
    struct store_commands commands;
    struct store_evaluations evaluations;
#define EXPECT_TWO_OF(list, part, clear)                                                                               \
    assert_true((list).count == 2 && (list).unreadable == 1 && strstr((list).why.msg, part));                          \
    clear(&(list))
    OK(store_event_page(s, run, &(struct store_cursor){ 0 }, &events, &error));
    EXPECT_TWO_OF(events, "table event, row 2: derived is 2", store_events_clear);
    OK(store_checkpoint_page(s, run, &(struct store_cursor){ 0 }, &points, &error));
    EXPECT_TWO_OF(points, "table checkpoint, row 2: bytes is 'many'", store_checkpoints_clear);
    OK(store_command_page(s, run, &(struct store_cursor){ 0 }, &commands, &error));
    EXPECT_TWO_OF(commands, "table command, row 2: argument is", store_commands_clear);
    OK(store_evaluation_page(s, run, &(struct store_cursor){ 0 }, &evaluations, &error));
    EXPECT_TWO_OF(evaluations, "table score, row 2: positives is -1", store_evaluations_clear);
    /* whoever needs all of them is told */
    REFUSED(store_event_list(s, run, 0, 0, &events, &error), ERR_FORMAT, "derived is 2");
    REFUSED(store_checkpoint_list(s, run, &points, &error), ERR_FORMAT, "bytes is 'many'");
    REFUSED(store_command_list(s, run, &commands, &error), ERR_FORMAT, "argument is");
    REFUSED(store_evaluation_list(s, run, &evaluations, &error), ERR_FORMAT, "positives is -1");
}

/* An alarm a step, for long: what is open is found in one look at them. */
static void many_alarms_are_looked_at_once(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct store_events open;
    char sql[300];
    snprintf(sql, sizeof sql,
             "INSERT INTO event(run_id, step, at, severity, kind, text, derived) WITH RECURSIVE c(x) AS (SELECT 1 UNION"
             " ALL SELECT x + 1 FROM c WHERE x < 20000) SELECT %d, x, x, 1, 'alarm.' || x %% 7, 'b', 1 FROM c",
             (int)run);
    assert_int_equal(sqlite3_exec(s->db, sql, NULL, NULL, NULL), SQLITE_OK);
    OK(store_event_open(s, run, &open, &error));
    assert_int_equal(open.count, 1);
    assert_int_equal(open.rows[0].step, 20000);
    assert_true(s->looks < 1000); /* of 16,384 steps each; every one against every other would take some 60,000 */
    store_events_clear(&open);
}

/* What an index has and its table has not can be found forever and never be deleted. */
static void rows_that_only_an_index_has_end_a_removal(void **state)
{
    static const char lose[] = "PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = 'event_by_run';",
                      drop[] = "DELETE FROM event WHERE run_id = 1;",
                      bring_back[] = "PRAGMA writable_schema = ON; INSERT INTO sqlite_master SELECT * FROM kept.s;";
    struct store *s = *state;
    char dir[STORE_PATH], attach[STORE_PATH + 256];
    int64_t run = make_run(s, "torn");
    const struct store_event event = { .kind = "note", .text = "first" };
    snprintf(dir, sizeof dir, "%s", store_dir(s));
    OK(store_event_insert(s, run, &event, &error));
    snprintf(
        attach, sizeof attach,
        "ATTACH '%s/kept.db' AS kept; CREATE TABLE kept.s AS SELECT * FROM sqlite_master WHERE name = 'event_by_run'",
        dir);
    change(dir, attach);
    change(dir, lose);
    change(dir, drop);
    snprintf(attach, sizeof attach, "ATTACH '%s/kept.db' AS kept; %s", dir, bring_back);
    change(dir, attach);
    struct store *again;
    OK(store_open(dir, STORE_WRITE, &again, &error));
    REFUSED(store_run_remove(again, run, &error), ERR_FORMAT, "cannot be removed");
    store_close(again);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_of_every_version_opens),
        STORE_TEST(a_schema_may_be_written_in_another_way),
        cmocka_unit_test(a_schema_that_is_another_is_named),
        STORE_TEST(a_long_statement_heeds_who_stops_it),
        STORE_TEST(rows_that_only_an_index_has_end_a_removal),
        STORE_TEST(events_are_merged_once_and_in_linear_time),
        STORE_TEST(tags_are_removed_in_linear_time),
        STORE_TEST(a_rewind_is_linear_in_its_rows),
        STORE_TEST(a_long_removal_heeds_a_wish_to_stop),
        STORE_TEST(a_statement_without_end_is_ended),
        STORE_TEST(what_a_run_may_not_hold_is_named_and_hides_no_other),
        STORE_TEST(a_brief_list_holds_no_settings),
        STORE_TEST(a_number_without_sense_is_none),
        STORE_TEST(steps_far_apart_take_no_time),
        STORE_TEST(a_width_of_thinning_without_sense_is_refused),
        STORE_TEST(a_place_behind_the_last_is_refused),
        STORE_TEST(a_command_without_words_is_taken_all_the_same),
        STORE_TEST(counts_are_those_of_the_rows),
        STORE_TEST(a_number_that_has_no_next_is_no_full_disk),
        STORE_TEST(what_is_listed_goes_on_without_a_bad_row),
        STORE_TEST(many_alarms_are_looked_at_once),
    };
    return cmocka_run_group_tests_name("store_guard", tests, NULL, NULL);
}
