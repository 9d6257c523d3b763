/* Long lists, which are read a page at a time: every row once, in bounded memory, whatever a stranger put there. */
#include "tests/store_help.h"

#include "store/checkpoint.h"
#include "store/dataset.h"
#include "store/event.h"
#include "store/run.h"

static void execute(struct store *s, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(s->db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s: %s", sql, why);
}

#define COUNT(x, n) "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < " #n ") SELECT x FROM c)"

/* Every row once, whatever its key is: the ends of the integers, and in a table that may hold them numbers that are not
 * whole, words and bytes. */
static void pages_reach_every_row_once(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), least = INT64_MIN, most = INT64_MAX;
    struct store_cursor at = { 0 };
    size_t rows = 0, unreadable = 0, pages = 0;
    char sql[600];
    snprintf(sql, sizeof sql,
             "INSERT INTO event(id, run_id, step, at, severity, kind, text, derived) SELECT x, %d, x, x, 0, 'a', 'b', 0"
             " FROM " COUNT(x, 3000) "; UPDATE event SET id = -9223372036854775808 WHERE id = 7;"
                                     "UPDATE event SET id = 9223372036854775807 WHERE id = 9",
             (int)run);
    execute(s, sql);
    for (struct store_events page; !at.ended; store_events_clear(&page), pages++) {
        OK(store_event_page(s, run, &at, &page, &error));
        assert_true(page.count <= 1024 && page.unreadable == 0);
        rows += page.count;
        for (size_t i = 0; i < page.count; i++) {
            if (page.rows[i].id < 1) least = page.rows[i].id;
            if (page.rows[i].id > 3000) most = page.rows[i].id;
        }
    }
    assert_true(rows == 3000 && pages == 3 && least == INT64_MIN && most == INT64_MAX);

    snprintf(
        sql, sizeof sql,
        "INSERT INTO checkpoint(run_id, step, path, bytes, sha256, pinned, reason, created_at) SELECT %d, CASE"
        " WHEN x > 2900 THEN x'00' || x WHEN x > 2000 THEN 'a' || x WHEN x > 1000 THEN 3 + x / 100000.0 ELSE x END,"
        " 'step-' || x || '.safetensors', 1, '', 0, 'time', 1 FROM " COUNT(x, 3000),
        (int)run);
    execute(s, sql);
    at = (struct store_cursor){ 0 };
    rows = 0;
    for (struct store_checkpoints page; !at.ended; store_checkpoints_clear(&page)) {
        OK(store_checkpoint_page(s, run, &at, &page, &error));
        rows += page.count;
        unreadable += page.unreadable;
    }
    assert_true(rows == 1000 && unreadable == 2000);
}

/* So few long rows make a page that its memory has a bound. */
static void pages_end_with_long_rows(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct store_cursor at = { 0 };
    struct store_events page;
    char sql[300];
    size_t rows = 0;
    snprintf(sql, sizeof sql,
             "INSERT INTO event(run_id, step, at, severity, kind, text, derived) SELECT %d, x, x, 0, 'a',"
             " printf('%%.*c', 4000000, 'b'), 0 FROM " COUNT(x, 7),
             (int)run);
    execute(s, sql);
    for (; !at.ended; store_events_clear(&page)) {
        OK(store_event_page(s, run, &at, &page, &error));
        assert_true(page.count <= 5);
        rows += page.count;
    }
    assert_int_equal(rows, 7);
}

/* A list holds the newest runs, and says how many are older; pages hold all, either way round. */
static void lists_of_runs_have_an_end(void **state)
{
    struct store *s = *state;
    struct store_runs runs;
    int64_t a = make_run(s, "a"), other, id;
    execute(s,
            "INSERT INTO run(name, state, method, dataset, config, resolved, preset, seed, created_at, host, steps,"
            " epochs, note) SELECT 'n' || x, 'running', 'm', '', '', '', '', 1, 1, '', 1, 1, '' FROM " COUNT(x, 10500));
    OK(store_run_list(s, &runs, &error));
    assert_true(runs.count == STORE_RUNS_MOST && runs.older == 501 && runs.rows[0].id == a + 10500);
    store_runs_clear(&runs);
    OK(store_run_list_live(s, &runs, &error));
    assert_true(runs.count == STORE_LIVE_MOST && runs.rows[0].id == a + 10500);
    store_runs_clear(&runs);
    for (int up = 0; up < 2; up++) {
        struct store_cursor at = { 0 };
        size_t rows = 0;
        for (; !at.ended; store_runs_clear(&runs)) {
            OK(store_run_page(s, up, &at, &runs, &error));
            if (!rows) assert_int_equal(runs.rows[0].id, up ? a : a + 10500);
            rows += runs.count;
        }
        assert_int_equal(rows, 10501);
    }
    OK(store_run_beside(s, a, true, &other, &error));
    assert_int_equal(other, a + 1);
    OK(store_run_beside(s, a, false, &other, &error));
    assert_int_equal(other, 0);
    OK(store_run_find(s, "n10499", &id, &error)); /* begins nothing else */
    assert_int_equal(id, a + 10499);
    OK(store_run_find(s, "n1", &id, &error)); /* a name, though others begin with it */
    assert_int_equal(id, a + 1);
    REFUSED(store_run_find(s, "n1050x", &id, &error), ERR_NOT_FOUND, "did you mean n1050");
    REFUSED(store_run_find(s, "n", &id, &error), ERR_CONFLICT,
            "several begin like that: n10500, n10499, n10498, n10497, n10496, ...");
}

/* A screen lists the newest checkpoints of a run. */
static void the_newest_checkpoints_are_found(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), older;
    struct store_checkpoints list;
    char sql[400];
    snprintf(sql, sizeof sql,
             "INSERT INTO checkpoint(run_id, step, path, bytes, sha256, pinned, reason, created_at) SELECT %d, x,"
             " 'step-' || x || '.safetensors', 1, '', 0, 'time', 1 FROM " COUNT(x, 30),
             (int)run);
    execute(s, sql);
    OK(store_checkpoint_newest(s, run, 7, &list, &older, &error));
    assert_true(list.count == 7 && older == 23 && list.rows[0].step == 24 && list.rows[6].step == 30);
    store_checkpoints_clear(&list);
    OK(store_checkpoint_newest(s, run, 100, &list, &older, &error));
    assert_true(list.count == 30 && older == 0 && list.rows[0].step == 1);
    store_checkpoints_clear(&list);
}

/* Likewise of data sets. */
static void lists_of_data_sets_have_an_end(void **state)
{
    struct store *s = *state;
    struct store_datasets sets;
    execute(
        s,
        "INSERT INTO dataset(name, kind, source, size, channels, count, pack, digest, bytes, remarks, created_at)"
        " SELECT printf('d%05d', x), 'folder', '', 32, 1, 0, 'p' || x || '.pack', '', 0, '', 1 FROM " COUNT(x, 5000));
    execute(s, "UPDATE dataset SET size = -1 WHERE name = 'd00007'");
    OK(store_dataset_list(s, &sets, &error));
    assert_true(sets.count == STORE_DATASETS_MOST - 1 && sets.unreadable == 1);
    assert_int_equal(sets.more, 5000 - STORE_DATASETS_MOST);
    assert_string_equal(sets.rows[0].name, "d00001");
    store_datasets_clear(&sets);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(pages_reach_every_row_once),     STORE_TEST(pages_end_with_long_rows),
        STORE_TEST(lists_of_runs_have_an_end),      STORE_TEST(the_newest_checkpoints_are_found),
        STORE_TEST(lists_of_data_sets_have_an_end),
    };
    return cmocka_run_group_tests_name("store_pages", tests, NULL, NULL);
}
