/* Three workbenches in terminals on one store. What the suite writes there, as a worker, an evaluation or another
 * workbench would, all three show, on the screen that they are on and without a key. Nothing depends on when: a text is
 * waited for. */
#include "tests/check.h"

#include <unistd.h>

#include "engine/base/settings.h"
#include "store/checkpoint.h"
#include "store/command.h"
#include "store/dataset.h"
#include "store/evaluation.h"
#include "store/event.h"
#include "store/lock.h"
#include "store/metric.h"
#include "store/setting.h"
#include "store/trash.h"
#include "tests/pty.h"
#include "tests/store_help.h"

enum { BENCHES = 3 };

struct fresh {
    struct store *s;
    int64_t run;
    int lock;
    struct pty bench[BENCHES];
};

/* ---- what a worker does ---------------------------------------------------------------------------------------- */

static void points(struct store *s, int64_t run, const char *metric, int64_t first, int64_t last, double value)
{
    struct store_batch b = { 0 };
    for (int64_t step = first; step <= last; step++) store_batch_name(&b, s, metric, step, value);
    OK(store_points_append(s, run, &b, &error));
    store_batch_clear(&b);
}

static void event(struct store *s, int64_t run, int64_t step, enum store_severity severity, const char *kind,
                  const char *text)
{
    struct store_event v = { .step = step, .severity = severity, .text = text };
    snprintf(v.kind, sizeof v.kind, "%s", kind);
    OK(store_event_insert(s, run, &v, &error));
}

/* A run of 100 steps that continues. */
static int64_t begin(struct store *s, const char *name, int *lock)
{
    struct settings settings;
    struct text ini = { 0 };
    struct store_run row = { .seed = 7, .steps = 1000, .epochs = 10 };
    int64_t run;
    settings_init(&settings);
    settings_write_ini(&settings, &ini);
    row.config = ini.data;
    snprintf(row.name, sizeof row.name, "%s", name);
    snprintf(row.dataset, sizeof row.dataset, "films");
    OK(store_run_insert(s, &row, &run, &error));
    text_clear(&ini);
    OK(store_lock_take(s, run, lock, &error));
    OK(store_run_claim(s, run, 1u << STORE_QUEUED, &error));
    points(s, run, "loss", 1, 100, 611);
    return run;
}

/* A run that was stopped, and has no worker. */
static int64_t begin_stopped(struct store *s, const char *name)
{
    int lock;
    int64_t run = begin(s, name, &lock);
    OK(store_run_set_state(s, run, STORE_STOPPED, &error));
    store_lock_release(&lock);
    return run;
}

static void end(struct fresh *f)
{
    OK(store_run_set_state(f->s, f->run, STORE_FINISHED, &error));
    store_lock_release(&f->lock);
}

static void evaluate(struct store *s, int64_t run, int64_t draw, double auc)
{
    struct store_score score = { .name = "Mass", .auc = auc, .positives = 5, .negatives = 9 };
    struct store_evaluation v = { .run_id = run,
                                  .step = run ? 100 : 0,
                                  .task = "films",
                                  .protocol = "linear",
                                  .fraction = 100,
                                  .seed = draw,
                                  .split = "test",
                                  .auc_macro = auc,
                                  .scores = &score,
                                  .scores_count = 1 };
    if (!run) snprintf(v.init, sizeof v.init, "random");
    OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
}

/* ---- three workbenches ----------------------------------------------------------------------------------------- */

static int setup(void **state)
{
    struct fresh *f = calloc(1, sizeof *f);
    void *s;
    if (!f || store_setup(&s)) return 1;
    f->s = s;
    f->run = begin(f->s, "first", &f->lock);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fresh *f = *state;
    void *s = f->s;
    for (int i = 0; i < BENCHES; i++)
        if (f->bench[i].pid) pty_close(&f->bench[i]);
    store_lock_release(&f->lock);
    store_teardown(&s);
    free(f);
    return 0;
}

static void open_three(struct fresh *f, const char *view)
{
    const char *given = getenv("MLVICX"), *program = given ? given : "./mlvicx";
    for (int i = 0; i < BENCHES; i++)
        pty_open(
            &f->bench[i],
            (const char *const[]){ program, "--store", store_dir(f->s), "attach", "first", "--screen", view, NULL },
            "xterm-256color", NULL, 24, 80);
}

static void type(struct fresh *f, const char *keys)
{
    for (int i = 0; i < BENCHES; i++) pty_send(&f->bench[i], keys);
}

static void fail_at(const struct fresh *f, int i, const char *what, const char *text)
{
    struct text shown = { 0 };
    pty_text(&f->bench[i], &shown);
    fail_msg("workbench %d %s '%s':\n%s", i, what, text, text_str(&shown));
}

static void all_show(struct fresh *f, const char *text)
{
    for (int i = 0; i < BENCHES; i++)
        if (!pty_wait(&f->bench[i], text)) fail_at(f, i, "lacks", text);
}

static void first_shows(struct fresh *f, const char *text)
{
    if (!pty_wait(&f->bench[0], text)) fail_at(f, 0, "lacks", text);
}

/* None shows it any more; a minute at most. */
static void none_shows(struct fresh *f, const char *text)
{
    for (int i = 0; i < BENCHES; i++) {
        bool there = true;
        for (int look = 0; there && look < 600; look++) {
            struct text shown = { 0 };
            pty_settle(&f->bench[i], 100);
            pty_text(&f->bench[i], &shown);
            there = strstr(text_str(&shown), text) != NULL;
            text_clear(&shown);
        }
        if (there) fail_at(f, i, "still shows", text);
    }
}

static int asked_of(const struct fresh *f)
{
    struct store_commands list;
    OK(store_command_list(f->s, f->run, &list, &error));
    int count = (int)list.count;
    store_commands_clear(&list);
    return count;
}

/* ---- tests ----------------------------------------------------------------------------------------------------- */

/* The newest step is there before its probe: a row that was read in between is not final. */
static void runs_show_the_last_probe_of_a_run_that_ended(void **state)
{
    struct fresh *f = *state;
    points(f->s, f->run, "auc.ridge", 1, 1, .670);
    open_three(f, "runs");
    all_show(f, ".670");
    points(f->s, f->run, "auc.ridge", 100, 100, .581);
    end(f);
    all_show(f, ".581");
    none_shows(f, ".670");
}

static void evaluations_are_shown_whole_and_replaced(void **state)
{
    struct fresh *f = *state;
    end(f);
    open_three(f, "downstream");
    all_show(f, "nothing is evaluated here yet");
    OK(store_begin(f->s, STORE_FULL, &error));
    evaluate(f->s, f->run, 1, .800);
    evaluate(f->s, f->run, 2, .824);
    OK(store_commit(f->s, &error));
    all_show(f, ".812 .800-.824");
    evaluate(f->s, f->run, 2, .900); /* the number of the row is given again */
    all_show(f, ".850 .800-.900");
    evaluate(f->s, 0, 1, .500);
    all_show(f, "+0.350");
}

static void a_rewind_takes_curves_cursor_and_checkpoints_back(void **state)
{
    struct fresh *f = *state;
    struct store_checkpoint c = {
        .step = 100, .path = "step-100.safetensors", .bytes = 1, .sha256 = "ab", .reason = "end"
    };
    points(f->s, f->run, "loss", 1, 15, 902);
    OK(store_checkpoint_insert(f->s, f->run, &c, &error));
    end(f);
    open_three(f, "loss");
    all_show(f, "100/1,000");
    all_show(f, " 611 ");
    type(f, ","); /* the cursor, at the newest step */
    all_show(f, "cursor 100");
    OK(store_lock_take(f->s, f->run, &f->lock, &error));
    OK(store_run_claim(f->s, f->run, ~0u, &error));
    OK(store_run_rewind(f->s, f->run, 15, &error));
    event(f->s, f->run, 15, STORE_INFO, "resume", "goes on");
    all_show(f, " 15/1,000");
    all_show(f, " 902 ");
    none_shows(f, "cursor 100");
    points(f->s, f->run, "loss", 16, 100, 303); /* as far as it was, in another way */
    end(f);
    all_show(f, " 100/1,000");
    all_show(f, " 303 ");
    none_shows(f, " 611 ");
    type(f, "9");
    all_show(f, "given up"); /* until a new one stands */
    c = (struct store_checkpoint){
        .step = 50, .path = "step-50.safetensors", .bytes = 1, .sha256 = "cd", .reason = "time"
    };
    OK(store_checkpoint_insert(f->s, f->run, &c, &error));
    none_shows(f, "given up");
}

static void names_tags_and_removals_reach_every_workbench(void **state)
{
    struct fresh *f = *state;
    int64_t other = begin_stopped(f->s, "second");
    end(f);
    open_three(f, "runs");
    all_show(f, "second");
    OK(store_run_rename(f->s, f->run, "renamed", &error));
    OK(store_run_set_note(f->s, f->run, "a remark", &error));
    all_show(f, "renamed");
    all_show(f, "note: a remark");
    type(f, "D");
    all_show(f, "trash run 1 renamed");
    OK(store_run_remove(f->s, f->run, &error)); /* while it is asked about */
    none_shows(f, "1 renamed  ");
    type(f, "y"); /* is no answer about the run that is in its place now */
    all_show(f, "delete: run 1: there is none");
    struct store_run row;
    OK(store_run_get(f->s, other, &row, &error));
    store_run_clear(&row);
}

/* One undo for one deletion, however many runs it took, and in every workbench. */
static void what_was_deleted_comes_back_with_a_key(void **state)
{
    struct fresh *f = *state;
    int lock;
    end(f);
    begin_stopped(f->s, "second");
    int64_t third = begin(f->s, "third", &lock);
    open_three(f, "runs");
    all_show(f, "3 runs");
    struct pty *one = &f->bench[0];
    pty_send(one, "{  "); /* marks the newest, which runs, and the one below */
    all_show(f, "third");
    pty_send(one, "{D");
    first_shows(f, "is running; S stops it first");
    OK(store_run_set_state(f->s, third, STORE_STOPPED, &error));
    store_lock_release(&lock);
    pty_send(one, "D");
    first_shows(f, "trash the 2 marked runs");
    pty_send(one, "y");
    all_show(f, "mlvicx  1 run ");
    pty_send(one, "Z");
    first_shows(f, "2 runs are back");
    all_show(f, "mlvicx  3 runs");
    pty_send(one, "uD"); /* marked again, they are trashed together */
    first_shows(f, "trash run 3 third");
    pty_send(one, "y");
    first_shows(f, "run 3 is in the trash for 7 days; Z brings it back");
    all_show(f, "mlvicx  2 runs");
    pty_send(one, "Z");
    first_shows(f, "run 3 third is back");
    all_show(f, "mlvicx  3 runs");
    pty_send(one, "Z");
    first_shows(f, "the trash is empty");
}

/* Z in one workbench, and `restore`: the others show and mark again what they did. */
static void what_comes_back_is_shown_and_marked_again(void **state)
{
    struct fresh *f = *state;
    begin_stopped(f->s, "second");
    end(f);
    open_three(f, "loss");
    all_show(f, "1 first");
    type(f, ":mark second first\r");
    type(f, "1");
    all_show(f, "\xe2\x97\x86  1 first");
    for (int i = 1; i < BENCHES; i++) pty_send(&f->bench[i], "2"); /* two look at curves, one at the list */
    pty_send(&f->bench[0], "u");
    for (int round = 0; round < 2; round++) {
        char name[STORE_NAME];
        pty_send(&f->bench[0], "D");
        first_shows(f, "trash run 1 first");
        pty_send(&f->bench[0], "y");
        for (int i = 1; i < BENCHES; i++)
            if (!pty_wait(&f->bench[i], "Run 1 first was removed. 1 shows the runs"))
                fail_at(f, i, "lacks", "the word");
        none_shows(f, ":demo");
        if (round)
            OK(store_trash_restore(f->s, f->run, name, &error));
        else
            pty_send(&f->bench[0], "Z");
        for (int i = 1; i < BENCHES; i++)
            if (!pty_wait(&f->bench[i], "1 first  ")) fail_at(f, i, "lacks", "the run");
        pty_send(&f->bench[0], "}");
    }
    for (int i = 1; i < BENCHES; i++) pty_send(&f->bench[i], "1");
    for (int i = 1; i < BENCHES; i++)
        if (!pty_wait(&f->bench[i], "\xe2\x97\x86  1 first")) fail_at(f, i, "lacks", "the mark");
}

/* What is pasted into a line and does not fit is said to be left out, until the next key. */
static void a_line_that_is_full_says_so(void **state)
{
    struct fresh *f = *state;
    struct pty *one = &f->bench[0];
    struct text pasted = { 0 };
    end(f);
    open_three(f, "runs");
    all_show(f, "1 run");
    pty_send(one, "O");
    first_shows(f, "note:");
    text_add(&pasted, "\033[200~");
    for (int i = 0; i < 5000; i++) text_printf(&pasted, "%c", 'a' + i % 26);
    text_add(&pasted, "\033[201~");
    pty_send(one, text_str(&pasted));
    first_shows(f, "full: the rest was left out");
    pty_send(one, "\177\r");
    first_shows(f, "note: abcdef");
    none_shows(f, "left out");
    text_clear(&pasted);
}

/* Keys in the key bar can be clicked, of a question and of a list, too; rows of a list: once to choose, again to take.
 */
static void what_is_open_is_clicked_as_it_is_typed(void **state)
{
    struct fresh *f = *state;
    struct pty *one = &f->bench[0];
    end(f);
    open_three(f, "runs");
    all_show(f, "1 run");
    pty_send(one, "g");
    first_shows(f, "not at all");
    pty_send(one, "\033[<0;40;13M\033[<0;40;13m"); /* a row of the list in the middle */
    pty_send(one, "\033[<0;40;13M\033[<0;40;13m");
    first_shows(f, "without a tag: 1 run");
    pty_send(one, "g");
    first_shows(f, "not at all");
    pty_send(one, "\033[<0;17;24M\033[<0;17;24m"); /* esc close */
    first_shows(f, "enter open");
    pty_send(one, "D");
    first_shows(f, "trash run 1 first");
    pty_send(one, "\033[<0;9;24M\033[<0;9;24m"); /* n no */
    first_shows(f, "nothing was done");
    pty_send(one, "D");
    first_shows(f, "trash run 1 first");
    pty_send(one, "\033[<0;2;24M\033[<0;2;24m"); /* y yes */
    first_shows(f, "in the trash for 7 days");
    all_show(f, "No runs but 1 in the trash: Z brings back what went last.");
    pty_send(one, "\033[<0;2;24M\033[<0;2;24m"); /* Z bring back */
    first_shows(f, "run 1 first is back");
    all_show(f, "1 first");
}

/* What the text of a screen without a run advises depends on whether there are any. */
static void without_a_run_the_advice_is_what_can_be_done(void **state)
{
    struct fresh *f = *state;
    end(f);
    OK(store_run_trash(f->s, f->run, 1, &error));
    const char *given = getenv("MLVICX"), *program = given ? given : "./mlvicx";
    const char *const argv[] = { program, "--store", store_dir(f->s), NULL };
    for (int i = 0; i < BENCHES; i++) pty_open(&f->bench[i], argv, "xterm-256color", NULL, 24, 80);
    type(f, "2");
    all_show(f, "There is no run yet. N begins one; :demo makes");
    OK(store_run_insert(f->s, &(struct store_run){ .name = "other", .steps = 10, .epochs = 1 }, &(int64_t){ 0 },
                        &error));
    all_show(f, "No run is chosen. 1 shows the runs; N begins one.");
    none_shows(f, ":demo");
}

static void alarms_name_their_run_and_end(void **state)
{
    struct fresh *f = *state;
    int lock;
    int64_t other = begin(f->s, "other", &lock);
    open_three(f, "loss");
    all_show(f, "1 first");
    event(f->s, other, 90, STORE_BAD, "alarm", "the loss is not finite. Try: lower optim.lr, then resume");
    all_show(f, "2 other: the loss is not finite. Try: lower optim.lr");
    event(f->s, f->run, 95, STORE_BAD, "alarm", "the disk is full. Try: make room");
    all_show(f, " the disk is full. Try: make room"); /* of the run that is in the title */
    event(f->s, f->run, 95, STORE_INFO, "resume", "goes on by command");
    all_show(f, "2 other: the loss is not finite");
    event(f->s, other, 90, STORE_INFO, "resume", "goes on by command");
    none_shows(f, "not finite");
    store_lock_release(&lock); /* a worker that dies says nothing */
    all_show(f, "run 2 is lost");
}

/* Keys that come in one write find a list that was not read yet; the store is not taken for an empty one. */
static void keys_typed_ahead_act_on_what_there_is(void **state)
{
    struct fresh *f = *state;
    open_three(f, "loss");
    all_show(f, "1 first");
    type(f, "1d");
    all_show(f, "d does nothing here");
}

/* While another program has the store, keys and drawing go on; what was asked and arranged meanwhile is written after.
 */
static void nothing_waits_while_another_program_has_the_store(void **state)
{
    struct fresh *f = *state;
    struct store *other;
    open_three(f, "loss");
    all_show(f, " 611 ");
    OK(store_open(store_dir(f->s), STORE_WRITE, &other, &error));
    OK(store_begin(other, STORE_FULL, &error));
    type(f, "8"); /* what is shown is remembered */
    all_show(f, "No data set yet");
    type(f, "P"); /* asks the worker */
    all_show(f, "run 1: pause waits until another program leaves the store");
    type(f, "1");
    all_show(f, "Runs");
    type(f, "O");
    all_show(f, "note:");
    type(f, "a remark\r");
    all_show(f, "not written: another program has the store");
    all_show(f, "note: a remark"); /* it is not lost */
    for (int i = 0; i < BENCHES; i++) {
        pty_send(&f->bench[i], "\033");
        pty_settle(&f->bench[i], 300); /* a key, not the beginning of one */
    }
    type(f, "2");
    none_shows(f, "1 first  running");
    assert_int_equal(asked_of(f), 0);
    store_rollback(other); /* nothing that was seen above waited for this */
    store_close(other);
    all_show(f, "asked run 1: pause");
    assert_int_equal(asked_of(f), BENCHES);
    type(f, "Q");
    for (int i = 0; i < BENCHES; i++) assert_true(pty_wait_end(&f->bench[i]));
    char *view;
    OK(store_setting_get(f->s, "screen.view", &view, &error));
    assert_string_equal(view, "loss");
    free(view);
}

/* The path is another store now, where no worker of the old one holds a lock: that says nothing about the run. */
static void nothing_is_said_of_life_where_the_store_was_replaced(void **state)
{
    struct fresh *f = *state;
    static const char *const views[] = { "runs", "loss", "checkpoints" };
    char dir[STORE_PATH];
    struct store *other;
    const char *given = getenv("MLVICX"), *program = given ? given : "./mlvicx";
    snprintf(dir, sizeof dir, "%s", store_dir(f->s));
    for (int i = 0; i < BENCHES; i++)
        pty_open(&f->bench[i],
                 (const char *const[]){ program, "--store", dir, "attach", "first", "--screen", views[i], NULL },
                 "xterm-256color", NULL, 24, 100);
    all_show(f, "running");
    workspace_remove(dir);
    OK(store_open(dir, STORE_WRITE, &other, &error));
    OK(store_run_insert(other, &(struct store_run){ .name = "other", .steps = 10, .epochs = 1 }, &(int64_t){ 0 },
                        &error));
    all_show(f, "the store is gone");
    all_show(f, "unknown");
    type(f, "n");
    none_shows(f, "the store is gone");
    all_show(f, "replaced while it was open");
    none_shows(f, "lost");
    none_shows(f, "Try: R, resume");
    type(f, "R");
    none_shows(f, "lost");
    store_close(other);
}

static void data_sets_come_and_go(void **state)
{
    struct fresh *f = *state;
    struct store_image image = { .path = "a.png", .split = STORE_SPLIT_TRAIN, .width = 72, .height = 72 };
    struct store_contents c = { .images_count = 1, .images = &image };
    int64_t id;
    c.dataset = (struct store_dataset){ .name = "films",
                                        .kind = "folder",
                                        .source = (char *)"/data",
                                        .pack = (char *)"none.pack",
                                        .remarks = (char *)"",
                                        .size = 72,
                                        .channels = 1 };
    end(f);
    open_three(f, "images");
    all_show(f, "No data set yet");
    OK(store_dataset_insert(f->s, &c, &id, &error));
    all_show(f, "1 image, 72 px grey");
    int64_t other;
    c.dataset.name[0] = 'F';
    OK(store_dataset_insert(f->s, &c, &other, &error));
    OK(store_dataset_remove(f->s, id, &error));
    all_show(f, "data set films was removed; this is Films");
    OK(store_dataset_remove(f->s, other, &error));
    all_show(f, "No data set yet");
}

int main(void)
{
#define FRESH_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        FRESH_TEST(runs_show_the_last_probe_of_a_run_that_ended),
        FRESH_TEST(evaluations_are_shown_whole_and_replaced),
        FRESH_TEST(a_rewind_takes_curves_cursor_and_checkpoints_back),
        FRESH_TEST(names_tags_and_removals_reach_every_workbench),
        FRESH_TEST(what_was_deleted_comes_back_with_a_key),
        FRESH_TEST(what_comes_back_is_shown_and_marked_again),
        FRESH_TEST(a_line_that_is_full_says_so),
        FRESH_TEST(what_is_open_is_clicked_as_it_is_typed),
        FRESH_TEST(without_a_run_the_advice_is_what_can_be_done),
        FRESH_TEST(alarms_name_their_run_and_end),
        FRESH_TEST(keys_typed_ahead_act_on_what_there_is),
        FRESH_TEST(nothing_waits_while_another_program_has_the_store),
        FRESH_TEST(data_sets_come_and_go),
        FRESH_TEST(nothing_is_said_of_life_where_the_store_was_replaced),
    };
    return cmocka_run_group_tests_name("fresh", tests, NULL, NULL);
}
