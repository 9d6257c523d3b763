/* Stores of other versions: migrations, dumps that older ones left, and the views that the newest has for people. */
#include "tests/store_help.h"

#include <math.h>
#include <sys/stat.h>

#include "engine/base/files.h"
#include "store/checkpoint.h"
#include "store/dataset.h"
#include "store/evaluation.h"
#include "store/metric.h"
#include "store/queue.h"
#include "store/trash.h"
#include "store/database/schema.h"

static const char fake_newest[] = "ALTER TABLE run ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey';";

static void migrations_lead_from_any_version_to_the_newest(void **state)
{
    struct store *s = *state;
    int count, version;
    const struct migration *own = schema_migrations(&count);
    struct migration list[16];
    assert_true(count < 15);
    memcpy(list, own, (size_t)count * sizeof *list);
    for (int i = 0; i < count; i++) assert_int_equal(own[i].version, i + 1);
    make_run(s, "old");
    list[count] = (struct migration){ own[count - 1].version + 1, fake_newest };
    OK(schema_upgrade(s, list, count + 1, &error));
    OK(schema_version(s, &version, &error));
    assert_int_equal(version, list[count].version);
    struct text out = { 0 };
    dump_query(s->db, "SELECT name, colour FROM run", &out);
    assert_string_equal(text_str(&out), "old|grey|\n");
    text_clear(&out);
    OK(schema_upgrade(s, list, count + 1, &error)); /* once only: adding the column again would fail */
}

static void a_migration_that_fails_leaves_the_old_version(void **state)
{
    struct store *s = *state;
    int version;
    struct migration list[] = { { store_schema_version(), "" },
                                { store_schema_version() + 1,
                                  "CREATE TABLE half(x); INSERT INTO nowhere VALUES(1);" } };
    REFUSED(schema_upgrade(s, list, 2, &error), ERR_INTERNAL, "bringing the store to version");
    OK(schema_version(s, &version, &error));
    assert_int_equal(version, store_schema_version());
    struct text out = { 0 };
    dump_query(s->db, "SELECT name FROM sqlite_master WHERE name = 'half'", &out);
    assert_int_equal(out.length, 0);
}

static void a_store_of_a_newer_version_is_refused_and_not_touched(void **state)
{
    struct store *s = *state, *other;
    char dir[STORE_PATH], path[STORE_PATH + 16], before[DIGEST_HEX_SIZE], after[DIGEST_HEX_SIZE];
    snprintf(dir, sizeof dir, "%s", store_dir(s));
    snprintf(path, sizeof path, "%s/mlvicx.db", dir);
    OK(sqlite3_exec(s->db, "PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE);", NULL, NULL, NULL) ==
       SQLITE_OK);
    OK(digest_file(path, before, &error));
    for (int mode = STORE_READ; mode <= STORE_ANY; mode++)
        REFUSED(store_open(dir, (enum store_mode)mode, &other, &error), ERR_UNSUPPORTED,
                "newer version of mlvicx (store version 99");
    OK(digest_file(path, after, &error));
    assert_string_equal(before, after);
}

/* The run that every old store has, as it was. */
static void expect_old_run(struct store *s)
{
    struct store_run run;
    struct store_points points;
    struct store_checkpoint c;
    int64_t id, metric;
    OK(store_run_find(s, "old-run", &id, &error));
    OK(store_run_get(s, id, &run, &error));
    assert_int_equal(run.step, 9);
    assert_string_equal(run.tags, "baseline keep");
    assert_int_equal(run.state, STORE_STOPPED);
    assert_int_equal(run.place, 0);
    OK(store_metric_id(s, "loss", &metric, &error));
    OK(store_points_read(s, id, metric, 0, 100, &points, &error));
    assert_int_equal(points.count, 9);
    assert_true(points.rows[8].value == 20.5);
    OK(store_checkpoint_find(s, id, -1, &c, &error));
    assert_int_equal(c.step, 9);
    assert_int_equal(c.given_up, STORE_KEPT);
    store_points_clear(&points);
    store_run_clear(&run);
}

/* Stores as versions before this one wrote them, kept forever: one of each. */
static void a_store_of_every_older_version_is_brought_up_to_date(void **state)
{
    (void)state;
    for (int version = 1; version < store_schema_version(); version++) {
        char dir[64];
        struct store *s;
        int64_t now;
        snprintf(dir, sizeof dir, "%s", workspace_make());
        old_store_make(dir, version);
        OK(store_open(dir, STORE_WRITE, &s, &error));
        expect_old_run(s);
        OK(sql_integer(s, &error, &now, 0, "PRAGMA user_version", BIND_NONE));
        assert_int_equal(now, store_schema_version());
        store_close(s);
        workspace_remove(dir);
    }
}

/* Version 2 knew the queue, and of a rewind nothing that is given up. */
static void a_store_of_version_2_keeps_its_queue_and_checkpoints(void **state)
{
    (void)state;
    char dir[64];
    struct store *s;
    struct store_runs waiting;
    struct store_checkpoints list;
    struct store_evaluations scores;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    old_store_make(dir, 2);
    OK(store_open(dir, STORE_WRITE, &s, &error));
    OK(store_queue_page(s, &(struct store_cursor){ 0 }, &waiting, &error));
    assert_int_equal(waiting.count, 2);
    assert_string_equal(waiting.rows[0].name, "first-in-line");
    store_runs_clear(&waiting);
    OK(store_checkpoint_list(s, 1, &list, &error));
    assert_int_equal(list.count, 2);
    for (size_t i = 0; i < list.count; i++) assert_int_equal(list.rows[i].given_up, STORE_KEPT);
    assert_true(list.rows[0].pinned && !list.rows[1].pinned);
    OK(store_evaluation_list(s, 1, &scores, &error));
    assert_int_equal(scores.count, 1);
    OK(store_run_rewind(s, 1, 6, &error)); /* which writes what version 3 brought */
    store_checkpoints_clear(&list);
    OK(store_checkpoint_list(s, 1, &list, &error));
    assert_int_equal(list.rows[1].given_up, STORE_GIVEN_UP);
    store_evaluations_clear(&scores);
    store_checkpoints_clear(&list);
    store_close(s);
    workspace_remove(dir);
}

/* Splits were numbers; as words they mean the same, whether the store is brought up to date or read from a copy. */
static void splits_of_version_3_keep_their_meaning(void **state)
{
    (void)state;
    static const enum store_mode modes[] = { STORE_READ, STORE_WRITE };
    static const enum store_split splits[] = { STORE_SPLIT_TRAIN, STORE_SPLIT_VAL, STORE_SPLIT_TEST, STORE_SPLIT_NONE };
    char dir[64];
    snprintf(dir, sizeof dir, "%s", workspace_make());
    old_store_make(dir, 3);
    for (size_t m = 0; m < 2; m++) {
        struct store *s;
        struct store_contents in;
        struct store_counts c;
        OK(store_open(dir, modes[m], &s, &error));
        OK(store_dataset_load(s, 1, STORE_PART_ALL, &in, &error));
        assert_int_equal(in.images_count, 4);
        for (size_t i = 0; i < 4; i++) assert_int_equal(in.images[i].split, splits[i]);
        OK(store_dataset_counts(s, 1, &c, &error));
        for (int k = 0; k < STORE_SPLIT_COUNT; k++) assert_int_equal(c.splits[k], 1);
        assert_true(c.positives[0][STORE_SPLIT_TRAIN] == 1 && c.positives[0][STORE_SPLIT_TEST] == 1);
        store_counts_clear(&c);
        store_contents_clear(&in);
        store_close(s);
    }
    workspace_remove(dir);
}

/* Class folders exclude one another since always; of a table no one knows. */
static void class_folders_of_version_5_are_exclusive(void **state)
{
    (void)state;
    char dir[64];
    struct store *s;
    struct store_datasets list;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    old_store_make(dir, 5);
    OK(store_open(dir, STORE_WRITE, &s, &error));
    OK(store_dataset_list(s, &list, &error));
    assert_int_equal(list.count, 2);
    assert_string_equal(list.rows[0].name, "listed");
    assert_true(!list.rows[0].exclusive && list.rows[1].exclusive);
    store_datasets_clear(&list);
    store_close(s);
    workspace_remove(dir);
}

/* A class of version 6 is marked by its name; a later insert by what it says. */
static void classes_of_version_6_that_mean_nothing_are_marked(void **state)
{
    (void)state;
    char dir[64];
    struct store *s;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    old_store_make(dir, 6);
    OK(store_open(dir, STORE_WRITE, &s, &error));
    int64_t marked, copy;
    OK(sql_integer(s, &error, &marked, 0, "SELECT is_nothing FROM class WHERE dataset_id = 2 AND idx = 1", BIND_NONE));
    assert_int_equal(marked, 1);
    struct store_contents c;
    OK(store_dataset_load(s, 1, 0, &c, &error));
    assert_int_equal(c.classes_count, 2);
    assert_true(!c.nothing[0] && c.nothing[1]);
    const bool other[] = { true, false };
    snprintf(c.dataset.name, sizeof c.dataset.name, "again");
    c.images_count = 0;
    c.nothing = other;
    OK(store_dataset_insert(s, &c, &copy, &error));
    store_contents_clear(&c);
    OK(store_dataset_load(s, copy, 0, &c, &error));
    assert_true(c.nothing[0] && !c.nothing[1]);
    store_contents_clear(&c);
    store_close(s);
    workspace_remove(dir);
}

/* Version 7 kept data and size of an evaluation in its details alone, and could hold one figure of no run twice. */
static void evaluations_of_version_7_tell_what_they_scored(void **state)
{
    (void)state;
    char dir[64];
    struct store *s;
    struct store_evaluations list;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    old_store_make(dir, 7);
    OK(store_open(dir, STORE_WRITE, &s, &error));
    OK(store_evaluation_list(s, -1, &list, &error));
    assert_int_equal(list.count, 2);
    const struct store_evaluation *v = &list.rows[0], *of_none = &list.rows[1];
    assert_string_equal(v->data, "00");
    assert_int_equal(v->size, 32);
    assert_string_equal(v->weights, "");
    assert_string_equal(v->settings, "");
    assert_int_equal(v->child_run_id, 0);
    assert_int_equal(v->scores_count, 2);
    assert_true(!v->scores[0].detailed && isnan(v->scores[0].brier));
    assert_true(of_none->id == 3 && of_none->auc_macro == 0.625 && !*of_none->data && !of_none->size);
    /* a new figure of it takes its place, though that did not tell its settings */
    struct store_evaluation again = { .run_id = 1, .step = 9, .task = "tiny", .protocol = "knn", .split = "test" };
    again.fraction = 100;
    again.size = 32;
    snprintf(again.settings, sizeof again.settings, "as now");
    store_evaluations_clear(&list);
    OK(store_evaluation_insert(s, &again, NULL, 0, NULL, &error));
    OK(store_evaluation_list(s, 1, &list, &error));
    assert_int_equal(list.count, 1);
    assert_string_equal(list.rows[0].settings, "as now");
    store_evaluations_clear(&list);
    store_close(s);
    workspace_remove(dir);
}

/* Views are for people with sqlite3: runs that are gone leave none of their rows in them. */
static void expect_rows(sqlite3 *db, const char *sql, const char *rows)
{
    struct text out = { 0 };
    const char *last = strstr(sql, "; ");
    if (last) assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    dump_query(db, last ? last + 2 : sql, &out);
    assert_string_equal(text_str(&out), rows);
    text_clear(&out);
}

static void views_answer_everyday_questions(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *rows;
    } asked[] = {
        { "SELECT split, count(*) FROM image GROUP BY split ORDER BY split", "none|1|\ntest|1|\ntrain|1|\nval|1|\n" },
        { "SELECT id, name, state, dataset, preset, seed, step, steps, created, started, ended, loss, auc_knn, "
          "auc_ridge,"
          " tags FROM v_run",
          "1|old-run|stopped|tiny|small|3|9|9|2026-01-01 00:00:00|2026-01-01 00:01:00|2026-01-01 "
          "00:02:00|0x1.48p+4|NULL|0x1.8p-1|"
          "baseline keep|\n" },
        { "SELECT run_id, metric, unit, step, value FROM v_point WHERE run = 'old-run' AND step = 9 ORDER BY metric",
          "1|auc.ridge||9|0x1.8p-1|\n1|loss||9|0x1.48p+4|\n" },
        { "SELECT run, init, step, task, protocol, context, fraction, split, auc_macro, class, auc, lo, hi, positives,"
          " negatives FROM v_score WHERE run_id = 1 AND class = 'effusion'",
          "old-run||9|tiny|knn|0|0x1.9p+6|test|0x1.cp-1|effusion|0x1.8p-1|0x1p-1|0x1p+0|1|2|\n" },
        { "DELETE FROM run; SELECT (SELECT count(*) FROM v_run), (SELECT count(*) FROM v_point),"
          " (SELECT count(*) FROM v_score WHERE run_id IS NOT NULL)",
          "0|0|0|\n" },
    };
    char dir[64];
    snprintf(dir, sizeof dir, "%s", workspace_make());
    old_store_make(dir, 3);
    struct store *s;
    char path[STORE_PATH];
    sqlite3 *db;
    OK(store_open(dir, STORE_WRITE, &s, &error));
    store_close(s);
    snprintf(path, sizeof path, "%s/mlvicx.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) expect_rows(db, asked[i].sql, asked[i].rows);
    sqlite3_close(db);
    workspace_remove(dir);
}

/* Version 9 shows all figures of a class, and none that is half written or of a run in the trash. */
static void scores_of_version_8_are_shown_with_all_their_figures(void **state)
{
    (void)state;
    char dir[64], path[STORE_PATH];
    struct store *s;
    sqlite3 *db;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    old_store_make(dir, 8);
    OK(store_open(dir, STORE_WRITE, &s, &error));
    snprintf(path, sizeof path, "%s/mlvicx.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    expect_rows(db,
                "SELECT child_run_id, child_run, average_precision, threshold, sensitivity, specificity, f1, brier,"
                " calibration FROM v_score WHERE protocol = 'finetune'",
                "2|child|0x1p-1|0x1p-2|0x1p+0|0x1p-1|0x1.8p-1|0x1p-3|0x1p-4|\n");
    OK(store_run_trash(s, 2, 1000, &error));
    expect_rows(db, "SELECT child_run_id, child_run FROM v_score WHERE protocol = 'finetune'", "NULL|NULL|\n");
    expect_rows(db, "UPDATE evaluation SET task = '.new.1' WHERE id = 4; SELECT count(*) FROM v_score", "3|\n");
    OK(store_run_trash(s, 1, 1000, &error));
    expect_rows(db, "SELECT (SELECT count(*) FROM v_run), (SELECT count(*) FROM v_point), run, init FROM v_score",
                "0|0|NULL|random:1:resnet18-w4-s32|\n");
    sqlite3_close(db);
    store_close(s);
    workspace_remove(dir);
}

/* What someone keeps beside our tables may have a name that a newer version gives to something of its own. */
static void a_name_that_is_taken_is_told_and_nothing_is_changed(void **state)
{
    (void)state;
    static const struct {
        const char *taken, *told, *way_out;
    } cases[] = {
        { "CREATE TABLE v_run(x)", "'ALTER TABLE v_run RENAME TO own_v_run'", "ALTER TABLE v_run RENAME TO own_v_run" },
        { "CREATE TABLE V_Point(x)", "'ALTER TABLE v_point RENAME TO own_v_point'",
          "ALTER TABLE v_point RENAME TO own_v_point" },
        { "CREATE TABLE image_by_word(x)", "'ALTER TABLE image_by_word RENAME TO own_image_by_word'",
          "ALTER TABLE image_by_word RENAME TO own_image_by_word" },
        { "CREATE TABLE image_attribute(x)", "'ALTER TABLE image_attribute RENAME TO own_image_attribute'",
          "ALTER TABLE image_attribute RENAME TO own_image_attribute" },
        { "CREATE TABLE Trash(x)", "'ALTER TABLE trash RENAME TO own_trash'", "ALTER TABLE trash RENAME TO own_trash" },
        { "CREATE TABLE mine(x); CREATE INDEX v_score ON mine(x)", "'DROP INDEX v_score'", "DROP INDEX v_score" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store *s;
        char dir[64], path[STORE_PATH];
        sqlite3 *db;
        struct text before = { 0 }, after = { 0 };
        snprintf(dir, sizeof dir, "%s", workspace_make());
        old_store_make(dir, 3);
        snprintf(path, sizeof path, "%s/mlvicx.db", dir);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, cases[i].taken, NULL, NULL, NULL), SQLITE_OK);
        dump_all(db, &before);
        for (int mode = STORE_READ; mode <= STORE_ANY; mode++)
            REFUSED(store_open(dir, (enum store_mode)mode, &s, &error), ERR_CONFLICT, cases[i].told);
        dump_all(db, &after);
        assert_string_equal(text_str(&before), text_str(&after));
        assert_int_equal(sqlite3_exec(db, cases[i].way_out, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        OK(store_open(dir, STORE_WRITE, &s, &error));
        store_close(s);
        text_clear(&before);
        text_clear(&after);
        workspace_remove(dir);
    }
}

struct rival {
    struct store *store;
    const struct migration *list;
    int count;
};

/* As soon as the version was read, somebody else brings the store to the newest one. */
static int overtake(unsigned what, void *context, void *statement, void *x)
{
    struct rival *r = context;
    const char *sql = sqlite3_sql(statement);
    (void)what;
    (void)x;
    if (!r->store || !strstr(sql, "user_version")) return 0;
    struct store *other = r->store;
    r->store = NULL;
    OK(schema_upgrade(other, r->list, r->count, &error));
    store_close(other);
    return 0;
}

static void a_store_that_another_process_upgrades_meanwhile_is_upgraded(void **state)
{
    struct store *s = *state;
    int count, version;
    const struct migration *own = schema_migrations(&count);
    struct migration list[16];
    assert_true(count < 15);
    memcpy(list, own, (size_t)count * sizeof *list);
    list[count] = (struct migration){ own[count - 1].version + 1, "CREATE TABLE colour(id INTEGER PRIMARY KEY);" };
    struct rival rival = { .list = list, .count = count + 1 };
    OK(store_open(store_dir(s), STORE_WRITE, &rival.store, &error));
    assert_int_equal(sqlite3_trace_v2(s->db, SQLITE_TRACE_PROFILE, overtake, &rival), SQLITE_OK);
    OK(schema_upgrade(s, list, count + 1, &error));
    assert_null(rival.store);
    OK(schema_version(s, &version, &error));
    assert_int_equal(version, count + 1);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(migrations_lead_from_any_version_to_the_newest),
        STORE_TEST(a_migration_that_fails_leaves_the_old_version),
        STORE_TEST(a_store_that_another_process_upgrades_meanwhile_is_upgraded),
        STORE_TEST(a_store_of_a_newer_version_is_refused_and_not_touched),
        cmocka_unit_test(a_store_of_every_older_version_is_brought_up_to_date),
        cmocka_unit_test(class_folders_of_version_5_are_exclusive),
        cmocka_unit_test(classes_of_version_6_that_mean_nothing_are_marked),
        cmocka_unit_test(evaluations_of_version_7_tell_what_they_scored),
        cmocka_unit_test(a_store_of_version_2_keeps_its_queue_and_checkpoints),
        cmocka_unit_test(splits_of_version_3_keep_their_meaning),
        cmocka_unit_test(views_answer_everyday_questions),
        cmocka_unit_test(scores_of_version_8_are_shown_with_all_their_figures),
        cmocka_unit_test(a_name_that_is_taken_is_told_and_nothing_is_changed),
    };
    return cmocka_run_group_tests_name("versions", tests, NULL, NULL);
}
