/* What is said of trouble: a reason and an advice in the room there is, and which alarm still holds. */
#include "tests/screen_help.h"

#include <locale.h>

#include "store/event.h"
#include "store/metric.h"
#include "views/terminal/canvas.h"
#include "views/analysis/format.h"
#include "views/workbench/notice.h"
#include "views/workbench/alarm_line.h"

/* ---- in the room there is ---------------------------------------------------------------------------------------- */

static const char verdict[] = "local WATCH: dead 0.625 (bad above 0.25), uniformity -1.9 (watch above -2.5)."
                              " Try: raise loss.var or lower loss.inv: the variance term holds nothing open";

static void a_notice_keeps_what_to_do_and_whole_numbers(void **state)
{
    static const struct {
        const char *text;
        int w, most;
        const char *row[NOTICE_MOST];
    } rows[] = {
        { "all is well", 11, 2, { "all is well", "" } },
        { verdict, 200, 2, { verdict, "" } },
        { verdict,
          80,
          2,
          { "local WATCH: dead 0.625 (bad above 0.25), uniformity -1.9 (watch above -2.5)",
            "Try: raise loss.var or lower loss.inv: the variance term holds nothing open" } },
        { verdict,
          60,
          2,
          { "local WATCH: dead 0.625 (bad above 0.25), uniformity -1.9…", "Try: raise loss.var or lower loss.inv…" } },
        { "run 5 is lost: its worker crashed or was killed; the kernel killed no process for lack of memory meanwhile."
          " Try: R, resume",
          80,
          2,
          { "run 5 is lost: its worker crashed or was killed; the kernel killed no process",
            "for lack of memory meanwhile. Try: R, resume" } },
        { verdict, 40, 2, { "local WATCH: dead 0.625…", "Try: raise loss.var or lower loss.inv…" } },
        { verdict, 20, 2, { "local WATCH…", "Try: raise loss.var…" } },
        { verdict,
          120,
          1,
          { "local WATCH: dead 0.625 (bad above 0.25), uniformity -1.9 (watch above -2.5). Try: raise loss.var or "
            "lower "
            "loss.inv…" } },
        { verdict, 80, 1, { "local WATCH: dead 0.625 (bad above 0.25)… Try: raise loss.var or lower loss.inv…" } },
        { verdict, 52, 1, { "local WATCH… Try: raise loss.var or lower loss.inv…" } },
        { verdict, 20, 1, { "Try: raise loss.var…" } },
        { "the disk is nearly full: 3 MiB are left; make room, or lower checkpoint.keep",
          40,
          2, /* of an older version */
          { "the disk is nearly full: 3 MiB are left", "make room, or lower checkpoint.keep" } },
        { "run 6 is lost: its worker was killed by signal 9. Try: R, resume", 20, 1, { "Try: R, resume" } },
        { verdict,
          40,
          NOTICE_MOST,
          { "local WATCH: dead 0.625 (bad above", "0.25), uniformity -1.9 (watch above", "-2.5)",
            "Try: raise loss.var or lower loss.inv:", "the variance term holds nothing open" } },
        { verdict,
          40,
          3,
          { "local WATCH: dead 0.625…",
            "Try: raise loss.var or lower loss.inv:", "the variance term holds nothing open" } },
        { verdict, 20, 3, { "local WATCH…", "Try: raise loss.var", "or lower loss.inv…" } },
        { "one, two, three", 6, NOTICE_MOST, { "one,", "two,", "three" } },
        { "RankMe fell from 147 to 73 within 500 steps",
          12,
          NOTICE_MOST,
          { "RankMe fell", "from 147 to", "73 within", "500 steps" } },
        { "RankMe fell from 147 to 73 within 500 steps", 12, 3, { "RankMe fell", "from 147 to", "73 within…" } },
        { "RankMe fell from 147 to 73 within 500 steps", 24, 1, { "RankMe fell from 147 to…" } },
        { "RankMe fell from 147 to 73 within 500 steps", 24, 2, { "RankMe fell from 147 to", "73 within 500 steps" } },
        { "grösser als 1.25 µm", 13, 1, { "grösser als…" } },
        { "123456789", 5, 1, { "…" } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct notice n;
        int taken = notice_fit(rows[i].text, rows[i].w, rows[i].most, &n);
        for (int k = 0; k < taken; k++)
            if (strcmp(n.row[k], rows[i].row[k]))
                fail_msg("width %d, row %d of '%s':\n%s\nis not\n%s", rows[i].w, k, rows[i].text, n.row[k],
                         rows[i].row[k]);
        for (int k = 1; k < NOTICE_MOST; k++)
            if ((rows[i].row[k] && *rows[i].row[k]) != (k < taken)) fail_msg("'%s': %d rows", rows[i].text, taken);
    }
}

static void a_notice_is_never_wider_than_its_room(void **state)
{
    static const char *const texts[] = { verdict, "x", "", "a. Try: b", "one; two; three", "no blank is here:atall" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int w = 0; w < 130; w++)
            for (int most = 1; most <= NOTICE_MOST; most++) {
                struct notice n;
                int taken = notice_fit(texts[i], w, most, &n);
                assert_in_range(taken, 1, most);
                for (int k = 0; k < taken; k++)
                    if (text_columns(n.row[k]) > w) fail_msg("width %d: '%s'", w, n.row[k]);
            }
}

/* ---- which holds --------------------------------------------------------------------------------------------------
 */

static int64_t run_at(struct store *s, int64_t step)
{
    struct store_batch b = { 0 };
    int64_t run = make_run(s, "one");
    store_batch_name(&b, s, "loss", step, 1);
    OK(store_points_append(s, run, &b, &error));
    store_batch_clear(&b);
    return run;
}

static void put(struct store *s, int64_t run, int64_t step, enum store_severity severity, const char *kind,
                bool derived, const char *text)
{
    struct store_event v = { .step = step, .severity = severity, .text = text, .derived = derived };
    snprintf(v.kind, sizeof v.kind, "%s", kind);
    OK(store_event_insert(s, run, &v, &error));
}

/* What is in the alarm line of a run; "" for nothing. */
static const char *open_alarm(struct store *s, int64_t run)
{
    static char out[512];
    struct store_run row;
    unsigned ink;
    OK(store_run_get(s, run, &row, &error));
    if (!alarm_of(s, &row, STORE_RUNNING, out, sizeof out, &ink)) out[0] = '\0';
    store_run_clear(&row);
    return out;
}

/* What learns from labels is given no verdict, whatever a store says of it; a word of a former version is told, too. */
static void only_a_judged_method_alarms_by_its_verdict(void **state)
{
    struct store *s = *state;
    static const struct {
        const char *method;
        int numbers;
        double word;
        const char *says;
    } rows[] = { { "vicreg", 3, 3, "global COLLAPSING: directions 1.01 (bad below" },
                 { "byol", 3, 3, "global COLLAPSING: directions 1.01 (bad below" },
                 { "supervised", 3, 3, "" },
                 { "mlvicx", 1, 3, "global COLLAPSING" },
                 { "mlvicx", 1, 1, "" },
                 { "mlvicx", 3, 4, "" },
                 { "mlvicx", 3, 5, "" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static const char *const names[] = { "z.verdict", "z.rho", "h.stable_rank" };
        const double values[] = { rows[i].word, 0.5, 1.01 };
        struct store_run row = { .seed = 7, .steps = 1000, .epochs = 10 };
        struct store_batch b = { 0 };
        struct settings settings;
        struct text ini = { 0 };
        int64_t run;
        settings_init(&settings);
        OK(settings_set(&settings, "method.name", rows[i].method, &error));
        settings_write_ini(&settings, &ini);
        row.config = (char *)text_str(&ini);
        snprintf(row.name, sizeof row.name, "%s-%zu", rows[i].method, i);
        OK(store_run_insert(s, &row, &run, &error));
        for (int k = 0; k < rows[i].numbers; k++) store_batch_name(&b, s, names[k], 10, values[k]);
        OK(store_points_append(s, run, &b, &error));
        store_batch_clear(&b);
        text_clear(&ini);
        const char *line = open_alarm(s, run);
        if (*rows[i].says ? strncmp(line, rows[i].says, strlen(rows[i].says)) : *line != '\0')
            fail_msg("%s: %s", rows[i].method, line);
    }
}

static void an_alarm_stands_as_long_as_it_holds(void **state)
{
    struct store *s = *state;
    int64_t run = run_at(s, 1000);
    put(s, run, 400, STORE_WATCH, "alarm", true, "of an older version: nothing ends it");
    assert_string_equal(open_alarm(s, run), "");
    put(s, run, 600, STORE_WATCH, "alarm.gradient", true, "a jump");
    assert_string_equal(open_alarm(s, run), "a jump");
    put(s, run, 700, STORE_INFO, "alarm.gradient", true, "as before");
    assert_string_equal(open_alarm(s, run), "");
    put(s, run, 100, STORE_WATCH, "alarm.disk", false, "the disk is nearly full");
    for (int i = 0; i < 40; i++) put(s, run, 100 + i, STORE_INFO, "probe", true, "AUC");
    put(s, run, 200, STORE_INFO, "resume", false, "goes on");
    assert_string_equal(open_alarm(s, run), "the disk is nearly full"); /* until there is room */
    put(s, run, 300, STORE_INFO, "alarm.disk", false, "there is room");
    put(s, run, 800, STORE_BAD, "alarm", true, "no number; paused");
    put(s, run, 800, STORE_INFO, "verdict", true, "local LEARNING");
    assert_string_equal(open_alarm(s, run), "no number; paused");
    put(s, run, 800, STORE_INFO, "resume", false, "goes on");
    assert_string_equal(open_alarm(s, run), "");
    put(s, run, 900, STORE_BAD, "error", false, "no memory");
    assert_string_equal(open_alarm(s, run), "no memory");
    put(s, run, 1000, STORE_INFO, "finish", false, "finished");
    assert_string_equal(open_alarm(s, run), "");
}

/* Of a lost run the line says what the store knows of the death, and nothing else. */
static void the_alarm_of_a_lost_run_says_what_its_newest_event_says(void **state)
{
    struct store *s = *state;
    struct store_run row;
    int64_t run = run_at(s, 10);
    char out[512], wanted[512];
    unsigned ink;
    put(s, run, 10, STORE_BAD, "error", false, "its worker was killed by signal 11 (Segmentation fault)");
    put(s, run, 10, STORE_BAD, "error", false, "its worker was killed by signal 9; probably out of memory");
    OK(store_run_get(s, run, &row, &error));
    assert_true(alarm_of(s, &row, STORE_LOST, out, sizeof out, &ink));
    snprintf(wanted, sizeof wanted,
             "run %lld is lost: its worker was killed by signal 9; probably out of memory. Try: R, resume",
             (long long)run);
    assert_string_equal(out, wanted);
    put(s, run, 10, STORE_INFO, "resume", false, "goes on");
    assert_true(alarm_of(s, &row, STORE_LOST, out, sizeof out, &ink));
    assert_non_null(strstr(out, "its worker ended, and left nothing that says how. Try: R, resume"));
    store_run_clear(&row);
}

/* Two rows where there is room, of which the screen gives one; one in a low terminal. */
static void the_alarm_line_takes_the_rows_that_it_needs(void **state)
{
    struct store *s = *state;
    int64_t run = run_at(s, 10);
    OK(store_run_set_state(s, run, STORE_FAILED, &error));
    put(s, run, 10, STORE_BAD, "error", false, verdict);
    static const char *const two[] = {
        "\n local WATCH: dead 0.625 (bad above 0.25), uniformity -1.9 (watch above -2.5)\n"
        " Try: raise loss.var or lower loss.inv: the variance term holds nothing open\n",
        NULL
    };
    static const char *const one[] = { "\n local WATCH: dead 0.625… Try: raise loss.var or lower loss.inv…\n", NULL };
    screen_says(s, "loss", "one", "", 24, 80, two, 8);
    screen_says(s, "loss", "one", "", 11, 70, one, 8);
    screen_fits_any_size(s, "loss", "one", "");
    screen_fits_any_size(s, "runs", "one", "");
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_notice_keeps_what_to_do_and_whole_numbers),
        cmocka_unit_test(a_notice_is_never_wider_than_its_room),
        cmocka_unit_test_setup_teardown(only_a_judged_method_alarms_by_its_verdict, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(an_alarm_stands_as_long_as_it_holds, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(the_alarm_of_a_lost_run_says_what_its_newest_event_says, store_setup,
                                        store_teardown),
        cmocka_unit_test_setup_teardown(the_alarm_line_takes_the_rows_that_it_needs, store_setup, store_teardown),
    };
    return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
