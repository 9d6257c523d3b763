/* Runs and the queue: rows, states and their times, names, removal, the order of what waits. */
#include "tests/store_help.h"

#include <math.h>

#include "engine/base/files.h"
#include "store/checkpoint.h"
#include "store/command.h"
#include "store/event.h"
#include "store/evaluation.h"
#include "store/lock.h"
#include "store/metric.h"
#include "store/queue.h"
#include "store/snapshot.h"
/* ---- runs ---- */

static void a_run_comes_back_as_it_went_in(void **state)
{
    struct store *s = *state;
    struct store_run in = { .name = "first",
                            .method = "own",
                            .dataset = "nih",
                            .config = "[optim]\nlr = 1\n",
                            .resolved = "threads = 2\n",
                            .preset = "small",
                            .seed = 5,
                            .steps = 100,
                            .epochs = 4,
                            .note = "caf\xc3\xa9" },
                     out;
    int64_t id, child;
    char path[STORE_PATH];
    OK(store_run_insert(s, &in, &id, &error));
    OK(store_run_get(s, id, &out, &error));
    assert_true(out.state == STORE_QUEUED && out.seed == 5 && out.steps == 100 && out.epochs == 4 && out.pid == 0);
    assert_true(out.created_at > 1e9 && out.started_at == 0 && out.ended_at == 0 && out.step == 0 &&
                out.parent_id == 0);
    assert_string_equal(out.config, in.config);
    assert_string_equal(out.resolved, in.resolved);
    assert_string_equal(out.note, in.note);
    assert_string_equal(out.method, "own");
    store_run_clear(&out);
    OK(store_run_path(s, id, NULL, path, &error));
    assert_true(file_is_directory(path));
    REFUSED(store_run_insert(s, &in, &child, &error), ERR_CONFLICT, "run first: the name is taken");
    struct store_run unnamed = { .dataset = "nih", .parent_id = id };
    OK(store_run_insert(s, &unnamed, &child, &error));
    OK(store_run_get(s, child, &out, &error));
    assert_string_equal(out.name, "nih-2");
    assert_int_equal(out.parent_id, id);
    store_run_clear(&out);
    OK(store_run_update(s, child, NULL, "r", 55, -1, &error));
    OK(store_run_update(s, child, "c", NULL, -1, 6, &error));
    OK(store_run_get(s, child, &out, &error));
    assert_true(out.steps == 55 && out.epochs == 6 && !strcmp(out.config, "c") && !strcmp(out.resolved, "r"));
    store_run_clear(&out);
}

static void states_carry_their_times_and_pid(void **state)
{
    struct store *s = *state;
    struct store_run r;
    int64_t id = make_run(s, "a");
    static const struct {
        enum store_state state;
        bool pid, ended;
    } rows[] = { { STORE_RUNNING, true, false }, { STORE_PAUSED, true, false },  { STORE_RUNNING, true, false },
                 { STORE_STOPPED, false, true }, { STORE_QUEUED, false, false }, { STORE_FAILED, false, true } };
    OK(store_run_claim(s, id, 1u << STORE_QUEUED, &error));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        OK(store_run_set_state(s, id, rows[i].state, &error));
        OK(store_run_get(s, id, &r, &error));
        assert_int_equal(r.state, rows[i].state);
        assert_int_equal(r.pid != 0, rows[i].pid);
        assert_int_equal(r.ended_at > 0, rows[i].ended);
        assert_true(r.started_at > 0 && r.heartbeat_at > 0 && *r.host);
        store_run_clear(&r);
    }
    REFUSED(store_run_set_state(s, id, STORE_LOST, &error), ERR_INTERNAL, "never stored");
    REFUSED(store_run_set_state(s, 44, STORE_FAILED, &error), ERR_NOT_FOUND, "run 44");
    OK(store_run_beat(s, id, &error));
}

/* However often it is stopped and resumed. */
static void a_run_that_goes_on_began_when_it_began(void **state)
{
    struct store *s = *state;
    struct store_run r;
    int64_t id = make_run(s, "a");
    static const double at[3] = { 1000, 2000, 3000 };
    OK(store_run_claim(s, id, 1u << STORE_QUEUED, &error));
    OK(store_run_get(s, id, &r, &error));
    assert_true(r.started_at >= r.created_at && r.created_at > at[2]);
    store_run_clear(&r);
    OK(store_run_set_state(s, id, STORE_STOPPED, &error));
    OK(sql_run(s, &error, "UPDATE run SET created_at = ?, started_at = ?, ended_at = ? WHERE id = ?",
               BIND(REAL(at[0]), REAL(at[1]), REAL(at[2]), INT(id))));
    for (int life = 0; life < 2; life++) {
        OK(store_run_claim(s, id, 1u << STORE_STOPPED, &error));
        OK(store_run_get(s, id, &r, &error));
        assert_true(r.created_at == at[0] && r.started_at == at[1] && r.ended_at == 0 && r.heartbeat_at > at[2]);
        store_run_clear(&r);
        OK(store_run_set_state(s, id, STORE_STOPPED, &error));
        OK(store_run_get(s, id, &r, &error));
        assert_true(r.created_at == at[0] && r.started_at == at[1] && r.ended_at > at[2]);
        store_run_clear(&r);
    }
}

/* A run with a figure of its own is judged by it alone, and is the best one only where no other was probed. */
static void a_figure_of_its_own_outweighs_the_probe(void **state)
{
    struct store *s = *state;
    struct store_batch b = { 0 };
    struct store_checkpoint c;
    int64_t id, run, step;
    double auc;
    bool validated;
    make_run(s, "labels");
    OK(store_run_find(s, "labels", &run, &error));
    static const struct {
        int64_t step;
        double ridge, own;
    } rows[] = { { 0, .99, -1 }, { 10, -1, .6 }, { 20, .98, .8 }, { 30, -1, .8 }, { 40, -1, .7 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct store_checkpoint row = { .step = rows[i].step, .reason = "time" };
        snprintf(row.path, sizeof row.path, "step-%lld.safetensors", (long long)row.step);
        OK(store_checkpoint_insert(s, run, &row, &error));
        if (rows[i].ridge > 0) store_batch_name(&b, s, "auc.ridge", row.step, rows[i].ridge);
        OK(store_points_append(s, run, &b, &error));
    }
    OK(store_checkpoint_best(s, run, &step, &error) && store_checkpoint_validated(s, run, &validated, &error));
    assert_true(step == 0 && !validated);
    OK(store_checkpoint_find(s, run, STORE_STANDING, &c, &error));
    assert_int_equal(c.step, 40);
    store_batch_reset(&b);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].own > 0) store_batch_name(&b, s, "auc.validation", rows[i].step, rows[i].own);
    OK(store_points_append(s, run, &b, &error));
    OK(store_checkpoint_best(s, run, &step, &error) && store_checkpoint_validated(s, run, &validated, &error));
    assert_true(step == 20 && validated); /* the first of equal ones */
    OK(store_metric_highest(s, run, "auc.validation", &auc, &step, &error));
    assert_true(auc == .8 && step == 20);
    OK(store_metric_highest(s, run, "no.such", &auc, &step, &error));
    assert_true(isnan(auc) && step == -1);
    OK(store_checkpoint_find(s, run, STORE_STANDING, &c, &error));
    assert_int_equal(c.step, 20);
    OK(store_checkpoint_find(s, run, STORE_NEWEST, &c, &error));
    assert_int_equal(c.step, 40);
    OK(store_run_find(s, "@best", &id, &error));
    assert_int_equal(id, run);
    make_run(s, "plain");
    OK(store_run_find(s, "plain", &id, &error));
    store_batch_reset(&b);
    store_batch_name(&b, s, "auc.ridge", 5, .5);
    OK(store_points_append(s, id, &b, &error));
    OK(store_run_find(s, "@best", &run, &error));
    assert_int_equal(run, id);
    store_batch_clear(&b);
}

static void runs_are_found_by_what_users_type(void **state)
{
    struct store *s = *state;
    int64_t id;
    REFUSED(store_run_find(s, "@last", &id, &error), ERR_NOT_FOUND, "no runs yet");
    make_run(s, "kermany-lars");
    make_run(s, "kermany");
    make_run(s, "nih-small");
    REFUSED(store_run_find(s, "@best", &id, &error), ERR_NOT_FOUND, "no run has been probed");
    struct store_batch b = { 0 };
    static const double area[] = { 0.9, 0.8, 0.85 };
    for (int64_t run = 1; run <= 3; run++) {
        store_batch_reset(&b);
        store_batch_name(&b, s, "auc.ridge", 1, run == 2 ? 0.99 : 0.1); /* the newest counts */
        store_batch_name(&b, s, "auc.ridge", 2, area[run - 1]);
        OK(store_points_append(s, run, &b, &error));
    }
    store_batch_clear(&b);
    static const struct {
        const char *text;
        int64_t id;
        enum err_code code;
        const char *part;
    } rows[] = {
        { "2", 2, ERR_OK, NULL },
        { "kermany", 2, ERR_OK, NULL },
        { "kermany-", 1, ERR_OK, NULL },
        { "n", 3, ERR_OK, NULL },
        { "@last", 3, ERR_OK, NULL },
        { "@best", 1, ERR_OK, NULL },
        { "ker", 0, ERR_CONFLICT, "several begin like that: kermany, kermany-lars" },
        { "4", 0, ERR_NOT_FOUND, "run 4: there is none" },
        { "99999999999999999999", 0, ERR_NOT_FOUND, "there is none" },
        { "nih-smal1", 0, ERR_NOT_FOUND, "did you mean nih-small" },
        { "@first", 0, ERR_USAGE, "@last and @best" },
        { "", 0, ERR_USAGE, "empty" },
        { "\033[31m", 0, ERR_NOT_FOUND, "run ?[31m" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == ERR_OK) {
            OK(store_run_find(s, rows[i].text, &id, &error));
            assert_int_equal(id, rows[i].id);
        } else {
            REFUSED(store_run_find(s, rows[i].text, &id, &error), rows[i].code, rows[i].part);
        }
    }
}

static void names_and_tags_are_checked(void **state)
{
    struct store *s = *state;
    int64_t id = make_run(s, "a");
    static const struct {
        const char *name, *part;
    } rows[] = { { "", "empty" },
                 { "12", "cannot be a number" },
                 { "-x", "cannot begin with '-'" },
                 { ".x", "cannot begin with '.'" },
                 { "a/b", "letters, digits" },
                 { "a\nb", "letters, digits" },
                 { "\xc3\xa9", "letters, digits" },
                 { "0123456789012345678901234567890123456789012345678901234567890123x", "at most 64" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        REFUSED(store_run_rename(s, id, rows[i].name, &error), ERR_USAGE, rows[i].part);
        REFUSED(store_run_tag(s, id, rows[i].name, true, &error), ERR_USAGE, rows[i].part);
    }
    make_run(s, "b");
    REFUSED(store_run_rename(s, id, "b", &error), ERR_CONFLICT, "taken");
    OK(store_run_rename(s, id, "a", &error)); /* its own name */
    OK(store_run_rename(s, id, "c", &error));
    static const char *const tags[] = { "zeta", "alpha", "zeta", "mid" };
    for (int i = 0; i < 4; i++) OK(store_run_tag(s, id, tags[i], true, &error));
    OK(store_run_tag(s, id, "mid", false, &error));
    OK(store_run_tag(s, id, "never", false, &error));
    struct store_run r;
    OK(store_run_get(s, id, &r, &error));
    assert_string_equal(r.tags, "alpha zeta");
    assert_string_equal(r.name, "c");
    store_run_clear(&r);
}

static void a_removed_run_leaves_nothing_and_its_id_is_not_used_again(void **state)
{
    struct store *s = *state;
    struct text before = { 0 }, after = { 0 };
    int64_t keep = make_run(s, "keep"), id = make_run(s, "gone");
    OK(store_run_tag(s, keep, "x", true, &error));
    OK(store_run_remove(s, id, &error));
    dump_all(s->db, &before);
    id = make_run(s, "gone");
    assert_int_equal(id, 3);
    float x[2] = { 1, 2 };
    struct store_batch b = { 0 };
    store_batch_name(&b, s, "loss", 1, 1);
    OK(store_points_append(s, id, &b, &error));
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ id, 1, "z", "spectrum" }, 1, 2, x, &error));
    OK(store_event_insert(s, id, &(struct store_event){ .kind = "start", .text = "t" }, &error));
    OK(store_command_insert(s, id, "stop", NULL, NULL, &error));
    OK(store_run_tag(s, id, "x", true, &error));
    OK(store_checkpoint_insert(s, id, &(struct store_checkpoint){ .step = 1, .path = "step-p.safetensors" }, &error));
    struct store_evaluation v = { .run_id = id, .task = "t", .protocol = "knn", .split = "val" };
    OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
    OK(store_run_remove(s, id, &error));
    sqlite3_exec(s->db, "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'run'", NULL, NULL, NULL);
    dump_all(s->db, &after);
    assert_string_equal(text_str(&before), text_str(&after));
    store_batch_clear(&b);
    text_clear(&before);
    text_clear(&after);
}

/* ---- the queue ---- */

/* Names of what waits, in order. */
static void assert_queue(struct store *s, const char *names)
{
    struct store_runs runs;
    struct text out = { 0 };
    OK(store_queue_page(s, &(struct store_cursor){ 0 }, &runs, &error));
    for (size_t i = 0; i < runs.count; i++) {
        text_printf(&out, "%s%s", i ? " " : "", runs.rows[i].name);
        assert_int_equal(runs.rows[i].state, STORE_QUEUED);
        assert_true(runs.rows[i].place > 0);
    }
    assert_string_equal(text_str(&out), names);
    text_clear(&out);
    store_runs_clear(&runs);
}

static void the_queue_keeps_its_order(void **state)
{
    static const struct {
        int run, by;
        const char *order;
    } moves[] = {
        { 3, -1, "a b d c" }, { 3, -2, "d a b c" }, { 3, -1, "d a b c" },  { 0, 1, "d b a c" },
        { 3, 99, "b a c d" }, { 2, 0, "b a c d" },  { 2, -99, "c b a d" },
    };
    struct store *s = *state;
    int64_t id[4], first;
    OK(store_queue_first(s, &first, &error));
    assert_int_equal(first, 0);
    for (int i = 0; i < 4; i++) {
        id[i] = make_run(s, (const char *[]){ "a", "b", "c", "d" }[i]);
        OK(store_queue_add(s, id[i], &error));
    }
    make_run(s, "started-by-hand");
    assert_queue(s, "a b c d");
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        OK(store_queue_move(s, id[moves[i].run], moves[i].by, &error));
        assert_queue(s, moves[i].order);
    }
    OK(store_queue_first(s, &first, &error));
    assert_int_equal(first, id[2]);
    OK(store_run_claim(s, id[2], 1u << STORE_QUEUED, &error));
    assert_queue(s, "b a d");
    OK(store_run_set_state(s, id[1], STORE_FAILED, &error));
    assert_queue(s, "a d");
    OK(store_queue_add(s, id[1], &error));
    assert_queue(s, "a d b");
}

static void only_what_may_wait_is_queued(void **state)
{
    struct store *s = *state;
    int64_t id = make_run(s, "a"), other = make_run(s, "other");
    struct store_run run;
    REFUSED(store_queue_move(s, id, 1, &error), ERR_CONFLICT, "does not wait");
    REFUSED(store_queue_drop(s, id, &error), ERR_CONFLICT, "does not wait");
    REFUSED(store_queue_add(s, 99, &error), ERR_NOT_FOUND, "there is none");
    OK(store_queue_add(s, id, &error));
    REFUSED(store_queue_add(s, id, &error), ERR_CONFLICT, "is queued");
    OK(store_queue_drop(s, id, &error));
    OK(store_run_get(s, id, &run, &error));
    assert_int_equal(run.state, STORE_STOPPED);
    assert_int_equal(run.place, 0);
    store_run_clear(&run);
    REFUSED(store_run_claim(s, id, 1u << STORE_QUEUED, &error), ERR_CONFLICT, "is stopped");
    OK(store_run_set_state(s, other, STORE_FINISHED, &error));
    REFUSED(store_queue_add(s, other, &error), ERR_CONFLICT, "is finished");
}

static void the_queue_has_one_supervisor(void **state)
{
    struct store *s = *state;
    int64_t pid, run;
    int one, two;
    assert_false(store_queue_held(s, &pid));
    OK(store_queue_lock(s, &one, &error));
    assert_true(one >= 0);
    assert_true(store_queue_held(s, &pid));
    assert_int_equal(pid, getpid());
    OK(store_queue_lock(s, &two, &error));
    assert_int_equal(two, -1);
    store_lock_release(&one);
    assert_false(store_queue_held(s, &pid));
    OK(store_queue_current(s, &run, &error));
    assert_int_equal(run, 0);
    OK(store_queue_set_current(s, 7, &error));
    OK(store_queue_current(s, &run, &error));
    assert_int_equal(run, 7);
    OK(store_queue_set_current(s, 0, &error));
    OK(store_queue_current(s, &run, &error));
    assert_int_equal(run, 0);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_run_comes_back_as_it_went_in),
        STORE_TEST(states_carry_their_times_and_pid),
        STORE_TEST(a_run_that_goes_on_began_when_it_began),
        STORE_TEST(a_figure_of_its_own_outweighs_the_probe),
        STORE_TEST(runs_are_found_by_what_users_type),
        STORE_TEST(names_and_tags_are_checked),
        STORE_TEST(a_removed_run_leaves_nothing_and_its_id_is_not_used_again),
        STORE_TEST(the_queue_keeps_its_order),
        STORE_TEST(only_what_may_wait_is_queued),
        STORE_TEST(the_queue_has_one_supervisor),
    };
    return cmocka_run_group_tests_name("store_run", tests, NULL, NULL);
}
