/* Runs that were removed: gone for every reader, and back as they were, or deleted in pieces. */
#include "tests/store_help.h"

#include <sys/stat.h>

#include "store/checkpoint.h"
#include "store/dataset.h"
#include "store/evaluation.h"
#include "store/event.h"
#include "store/kept.h"
#include "store/lock.h"
#include "store/metric.h"
#include "store/queue.h"
#include "store/stamp.h"
#include "store/trash.h"

static int64_t count(struct store *s, const char *sql)
{
    int64_t n;
    OK(sql_integer(s, &error, &n, -1, sql, BIND_NONE));
    return n;
}

/* A run with a row of every kind. */
static int64_t whole_run(struct store *s, const char *name)
{
    int64_t id = make_run(s, name);
    struct store_batch b = { 0 };
    for (int step = 1; step <= 20; step++) store_batch_name(&b, s, "loss", step, 20 - step);
    store_batch_name(&b, s, "auc.ridge", 20, 0.9);
    OK(store_points_append(s, id, &b, &error));
    store_batch_clear(&b);
    OK(store_event_insert(s, id, &(struct store_event){ .kind = "start", .text = "t" }, &error));
    OK(store_run_tag(s, id, "keep", true, &error));
    OK(store_run_set_note(s, id, "why", &error));
    OK(store_checkpoint_insert(
        s, id, &(struct store_checkpoint){ .step = 20, .path = "step-p.safetensors", .bytes = 4096 }, &error));
    struct store_evaluation v = { .run_id = id, .step = 20, .task = "t", .protocol = "knn", .split = "test" };
    OK(store_evaluation_insert(s, &v, &(struct store_prediction){ 0, 0, 0.5 }, 1, NULL, &error));
    OK(store_run_set_state(s, id, STORE_FINISHED, &error));
    return id;
}

static bool has_folder(struct store *s, int64_t run)
{
    char path[STORE_PATH];
    struct stat st;
    OK(store_run_path(s, run, NULL, path, &error));
    return stat(path, &st) == 0;
}

static void nobody_finds_a_run_in_the_trash(void **state)
{
    struct store *s = *state;
    struct store_run run;
    struct store_runs runs;
    struct store_evaluations evaluations;
    int64_t stay = make_run(s, "stay"), gone = whole_run(s, "gone"), id, other;
    uint64_t before, after;
    OK(store_runs_stamp(s, &before, &error));
    OK(store_run_trash(s, gone, 1000, &error));
    OK(store_runs_stamp(s, &after, &error));
    assert_true(before != after);
    REFUSED(store_run_get(s, gone, &run, &error), ERR_NOT_FOUND, "there is none");
    REFUSED(store_run_find(s, "gone", &id, &error), ERR_NOT_FOUND, "in the trash; mlvicx restore 2 brings it back");
    REFUSED(store_run_find(s, "2", &id, &error), ERR_NOT_FOUND, "in the trash; mlvicx restore 2 brings it back");
    REFUSED(store_run_find(s, "gon", &id, &error), ERR_NOT_FOUND, "there is none");
    REFUSED(store_run_find(s, "@best", &id, &error), ERR_NOT_FOUND, "no run has been probed");
    OK(store_run_find(s, "@last", &id, &error));
    assert_int_equal(id, stay);
    OK(store_run_beside(s, stay, true, &other, &error));
    assert_int_equal(other, 0);
    OK(store_run_list(s, &runs, &error));
    assert_true(runs.count == 1 && runs.older == 0);
    store_runs_clear(&runs);
    OK(store_evaluation_list(s, 0, &evaluations, &error));
    assert_int_equal(evaluations.count, 0);
    store_evaluations_clear(&evaluations);
    REFUSED(store_run_claim(s, gone, ~0u, &error), ERR_NOT_FOUND, "there is none");
    REFUSED(store_run_rename(s, gone, "new", &error), ERR_NOT_FOUND, "there is none");
    OK(store_run_rename(s, stay, "gone", &error)); /* its name is free */
    REFUSED(store_run_trash(s, gone, 1000, &error), ERR_NOT_FOUND, "there is none");
    assert_true(has_folder(s, gone));
    bool orphan;
    OK(store_run_orphan(s, gone, &orphan, &error));
    assert_false(orphan);
}

static void a_run_comes_back_as_it_was(void **state)
{
    struct store *s = *state;
    struct text before = { 0 }, after = { 0 };
    char name[STORE_NAME];
    int64_t run = whole_run(s, "a"), other = whole_run(s, "b");
    OK(sql_run(s, &error, "UPDATE run SET thinned = 3, identity = 'i', rewound = 2 WHERE id = ?", BIND(INT(run))));
    dump_all(s->db, &before);
    OK(store_run_trash(s, run, 1000, &error));
    OK(store_run_remove(s, make_run(s, "c"), &error)); /* sweeps what is left of others */
    OK(store_trash_empty(s, 999, 10, &error));         /* too early for it              */
    OK(store_trash_restore(s, run, name, &error));
    assert_string_equal(name, "a");
    assert_int_equal(sqlite3_exec(s->db, "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'run'", NULL, NULL, NULL),
                     SQLITE_OK);
    dump_all(s->db, &after);
    assert_string_equal(text_str(&before), text_str(&after));
    assert_int_equal(count(s, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    REFUSED(store_trash_restore(s, other, name, &error), ERR_NOT_FOUND, "not in the trash");
    text_clear(&before);
    text_clear(&after);
}

/* Every column of a run goes along, but its place in the queue and its process. */
static void the_trash_has_what_a_run_has(void **state)
{
    struct store *s = *state;
    struct text missing = { 0 };
    dump_query(s->db,
               "SELECT name FROM pragma_table_info('run') WHERE name NOT IN (SELECT name FROM"
               " pragma_table_info('trash')) ORDER BY name",
               &missing);
    assert_string_equal(text_str(&missing), "pid|\nplace|\n");
    text_clear(&missing);
}

static void a_name_that_is_taken_meanwhile_stays_with_who_took_it(void **state)
{
    struct store *s = *state;
    char name[STORE_NAME];
    int64_t first = make_run(s, "a");
    OK(store_run_trash(s, first, 1000, &error));
    int64_t second = make_run(s, "a");
    OK(store_run_trash(s, second, 2000, &error));
    make_run(s, "a");
    make_run(s, "a-2");
    struct store_trash trash;
    OK(store_trash_list(s, &trash, &error));
    assert_int_equal(trash.count, 2);
    assert_int_equal(store_trash_find(&trash, "a")->id, second); /* the one removed last */
    assert_int_equal(store_trash_find(&trash, "1")->id, first);
    assert_null(store_trash_find(&trash, "a-2"));
    store_trash_clear(&trash);
    OK(store_trash_restore(s, first, name, &error));
    assert_string_equal(name, "a-1");
    OK(store_trash_restore(s, second, name, &error));
    assert_string_equal(name, "a-2x");
}

/* What refers to a run in the trash refers to nothing for a reader, and to the run again once it is back. */
static void children_and_evaluations_find_their_run_again(void **state)
{
    struct store *s = *state;
    struct store_run child = { .name = "child" };
    struct store_evaluations list;
    char name[STORE_NAME];
    int64_t parent = whole_run(s, "parent"), id;
    child.parent_id = parent;
    OK(store_run_insert(s, &child, &id, &error));
    struct store_evaluation v = { .run_id = parent, .task = "u", .protocol = "finetune", .split = "test" };
    v.child_run_id = id;
    OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
    for (int round = 0; round < 2; round++) {
        OK(store_run_trash(s, parent, 1000, &error));
        OK(store_run_get(s, id, &child, &error));
        assert_int_equal(child.parent_id, 0);
        store_run_clear(&child);
        OK(store_run_set_note(s, id, "changed meanwhile", &error));
        OK(store_trash_restore(s, parent, name, &error));
        OK(store_run_get(s, id, &child, &error));
        assert_int_equal(child.parent_id, parent);
        store_run_clear(&child);
        OK(store_run_trash(s, id, 1000, &error));
        OK(store_evaluation_list(s, parent, &list, &error));
        assert_int_equal(list.rows[list.count - 1].child_run_id, 0);
        store_evaluations_clear(&list);
        OK(store_trash_restore(s, id, name, &error));
        OK(store_evaluation_list(s, parent, &list, &error));
        assert_int_equal(list.rows[list.count - 1].child_run_id, id);
        store_evaluations_clear(&list);
    }
    OK(store_run_trash(s, id, 1000, &error)); /* its parent is deleted meanwhile */
    OK(store_run_trash(s, parent, 1000, &error));
    OK(store_trash_delete(s, parent, &error));
    OK(store_trash_restore(s, id, name, &error));
    OK(store_run_get(s, id, &child, &error));
    assert_int_equal(child.parent_id, 0);
    store_run_clear(&child);
    assert_int_equal(count(s, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

/* What a command made for itself is found in the trash by what it is, newest first, with its settings. */
static void a_run_is_found_by_what_it_was_made_for(void **state)
{
    struct store *s = *state;
    int64_t id[3], found;
    char *config = NULL, name[STORE_NAME];
    for (int i = 0; i < 3; i++) {
        struct store_run row = { .config = (char *)(i == 1 ? "[a]" : "[b]"), .dataset = "set" };
        snprintf(row.name, sizeof row.name, "made-%d", i);
        snprintf(row.identity, sizeof row.identity, "%s", i < 2 ? "same" : "other");
        OK(store_run_insert(s, &row, &id[i], &error));
    }
    OK(store_trash_find_identity(s, "same", INT64_MAX, &found, &config, &error));
    assert_true(found == 0 && !config); /* they are not in the trash */
    for (int i = 0; i < 3; i++) OK(store_run_trash(s, id[i], 1000 + i, &error));
    const struct {
        const char *identity;
        int64_t before, found;
        const char *config;
    } rows[] = {
        { "same", INT64_MAX, id[1], "[a]" },  { "same", id[1], id[0], "[b]" }, { "same", id[0], 0, NULL },
        { "other", INT64_MAX, id[2], "[b]" }, { "none", INT64_MAX, 0, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        OK(store_trash_find_identity(s, rows[i].identity, rows[i].before, &found, &config, &error));
        assert_int_equal(found, rows[i].found);
        if (rows[i].config)
            assert_string_equal(config, rows[i].config);
        else
            assert_null(config);
        free(config);
    }
    OK(store_trash_restore(s, id[1], name, &error));
    OK(store_trash_find_identity(s, "same", INT64_MAX, &found, &config, &error));
    assert_int_equal(found, id[0]);
    free(config);
    OK(store_run_find_identity(s, "same", INT64_MAX, &found, &error));
    assert_int_equal(found, id[1]);
    OK(store_run_find_identity(s, "same", id[1], &found, &error));
    assert_int_equal(found, 0);
}

static void a_queued_run_leaves_the_queue_and_a_live_one_stays(void **state)
{
    struct store *s = *state;
    struct store_run run;
    char name[STORE_NAME];
    int64_t queued = make_run(s, "queued"), alive = make_run(s, "alive"), first;
    int lock;
    OK(store_run_set_state(s, queued, STORE_STOPPED, &error));
    OK(store_queue_add(s, queued, &error));
    OK(store_run_trash(s, queued, 1000, &error));
    OK(store_queue_first(s, &first, &error));
    assert_int_equal(first, 0);
    OK(store_trash_restore(s, queued, name, &error));
    OK(store_run_get(s, queued, &run, &error));
    assert_true(run.state == STORE_STOPPED && run.place == 0);
    store_run_clear(&run);
    OK(store_lock_take(s, alive, &lock, &error));
    OK(store_run_claim(s, alive, ~0u, &error));
    REFUSED(store_run_trash(s, alive, 1000, &error), ERR_CONFLICT, "is running; stop it first");
    store_lock_release(&lock);
}

static void a_data_set_that_goes_is_not_missed(void **state)
{
    struct store *s = *state;
    struct store_run row = { .name = "a", .dataset = "set" };
    char name[STORE_NAME];
    int64_t id;
    OK(sql_run(s, &error,
               "INSERT INTO dataset(id, name, kind, source, size, channels, count, pack, digest, bytes, remarks,"
               " created_at) VALUES(7, 'set', 'folder', '/x', 8, 1, 0, 'set-0.pack', '0', 0, '', 1)",
               BIND_NONE));
    row.dataset_id = 7;
    OK(store_run_insert(s, &row, &id, &error));
    OK(store_run_trash(s, id, 1000, &error));
    OK(store_dataset_remove(s, 7, &error)); /* it is used by nobody */
    OK(store_trash_restore(s, id, name, &error));
    OK(store_run_get(s, id, &row, &error));
    assert_int_equal(row.dataset_id, 0);
    assert_string_equal(row.dataset, "set");
    store_run_clear(&row);
    assert_int_equal(count(s, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

static void what_has_been_there_for_long_is_deleted(void **state)
{
    struct store *s = *state;
    double bytes;
    char name[STORE_NAME], hint[STORE_TRASH_HINT];
    int64_t old = whole_run(s, "old"), young = whole_run(s, "young"), stay = whole_run(s, "stay"), runs;
    assert_string_equal(store_trash_hint(s, hint), "");
    OK(store_run_trash(s, old, 1000, &error));
    OK(store_run_trash(s, young, 2000, &error));
    OK(store_trash_size(s, &runs, &bytes, &error));
    assert_true(runs == 2 && bytes == 2 * 4096);
    assert_string_equal(store_trash_hint(s, hint), " (the trash holds 8.0 KiB: mlvicx rm --trash)");
    OK(store_trash_empty(s, 1999, 10, &error));
    assert_int_equal(count(s, "SELECT count(*) FROM trash"), 1);
    assert_false(has_folder(s, old));
    assert_true(has_folder(s, young) && has_folder(s, stay));
    static const char *const tables[] = { "point", "event", "checkpoint", "evaluation", "tag" };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char sql[96];
        struct text owners = { 0 };
        snprintf(sql, sizeof sql, "SELECT DISTINCT run_id FROM %s ORDER BY run_id", tables[i]);
        dump_query(s->db, sql, &owners);
        assert_string_equal(text_str(&owners), "2|\n3|\n");
        text_clear(&owners);
    }
    assert_int_equal(count(s, "SELECT count(*) FROM prediction"), 2);
    REFUSED(store_trash_restore(s, old, name, &error), ERR_NOT_FOUND, "not in the trash");
    OK(store_trash_restore(s, young, name, &error));
}

/* Without time for it, or killed: the next call goes on, and nobody can bring back a half. */
static void emptying_goes_on_where_it_ended(void **state)
{
    struct store *s = *state;
    struct store_trash trash;
    double bytes;
    char name[STORE_NAME];
    int64_t run = whole_run(s, "a"), runs;
    OK(store_run_trash(s, run, 1000, &error));
    OK(store_trash_empty(s, 2000, -1, &error));
    assert_int_equal(count(s, "SELECT count(*) FROM trash WHERE gone"), 1);
    assert_true(count(s, "SELECT count(*) FROM point WHERE run_id = 1") > 0);
    REFUSED(store_trash_restore(s, run, name, &error), ERR_NOT_FOUND, "not in the trash");
    OK(store_trash_list(s, &trash, &error));
    assert_int_equal(trash.count, 0);
    store_trash_clear(&trash);
    OK(store_trash_size(s, &runs, &bytes, &error));
    assert_int_equal(runs, 0);
    OK(store_trash_empty(s, 0, 10, &error));
    assert_int_equal(count(s, "SELECT count(*) FROM trash"), 0);
    assert_int_equal(count(s, "SELECT count(*) FROM point"), 0);
    assert_false(has_folder(s, run));
}

static void figures_of_a_run_in_the_trash_wait_for_it(void **state)
{
    struct store *s = *state;
    struct store_kept kept = { 0 };
    struct err why;
    size_t taken, left;
    char name[STORE_NAME];
    int64_t run = whole_run(s, "a");
    struct store_evaluation v = { .run_id = run, .step = 3, .task = "t", .protocol = "linear", .split = "test" };
    OK(store_kept_write(s, &kept, &v, 1, &error));
    OK(store_run_trash(s, run, 1000, &error));
    store_kept_take(s, &taken, &left, &why);
    assert_true(taken == 0 && left == 1);
    assert_non_null(strstr(why.msg, "in the trash"));
    OK(store_trash_restore(s, run, name, &error));
    store_kept_take(s, &taken, &left, &why);
    assert_true(taken == 1 && left == 0);
    assert_int_equal(count(s, "SELECT count(*) FROM evaluation WHERE step = 3"), 1);
}

/* A row of a live run in the trash is nobody's: its folder stays. */
static void a_live_run_is_not_deleted_by_a_row_in_the_trash(void **state)
{
    struct store *s = *state;
    int64_t id = whole_run(s, "live");
    assert_true(has_folder(s, id));
    OK(sql_execute(s,
                   "INSERT INTO trash SELECT id, 0, 1, name, state, method, dataset_id, dataset, config, resolved,"
                   " preset, parent_id, seed, created_at, started_at, ended_at, heartbeat_at, host, steps, epochs,"
                   " rewound, thinned, note, identity FROM run",
                   "test", &error));
    OK(store_trash_empty(s, 1e9, 10, &error));
    assert_true(has_folder(s, id));
    assert_int_equal(count(s, "SELECT count(*) FROM run"), 1);
    assert_int_equal(count(s, "SELECT count(*) FROM trash"), 0);
    assert_true(count(s, "SELECT count(*) FROM point") > 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(nobody_finds_a_run_in_the_trash),
        TEST(a_run_comes_back_as_it_was),
        TEST(the_trash_has_what_a_run_has),
        TEST(a_name_that_is_taken_meanwhile_stays_with_who_took_it),
        TEST(children_and_evaluations_find_their_run_again),
        TEST(a_run_is_found_by_what_it_was_made_for),
        TEST(a_queued_run_leaves_the_queue_and_a_live_one_stays),
        TEST(a_data_set_that_goes_is_not_missed),
        TEST(what_has_been_there_for_long_is_deleted),
        TEST(emptying_goes_on_where_it_ended),
        TEST(figures_of_a_run_in_the_trash_wait_for_it),
        TEST(a_live_run_is_not_deleted_by_a_row_in_the_trash),
    };
    return cmocka_run_group_tests_name("trash", tests, NULL, NULL);
}
