/* Alarms of a run: told once, with what to try by the run's own settings; ended when they are over; neither repeated
 * nor forgotten by the worker that continues. */
#include "store/checkpoint.h"
#include "store/trash.h"
#include "tests/store_help.h"

#include "app/worker/alarm.h"
#include "store/event.h"

enum { MIB = 1 << 20 };

/* A worker's life: alarms that begin at `step`. */
struct life {
    struct recorder recorder;
    struct alarms alarms;
    struct settings settings;
};

static void live(struct life *l, struct store *s, int64_t run, int64_t step)
{
    *l = (struct life){ 0 };
    settings_init(&l->settings);
    l->settings.data.threads = 2;
    recorder_init(&l->recorder, s, run, -1);
    OK(alarms_init(&l->alarms, &l->recorder, &l->settings, step, &error));
}

static void steps(struct life *l, int64_t from, int64_t to, double norm, double waited)
{
    for (int64_t i = from; i <= to; i++) {
        recorder_number(&l->recorder, "grad_norm", i, norm);
        OK(alarms_step(&l->alarms, i, norm, waited, 1, &error));
    }
    OK(recorder_flush(&l->recorder, &error));
}

static void die(struct life *l, int64_t step)
{
    struct store_event resume = { .step = step, .kind = "resume", .text = "goes on" };
    OK(store_event_insert(l->recorder.store, l->recorder.run, &resume, &error));
    recorder_clear(&l->recorder);
}

/* How many events of a kind there are, and the newest one's words. */
static int count(struct store *s, int64_t run, const char *kind, char *text)
{
    struct store_events v;
    int n = 0;
    OK(store_event_list(s, run, 0, 0, &v, &error));
    for (size_t i = 0; i < v.count; i++)
        if (!strcmp(v.rows[i].kind, kind)) snprintf(text, 512, "%s", v.rows[i].text), n++;
    store_events_clear(&v);
    return n;
}

static void open_is(struct store *s, int64_t run, const char *kind)
{
    struct store_events v;
    OK(store_event_open(s, run, &v, &error));
    assert_string_equal(v.count ? v.rows[0].kind : "", kind);
    store_events_clear(&v);
}

static void a_starving_loader_is_told_once_over_resumes(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    char text[512];
    struct life l;
    live(&l, s, run, 0);
    steps(&l, 1, 400, 1, 0.2);
    assert_int_equal(count(s, run, "alarm.loader", text), 1);
    assert_string_equal(text_advice(text, NULL),
                        "in the next run more data.threads (now 2), or a set that was imported at "
                        "a smaller --size");
    die(&l, 400);
    open_is(s, run, "alarm.loader"); /* not forgotten */
    live(&l, s, run, 400);
    steps(&l, 401, 800, 1, 0.2);
    assert_int_equal(count(s, run, "alarm.loader", text), 1); /* not repeated */
    steps(&l, 801, 1000, 1, 0.04);
    assert_int_equal(count(s, run, "alarm.loader", text), 1); /* between the limits nothing changes */
    steps(&l, 1001, 1200, 1, 0.01);
    assert_int_equal(count(s, run, "alarm.loader", text), 2);
    assert_null(text_advice(text, NULL));
    open_is(s, run, "");
    die(&l, 1200);
    live(&l, s, run, 1200);
    steps(&l, 1201, 1400, 1, 0.5);
    assert_int_equal(count(s, run, "alarm.loader", text), 3); /* it was over: told anew */
    recorder_clear(&l.recorder);
}

static void a_leaping_gradient_is_quiet_for_a_while_over_resumes(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    char text[512];
    struct life l;
    live(&l, s, run, 0);
    steps(&l, 1, 60, 1, 0);
    steps(&l, 61, 61, 1000, 0);
    assert_int_equal(count(s, run, "alarm.gradient", text), 1);
    assert_non_null(strstr(text, "1000 times its running median. Try: a lower optim.lr (it is 0.004)"));
    die(&l, 61);
    live(&l, s, run, 61);
    steps(&l, 62, 62, 1000, 0);
    assert_int_equal(count(s, run, "alarm.gradient", text), 1);
    open_is(s, run, "alarm.gradient");
    steps(&l, 63, 160, 1, 0);
    assert_int_equal(count(s, run, "alarm.gradient", text), 1);
    steps(&l, 161, 161, 1, 0);
    assert_int_equal(count(s, run, "alarm.gradient", text), 2);
    open_is(s, run, "");
    steps(&l, 162, 162, 1000, 0);
    assert_int_equal(count(s, run, "alarm.gradient", text), 3);
    recorder_clear(&l.recorder);
}

static void a_full_disk_is_told_until_there_is_room(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    char text[512];
    struct life l;
    live(&l, s, run, 0);
    OK(alarms_disk(&l.alarms, 1, MIB, -1, &error));
    OK(recorder_flush(&l.recorder, &error));
    OK(alarms_disk(&l.alarms, 1, MIB, 4.1 * MIB, &error));
    OK(recorder_flush(&l.recorder, &error));
    assert_int_equal(count(s, run, "alarm.disk", text), 0);
    OK(alarms_disk(&l.alarms, 2, MIB, 3 * MIB, &error));
    OK(recorder_flush(&l.recorder, &error));
    OK(alarms_disk(&l.alarms, 3, MIB, 2 * MIB, &error));
    OK(recorder_flush(&l.recorder, &error));
    assert_int_equal(count(s, run, "alarm.disk", text), 1);
    assert_string_equal(
        text, "the disk is nearly full: 3.0 MiB are left, a checkpoint takes 1.0 MiB. Try: make room, or lower "
              "checkpoint.keep (it is 3)");
    die(&l, 3);
    live(&l, s, run, 3);
    OK(alarms_disk(&l.alarms, 4, MIB, 5 * MIB, &error));
    OK(recorder_flush(&l.recorder, &error));
    assert_int_equal(count(s, run, "alarm.disk", text), 1);
    open_is(s, run, "alarm.disk");
    OK(alarms_disk(&l.alarms, 5, MIB, 7 * MIB, &error));
    OK(recorder_flush(&l.recorder, &error));
    assert_int_equal(count(s, run, "alarm.disk", text), 2);
    l.settings.checkpoint.keep = 1;
    OK(alarms_disk(&l.alarms, 6, MIB, MIB, &error));
    OK(recorder_flush(&l.recorder, &error));
    assert_int_equal(count(s, run, "alarm.disk", text), 3);
    assert_string_equal(text_advice(text, NULL), "make room");
    int64_t spare = make_run(s, "spare"); /* what could go at once is named */
    OK(store_checkpoint_insert(
        s, spare, &(struct store_checkpoint){ .step = 1, .path = "step-1.safetensors", .bytes = 3 << 20 }, &error));
    OK(store_run_trash(s, spare, 1000, &error));
    OK(alarms_disk(&l.alarms, 7, MIB, 9 * MIB, &error));
    OK(alarms_disk(&l.alarms, 8, MIB, MIB, &error));
    OK(recorder_flush(&l.recorder, &error));
    assert_int_equal(count(s, run, "alarm.disk", text), 5);
    assert_string_equal(text_advice(text, NULL), "make room (the trash holds 3.0 MiB: mlvicx rm --trash)");
    recorder_clear(&l.recorder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_starving_loader_is_told_once_over_resumes, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(a_leaping_gradient_is_quiet_for_a_while_over_resumes, store_setup,
                                        store_teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told_until_there_is_room, store_setup, store_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
