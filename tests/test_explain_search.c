/* The choices of `explain` without any training: which trials are made, how long they last, and which is the answer. */
#include "tests/check.h"

#include <math.h>

#include "app/commands/explain/explain.h"

enum { TOTAL = 1600, FROM = 100, UNTIL = 500, ROUNDS = 64 };

/* What the pretended worker does: how long a run stays well with some changes undone, and what it was asked for. */
static struct {
    int64_t (*well_until)(uint32_t undone, int64_t steps);
    int begun, prolonged;
    const char *unavailable; /* this key cannot be tried */
} worker;

static bool judge(struct explain_trial *t)
{
    bool well = worker.well_until(t->undone, t->steps) >= t->until;
    t->last = (struct explain_reading){
        .step = t->until, .word = well ? VERDICT_LEARNING : VERDICT_COLLAPSING, .shared = well ? 0.6 : 0.1, .ill = !well
    };
    if (well) t->well = t->until;
    return true;
}

static bool begin(struct explain *x, struct explain_trial *t, struct err *e)
{
    (void)e;
    t->run = ++worker.begun;
    t->steps = x->run.steps;
    if (worker.unavailable && !strcmp(t->key, worker.unavailable))
        return snprintf(t->failed, sizeof t->failed, "no room") > 0;
    return judge(t);
}

static bool prolong(struct explain *x, struct explain_trial *t, struct err *e)
{
    (void)x;
    if (++worker.prolonged > ROUNDS) return err_set(e, ERR_INTERNAL, "this would never end");
    t->until += t->until - t->from;
    if (t->until > t->steps) t->until = t->steps;
    return judge(t);
}

static bool break_down(struct explain *x, struct explain_trial *t, struct err *e)
{
    (void)x, (void)t;
    return err_set(e, ERR_IO, "the store is gone");
}

static const struct explain_trainer pretended = { begin, prolong };

/* A run that collapsed, with a trial for each key; distances grow with their place. */
static struct explain *collapsed(const char *const *keys, int64_t (*well_until)(uint32_t, int64_t))
{
    static struct explain x;
    x = (struct explain){
        .now = { .word = VERDICT_COLLAPSING, .ill = true }, .since = UNTIL, .from = FROM, .step_seconds = NAN
    };
    snprintf(x.run.name, sizeof x.run.name, "planted");
    snprintf(x.run.preset, sizeof x.run.preset, "demo");
    x.run.steps = TOTAL;
    settings_init(&x.settings);
    for (; keys[x.single]; x.single++)
        x.trial[x.single] = (struct explain_trial){ .key = keys[x.single],
                                                    .undone = (uint32_t)1 << x.single,
                                                    .distance = 1 + x.single,
                                                    .from = FROM,
                                                    .until = UNTIL };
    x.trials = x.single;
    worker.well_until = well_until;
    worker.begun = worker.prolonged = 0;
    worker.unavailable = NULL;
    return &x;
}

static const char *const three[] = { "optim.warmup_epochs", "loss.cov", "loss.var", NULL };
static const char *const four[] = { "data.batch", "loss.var", "loss.cov", "data.augment.rotate", NULL };

static const char *answer(const struct explain *x)
{
    const struct explain_trial *t = explain_smallest(x);
    return t ? t->key : NULL;
}

static int64_t second(uint32_t undone, int64_t steps)
{
    return undone & 2 ? steps : 0;
}

static void a_single_cure_is_found_without_more(void **state)
{
    (void)state;
    struct explain *x = collapsed(three, second);
    assert_true(explain_search(x, &pretended, &(struct err){ 0 }));
    assert_string_equal(answer(x), "loss.cov");
    assert_int_equal(x->trials, 3);
    assert_int_equal(worker.prolonged, 0);
}

/* The warm-up only puts the collapse off, to step 700. */
static int64_t put_off(uint32_t undone, int64_t steps)
{
    return undone & 4 ? steps : undone & 1 ? 700 : 0;
}

static void what_only_puts_it_off_is_not_the_answer(void **state)
{
    (void)state;
    struct explain *x = collapsed(three, put_off);
    assert_true(explain_search(x, &pretended, &(struct err){ 0 }));
    assert_string_equal(answer(x), "loss.var");
    assert_true(explain_stays_well(&x->trial[2]));
    assert_false(explain_stays_well(&x->trial[0]));
    assert_int_equal(x->trial[0].well, UNTIL);
    assert_int_equal(worker.prolonged, 2); /* each of the two once: then one is left */
    assert_int_equal(x->trial[2].until, FROM + 2 * (UNTIL - FROM));
}

static int64_t first_and_third(uint32_t undone, int64_t steps)
{
    return undone & 5 ? steps : 0;
}

static void of_two_that_cure_to_the_end_the_one_that_moves_less_is_named(void **state)
{
    (void)state;
    struct explain *x = collapsed(three, first_and_third);
    assert_true(explain_search(x, &pretended, &(struct err){ 0 }));
    assert_string_equal(answer(x), "optim.warmup_epochs");
    assert_int_equal(x->trial[0].until, TOTAL);
    assert_int_equal(x->trial[2].until, TOTAL);
    x->trial[0].last.word = VERDICT_PLATEAU; /* the word counts more than how far the value moves */
    assert_string_equal(answer(x), "loss.var");
}

static int64_t all_put_it_off(uint32_t undone, int64_t steps)
{
    (void)steps;
    return undone & 4 ? 1000 : undone & 1 ? 600 : 0;
}

static void where_all_put_it_off_the_longest_is_named(void **state)
{
    (void)state;
    struct explain *x = collapsed(three, all_put_it_off);
    assert_true(explain_search(x, &pretended, &(struct err){ 0 }));
    assert_string_equal(answer(x), "loss.var");
    assert_int_equal(x->trials, 3); /* it is an answer: neither a lower rate nor all together */
}

/* Only both together cure it: changes 1 and 2 of four. */
static int64_t both(uint32_t undone, int64_t steps)
{
    return (undone & 6) == 6 ? steps : 0;
}

static void where_it_takes_two_the_others_stay_as_they_were(void **state)
{
    (void)state;
    struct explain *x = collapsed(four, both);
    assert_true(explain_search(x, &pretended, &(struct err){ 0 }));
    const struct explain_trial *t = explain_smallest(x);
    assert_non_null(t);
    assert_string_equal(t->key, "");
    assert_int_equal(t->undone, 6);
    assert_true(x->trials <= EXPLAIN_TRIALS);
}

/* Nothing that differs is the cause; the trial after the single ones lowers the rate. */
static int64_t lower_rate(uint32_t undone, int64_t steps)
{
    return undone & 8 ? steps : 0;
}

static void where_nothing_that_differs_cures_it_a_lower_rate_is_tried(void **state)
{
    (void)state;
    struct settings usual;
    settings_init(&usual);
    assert_true(settings_preset(&usual, "demo", NULL));
    struct explain *x = collapsed(three, lower_rate);
    x->settings.optim.lr = 10 * usual.optim.lr;
    assert_true(explain_search(x, &pretended, &(struct err){ 0 }));
    assert_string_equal(answer(x), "optim.lr");
    assert_int_equal(x->trials, 4);
    assert_float_equal(strtod(explain_smallest(x)->usual, NULL), usual.optim.lr / 4, 1e-9);

    x = collapsed(three, lower_rate); /* a run whose rate is below the usual one gets a quarter of its own */
    x->settings.optim.lr = usual.optim.lr / 10;
    assert_true(explain_search(x, &pretended, &(struct err){ 0 }));
    assert_float_equal(strtod(explain_smallest(x)->usual, NULL), usual.optim.lr / 40, 1e-9);
}

static int64_t never(uint32_t undone, int64_t steps)
{
    (void)undone, (void)steps;
    return 0;
}

static void where_nothing_cures_it_there_is_no_answer(void **state)
{
    (void)state;
    struct explain *x = collapsed(four, never);
    assert_true(explain_search(x, &pretended, &(struct err){ 0 }));
    assert_null(explain_smallest(x));
    assert_int_equal(worker.begun, 6); /* each, a lower rate, and all together */
}

static void a_trial_that_cannot_be_made_keeps_no_other_from_being_tried(void **state)
{
    (void)state;
    struct explain *x = collapsed(three, put_off);
    worker.unavailable = "optim.warmup_epochs";
    assert_true(explain_search(x, &pretended, &(struct err){ 0 }));
    assert_string_equal(answer(x), "loss.var");
    assert_int_equal(worker.prolonged, 0);
}

static void a_store_that_fails_ends_the_search(void **state)
{
    (void)state;
    struct err e = { 0 };
    struct explain *x = collapsed(three, put_off);
    assert_false(explain_search(x, &(struct explain_trainer){ break_down, prolong }, &e));
    assert_string_equal(e.msg, "the store is gone");
    x = collapsed(three, put_off);
    assert_false(explain_search(x, &(struct explain_trainer){ begin, break_down }, &e));
}

/* What a trial of an earlier invocation needs: nothing twice, and nobody's work is done beside him. */
static void a_trial_is_taken_up_where_it_is(void **state)
{
    static const struct {
        const char *name;
        int64_t step;
        enum store_state is;
        enum explain_need needs;
    } rows[] = {
        { "judged, stopped", UNTIL, STORE_STOPPED, EXPLAIN_NOTHING },
        { "judged, trained further", UNTIL, STORE_RUNNING, EXPLAIN_NOTHING },
        { "at its end before that", UNTIL - 1, STORE_FINISHED, EXPLAIN_NOTHING },
        { "trained by somebody", UNTIL - 1, STORE_RUNNING, EXPLAIN_WAITING },
        { "paused", FROM, STORE_PAUSED, EXPLAIN_WAITING },
        { "nobody can tell", FROM, STORE_UNKNOWN, EXPLAIN_WAITING },
        { "stopped in the middle", UNTIL - 1, STORE_STOPPED, EXPLAIN_TRAINING },
        { "its worker was killed", FROM, STORE_LOST, EXPLAIN_TRAINING },
        { "failed", FROM, STORE_FAILED, EXPLAIN_TRAINING },
        { "not begun", -1, STORE_QUEUED, EXPLAIN_TRAINING },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct explain_trial t = { .from = FROM, .until = UNTIL, .last.step = rows[i].step };
        if (explain_needs(&t, rows[i].is) != rows[i].needs) fail_msg("%s", rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_cure_is_found_without_more),
        cmocka_unit_test(what_only_puts_it_off_is_not_the_answer),
        cmocka_unit_test(of_two_that_cure_to_the_end_the_one_that_moves_less_is_named),
        cmocka_unit_test(where_all_put_it_off_the_longest_is_named),
        cmocka_unit_test(where_it_takes_two_the_others_stay_as_they_were),
        cmocka_unit_test(where_nothing_that_differs_cures_it_a_lower_rate_is_tried),
        cmocka_unit_test(where_nothing_cures_it_there_is_no_answer),
        cmocka_unit_test(a_trial_that_cannot_be_made_keeps_no_other_from_being_tried),
        cmocka_unit_test(a_store_that_fails_ends_the_search),
        cmocka_unit_test(a_trial_is_taken_up_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
