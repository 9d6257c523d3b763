/* Runs and New run as they look: a store that is always the same, a clock that stands, keys, and the screen as text. */
#include <locale.h>
#include <math.h>

#include "engine/base/settings.h"
#include "store/dataset.h"
#include "store/event.h"
#include "store/metric.h"
#include "tests/golden.h"
#include "tests/store_help.h"
#include "views/terminal/canvas.h"
#include "views/screens.h"
#include "views/workbench/loop.h"

enum { NOW = 1772359200 }; /* 2026-03-01T10:00:00Z */

struct row {
    const char *name, *data, *tag, *note, *set, *method;
    enum store_state state;
    double step, minutes, loss, fall, auc, ratio, verdict; /* minutes: since it ended */
};

static const struct row rows[] = {
    { "baseline", "kermany", "paper", "kept to compare with", "", "mlvicx", STORE_FINISHED, 400, 3000, 40.6, 3, .964,
      .38, 1 },
    { "no-covariance", "kermany", "", "", "loss.cov=0", "mlvicx", STORE_FINISHED, 400, 1500, 11.2, 8, .527, .02, 3 },
    { "large-rate", "phantom", "", "", "optim.lr=1000", "supervised", STORE_FAILED, 31, 200, NAN, 0, NAN, NAN, 0 },
    { "a-name-that-is-longer-than-most", "phantom", "sweep x", "", "optim.lr=0.01", "simclr", STORE_STOPPED, 180, 50,
      57.25, 2, .7, .2, 2 },
    { "waits", "phantom", "", "", "train.seed=7", "mlvicx", STORE_QUEUED, 0, 20, NAN, 0, NAN, NAN, 0 },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void add_points(struct store *s, int64_t id, const struct row *r)
{
    struct store_batch b = { 0 };
    for (int step = 1; step <= (int)r->step; step++) {
        double share = step / r->step;
        store_batch_name(&b, s, "loss", step, r->loss * (1 + r->fall * (1 - share) * (1 - share)));
        store_batch_name(&b, s, "epoch", step, step / 20.0);
    }
    const struct {
        const char *name;
        double value;
    } last[] = { { "auc.ridge", r->auc },     { "z.rankme_ratio", r->ratio }, { "d.rankme_ratio", r->ratio / 2 },
                 { "z.verdict", r->verdict }, { "d.verdict", r->verdict },    { "images_per_second", 41 } };
    for (size_t i = 0; r->auc > 0 && i < sizeof last / sizeof last[0]; i++) {
        if (last[i].name[0] == 'd' && strcmp(r->method, "mlvicx")) continue; /* of one level */
        store_batch_name(&b, s, last[i].name, (int64_t)r->step, last[i].value);
    }
    OK(store_points_append(s, id, &b, &error));
    store_batch_clear(&b);
}

static void add_run(struct store *s, const struct row *r)
{
    struct settings settings;
    struct text ini = { 0 };
    struct store_run run = { .preset = "small", .seed = 1, .steps = 400, .epochs = 20, .note = (char *)r->note };
    int64_t id;
    settings_init(&settings);
    OK(settings_set(&settings, "data.name", r->data, &error));
    if (*r->set) OK(settings_assign(&settings, r->set, &error));
    settings_write_ini(&settings, &ini);
    run.config = (char *)text_str(&ini);
    snprintf(run.name, sizeof run.name, "%s", r->name);
    snprintf(run.method, sizeof run.method, "%s", r->method);
    snprintf(run.dataset, sizeof run.dataset, "%s", r->data);
    OK(store_run_insert(s, &run, &id, &error));
    text_clear(&ini);
    OK(store_run_set_state(s, id, r->state, &error));
    for (const char *p = r->tag; *p;) {
        char tag[32];
        size_t n = strcspn(p, " ");
        snprintf(tag, sizeof tag, "%.*s", (int)n, p);
        OK(store_run_tag(s, id, tag, true, &error));
        p += n + (p[n] == ' ');
    }
    if (r->step > 0) add_points(s, id, r);
    if (r->state == STORE_FAILED)
        OK(store_event_insert(s, id,
                              &(struct store_event){ .step = 31,
                                                     .at = NOW,
                                                     .severity = STORE_BAD,
                                                     .kind = "error",
                                                     .text = "the loss is not finite; try optim.lr 0.001" },
                              &error));
    /* the times of the rows are the store's own: set back */
    OK(sql_run(s, &error,
               "UPDATE run SET created_at = ?1 - 600, started_at = CASE WHEN state = 'queued' THEN NULL ELSE ?1 - 600"
               " END, ended_at = CASE WHEN state = 'queued' THEN NULL ELSE ?1 END WHERE id = ?2",
               BIND(REAL(NOW - 60 * r->minutes), INT(id))));
}

static void add_data_in(struct store *s, const char *name, const char *pack)
{
    struct store_image image = { .path = "a.png", .split = STORE_SPLIT_TRAIN, .width = 72, .height = 72 };
    struct store_contents c = { .images_count = 1, .images = &image };
    c.dataset.source = (char *)"/data";
    c.dataset.pack = (char *)pack;
    c.dataset.remarks = (char *)"";
    c.dataset.size = 72;
    c.dataset.channels = 1;
    snprintf(c.dataset.name, sizeof c.dataset.name, "%s", name);
    snprintf(c.dataset.kind, sizeof c.dataset.kind, "folder");
    OK(store_dataset_insert(s, &c, NULL, &error));
}

static void add_data(struct store *s, const char *name)
{
    add_data_in(s, name, "none.pack");
}

/* The screen without its tabs, which others share, and without the folder, which is another each time. */
static void check(const char *name, char *text, const char *folder, bool tabs)
{
    struct text out = { 0 };
    int line = 0;
    for (char *p = text; *p; line++) {
        size_t n = strcspn(p, "\n");
        char *end = p + n, *place = NULL;
        for (char *q = p; q + strlen(folder) <= end && !place; q++)
            if (!strncmp(q, folder, strlen(folder))) place = q;
        if (place) memcpy(place, "/tmp/the-workspace-of-this-test", strlen(folder));
        bool last = !end[0] || !end[1]; /* the key bar: it has what all screens share, too */
        if (!(tabs && line == 1) && !last) text_append(&out, p, n), text_add(&out, "\n");
        p = end + (*end == '\n');
    }
    golden_check(name, text_str(&out));
    text_clear(&out);
}

/* Owned by the caller. */
static char *shown_text(struct store *s, const char *screen, int h, int w, bool ascii, const char *keys)
{
    char script[96], display[96], folder[STORE_PATH];
    struct workbench_config c = { .screens = screens,
                                  .store = s,
                                  .program = "none",
                                  .screen = screen,
                                  .script = script,
                                  .rows = h,
                                  .columns = w,
                                  .ascii = ascii };
    snprintf(folder, sizeof folder, "%s", store_dir(s));
    snprintf(script, sizeof script, "%.60s/script", folder);
    snprintf(display, sizeof display, "%.60s/display", folder);
    FILE *f = fopen(script, "w");
    assert_non_null(f);
    fprintf(f, ":clock 2026-03-01T10:00:00\n%s\n:save-display %s\n", keys, display);
    assert_int_equal(fclose(f), 0);
    OK(workbench_run(&c, &error));
    char *text = file_read_text(display, 1 << 20, &error);
    assert_non_null(text);
    return text;
}

static void shows(struct store *s, const char *name, const char *screen, int h, int w, bool ascii, const char *keys)
{
    char *text = shown_text(s, screen, h, w, ascii, keys);
    check(name, text, store_dir(s), h >= 10);
    free(text);
}

static int count_of(const char *text, const char *part)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, part)); p++) n++;
    return n;
}

/* New run after keys; what goes over several lines is looked for as one, without the frame. */
static bool new_run_has(struct store *s, int h, int w, const char *keys, const char *part)
{
    char *text = shown_text(s, "new", h, w, false, keys);
    struct text flat = { 0 };
    for (char *word = strtok(text, " \n"); word; word = strtok(NULL, " \n"))
        if (strcmp(word, "│")) text_printf(&flat, "%s ", word);
    bool has = strstr(text_str(&flat), part) != NULL;
    text_clear(&flat);
    free(text);
    return has;
}

static int fill(void **state)
{
    setenv("TZ", "UTC", 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    store_setup(state);
    add_data(*state, "kermany");
    add_data(*state, "phantom");
    for (int i = 0; i < ROWS; i++) add_run(*state, &rows[i]);
    return 0;
}

static void runs_look_as_before(void **state)
{
    shows(*state, "runs-80", "runs", 24, 80, false, "{");
    shows(*state, "runs-160", "runs", 30, 160, false, "{<down>");
    shows(*state, "runs-40", "runs", 9, 40, false, "}");
    shows(*state, "runs-ascii", "runs", 24, 80, true, "{<down><down>");
}

static void marked_runs_show_what_differs(void **state)
{
    shows(*state, "runs-marked", "runs", 24, 100, false, "{<space><space><space>");
    shows(*state, "runs-grouped", "runs", 24, 100, false, "g<down><enter>");
    shows(*state, "runs-sorted", "runs", 24, 100, false, "g<down><down><enter>r");
    shows(*state, "runs-filtered", "runs", 16, 100, false, "/data:phantom<enter>");
}

static void a_new_run_looks_as_before(void **state)
{
    shows(*state, "new-80", "new", 24, 80, false, "/lr<enter>");
    shows(*state, "new-120", "new", 40, 120, false, "/lr<enter><enter><ctrl-u>0.004<enter>");
    shows(*state, "new-range", "new", 24, 80, false, "/lr<enter><enter><ctrl-u>2000");
    shows(*state, "new-20", "new", 5, 20, false, "");
}

/* What a yes would do is there as far as there is room; how to say it, always and whole. */
static void a_question_is_cut_never_its_answers(void **state)
{
    static const int widths[] = { 12, 20, 30, 40, 60, 80, 200 };
    static const struct {
        const char *keys, *question;
    } asked[] = { { "{D", "trash run 5 waits" }, { "{<down>D", "trash run 4 a-name-that-is-longer-than-most" } };
    static const char *const answers[] = { "  y: yes, any other key: no", "  y: yes, else no", " y/n" };
    for (size_t i = 0; i < 2 * sizeof widths / sizeof widths[0]; i++) {
        int w = widths[i / 2];
        char *text = shown_text(*state, "runs", i % 2 ? 5 : 24, w, false, asked[i % 2].keys);
        char *row = strstr(text, w < 20 ? "trash" : "trash run"), *answer = NULL;
        if (!row) fail_msg("%d columns, no question:\n%s", w, text);
        row[strcspn(row, "\n")] = '\0';
        size_t k = 0;
        while (k < 3 && !(answer = strstr(row, answers[k]))) k++;
        if (!answer || answer[strlen(answers[k])]) fail_msg("%d columns, no whole answer: '%s'", w, row);
        if (w >= 60 && strncmp(row, asked[i % 2].question, 17)) fail_msg("%d columns: '%s'", w, row);
        if (text_columns(row) > w) fail_msg("%d columns: '%s'", w, row);
        free(text);
    }
}

/* Whatever lies over the screen and takes the keys: the key bar tells its keys, and none of the screen's. */
static void the_key_bar_is_of_what_takes_the_keys(void **state)
{
    static const struct {
        const char *screen, *keys, *has, *lacks;
    } asked[] = {
        { "runs", "{", " enter open  / filter  space mark", "esc" },
        { "runs", "{s", " enter choose  esc close  up row above  down row below", "filter" },
        { "runs", "{s<esc>", " enter open  / filter", "choose" },
        { "runs", "{/", " enter take it  esc leave it  up typed before  ctrl-u clear", "filter" },
        { "runs", "{/auc>0.7<enter>", " esc all runs  enter open  / filter", "leave it" },
        { "runs", "{/auc>0.7<enter><esc>", " enter open  / filter", "all runs" },
        { "runs", "{D", " y yes  n no", "help" },
        { "runs", "{:", "enter take it  esc leave it  tab complete  up typed before", "mark" },
        { "new", "/lr<enter>", " enter edit  B begin", "leave it" },
        { "new", "/lr<enter><enter>", " enter take it  esc leave it  ctrl-u clear", "begin" },
        { "new", "<home><enter>", " enter choose  esc close", "begin" },
        { "help", "", " page-down on  / find  n again", "leave it" },
        { "help", "/", " enter take it", "find" },
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        char *text = shown_text(*state, asked[i].screen, 24, 80, false, asked[i].keys);
        size_t n = strlen(text);
        if (n && text[n - 1] == '\n') text[n - 1] = '\0';
        const char *bar = strrchr(text, '\n');
        if (!bar || !strstr(bar, asked[i].has) || strstr(bar, asked[i].lacks))
            fail_msg("%s %s:%s", asked[i].screen, asked[i].keys, bar);
        free(text);
    }
}

/* What was said on one screen does not stand on another, nor longer than some seconds. */
static void a_message_ends_with_its_screen(void **state)
{
    static const struct {
        const char *keys, *has, *lacks;
    } said[] = {
        { "x", "charts over a run: by", "xyzzy" },
        { "x2", "1 baseline", "charts over a run: by" },
        { "x<tab>", "", "charts over a run: by" },
        { "x\n:loss", "", "charts over a run: by" },
        { "x\n:clock 2026-03-01T10:00:03", "charts over a run: by", "xyzzy" },
        { "x\n:clock 2026-03-01T10:00:07", "", "charts over a run: by" },
        { ":nonsense<enter>", "no such command", "xyzzy" },
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        char keys[96];
        snprintf(keys, sizeof keys, "}%s", said[i].keys);
        char *text = shown_text(*state, "runs", 24, 100, false, keys);
        if (!strstr(text, said[i].has) || strstr(text, said[i].lacks)) fail_msg("%s:\n%s", keys, text);
        free(text);
    }
}

/* A row that is too long for the terminal is whole below the list once it is chosen. */
static void a_list_shows_whole_what_it_cuts(void **state)
{
    static const char *const ends[] = { "PadChest, ...", "or without train, val, test", "X.png and X_mask.png",
                                        "with labels" };
    static const char *const begins[] = { "guess what", "folder CLASS", "masks images", "csv a table" };
    enum { ENDS = sizeof ends / sizeof ends[0] };
    char keys[64] = "/data.name<enter><enter><end><enter>";
    for (size_t i = 0; i < ENDS; i++, strcat(keys, "<down>")) {
        assert_false(new_run_has(*state, 24, 40, keys, ends[(i + 1) % ENDS]));
        assert_true(new_run_has(*state, 24, 40, keys, ends[i]));
        assert_true(new_run_has(*state, 24, 132, keys, ends[(i + 1) % ENDS])); /* where nothing is cut */
        assert_true(new_run_has(*state, 6, 40, keys, begins[i]));              /* the list comes first */
    }
}

static void an_attached_data_set_is_marked_where_one_is_chosen(void **state)
{
    add_data_in(*state, "lab", "/lab/packs/lab-0123456789abcdef.pack");
    char *text = shown_text(*state, "new", 24, 100, false, "/data.name<enter><enter>");
    if (count_of(text, "0 classes, attached") != 1 || count_of(text, "0 classes") != 3) fail_msg("%s", text);
    free(text);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(runs_look_as_before, fill, store_teardown),
        cmocka_unit_test_setup_teardown(marked_runs_show_what_differs, fill, store_teardown),
        cmocka_unit_test_setup_teardown(a_new_run_looks_as_before, fill, store_teardown),
        cmocka_unit_test_setup_teardown(a_question_is_cut_never_its_answers, fill, store_teardown),
        cmocka_unit_test_setup_teardown(the_key_bar_is_of_what_takes_the_keys, fill, store_teardown),
        cmocka_unit_test_setup_teardown(a_message_ends_with_its_screen, fill, store_teardown),
        cmocka_unit_test_setup_teardown(a_list_shows_whole_what_it_cuts, fill, store_teardown),
        cmocka_unit_test_setup_teardown(an_attached_data_set_is_marked_where_one_is_chosen, fill, store_teardown),
    };
    return cmocka_run_group_tests_name("views_screens", tests, NULL, NULL);
}
