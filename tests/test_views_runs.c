/* What follows the screens Runs and New run: tables, keys of the user, forms, the list of runs. */
#include <math.h>

#include "store/lock.h"
#include "store/metric.h"
#include "tests/store_help.h"
#include "views/analysis/differences.h"
#include "views/charts/table.h"
#include "views/screens/new_run/new_form.h"
#include "views/analysis/runs_list.h"
#include "views/terminal/keys.h"
#include "views/screens.h"
#include "views/workbench/dispatch.h"
#include "views/workbench/keymap.h"

/* ---- tables ---------------------------------------------------------------------------------------------- */

static const struct table_column four[] = {
    { "id", "#", 3, 3, 1, 0 },
    { "name", "name", 6, 20, -1, 0 },
    { "loss", "loss", 5, 5, 1, 1 },
    { "tags", "tags", 4, 10, -1, 2 },
};

static void a_table_gives_up_the_least_wanted_first(void **state)
{
    static const struct {
        int width, w[4];
        bool more;
    } rows[] = {
        { 60, { 3, 20, 5, 10 }, false }, /* all that they want           */
        { 31, { 3, 16, 5, 4 }, false },  /* what is left goes by rank    */
        { 21, { 3, 6, 5, 4 }, false },   /* the least of each            */
        { 20, { 3, 10, 5, 0 }, true },   /* the tags go                  */
        { 11, { 3, 7, 0, 0 }, true },    /* and the loss                 */
        { 4, { 3, 6, 0, 0 }, true },     /* these stay, cut by the edge  */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct table t;
        table_init(&t, four, 4);
        table_layout(&t, rows[i].width);
        for (int c = 0; c < 4; c++)
            if (t.w[c] != rows[i].w[c]) fail_msg("width %d: column %d has %d", rows[i].width, c, t.w[c]);
        assert_int_equal(t.more, rows[i].more);
    }
}

static void a_table_scrolls_sideways_as_far_as_there_are_columns(void **state)
{
    struct table t;
    (void)state;
    table_init(&t, four, 4);
    table_layout(&t, 12);
    table_scroll(&t, 1);
    table_layout(&t, 15);
    assert_true(t.w[0] && t.w[1] && !t.w[2] && t.w[3]); /* the loss is skipped, the tags have its place */
    table_scroll(&t, 1);
    table_scroll(&t, 1);
    assert_int_equal(t.skip, 1);
    table_scroll(&t, -5);
    assert_int_equal(t.skip, 0);
    t.hidden[2] = true;
    table_layout(&t, 15);
    assert_true(!t.w[2] && t.w[3]);
}

static void put_x(void *ctx, int row, int column, const struct area *cell, unsigned style)
{
    (void)ctx, (void)row, (void)column;
    area_text(cell, 0, 0, style, "x");
}

static void a_table_knows_what_was_clicked(void **state)
{
    struct canvas canvas = { 0 };
    struct table t;
    int row, column;
    (void)state;
    assert_true(canvas_resize(&canvas, 5, 40));
    struct area a = canvas_area(&canvas);
    table_init(&t, four, 4);
    t.chosen = 7;
    table_draw(&t, &a, 9, put_x, NULL, NULL);
    assert_int_equal(t.top, 4); /* rows 4 .. 7 below the head */
    table_at(&t, 1, 5, &row, &column);
    assert_true(row == 4 && column == -1);
    table_at(&t, 0, t.x[2], &row, &column);
    assert_true(row == -1 && column == 2);
    table_sort(&t, 2, true);
    assert_true(t.sort == 2 && t.down);
    table_sort(&t, 2, true);
    assert_false(t.down);
    table_draw(&t, &a, 0, put_x, NULL, NULL);
    table_at(&t, 1, 5, &row, &column);
    assert_int_equal(row, -1);
    canvas_clear(&canvas);
}

/* ---- keys ------------------------------------------------------------------------------------------------ */

static int view_at(const char *name)
{
    for (int i = 0; screens[i]; i++)
        if (!strcmp(screens[i]->name, name)) return i;
    fail_msg("no screen %s", name);
    return -1;
}

static const char *meaning(const struct keymap *m, const char *view, int key)
{
    bool own;
    const struct key_bind *k = keymap_find(m, view_at(view), key, &own);
    return k ? k->name : "";
}

static void keys_are_given_by_screen_and_everywhere(void **state)
{
    struct keymap m = { .screens = screens, .everywhere = dispatch_keys };
    struct text wrong = { 0 };
    (void)state;
    assert_string_equal(meaning(&m, "runs", 'P'), "pause");
    keymap_read(&m,
                "# my keys\n\nruns.pause = p\neverywhere.quit = ctrl-q F10\n"
                "runs.sort = u\nruns.unmark = s\n", /* two change places */
                "keys", &wrong);
    assert_string_equal(text_str(&wrong), "");
    assert_string_equal(meaning(&m, "runs", 'p'), "pause");
    assert_string_equal(meaning(&m, "runs", 'P'), "");
    assert_string_equal(meaning(&m, "help", 'P'), "pause");
    assert_string_equal(meaning(&m, "help", KEYS_CTRL('q')), "quit");
    assert_string_equal(meaning(&m, "new", KEYS_F1 + 9), "quit");
    assert_string_equal(meaning(&m, "runs", 's'), "unmark");
    assert_string_equal(meaning(&m, "runs", 'u'), "sort");
    text_clear(&wrong);
}

static void keys_that_mean_two_things_are_refused_by_line(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "runs.pause = s", "keys: line 1: s means sort on the screen Runs; it cannot mean pause, too\n" },
        { "\nruns.pause = 1", "keys: line 2: 1 shows the screen Runs; it cannot mean pause\n" },
        { "everywhere.pause = T", "keys: line 1: T means tag on the screen Runs; it cannot mean pause, too\n" },
        { "runs.pause = z\nruns.stop = z",
          "keys: line 2: z means pause on the screen Runs; it cannot mean stop, too\n" },
        { "rums.pause = p", "keys: line 1: rums: no such screen; did you mean runs\n" },
        { "runs.puase = p", "keys: line 1: puase: no such action; did you mean pause; help (?) names them\n" },
        { "runs.pause = wheel", "keys: line 1: 'wheel' is no key; such as p, P, F2, ctrl-p, page-up\n" },
        { "pause", "keys: line 1: 'pause' is not of the form SCREEN.ACTION = KEY\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct keymap m = { .screens = screens, .everywhere = dispatch_keys };
        struct text wrong = { 0 };
        keymap_read(&m, rows[i].text, "keys", &wrong);
        assert_string_equal(text_str(&wrong), rows[i].says);
        assert_string_equal(meaning(&m, "runs", 'S'), "stop");
        text_clear(&wrong);
    }
}

static void no_screen_binds_a_key_twice_and_each_has_help(void **state)
{
    (void)state;
    for (int v = -1; v < 0 || screens[v]; v++)
        for (const struct key_bind *k = v < 0 ? dispatch_keys : screens[v]->keys; k && k->name; k++) {
            if (!k->help || !*k->help) fail_msg("%s has no help", k->name);
            for (const struct key_bind *other = k + 1; other->name; other++)
                if (k->key == other->key || (k->twin && (k->twin == other->key || k->twin == other->twin)) ||
                    (other->twin && other->twin == k->key) || !strcmp(k->name, other->name))
                    fail_msg("%s and %s on %s", k->name, other->name, v < 0 ? "every screen" : screens[v]->name);
        }
}

static void each_key_once(const struct key_bind *k, int v, int keys[], const char *names[], int *count)
{
    const int of[2] = { k->key, k->twin };
    for (int i = 0; i < 2; i++) {
        bool capital = of[i] >= 'A' && of[i] <= 'Z', change = k->needs & NEEDS_WRITE;
        const char *where = v < 0 ? "every screen" : screens[v]->name;
        if (!of[i]) continue;
        if (i == 0 && change != capital && strcmp(k->name, "quit"))
            fail_msg("%s on %s: capital letters change, others look", k->name, where);
        for (int n = 0; n < *count; n++)
            if (keys[n] == of[i] && strcmp(names[n], k->name))
                fail_msg("a key of %s on %s means %s elsewhere, and one of both changes something", k->name, where,
                         names[n]);
        if (!change) continue;
        assert_true(*count < 200);
        keys[*count] = of[i];
        names[(*count)++] = k->name;
    }
}

/* A key that changes a run or the store means the same on every screen, and is a capital letter. */
static void no_key_means_two_changes(void **state)
{
    (void)state;
    int keys[200], count = 0;
    const char *names[200];
    for (int pass = 0; pass < 2; pass++) /* in the second one what only looks meets all that changes */
        for (int v = -1; v < 0 || screens[v]; v++)
            for (const struct key_bind *k = v < 0 ? dispatch_keys : screens[v]->keys; k && k->name; k++)
                each_key_once(k, v, keys, names, &count);
    assert_true(count > 20);
}

/* ---- forms ----------------------------------------------------------------------------------------------- */

static void change(struct form *f, const char *key, const char *value)
{
    const struct setting *row = settings_find(key, &error);
    assert_non_null(row);
    OK(form_set(f, row, value, &error));
}

/* What `train` would make of the words. */
static void read_words(char *const *words, struct settings *s)
{
    settings_init(s);
    for (int i = 1; words[i]; i++) {
        if (!strcmp(words[i], "--preset")) OK(settings_preset(s, words[++i], &error));
        if (strchr(words[i], '=')) OK(settings_assign(s, words[i], &error));
    }
}

static void a_form_says_what_differs_and_nothing_else(void **state)
{
    static const char *const first[] = { "train", NULL };
    struct form *f = calloc(1, sizeof *f);
    struct settings got;
    char *words[FORM_WORDS];
    size_t n;
    (void)state;
    form_init(f);
    OK(form_preset(f, "demo", &error));
    change(f, "optim.lr", "0.01");
    /* the recipe sets four keys: one of them is given another value, one its old one again */
    change(f, "data.augment.recipe", "published");
    change(f, "data.augment.area_min", "0.5");
    change(f, "data.augment.rotate", "3");
    assert_true(form_words(f, first, words));
    assert_string_equal(words[0], "train");
    read_words(words, &got);
    const struct setting *rows = settings_table(&n);
    for (size_t i = 0; i < n; i++)
        if (!differences_same(&got, &f->now, &rows[i])) fail_msg("%s is not what the form says", rows[i].name);
    form_free_words(words);
    form_reset(f, settings_find("optim.lr", NULL));
    assert_false(form_changed(f, settings_find("optim.lr", NULL)));
    free(f);
}

static void a_form_keeps_changes_and_data_over_presets(void **state)
{
    struct form *f = calloc(1, sizeof *f);
    char value[SETTINGS_TEXT];
    (void)state;
    form_init(f);
    assert_false(form_check(f, &error)); /* no data set yet */
    change(f, "data.name", "mine");
    change(f, "loss.cov", "4");
    OK(form_preset(f, "fundus", &error));
    assert_string_equal(f->now.data.name, "mine");
    settings_get(&f->now, settings_find("loss.cov", NULL), value);
    assert_string_equal(value, "4");
    assert_int_equal(f->now.data.size, 96);
    assert_int_equal(form_differs(f), 1);
    OK(form_check(f, &error));
    assert_false(form_set(f, settings_find("loss.cov", NULL), "-1", &error));
    assert_false(form_preset(f, "nothing", &error));
    free(f);
}

static void a_form_has_every_setting_of_its_method_once(void **state)
{
    struct form *f = calloc(1, sizeof *f);
    size_t n;
    (void)state;
    form_init(f);
    const struct setting *rows = settings_table(&n), *method = settings_find("method.name", NULL);
    for (int m = 0; m < METHOD_COUNT; m++) {
        OK(form_set(f, method, method->words[m], &error));
        for (size_t i = 0; i < n; i++) {
            int count = 0, read = settings_reads(&rows[i], (enum method_kind)m);
            for (int k = 0; k < f->count; k++) count += f->rows[k].setting == &rows[i];
            if (count != read) fail_msg("%s: %s stands %d times", method->words[m], rows[i].name, count);
        }
    }
    free(f);
}

/* What a method has as its own defaults is no change; what someone wants otherwise is given all the same. */
static void a_method_of_the_form_brings_its_defaults(void **state)
{
    struct form *f = calloc(1, sizeof *f);
    char *words[FORM_WORDS];
    static const char *const first[] = { "train", NULL };
    struct settings got;
    size_t n;
    (void)state;
    form_init(f);
    change(f, "data.name", "mine");
    change(f, "method.name", "supervised");
    assert_true(f->now.optim.lr == 3e-4 && !f->now.model.context);
    assert_int_equal(form_differs(f), 1);
    assert_false(form_changed(f, settings_find("optim.lr", NULL)));
    change(f, "method.freeze", "encoder");
    assert_true(f->now.optim.lr == 3e-3);
    change(f, "model.context", "on"); /* which is the preset's */
    assert_true(form_changed(f, settings_find("model.context", NULL)));
    assert_true(form_words(f, first, words));
    read_words(words, &got);
    const struct setting *rows = settings_table(&n);
    for (size_t i = 0; i < n; i++)
        if (!differences_same(&got, &f->now, &rows[i])) fail_msg("%s is not what the form says", rows[i].name);
    form_free_words(words);
    form_reset(f, settings_find("model.context", NULL));
    assert_false(f->now.model.context);
    change(f, "method.name", "mlvicx"); /* and back */
    assert_true(f->now.optim.lr == .004 && f->now.model.context);
    free(f);
}

/* A parent brings its network and its data set, as train --parent does; methods without labels have none. */
static void a_form_begins_with_the_encoder_of_a_run(void **state)
{
    struct form *f = calloc(1, sizeof *f);
    static const char *const first[] = { "train", NULL };
    char *words[FORM_WORDS];
    bool said = false;
    struct store_run parent = { .id = 7,
                                .config = (char *)"[model]\nwidth = 48\n[data]\nname = theirs\n[optim]\nlr = 0.5\n" };
    (void)state;
    snprintf(parent.name, sizeof parent.name, "seventh");
    form_init(f);
    assert_false(form_takes_parent(f));
    change(f, "method.name", "supervised");
    assert_true(form_takes_parent(f));
    OK(form_parent(f, &parent, &error));
    assert_true(f->now.model.width == 48 && f->now.optim.lr == 3e-4 && f->now.model.context);
    assert_string_equal(f->now.data.name, "theirs");
    assert_int_equal(form_differs(f), 1); /* the method */
    OK(form_preset(f, "demo", &error));   /* another one beneath */
    assert_int_equal(f->now.model.width, 48);
    assert_true(form_words(f, first, words));
    for (int i = 0; words[i]; i++) {
        said |= !strcmp(words[i], "--parent") && words[i + 1] && !strcmp(words[i + 1], "7");
        assert_true(strncmp(words[i], "model.", 6) != 0 && strncmp(words[i], "data.name", 9) != 0);
    }
    assert_true(said);
    form_free_words(words);
    change(f, "method.name", "byol");
    assert_true(!f->parent && f->now.model.width == 16);
    parent.config = (char *)"[model]\nwidth = many\n";
    change(f, "method.name", "supervised");
    assert_false(form_parent(f, &parent, &error));
    assert_true(!f->parent && f->now.model.width == 16);
    free(f);
}

/* A run's settings that are its preset's and method's change with the method. */
static void a_cloned_run_may_get_another_method(void **state)
{
    struct form *f = calloc(1, sizeof *f);
    struct text ini = { 0 };
    struct settings s;
    (void)state;
    form_init(f);
    settings_init(&s);
    OK(settings_preset(&s, "demo", &error));
    OK(settings_set(&s, "model.width", "8", &error));
    settings_write_ini(&s, &ini);
    struct store_run run = { .config = (char *)text_str(&ini), .preset = "demo" };
    OK(form_clone(f, &run, NULL, &error));
    assert_int_equal(f->now.model.width, 8);
    change(f, "method.name", "supervised");
    assert_true(f->now.optim.lr == 3e-4 && f->now.model.width == 8);
    text_clear(&ini);
    free(f);
}

/* ---- the list of runs ------------------------------------------------------------------------------------ */

static int64_t add_run(struct store *s, const char *name, const char *data, const char *tag, double auc)
{
    struct store_run row = { .config = (char *)"", .steps = 10, .epochs = 2 };
    struct store_batch b = { 0 };
    int64_t id;
    snprintf(row.name, sizeof row.name, "%s", name);
    snprintf(row.dataset, sizeof row.dataset, "%s", data);
    OK(store_run_insert(s, &row, &id, &error));
    OK(store_run_set_state(s, id, STORE_FINISHED, &error));
    if (*tag) OK(store_run_tag(s, id, tag, true, &error));
    store_batch_name(&b, s, "loss", 10, 40);
    if (!isnan(auc)) store_batch_name(&b, s, "auc.ridge", 10, auc);
    OK(store_points_append(s, id, &b, &error));
    store_batch_clear(&b);
    return id;
}

/* Names of the lines, headings in brackets. */
static const char *order_of(const struct runs_list *l)
{
    static char out[256];
    out[0] = '\0';
    for (int i = 0; i < l->line_count; i++) {
        const struct runs_entry *entry = runs_list_at(l, i);
        size_t n = strlen(out);
        if (entry)
            snprintf(out + n, sizeof out - n, "%s%s", n ? " " : "", entry->summary.run.name);
        else
            snprintf(out + n, sizeof out - n, "%s[%s %d]", n ? " " : "", l->lines[i].group, l->lines[i].count);
    }
    return out;
}

static const char *sorted(struct runs_list *l, struct store *s, int column, bool down)
{
    l->sort = column;
    l->down = down;
    OK(runs_list_order(l, s, &error));
    return order_of(l);
}

static void runs_are_sorted_grouped_and_filtered(void **state)
{
    struct store *s = *state;
    struct runs_list l = { .sort = -1 };
    bool more = true;
    add_run(s, "a", "nih", "old", 0.7);
    add_run(s, "b", "kermany", "", NAN);
    add_run(s, "c", "nih", "", 0.9);
    OK(runs_list_read(&l, s, &error));
    OK(runs_list_fill(&l, s, 10, &more, &error));
    assert_false(more);
    assert_string_equal(sorted(&l, s, -1, false), "c b a");
    assert_string_equal(sorted(&l, s, RUNS_NAME, false), "a b c");
    assert_string_equal(sorted(&l, s, RUNS_AUC, true), "c a b");  /* what has none comes last, */
    assert_string_equal(sorted(&l, s, RUNS_AUC, false), "a c b"); /* up or down                */
    l.group = RUNS_GROUP_DATA;
    assert_string_equal(sorted(&l, s, RUNS_AUC, true), "[kermany 1] b [nih 2] c a");
    l.group = RUNS_GROUP_TAG;
    assert_string_equal(sorted(&l, s, RUNS_NAME, false), "[old 1] a [ 2] b c");
    l.group = RUNS_GROUP_NONE;
    l.filter = filter_create("data:nih auc>0.8", &error);
    assert_string_equal(sorted(&l, s, -1, false), "c");
    assert_int_equal(l.fits, 1);
    runs_list_clear(&l);
}

static void what_ended_is_read_once_and_what_changed_again(void **state)
{
    struct store *s = *state;
    struct runs_list l = { .sort = -1 };
    bool more;
    int64_t a = add_run(s, "a", "nih", "", 0.7), b = add_run(s, "b", "nih", "", 0.8);
    OK(runs_list_read(&l, s, &error));
    OK(runs_list_fill(&l, s, 10, &more, &error));
    struct store_batch points = { 0 };
    store_batch_name(&points, s, "auc.ridge", 11, 0.75);
    store_batch_name(&points, s, "loss", 11, 39);
    OK(store_points_append(s, a, &points, &error));
    store_batch_clear(&points);
    add_run(s, "c", "nih", "", 0.6);
    OK(runs_list_read(&l, s, &error));
    assert_int_equal(l.count, 3);
    assert_false(l.entries[0].known);                            /* c is new            */
    assert_true(l.entries[1].known);                             /* b is as it was      */
    assert_false(l.entries[2].known);                            /* a has gone on, and  */
    assert_true(l.entries[2].summary.value[SUMMARY_AUC] == 0.7); /* shows the old until */
    OK(runs_list_know(&l, s, 2, &error));
    assert_true(l.entries[2].summary.value[SUMMARY_AUC] == 0.75);
    OK(store_run_remove(s, b, &error));
    OK(runs_list_read(&l, s, &error));
    assert_int_equal(l.count, 2);
    assert_true(l.entries[1].summary.run.id == a && l.entries[1].known);
    runs_list_clear(&l);
}

/* Diagnostics put the newest step down before the probe of it: a row that is read in between has all steps and the
 * numbers of an older probe. */
static void numbers_of_a_run_are_final_only_once_it_has_ended(void **state)
{
    struct store *s = *state;
    struct runs_list l = { .sort = -1 };
    struct store_batch points = { 0 };
    int64_t a = add_run(s, "a", "nih", "", 0.67);
    int lock;
    OK(store_lock_take(s, a, &lock, &error));
    OK(store_run_claim(s, a, ~0u, &error));
    OK(runs_list_read(&l, s, &error));
    OK(runs_list_know(&l, s, 0, &error));
    assert_true(l.entries[0].summary.value[SUMMARY_AUC] == 0.67);
    store_batch_name(&points, s, "auc.ridge", 10, 0.58);
    OK(store_points_append(s, a, &points, &error));
    store_batch_clear(&points);
    OK(store_run_set_state(s, a, STORE_FINISHED, &error));
    store_lock_release(&lock);
    OK(runs_list_read(&l, s, &error));
    OK(runs_list_know(&l, s, 0, &error));
    assert_true(l.entries[0].summary.value[SUMMARY_AUC] == 0.58);
    OK(runs_list_read(&l, s, &error));
    assert_true(l.entries[0].known);
    runs_list_clear(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_gives_up_the_least_wanted_first),
        cmocka_unit_test(a_table_scrolls_sideways_as_far_as_there_are_columns),
        cmocka_unit_test(a_table_knows_what_was_clicked),
        cmocka_unit_test(keys_are_given_by_screen_and_everywhere),
        cmocka_unit_test(keys_that_mean_two_things_are_refused_by_line),
        cmocka_unit_test(no_screen_binds_a_key_twice_and_each_has_help),
        cmocka_unit_test(no_key_means_two_changes),
        cmocka_unit_test(a_form_says_what_differs_and_nothing_else),
        cmocka_unit_test(a_form_keeps_changes_and_data_over_presets),
        cmocka_unit_test(a_form_has_every_setting_of_its_method_once),
        cmocka_unit_test(a_method_of_the_form_brings_its_defaults),
        cmocka_unit_test(a_form_begins_with_the_encoder_of_a_run),
        cmocka_unit_test(a_cloned_run_may_get_another_method),
        cmocka_unit_test_setup_teardown(runs_are_sorted_grouped_and_filtered, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(what_ended_is_read_once_and_what_changed_again, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(numbers_of_a_run_are_final_only_once_it_has_ended, store_setup, store_teardown),
    };
    return cmocka_run_group_tests_name("views_runs", tests, NULL, NULL);
}
