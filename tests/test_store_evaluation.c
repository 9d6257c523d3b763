/* Evaluations with many predictions: written in slices, by someone who may be killed, beside someone who works. */
#include "tests/neighbour.h"

#include <math.h>
#include <unistd.h>

#include "store/evaluation.h"
#include "store/kept.h"

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
    if (!sql_read_begin(s, &own, e) || !store_evaluation_list(s, -1, &list, e)) return "cannot be listed";
    bool one = list.count == 1 && list.rows[0].scores_count == 1 && !strcmp(list.rows[0].task, "nih");
    bool read = one && store_prediction_read(s, list.rows[0].id, &rows, &n, e);
    sql_read_end(s, own);
    store_evaluations_clear(&list);
    free(rows);
    if (!one) return "not one evaluation was seen";
    return !read ? "cannot be read" : n == FEW || n == MANY ? NULL : "half of the predictions were seen";
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
        struct neighbour n = { .dir = store_dir(s), .hidden = hidden, .look = look };
        neighbour_begin(&n);
        bool ok = store_evaluation_insert(s, &v, many_predictions(), MANY, &id, &error);
        committed += neighbour_end(&n);
        OK(ok);
    }
    assert_true(committed > 0);
    assert_int_equal(count(s, "SELECT count(*) FROM prediction"), MANY); /* what was replaced is gone */
    assert_int_equal(count(s, "SELECT count(*) FROM score"), 1);
}

static void insert_many(struct store *own, void *v)
{
    store_evaluation_insert(own, v, many_predictions(), MANY, NULL, NULL);
}

static void what_a_kill_leaves_of_an_evaluation_is_not_seen_and_goes(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct store_evaluation v = of_run(run);
    OK(store_evaluation_insert(s, &v, many_predictions(), FEW, NULL, &error));
    in_a_child_that_dies(s, insert_many, &v);
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
    in_a_child_that_dies(s, insert_many, &v);
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

/* ---- many figures ---- */

enum { FIGURES = 6400, SCORES = 14 };

/* Of two networks' figures, told apart by their area: what a reader sees is of one of them. */
static struct store_evaluation *many_figures(int64_t run, double area)
{
    static struct store_score scores[SCORES];
    static struct store_evaluation rows[FIGURES];
    for (int k = 0; k < SCORES; k++) scores[k] = (struct store_score){ .class = k, .name = "c", .auc = .5 };
    for (int i = 0; i < FIGURES; i++) {
        rows[i] = of_run(run);
        rows[i].seed = i;
        rows[i].auc_macro = area;
        rows[i].scores = scores;
        rows[i].scores_count = SCORES;
    }
    return rows;
}

static const char *look_at_figures(struct store *s, struct err *e)
{
    (void)e;
    static const char sql[] = "SELECT count(*) * 10 + count(DISTINCT auc_macro) FROM evaluation WHERE task = 'nih'";
    return count(s, sql) == FIGURES * 10 + 1 ? NULL : "half of the figures were seen";
}

static void many_figures_keep_nobody_waiting_and_are_never_seen_in_half(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    int committed = 0;
    OK(store_evaluation_insert_all(s, many_figures(run, 0.25), FIGURES, &error));
    for (int tries = 0; tries < 20 && !committed; tries++) {
        struct neighbour n = { .dir = store_dir(s), .hidden = hidden, .look = look_at_figures };
        neighbour_begin(&n);
        bool ok = store_evaluation_insert_all(s, many_figures(run, tries % 2 ? 0.25 : 0.5), FIGURES, &error);
        committed += neighbour_end(&n);
        OK(ok);
    }
    assert_true(committed > 0);
    assert_int_equal(hidden(s), 0);
    assert_int_equal(count(s, "SELECT count(*) FROM score"), (int64_t)FIGURES * SCORES);
}

static void of_one_figure_twice_the_later_counts_and_others_stay(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct store_evaluation rows[3] = { of_run(run), of_run(run), of_run(run) }, other = of_run(run);
    rows[1].seed = 5;
    rows[2].auc_macro = 0.75;
    other.step = 10;
    OK(store_evaluation_insert(s, &other, NULL, 0, NULL, &error));
    other = of_run(0);
    OK(store_evaluation_insert(s, &other, NULL, 0, NULL, &error));
    for (int times = 0; times < 2; times++) OK(store_evaluation_insert_all(s, rows, 3, &error));
    assert_int_equal(count(s, "SELECT count(*) FROM evaluation"), 4);
    assert_int_equal(count(s, "SELECT count(*) FROM evaluation WHERE auc_macro = 0.75 AND seed = 0"), 1);
    assert_int_equal(count(s, "SELECT count(*) FROM score"), 4);
    OK(store_evaluation_insert_all(s, rows, 0, &error));
}

/* ---- what the store would not take ---- */

static void figures_that_were_kept_go_in_with_the_next(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), gone = make_run(s, "b");
    struct store_kept kept = { 0 }, lost = { 0 };
    struct store_evaluation rows[2] = { of_run(run), of_run(run) }, orphan = of_run(gone), newer = of_run(run);
    size_t taken, left;
    rows[0].created_at = rows[1].created_at = 1000;
    rows[0].auc_macro = rows[1].auc_macro = 0.25;
    rows[1].seed = 5;
    store_kept_take(s, &taken, &left, &error);
    assert_true(taken == 0 && left == 0);
    OK(store_kept_write(s, &kept, rows, 1, &error) && store_kept_write(s, &kept, rows, 2, &error));
    OK(store_kept_write(s, &lost, &orphan, 1, &error));
    assert_string_not_equal(kept.name, lost.name);
    assert_int_equal(count(s, "SELECT count(*) FROM evaluation"), 0);
    newer.created_at = 2000;
    newer.auc_macro = 0.5;
    OK(store_evaluation_insert(s, &newer, NULL, 0, NULL, &error));
    OK(store_run_remove(s, gone, &error));
    store_kept_take(s, &taken, &left, &error);
    assert_true(taken == 2 && left == 0);
    assert_int_equal(count(s, "SELECT count(*) FROM evaluation"), 2);
    assert_int_equal(count(s, "SELECT count(*) FROM evaluation WHERE auc_macro = 0.5 AND created_at = 2000"), 1);
    assert_int_equal(count(s, "SELECT count(*) FROM evaluation WHERE auc_macro = 0.25 AND created_at = 1000"), 1);
    assert_int_equal(access(kept.path, F_OK), -1);
    store_kept_take(s, &taken, &left, &error);
    assert_true(taken == 0 && left == 0);
}

/* ---- predictions of several ---- */

static void check_predictions(struct store *s, int64_t run, const struct store_evaluation rows[3])
{
    struct store_evaluations list;
    OK(store_evaluation_list(s, run, &list, &error));
    assert_int_equal(list.count, 3);
    for (int i = 0; i < 3; i++) {
        struct store_prediction *back;
        size_t n;
        OK(store_prediction_read(s, list.rows[i].id, &back, &n, &error));
        assert_int_equal(n, rows[i].predictions_count);
        for (size_t k = 0; k < n; k++)
            assert_true(back[k].score == rows[i].predictions[k].score && back[k].image == rows[i].predictions[k].image);
        free(back);
    }
    store_evaluations_clear(&list);
}

/* At once, and by way of a file beside the store. */
static void several_figures_bring_their_predictions_each(void **state)
{
    struct store *s = *state;
    int64_t runs[] = { make_run(s, "a"), make_run(s, "b") };
    for (int way = 0; way < 2; way++) {
        struct store_evaluation rows[3] = { of_run(runs[way]), of_run(runs[way]), of_run(runs[way]) };
        struct store_kept kept = { 0 };
        size_t taken, left;
        for (int i = 0; i < 3; i++) rows[i].seed = i;
        rows[0].predictions = many_predictions();
        rows[0].predictions_count = MANY;
        rows[2].predictions = many_predictions() + 5;
        rows[2].predictions_count = FEW;
        if (way) {
            OK(store_kept_write(s, &kept, rows, 3, &error));
            store_kept_take(s, &taken, &left, &error);
            assert_true(taken == 1 && left == 0);
        } else {
            OK(store_evaluation_insert_all(s, rows, 3, &error));
        }
        check_predictions(s, runs[way], rows);
    }
}

/* The oldest lose theirs, whole ones at a time; their figures stay. */
static void predictions_are_bounded(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct store_evaluation rows[5];
    size_t forgotten;
    enum { EACH = 2400 };
    for (int i = 0; i < 5; i++) {
        rows[i] = of_run(run);
        rows[i].seed = i;
        rows[i].predictions = many_predictions();
        rows[i].predictions_count = EACH;
    }
    OK(store_evaluation_insert_all(s, rows, 5, &error));
    OK(store_prediction_bound(s, 5 * EACH, &forgotten, &error));
    assert_int_equal(forgotten, 0);
    OK(store_prediction_bound(s, 5 * EACH - 1, &forgotten, &error)); /* four of five are more than three quarters */
    assert_int_equal(forgotten, 2);
    assert_int_equal(count(s, "SELECT count(*) FROM prediction"), 3 * EACH);
    assert_int_equal(
        count(s, "SELECT count(DISTINCT seed) FROM evaluation, prediction WHERE evaluation_id = id AND seed > 1"), 3);
    assert_int_equal(count(s, "SELECT count(*) FROM evaluation"), 5);
    OK(store_prediction_bound(s, 0, &forgotten, &error));
    assert_int_equal(count(s, "SELECT count(*) FROM prediction"), 0);
    OK(store_prediction_bound(s, 0, &forgotten, &error));
    assert_int_equal(forgotten, 0);
}

/* One that is damaged, or a link, stays and is told; it keeps none of the others out. */
static void kept_figures_that_cannot_be_read_stay_and_keep_no_others_out(void **state)
{
    struct store *s = *state;
    struct store_evaluation row = of_run(make_run(s, "a"));
    struct store_kept kept = { 0 }, other = { 0 };
    char path[STORE_PATH + 16];
    size_t taken, left;
    OK(store_kept_write(s, &kept, &row, 1, &error));
    snprintf(path, sizeof path, "%s/unwritten/eval-1.db", store_dir(s));
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("not a database, but long enough to be looked at by somebody who expects one", f);
    fclose(f);
    snprintf(path, sizeof path, "%s/unwritten/eval-2.db", store_dir(s));
    assert_int_equal(symlink(kept.path, path), 0);
    store_kept_take(s, &taken, &left, &error);
    assert_true(taken == 1 && left == 2);
    assert_true(strstr(error.msg, "eval-") != NULL);
    assert_int_equal(count(s, "SELECT count(*) FROM evaluation"), 1);
    OK(store_kept_write(s, &other, &row, 1, &error));
    store_kept_drop(s, &other);
    assert_int_equal(access(other.path, F_OK), -1);
}

/* What a row is of: whatever of it differs, both stay; of a run other data take the place of those that are gone. */
static void a_figure_takes_the_place_of_its_equal_alone(void **state)
{
    struct store *s = *state;
    static const struct {
        const char *what;
        bool of_run, stays;
        struct store_evaluation other;
    } cases[] = {
        { "the same", true, false, { 0 } },
        { "another size", true, true, { .size = 64 } },
        { "other settings", true, true, { .settings = "t" } },
        { "other data of a run", true, false, { .data = "e" } },
        { "weights of a run, told differently", true, false, { .weights = "x" } },
        { "the same of no run", false, false, { 0 } },
        { "another file of that name", false, true, { .weights = "x" } },
        { "the same file on other data", false, false, { .data = "e" } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store_evaluations list;
        int64_t run = cases[i].of_run ? make_run(s, "") : 0;
        struct store_evaluation v = of_run(run), o;
        if (!run) snprintf(v.init, sizeof v.init, "file%zu", i);
        v.size = 32;
        strcpy(v.settings, "s");
        strcpy(v.weights, "w");
        strcpy(v.data, "d");
        o = v;
        if (cases[i].other.size) o.size = cases[i].other.size;
        if (*cases[i].other.settings) strcpy(o.settings, cases[i].other.settings);
        if (*cases[i].other.weights) strcpy(o.weights, cases[i].other.weights);
        if (*cases[i].other.data) strcpy(o.data, cases[i].other.data);
        OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
        OK(store_evaluation_insert(s, &o, many_predictions(), FEW, NULL, &error));
        OK(store_evaluation_list(s, run, &list, &error));
        size_t own = 0;
        for (size_t k = 0; k < list.count; k++) own += run || !strcmp(list.rows[k].init, v.init);
        if (own != (cases[i].stays ? 2u : 1u)) fail_msg("%s: %zu rows", cases[i].what, own);
        const struct store_evaluation *last = &list.rows[list.count - 1];
        assert_string_equal(last->settings, o.settings);
        assert_string_equal(last->weights, o.weights);
        assert_string_equal(last->data, o.data);
        assert_int_equal(last->size, o.size);
        store_evaluations_clear(&list);
    }
}

static void all_figures_of_a_class_are_kept(void **state)
{
    struct store *s = *state;
    struct store_evaluations list;
    struct store_score scores[] = { { .name = "c",
                                      .auc = .5,
                                      .lo = .4,
                                      .hi = .6,
                                      .detailed = true,
                                      .average_precision = .1,
                                      .threshold = .2,
                                      .sensitivity = .3,
                                      .specificity = .7,
                                      .f1 = NAN,
                                      .brier = .8,
                                      .calibration = .9 },
                                    { .class = 1, .name = "d", .auc = .25, .lo = NAN, .hi = NAN } };
    struct store_evaluation v = of_run(make_run(s, "a"));
    v.scores = scores;
    v.scores_count = 2;
    OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
    OK(store_evaluation_list(s, v.run_id, &list, &error));
    const struct store_score *c = &list.rows[0].scores[0], *d = &list.rows[0].scores[1];
    assert_true(c->detailed && c->average_precision == .1 && c->threshold == .2 && c->sensitivity == .3);
    assert_true(c->specificity == .7 && isnan(c->f1) && c->brier == .8 && c->calibration == .9);
    assert_true(!d->detailed && isnan(d->average_precision) && isnan(d->threshold) && isnan(d->calibration));
    store_evaluations_clear(&list);
}

/* The run that was trained for an evaluation may be removed; the figure stays, and so does a run that it was for. */
static void a_figure_stays_when_the_run_that_was_trained_for_it_goes(void **state)
{
    struct store *s = *state;
    struct store_evaluations list;
    struct store_run child = { .identity = "i", .steps = 1 }, read;
    int64_t run = make_run(s, "a"), id, found;
    strcpy(child.name, "child");
    OK(store_run_insert(s, &child, &id, &error));
    OK(store_run_find_identity(s, "i", INT64_MAX, &found, &error));
    assert_int_equal(found, id);
    OK(store_run_find_identity(s, "j", INT64_MAX, &found, &error));
    assert_int_equal(found, 0);
    OK(store_run_find(s, "@last", &found, &error));
    assert_int_equal(found, run);
    OK(store_run_get(s, id, &read, &error));
    assert_string_equal(read.identity, "i");
    store_run_clear(&read);
    struct store_evaluation v = of_run(run);
    v.child_run_id = id;
    OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
    OK(store_evaluation_list(s, run, &list, &error));
    assert_int_equal(list.rows[0].child_run_id, id);
    store_evaluations_clear(&list);
    OK(store_run_remove(s, id, &error));
    OK(store_evaluation_list(s, run, &list, &error));
    assert_true(list.count == 1 && list.rows[0].child_run_id == 0);
    store_evaluations_clear(&list);
    v.child_run_id = id; /* such as one that was kept beside the store meanwhile */
    OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
    OK(store_evaluation_list(s, run, &list, &error));
    assert_true(list.count == 1 && list.rows[0].child_run_id == 0);
    store_evaluations_clear(&list);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(many_predictions_keep_nobody_waiting_and_are_never_seen_in_half),
        STORE_TEST(what_a_kill_leaves_of_an_evaluation_is_not_seen_and_goes),
        STORE_TEST(within_a_transaction_it_is_a_part_of_that),
        STORE_TEST(an_evaluation_of_no_run_that_is_there_is_refused),
        STORE_TEST(many_figures_keep_nobody_waiting_and_are_never_seen_in_half),
        STORE_TEST(of_one_figure_twice_the_later_counts_and_others_stay),
        STORE_TEST(figures_that_were_kept_go_in_with_the_next),
        STORE_TEST(several_figures_bring_their_predictions_each),
        STORE_TEST(predictions_are_bounded),
        STORE_TEST(a_figure_takes_the_place_of_its_equal_alone),
        STORE_TEST(all_figures_of_a_class_are_kept),
        STORE_TEST(a_figure_stays_when_the_run_that_was_trained_for_it_goes),
        STORE_TEST(kept_figures_that_cannot_be_read_stay_and_keep_no_others_out),
    };
    return cmocka_run_group_tests_name("store_evaluation", tests, NULL, NULL);
}
