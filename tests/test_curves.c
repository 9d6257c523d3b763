/* Curves of a run: the weights that they are multiplied with, and what a run that goes back leaves of them. */
#include "tests/store_help.h"

#include <math.h>

#include "engine/train/engine.h"
#include "store/event.h"
#include "store/metric.h"
#include "views/analysis/level_rules.h"
#include "views/analysis/loss_data.h"

/* ---- weights ---- */

static void each_curve_has_the_weight_of_its_term(void **state)
{
    (void)state;
    /* products of different primes: no two terms weigh the same */
    static const struct {
        const char *metric;
        double weight;
    } rows[] = {
        { "loss", 1 },
        { "loss.global", 2 },
        { "loss.global.inv", 2 * 5 },
        { "loss.global.var", 2 * 7 },
        { "loss.global.cov", 2 * 11 },
        { "loss.local", 3 },
        { "loss.local.inv", 3 * 5 },
        { "loss.local.var", 3 * 7 },
        { "loss.local.cov", 3 * 11 },
    };
    struct loss_data *l = calloc(1, sizeof *l);
    assert_non_null(l);
    l->comparison.count = 2;
    l->comparison.run[0] = l->comparison.run[1] =
        (struct compared_run){ .local = true, .level_weight = { 2, 3 }, .term_weight = { 5, 7, 11 } };
    assert_true(loss_data_charts(l));
    for (int chart = 0; chart < l->charts; chart++) {
        double weight = 1; /* what is no part of the loss */
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            if (!strcmp(rows[i].metric, l->chart[chart].metric)) weight = rows[i].weight;
        for (int weighted = 0; weighted < 2; weighted++) {
            l->weighted = weighted;
            double got = loss_data_weight(l, chart, 1);
            if (got != (weighted ? weight : 1))
                fail_msg("%s: %g where %g is right", l->chart[chart].metric, got, weighted ? weight : 1);
        }
    }
    free(l);
}

static bool has(const struct compared_run *runs, int count, const char *metric)
{
    struct loss_chart charts[LOSS_CHARTS_MOST];
    int n = loss_charts_list(runs, count, charts);
    for (int i = 0; i < n; i++)
        if (!strcmp(charts[i].metric, metric)) return true;
    return false;
}

/* What no compared run's objective has is no chart; one run that has it is enough. */
static void charts_are_those_that_an_objective_has(void **state)
{
    (void)state;
    static const struct {
        const char *metric;
        bool mlvicx, global_only, simclr;
    } rows[] = {
        { "loss", true, true, true },
        { "loss.global", true, false, false }, /* of one level: it is the total */
        { "loss.global.inv", true, true, false },
        { "loss.global.nce", false, false, true },
        { "loss.local", true, false, false },
        { "loss.local.cov", true, false, false },
        { "rho.global", true, true, true },
        { "rho.local", true, false, false },
        { "gain.global", true, true, true },
        { "gain.local", true, false, false },
        { "auc.ridge", true, true, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct compared_run runs[2] = { { .method = METHOD_mlvicx, .local = true } };
        assert_int_equal(has(runs, 1, rows[i].metric), rows[i].mlvicx);
        runs[0].local = false;
        assert_int_equal(has(runs, 1, rows[i].metric), rows[i].global_only);
        runs[0].method = METHOD_simclr;
        if (has(runs, 1, rows[i].metric) != rows[i].simclr) fail_msg("%s of simclr", rows[i].metric);
        runs[1] = (struct compared_run){ .method = METHOD_mlvicx, .local = true };
        assert_true(has(runs, 2, rows[i].metric));
    }
}

/* Of other objectives the areas come first: losses cannot be compared. */
static void what_can_be_compared_comes_first(void **state)
{
    (void)state;
    struct loss_chart charts[LOSS_CHARTS_MOST];
    struct compared_run runs[2] = { { .method = METHOD_mlvicx, .local = true }, { .method = METHOD_byol } };
    assert_true(loss_charts_list(runs, 2, charts) > 1);
    assert_string_equal(charts[0].metric, "auc.ridge");
    runs[1] = runs[0];
    assert_true(loss_charts_list(runs, 2, charts) > 1);
    assert_string_equal(charts[0].metric, "loss.global.inv");
}

/* Every term of every method has a chart, and there is room for all methods at once. */
static void every_term_of_every_method_has_a_chart(void **state)
{
    (void)state;
    struct compared_run runs[METHOD_COUNT] = { 0 };
    struct loss_chart charts[LOSS_CHARTS_MOST];
    for (int m = 0; m < METHOD_COUNT; m++)
        runs[m] = (struct compared_run){ .method = (enum method_kind)m, .local = true };
    assert_true(loss_charts_list(runs, METHOD_COUNT, charts) < LOSS_CHARTS_MOST);
    for (int m = 0; m < METHOD_COUNT; m++) {
        const struct method_info *info = engine_method((enum method_kind)m);
        for (int l = 0; l < info->levels; l++)
            for (int t = 0; t < info->terms; t++) {
                char metric[64];
                snprintf(metric, sizeof metric, "loss.%s.%s", method_level_name(info, l), info->term[t].name);
                if (!has(&runs[m], 1, metric)) fail_msg("%s of %s has no chart", metric, info->name);
                if (!has(runs, METHOD_COUNT, metric)) fail_msg("%s has no chart among all methods", metric);
            }
    }
}

/* What a term weighs in the total is what its method's settings say. */
static void terms_weigh_what_the_settings_of_their_method_say(void **state)
{
    (void)state;
    struct settings s;
    struct text ini = { 0 };
    struct compared_run r;
    settings_init(&s);
    OK(settings_set(&s, "method.name", "barlow", &error) && settings_set(&s, "method.off", "0.25", &error) &&
       settings_set(&s, "loss.global_weight", "2", &error));
    settings_write_ini(&s, &ini);
    struct store_run row = { .config = (char *)text_str(&ini) };
    compared_run_fill(&r, &row, STORE_FINISHED, 0, "");
    assert_true(r.method == METHOD_barlow && !r.local && !r.usual);
    assert_true(r.term_weight[0] == 1 && r.term_weight[1] == 0.25 && r.level_weight[0] == 2);
    text_clear(&ini);
}

/* A run that is compared with one of another method leaves the curves that it lacks out, and those that are read fit
 * the charts that are shown. */
static void charts_follow_the_compared_runs(void **state)
{
    (void)state;
    struct loss_data *l = calloc(1, sizeof *l);
    assert_non_null(l);
    l->comparison.count = 1;
    l->comparison.run[0] = (struct compared_run){ .method = METHOD_simclr };
    assert_true(loss_data_charts(l));
    assert_false(loss_data_charts(l));
    int before = l->charts;
    l->comparison.count = 2;
    l->comparison.run[1] = (struct compared_run){ .method = METHOD_barlow };
    assert_true(loss_data_charts(l));
    assert_int_equal(l->charts, before + 2);
    for (int i = 0; i < l->charts; i++) {
        bool own = !strcmp(l->chart[i].metric, "loss.global.on") || !strcmp(l->chart[i].metric, "loss.global.off");
        assert_int_equal(loss_chart_of(&l->chart[i], &l->comparison.run[0]), !own);
    }
    free(l);
}

/* Losses of different objectives are no measure of each other; facts about the views and areas are. */
static void losses_of_different_methods_are_not_comparable(void **state)
{
    (void)state;
    const struct compared_run runs[] = { { .method = METHOD_vicreg }, { .method = METHOD_lejepa } },
                              same[] = { { .method = METHOD_vicreg }, { .method = METHOD_vicreg } };
    struct loss_chart charts[LOSS_CHARTS_MOST];
    int n = loss_charts_list(runs, 2, charts);
    for (int i = 0; i < n; i++) {
        bool shared = loss_chart_of(&charts[i], &runs[0]) && loss_chart_of(&charts[i], &runs[1]),
             loss = !strncmp(charts[i].metric, "loss", 4);
        assert_int_equal(loss_chart_comparable(&charts[i], runs, 2), !(shared && loss));
        assert_true(loss_chart_comparable(&charts[i], same, 2) && loss_chart_comparable(&charts[i], runs, 1));
    }
}

/* What a level's deviations may be held against. */
static void a_level_is_held_against_what_its_loss_does(void **state)
{
    (void)state;
    static const struct {
        enum method_kind method;
        bool local, held, hinge, judged;
    } rows[] = {
        { METHOD_mlvicx, true, true, true, true },     { METHOD_vicreg, false, true, true, true },
        { METHOD_barlow, false, true, false, true },   { METHOD_lejepa, false, true, false, true },
        { METHOD_simclr, false, false, false, true },  { METHOD_byol, false, false, false, true },
        { METHOD_simsiam, false, false, false, true }, { METHOD_supervised, false, false, false, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct level_rules z = level_rules_of(rows[i].method, true, LEVEL_Z),
                           d = level_rules_of(rows[i].method, true, LEVEL_D),
                           map = level_rules_of(rows[i].method, true, LEVEL_MAP1);
        if (z.held != rows[i].held || z.deviations != z.held || z.hinge != rows[i].hinge || z.judged != rows[i].judged)
            fail_msg("row %zu", i);
        assert_true(z.there == (rows[i].method != METHOD_supervised) && d.there == rows[i].local && map.there &&
                    map.deviations && !map.hinge && !map.held);
        assert_false(level_rules_of(rows[i].method, false, LEVEL_D).there);
    }
}

static void a_level_that_is_not_there_gives_way(void **state)
{
    (void)state;
    assert_int_equal(level_rules_nearest(METHOD_mlvicx, true, LEVEL_D), LEVEL_D);
    assert_int_equal(level_rules_nearest(METHOD_mlvicx, false, LEVEL_D), LEVEL_Z);
    assert_int_equal(level_rules_nearest(METHOD_byol, false, LEVEL_D), LEVEL_Z);
    assert_int_equal(level_rules_nearest(METHOD_byol, false, LEVEL_MAP2), LEVEL_MAP2);
    assert_int_equal(level_rules_nearest(METHOD_supervised, false, LEVEL_Z), LEVEL_MAP5);
    assert_false(level_rules_of(METHOD_supervised, false, LEVEL_Z).there);
}

/* ---- going back ---- */

static void record(struct store *s, int64_t run, int64_t first, int64_t last, double value)
{
    struct store_batch b = { 0 };
    for (int64_t step = first; step <= last; step++) store_batch_name(&b, s, "loss", step, value + (double)step / 1000);
    OK(store_points_append(s, run, &b, &error));
    store_batch_clear(&b);
}

static int64_t rewound(struct store *s, int64_t run)
{
    struct store_run row;
    OK(store_run_get(s, run, &row, &error));
    int64_t count = row.rewound;
    store_run_clear(&row);
    return count;
}

/* The curve as it is kept, and as someone sees it who had none. */
static void same_as_read_anew(struct series *kept, struct store *s, int64_t run, int64_t last, int columns)
{
    struct series fresh = { 0 };
    bool changed = false;
    const struct series_want want = { run, rewound(s, run), NULL, "loss", 0, last, columns };
    OK(series_continue(kept, s, &want, &changed, &error));
    OK(series_continue(&fresh, s, &want, &changed, &error));
    assert_true(fresh.count > 0);
    assert_int_equal(kept->count, fresh.count);
    for (int i = 0; i < fresh.count; i++) {
        const struct series_point *a = &kept->points[i], *b = &fresh.points[i];
        if (a->x0 != b->x0 || a->x1 != b->x1 || a->mean != b->mean || a->min != b->min || a->max != b->max)
            fail_msg("point %d of %d: %g at %g, read anew %g at %g", i, fresh.count, a->mean, a->x0, b->mean, b->x0);
    }
    series_clear(&fresh);
}

static void what_was_gone_back_on_leaves_its_curve(void **state)
{
    struct store *s = *state;
    static const int columns[] = { 100, 10, 1 };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        char name[16];
        struct series kept = { 0 };
        snprintf(name, sizeof name, "run-%zu", i);
        int64_t run = make_run(s, name);
        record(s, run, 1, 40, 1);
        same_as_read_anew(&kept, s, run, 40, columns[i]);
        /* back, and on with other numbers to the same step between two looks */
        OK(store_run_rewind(s, run, 12, &error));
        record(s, run, 13, 40, 5);
        same_as_read_anew(&kept, s, run, 40, columns[i]);
        record(s, run, 41, 55, 5);
        same_as_read_anew(&kept, s, run, 55, columns[i]);
        OK(store_run_rewind(s, run, 20, &error));
        same_as_read_anew(&kept, s, run, 20, columns[i]);
        series_clear(&kept);
    }
}

/* ---- the past of a fork ---- */

static int64_t fork_of(struct store *s, int64_t parent, int64_t step, const char *name)
{
    struct store_run row = { .seed = 7, .steps = 1000, .epochs = 10, .parent_id = parent };
    const struct store_event event = { .step = step, .severity = STORE_INFO, .kind = "fork", .text = "goes on" };
    int64_t id;
    snprintf(row.name, sizeof row.name, "%s", name);
    OK(store_run_insert(s, &row, &id, &error));
    OK(store_event_insert(s, id, &event, &error));
    return id;
}

static struct past past_of(struct store *s, int64_t run)
{
    struct store_run row;
    struct past past;
    OK(store_run_get(s, run, &row, &error));
    OK(past_find(s, &row, &past, &error));
    store_run_clear(&row);
    return past;
}

/* Numbers of one step, and of columns of several: up to `ends[0]` of 1, up to `ends[1]` of 2, then of 3. */
static void expect_owners(struct store *s, int64_t run, int64_t last, const int64_t ends[2])
{
    static const int columns[] = { 100, 7, 1 };
    const struct past past = past_of(s, run);
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        struct series v = { 0 };
        struct series_want want = { run, rewound(s, run), &past, "loss", 0, ends[1] + 1, columns[c] };
        bool changed = false;
        for (; want.last <= last; want.last++) OK(series_continue(&v, s, &want, &changed, &error));
        double before = -1;
        for (int i = 0; i < v.count; i++) {
            const struct series_point *p = &v.points[i];
            int owner = p->x1 <= (double)ends[0] ? 1 : p->x1 <= (double)ends[1] ? 2 : 3;
            if (floor(p->min) != owner || floor(p->max) != owner || p->x0 < before)
                fail_msg("%g to %g: %g to %g, of %d", p->x0, p->x1, p->min, p->max, owner);
            assert_int_equal(i < v.before, owner < 3);
            before = p->x1;
        }
        assert_true(v.count > 0 && v.points[v.count - 1].x1 >= (double)last);
        series_clear(&v);
    }
}

static void what_came_before_a_fork_is_its_parents(void **state)
{
    struct store *s = *state;
    int64_t first = make_run(s, "first"), child = fork_of(s, first, 13, "child"), last = fork_of(s, child, 30, "last");
    record(s, first, 1, 40, 1);
    record(s, child, 14, 50, 2);
    record(s, last, 31, 60, 3);
    assert_int_equal(past_of(s, first).count, 0);
    assert_int_equal(past_last(&(struct past){ .count = 0 }), 0);
    expect_owners(s, last, 60, (const int64_t[]){ 13, 30 });
    struct past past = past_of(s, last);
    assert_int_equal(past_owner(&past, last, 31), last);
    assert_int_equal(past_owner(&past, last, 30), child);
    assert_int_equal(past_owner(&past, last, 13), first);
    char note[PAST_NOTE];
    assert_string_equal(past_note(&past, note), "dim: run 2 to 30");

    /* a run that only has the weights of another has no past, nor one whose parent is gone */
    struct store_run row = { .name = "weights", .seed = 7, .steps = 9, .epochs = 1, .parent_id = first };
    int64_t weights;
    OK(store_run_insert(s, &row, &weights, &error));
    assert_int_equal(past_of(s, weights).count, 0);
    OK(store_run_remove(s, first, &error));
    assert_int_equal(past_of(s, last).count, 1);
}

/* One that began again before it was forked has points of its own there. */
static void a_fork_that_goes_back_further_has_less_past(void **state)
{
    struct store *s = *state;
    int64_t first = make_run(s, "first"), child = fork_of(s, first, 13, "child");
    record(s, first, 1, 40, 1);
    record(s, child, 14, 20, 3);
    struct past past = past_of(s, child);
    assert_int_equal(past_last(&past), 13);
    OK(store_run_rewind(s, child, 8, &error));
    record(s, child, 9, 20, 3);
    past = past_of(s, child);
    assert_int_equal(past_last(&past), 8);
    expect_owners(s, child, 20, (const int64_t[]){ 8, 8 });
    OK(store_run_rewind(s, child, 0, &error));
    record(s, child, 1, 20, 3);
    past = past_of(s, child);
    assert_int_equal(past_last(&past), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charts_are_those_that_an_objective_has),
        cmocka_unit_test(every_term_of_every_method_has_a_chart),
        cmocka_unit_test(what_can_be_compared_comes_first),
        cmocka_unit_test(a_level_that_is_not_there_gives_way),
        cmocka_unit_test(terms_weigh_what_the_settings_of_their_method_say),
        cmocka_unit_test(charts_follow_the_compared_runs),
        cmocka_unit_test(losses_of_different_methods_are_not_comparable),
        cmocka_unit_test(a_level_is_held_against_what_its_loss_does),
        cmocka_unit_test(each_curve_has_the_weight_of_its_term),
        cmocka_unit_test_setup_teardown(what_came_before_a_fork_is_its_parents, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(a_fork_that_goes_back_further_has_less_past, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(what_was_gone_back_on_leaves_its_curve, store_setup, store_teardown),
    };
    return cmocka_run_group_tests_name("curves", tests, NULL, NULL);
}
