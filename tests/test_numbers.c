/* What a step records, by name, against values that numpy computed from the same embeddings: a number without one,
 * under another's name or scaled otherwise is noticed. */
#include "tests/store_help.h"

#include <math.h>

#include "app/session/phases.h"
#include "app/worker/recorder.h"
#include "engine/train/methods/loss.h"
#include "tests/fixtures/numbers.h"

enum { ROWS_MOST = 128 };

/* Names under which values are expected. */
struct expected {
    struct {
        char name[64];
        double value;
    } rows[ROWS_MOST];
    int count;
};

__attribute__((format(printf, 3, 4))) static void want(struct expected *x, double value, const char *format, ...)
{
    va_list ap;
    assert_true(x->count < ROWS_MOST);
    va_start(ap, format);
    vsnprintf(x->rows[x->count].name, sizeof x->rows[x->count].name, format, ap);
    va_end(ap);
    x->rows[x->count++].value = value;
}

static void level_of(int k, enum kernel_set set, int threads, struct level_report *out)
{
    static const struct loss_weights weights = { 1, 1, 25, 25, 1, 5e-3, 0.1, 0.05, NULL };
    const struct kernels *kernels = kernels_find(set);
    int n = level_cases[k].n, d = level_cases[k].d;
    real *scratch = calloc(loss_scratch(&kernels_naive, 1, n, d), sizeof *scratch),
         *gradient = calloc((size_t)2 * n * d, sizeof *gradient);
    assert_true(kernels && scratch && gradient);
    assert_true(weights.sim == level_sim && weights.std == level_std && weights.cov == level_cov);
    const struct kernel_run run = { threads, scratch };
    const struct loss_views views = { .n = n, .d = d, .z = level_cases[k].views, .dz = gradient, .scale = 1 };
    *out = loss_level(kernels, &run, &weights, &views, &(struct loss_hinge){ 0 });
    free(scratch);
    free(gradient);
}

/* The part of a metric's name behind "global" or "local", and before. */
static const struct {
    const char *name, *metric;
} metrics[LEVEL_NAMES] = {
    { "total", "loss.%s" },          { "inv", "loss.%s.inv" }, { "var", "loss.%s.var" },
    { "cov", "loss.%s.cov" },        { "rho", "rho.%s" },      { "std_mean", "std_mean.%s" },
    { "std_min", "std_min.%s" },     { "dead", "dead.%s" },    { "inactive", "inactive.%s" },
    { "alignment", "alignment.%s" },
};

static const char *metric_called(const char *name)
{
    for (int m = 0; m < LEVEL_NAMES; m++)
        if (!strcmp(metrics[m].name, name)) return metrics[m].metric;
    fail_msg("%s is recorded under no name", name);
    return "";
}

static void want_level(struct expected *x, const char *side, int k)
{
    for (int i = 0; i < LEVEL_NAMES; i++) {
        const char *metric = metric_called(level_names[i]), *at = strstr(metric, "%s");
        assert_non_null(at);
        want(x, level_cases[k].value[i], "%.*s%s%s", (int)(at - metric), metric, side, at + 2);
    }
}

/* A report whose numbers all differ, those of the levels as computed. */
static void made_report(struct step_report *r, struct expected *x, const struct level_report level[2])
{
    static const char *const phases[PHASE_COUNT] = { "forward", "heads", "loss", "backward", "update" };
    static const char *const parts[] = { "stem", "layer1", "layer2", "layer3", "layer4", "gates", "heads" };
    *r = (struct step_report){ .method = engine_method(METHOD_mlvicx),
                               .levels = 2,
                               .level = { level[0], level[1] },
                               .total = 1001,
                               .grad_norm = 1002 };
    r->level[0].stat[STAT_GAIN] = 1003;
    r->level[1].stat[STAT_GAIN] = 1004;
    want(x, 1001, "loss");
    want(x, 1002, "grad_norm");
    want(x, 1003, "gain.global");
    want(x, 1004, "gain.local");
    for (int p = 0; p < PHASE_COUNT; p++) want(x, r->seconds[p] = 2000 + p, "time.%s", phases[p]);
    for (int s = 0; s < STAGE_COUNT; s++) {
        r->stage[0][s] = 2100 + s;
        r->stage[1][s] = 2200 + s;
        if (s < STAGE_HEADS) want(x, 2100 + s, "time.forward.%s", parts[s]); /* heads are a phase of their own */
        want(x, 2200 + s, "time.backward.%s", parts[s]);
    }
}

static void made_rest(struct recorder_step *s, struct expected *x)
{
    *s = (struct recorder_step){ .step = 7,
                                 .epoch = 3001,
                                 .rate = 3002,
                                 .images_per_second = 3003,
                                 .wait = 3004,
                                 .record = 3005,
                                 .total = 3006,
                                 .augment = 3007,
                                 .load = 3009,
                                 .wall = 3008 };
    want(x, 3001, "epoch");
    want(x, 3002, "rate");
    want(x, 3003, "images_per_second");
    want(x, 3004, "time.wait");
    want(x, 3005, "time.record");
    want(x, 3006, "time.step");
    want(x, 3007, "time.augment");
    want(x, 3009, "time.load");
    want(x, 3008, "time.wall");
}

static void a_stage_that_a_network_lacks_is_no_phase(void **state)
{
    (void)state;
    const struct step_report whole = { .stage = { { 1 } } }, report = { .absent = 1u << STAGE_GATES };
    struct phase phases[PHASES_MOST];
    int all = phases_list(&whole, phases), n = phases_list(&report, phases);
    assert_int_equal(n, all - 2);
    for (int i = 0; i < n; i++) assert_null(strstr(phases[i].name, "gates"));
}

static int expected_row(const struct expected *x, const char *name)
{
    for (int i = 0; i < x->count; i++)
        if (!strcmp(x->rows[i].name, name)) return i;
    fail_msg("%s is recorded and has no independent value here", name);
    return 0;
}

static void same(struct store *s, int64_t run, const struct expected *x)
{
    struct store_metrics list;
    bool seen[ROWS_MOST] = { false };
    OK(store_metric_list(s, run, &list, &error));
    for (size_t m = 0; m < list.count; m++) {
        struct store_points points;
        int i = expected_row(x, list.rows[m].name);
        OK(store_points_read(s, run, list.rows[m].id, 0, STORE_STEP_MOST, &points, &error));
        assert_true(points.count == 1 && points.rows[0].step == 7);
        double got = points.rows[0].value, value = x->rows[i].value;
        if (!(fabs(got - value) <= 2e-5 * (fabs(value) + 0.01)))
            fail_msg("%s: %.9g is recorded, %.9g is right", x->rows[i].name, got, value);
        seen[i] = true;
        store_points_clear(&points);
    }
    store_metrics_clear(&list);
    for (int i = 0; i < x->count; i++)
        if (!seen[i]) fail_msg("%s is not recorded", x->rows[i].name);
}

static void every_number_of_a_step_is_recorded_under_its_name(void **state)
{
    struct store *s = *state;
    for (int k = 0; k < LEVEL_CASES; k++) {
        struct expected x = { .count = 0 };
        struct step_report report;
        struct recorder_step rest;
        struct recorder r;
        struct level_report level[2];
        char name[16];
        int other = (k + 1) % LEVEL_CASES;
        snprintf(name, sizeof name, "run-%d", k);
        int64_t run = make_run(s, name);
        level_of(k, KERNELS_PORTABLE, 2, &level[0]);
        level_of(other, KERNELS_NAIVE, 1, &level[1]);
        want_level(&x, "global", k);
        want_level(&x, "local", other);
        made_report(&report, &x, level);
        made_rest(&rest, &x);
        recorder_init(&r, s, run, -1);
        recorder_step(&r, &rest, &report);
        OK(recorder_flush(&r, &error));
        recorder_clear(&r);
        same(s, run, &x);
    }
}

/* All kernel sets, any number of threads. */
static void a_level_is_the_same_by_every_set(void **state)
{
    (void)state;
    for (enum kernel_set set = KERNELS_AVX512; set <= KERNELS_NAIVE; set++)
        for (int k = 0; k < LEVEL_CASES; k++) {
            enum kernel_set found;
            struct level_report l;
            if (!kernels_resolve(set, &found, NULL)) continue;
            level_of(k, set, k + 1, &l);
            double got[LEVEL_NAMES] = { l.total, l.term[0], l.term[1], l.term[2] };
            for (int stat = 0, i = 4; stat < STAT_COUNT; stat++)
                if (stat != STAT_GAIN) got[i++] = l.stat[stat];
            for (int i = 0; i < LEVEL_NAMES; i++)
                if (!(fabs(got[i] - level_cases[k].value[i]) <= 2e-5 * (fabs(level_cases[k].value[i]) + 0.01)))
                    fail_msg("%s, case %d, %s: %.9g, numpy %.9g", kernel_set_names[set], k, level_names[i], got[i],
                             level_cases[k].value[i]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stage_that_a_network_lacks_is_no_phase),
        cmocka_unit_test_setup_teardown(every_number_of_a_step_is_recorded_under_its_name, store_setup, store_teardown),
        cmocka_unit_test(a_level_is_the_same_by_every_set),
    };
    return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
