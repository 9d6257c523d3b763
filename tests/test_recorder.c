/* The numbers of a step: each under its name, and names looked up once. */
#include "tests/store_help.h"

#include "app/worker/recorder.h"
#include "store/metric.h"

/* A report and what the worker knows, every number another. */
static void fill(struct step_report *report, struct recorder_step *s, int64_t step)
{
    double *p = (double *)report;
    for (size_t i = 0; i < sizeof *report / sizeof *p; i++) p[i] = (double)step * 1000 + (double)i;
    report->method = engine_method(METHOD_mlvicx);
    report->levels = 2;
    *s = (struct recorder_step){ .step = step,
                                 .epoch = 0.5,
                                 .rate = 0.25,
                                 .images_per_second = 300,
                                 .wait = 1,
                                 .record = 2,
                                 .total = 3,
                                 .augment = 4,
                                 .wall = 5,
                                 .load = 6 };
}

static void each_number_of_a_step_is_under_its_name(void **state)
{
    struct store *s = *state;
    struct recorder r;
    struct step_report report;
    struct recorder_step step;
    int64_t run = make_run(s, "a");
    fill(&report, &step, 1);
    const struct level_report *global = &report.level[0], *local = &report.level[1];
    const struct {
        const char *name;
        double value;
    } rows[] = {
        { "loss", report.total },
        { "grad_norm", report.grad_norm },
        { "loss.global", global->total },
        { "loss.local", local->total },
        { "loss.global.inv", global->term[0] },
        { "loss.local.var", local->term[1] },
        { "loss.local.cov", local->term[2] },
        { "rho.global", global->stat[STAT_RHO] },
        { "gain.local", local->stat[STAT_GAIN] },
        { "std_mean.global", global->stat[STAT_STD_MEAN] },
        { "std_min.local", local->stat[STAT_STD_MIN] },
        { "dead.global", global->stat[STAT_DEAD] },
        { "inactive.local", local->stat[STAT_INACTIVE] },
        { "alignment.global", global->stat[STAT_ALIGNMENT] },
        { "time.forward", report.seconds[PHASE_FORWARD] },
        { "time.forward.stem", report.stage[0][0] },
        { "time.backward.heads", report.stage[1][STAGE_HEADS] },
        { "time.update", report.seconds[PHASE_UPDATE] },
        { "rate", step.rate },
        { "epoch", step.epoch },
        { "images_per_second", step.images_per_second },
        { "time.wait", step.wait },
        { "time.load", step.load },
        { "time.augment", step.augment },
        { "time.record", step.record },
        { "time.step", step.total },
        { "time.wall", step.wall },
    };
    recorder_init(&r, s, run, -1);
    recorder_step(&r, &step, &report);
    OK(recorder_flush(&r, &error));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value;
        OK(store_metric_latest(s, run, -1, &rows[i].name, 1, &value, NULL, &error));
        if (!(value == rows[i].value)) fail_msg("%s is %g, not %g", rows[i].name, value, rows[i].value);
    }
    recorder_clear(&r);
}

/* The handle forgets all names after the first step: the second one asks for none. */
static void names_are_looked_up_once(void **state)
{
    struct store *s = *state;
    struct recorder r;
    struct step_report report;
    struct recorder_step step;
    int64_t run = make_run(s, "a");
    recorder_init(&r, s, run, -1);
    fill(&report, &step, 1);
    recorder_step(&r, &step, &report);
    size_t first = r.box.points.count, known = s->metric_count;
    s->metric_count = 0;
    fill(&report, &step, 2);
    recorder_step(&r, &step, &report);
    assert_int_equal(s->metric_count, 0);
    assert_int_equal(r.box.points.count, 2 * first);
    s->metric_count = known;
    OK(recorder_flush(&r, &error));
    static const char *const name = "loss";
    double value;
    OK(store_metric_latest(s, run, -1, &name, 1, &value, NULL, &error));
    assert_true(value == report.total);
    recorder_clear(&r);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(each_number_of_a_step_is_under_its_name),
        STORE_TEST(names_are_looked_up_once),
    };
    return cmocka_run_group_tests_name("recorder", tests, NULL, NULL);
}
