/* What the frame does with what is typed: a text that is refused stays, an advice leads to where it can be followed. */
#include "tests/screen_help.h"

#include <locale.h>

#include "engine/diagnose/verdict.h"
#include "store/event.h"
#include "store/lock.h"
#include "store/metric.h"
#include "views/workbench/frame.h"
#include "views/workbench/message.h"

static void put(struct store *s, int64_t run, enum store_severity severity, const char *text)
{
    struct store_event v = { .step = 10, .severity = severity, .text = text, .kind = "error" };
    OK(store_event_insert(s, run, &v, &error));
}

/* A run with settings, in a state. */
static int64_t run_in(struct store *s, const char *name, enum store_state state)
{
    struct settings settings;
    struct text ini = { 0 };
    struct store_run row = { .seed = 7, .steps = 1000, .epochs = 10 };
    int64_t run;
    settings_init(&settings);
    settings_write_ini(&settings, &ini);
    row.config = (char *)text_str(&ini);
    snprintf(row.name, sizeof row.name, "%s", name);
    OK(store_run_insert(s, &row, &run, &error));
    OK(store_run_set_state(s, run, state, &error));
    text_clear(&ini);
    return run;
}

#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"

/* The line stays open with the text and says why; what is typed then goes on in it. */
static void a_refused_text_stays_in_its_line(void **state)
{
    static const struct {
        const char *screen, *keys, *says[4];
    } rows[] = {
        { "runs", "/<ctrl-u>auc><enter>", { "\n/auc>", "auc>" } },
        { "runs", "/<ctrl-u>auc><enter>0<enter>", { "/auc>0: 0 of 1" } },
        { "runs", "M<ctrl-u>a/b<enter>DN", { "\nname: a/bDN" } },
        { "runs", "M<ctrl-u>" LONG LONG "<enter>", { "\n run 0123", "a name has at most 64 letters\nname: " } },
        { "new", "<down><down><enter>a/b<enter>BQ", { "\nname: a/bBQ" } },
        { "new",
          "/<ctrl-u>optim.lr<enter><enter><ctrl-u>0.001x<enter>",
          { "optim.lr = 0.001x", "'0.001x' is not a number" } },
        { "new",
          "/<ctrl-u>optim.lr<enter><enter><ctrl-u>0.001x<enter><backspace><enter>",
          { "* optim.lr                     0.001\n" } },
        { "runs", "j:nonsense<enter>", { "nonsense: no such command" } },
        { "runs", "j:rm one<enter>", { "rm one: move into the trash?" } },
        { "runs", "j:rm one<enter>", { "rm one: move into the trash?" } },
    };
    struct store *s = *state;
    run_in(s, "one", STORE_STOPPED);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        screen_says(s, rows[i].screen, "one", rows[i].keys, 24, 80, rows[i].says, 4);
    screen_fits_any_size(s, "runs", "one", "/auc><enter>");
}

/* What a finished run was to have otherwise is filled in for a new one; a stopped run takes it as it goes on. */
static void an_advice_is_followed_where_it_can_be(void **state)
{
    static const struct {
        enum store_state state;
        const char *advice, *says[4];
    } rows[] = {
        { STORE_FINISHED,
          "views share little. Try: data.augment.area_min 0.2",
          { "New run", "area_min = 0.2; B begins it", "* data.augment.area_min" } },
        { STORE_FINISHED, "views share little. Try: optim.lr 0.5", { "optim.lr = 0.5; B begins it", "* optim.lr " } },
        { STORE_FINISHED,
          "views share little. Try: raise data.augment.area_min",
          { "change data.augment.area_min, then B" } },
        { STORE_STOPPED, "views share little. Try: data.augment.area_min 0.2", { "area_min = 0.2; B begins it" } },
        { STORE_STOPPED, "views share little. Try: optim.lr 0.5", { "go on with optim.lr = 0.5" } },
    };
    struct store *s = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[16];
        snprintf(name, sizeof name, "run-%zu", i);
        put(s, run_in(s, name, rows[i].state), STORE_BAD, rows[i].advice);
        screen_says(s, "loss", name, "!", 30, 120, rows[i].says, 4);
    }
}

static void judged(struct store *s, int64_t run, double verdict)
{
    struct store_batch b = { 0 };
    store_batch_name(&b, s, "loss", 120, 13.4);
    store_batch_name(&b, s, "z.verdict", 120, verdict);
    OK(store_points_append(s, run, &b, &error));
    store_batch_clear(&b);
}

/* What the run is worth stands before how far it came, and is never cut for it. */
static void the_title_tells_health_first(void **state)
{
    static const struct {
        const char *run;
        int rows, columns;
        const char *says;
    } rows[] = {
        { "p-mlvicx", 12, 40, " mlvicx  1 p-mlvicx \u2713 ! WATCH  120/1,000\n" },
        { "p-mlvicx", 12, 80, " mlvicx  1 p-mlvicx \u2713 finished  ! WATCH  120/1,000\n" },
        { "p-mlvicx", 5, 20, " 1 \u2713 ! 120/1,000" },
        { "p-mlvicx", 5, 30, " 1 \u2713 ! WATCH 120/1,000" },
        { "a-name-that-is-much-longer-than-the-terminal", 12, 40, "\u2026 \u25a0 \u25bc COLLAPSING\n" },
    };
    struct store *s = *state;
    judged(s, run_in(s, "p-mlvicx", STORE_FINISHED), VERDICT_WATCH);
    judged(s, run_in(s, "a-name-that-is-much-longer-than-the-terminal", STORE_STOPPED), VERDICT_COLLAPSING);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        screen_says(s, "loss", rows[i].run, "", rows[i].rows, rows[i].columns, &rows[i].says, 1);
    screen_fits_any_size(s, "loss", "p-mlvicx", "");
}

/* On the list of runs the alarm line tells of the chosen one, and names it; of a live one that is worse instead. */
static void the_list_tells_the_alarm_of_the_chosen_run(void **state)
{
    static const char *const own[] = { "\n 1 first: views share little\n" }, *const worse[] = { "run 2 is lost: " };
    struct store *s = *state;
    put(s, run_in(s, "first", STORE_FINISHED), STORE_WATCH, "views share little");
    screen_says(s, "runs", "first", "", 24, 80, own, 1);
    run_in(s, "second", STORE_RUNNING); /* nobody holds its lock */
    screen_says(s, "runs", "first", "", 24, 80, worse, 1);
}

/* What cannot be done is not asked about. */
static void a_live_run_is_refused_before_the_question(void **state)
{
    static const char *const says[] = { "rm: run 1 one is running; S stops it first" };
    struct store *s = *state;
    int lock;
    int64_t run = run_in(s, "one", STORE_QUEUED);
    OK(store_lock_take(s, run, &lock, &error));
    OK(store_run_claim(s, run, 1u << STORE_QUEUED, &error));
    screen_says(s, "runs", "one", "j:rm one<enter>", 24, 80, says, 1);
    store_lock_release(&lock);
}

/* What it told of may be gone by the hand of another program; what is only news, or an error, is not. */
static void a_message_of_runs_ends_when_they_change(void **state)
{
    struct message m = { 0 };
    struct frame f = { 0 };
    struct workbench wb = { .message = &m, .frame = &f };
    (void)state;
    message_say(&wb, "3 runs are in the trash; Z brings them back");
    message_of_runs(&wb);
    message_runs_changed(&wb);
    assert_string_equal(m.text, "");
    message_say(&wb, "saved");
    message_runs_changed(&wb);
    assert_string_equal(m.text, "saved");
    message_warn(&wb, "not saved");
    message_runs_changed(&wb);
    assert_string_equal(m.text, "not saved");
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_refused_text_stays_in_its_line, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(an_advice_is_followed_where_it_can_be, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(the_title_tells_health_first, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(the_list_tells_the_alarm_of_the_chosen_run, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(a_live_run_is_refused_before_the_question, store_setup, store_teardown),
        cmocka_unit_test(a_message_of_runs_ends_when_they_change),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
