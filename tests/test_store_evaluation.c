/* Evaluations with many predictions: written in slices, by somebody who may be killed, beside somebody who works. */
#include "tests/store_help.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "store/evaluation.h"
#include "store/setting.h"

enum { IMAGES = 12000, CLASSES = 12, MANY = IMAGES * CLASSES, FEW = 3 };

static struct store_prediction *many_predictions(void)
{
    static struct store_prediction rows[MANY];
    for (int i = 0; i < MANY; i++) rows[i] = (struct store_prediction){ i / CLASSES, i % CLASSES, i };
    return rows;
}

static struct store_evaluation of_run(int64_t run)
{
    static const struct store_score score = { .name = "c", .auc = .5, .lo = .4, .hi = .6 };
    return (struct store_evaluation){ .run_id = run,
                                      .step = 9,
                                      .task = "nih",
                                      .protocol = "linear",
                                      .split = "test",
                                      .fraction = 100,
                                      .scores = &score,
                                      .scores_count = 1 };
}

static int64_t count(struct store *s, const char *sql)
{
    int64_t n;
    struct err e;
    if (!sql_integer(s, &e, &n, 0, sql, BIND_NONE)) fail_msg("%s", e.msg);
    return n;
}

static int64_t hidden(struct store *s)
{
    return count(s, "SELECT count(*) FROM evaluation WHERE task GLOB '.*'");
}

/* What a reader finds: one evaluation, with as many predictions as one of the two that were written. NULL: so it is. */
static const char *look(struct store *s, struct err *e)
{
    struct store_evaluations list;
    struct store_prediction *rows = NULL;
    size_t n = 0;
    bool own;
    if (!sql_view_begin(s, &own, e) || !store_evaluation_list(s, -1, &list, e)) return "cannot be listed";
    bool one = list.count == 1 && list.rows[0].scores_count == 1 && !strcmp(list.rows[0].task, "nih");
    bool read = one && store_prediction_read(s, list.rows[0].id, &rows, &n, e);
    sql_view_end(s, own);
    store_evaluations_clear(&list);
    free(rows);
    if (!one) return "not one evaluation was seen";
    return !read ? "cannot be read" : n == FEW || n == MANY ? NULL : "half of the predictions were seen";
}

/* Somebody who writes and reads beside, on a handle of its own. */
struct neighbour {
    const char *dir;
    atomic_bool over;
    int committed; /* while the other one was in the middle of it */
    const char *fault;
};

static void *live_beside(void *ctx)
{
    struct neighbour *n = ctx;
    struct store *s;
    struct err e;
    if (!store_open(n->dir, STORE_WRITE, &s, &e)) return NULL;
    while (!n->over && !n->fault) {
        bool before = hidden(s) == 1;
        if (!store_setting_set(s, "x", "y", &e)) n->fault = "cannot write";
        if (before && hidden(s) == 1) n->committed++;
        if (!n->fault) n->fault = look(s, &e);
    }
    store_close(s);
    return NULL;
}

static void many_predictions_keep_nobody_waiting_and_are_never_seen_in_half(void **state)
{
    struct store *s = *state;
    int64_t id, run = make_run(s, "a");
    struct store_evaluation v = of_run(run);
    int committed = 0;
    OK(store_evaluation_insert(s, &v, many_predictions(), FEW, NULL, &error));
    /* the neighbour needs a turn of the processor too: on a busy machine once more */
    for (int tries = 0; tries < 20 && !committed; tries++) {
        struct neighbour n = { .dir = store_dir(s) };
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, live_beside, &n), 0);
        bool ok = store_evaluation_insert(s, &v, many_predictions(), MANY, &id, &error);
        n.over = true;
        pthread_join(thread, NULL);
        if (n.fault) fail_msg("%s", n.fault);
        OK(ok);
        committed += n.committed;
    }
    assert_true(committed > 0);
    assert_int_equal(count(s, "SELECT count(*) FROM prediction"), MANY); /* what was replaced is gone */
    assert_int_equal(count(s, "SELECT count(*) FROM score"), 1);
}

/* The third commit never comes. */
static int die_at_third(void *ctx)
{
    int *n = ctx;
    if (++*n == 3) raise(SIGKILL);
    return 0;
}

static void insert_in_a_child_that_dies(struct store *s, const struct store_evaluation *v)
{
    pid_t child = fork();
    int status, commits = 0;
    if (!child) {
        struct store *own;
        if (!store_open(store_dir(s), STORE_WRITE, &own, NULL)) _exit(1);
        sqlite3_commit_hook(own->db, die_at_third, &commits);
        store_evaluation_insert(own, v, many_predictions(), MANY, NULL, NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void what_a_kill_leaves_of_an_evaluation_is_not_seen_and_goes(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct store_evaluation v = of_run(run);
    OK(store_evaluation_insert(s, &v, many_predictions(), FEW, NULL, &error));
    insert_in_a_child_that_dies(s, &v);
    assert_int_equal(hidden(s), 1);
    assert_null(look(s, &error)); /* the one before is still there */
    OK(store_evaluation_insert(s, &v, many_predictions(), FEW, NULL, &error));
    assert_int_equal(hidden(s), 1); /* it may be at work elsewhere */
    assert_int_equal(
        sqlite3_exec(s->db, "UPDATE evaluation SET task = '.new.1.ab' WHERE task GLOB '.*'", NULL, NULL, NULL),
        SQLITE_OK);
    OK(store_evaluation_insert(s, &v, many_predictions(), FEW, NULL, &error));
    assert_int_equal(hidden(s), 0);
    assert_int_equal(count(s, "SELECT count(*) FROM prediction"), FEW);
    insert_in_a_child_that_dies(s, &v);
    OK(store_run_remove(s, run, &error)); /* takes all of it along */
    assert_int_equal(count(s, "SELECT count(*) FROM evaluation"), 0);
    assert_int_equal(count(s, "SELECT count(*) FROM prediction"), 0);
}

/* As a worker does, whose evaluation comes with its other rows or not at all. */
static void within_a_transaction_it_is_a_part_of_that(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct store_evaluation v = of_run(run);
    for (int keep = 0; keep < 2; keep++) {
        OK(store_begin(s, STORE_FULL, &error));
        OK(store_evaluation_insert(s, &v, many_predictions(), 500, NULL, &error));
        if (keep)
            OK(store_commit(s, &error));
        else
            store_rollback(s);
        assert_int_equal(count(s, "SELECT count(*) FROM prediction"), keep * 500);
        assert_int_equal(hidden(s), 0);
    }
}

/* What cannot be written leaves what was there. */
static void an_evaluation_of_no_run_that_is_there_is_refused(void **state)
{
    struct store *s = *state;
    struct store_evaluation v = of_run(make_run(s, "a"));
    struct store_prediction twice[] = { { 1, 1, 0 }, { 1, 1, 0 } };
    OK(store_evaluation_insert(s, &v, many_predictions(), FEW, NULL, &error));
    REFUSED(store_evaluation_insert(s, &v, twice, 2, NULL, &error), ERR_CONFLICT, "UNIQUE");
    v.run_id = 77;
    REFUSED(store_evaluation_insert(s, &v, many_predictions(), FEW, NULL, &error), ERR_CONFLICT, "FOREIGN KEY");
    assert_null(look(s, &error));
    assert_int_equal(hidden(s), 0);
    assert_int_equal(count(s, "SELECT count(*) FROM prediction"), FEW);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(many_predictions_keep_nobody_waiting_and_are_never_seen_in_half),
        STORE_TEST(what_a_kill_leaves_of_an_evaluation_is_not_seen_and_goes),
        STORE_TEST(within_a_transaction_it_is_a_part_of_that),
        STORE_TEST(an_evaluation_of_no_run_that_is_there_is_refused),
    };
    return cmocka_run_group_tests_name("store_evaluation", tests, NULL, NULL);
}
