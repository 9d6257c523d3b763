/* The workbench in terminals that show pictures in pixels, that do not, and that are slow to say so; and its films of
 * recorded steps. */
#include "tests/picture_help.h"

#include <sys/wait.h>
#include <unistd.h>

#include "engine/data/pack.h"
#include "store/dataset.h"
#include "store/snapshot.h"
#include "tests/pty.h"
#include "tests/store_help.h"
#include "tests/synthetic_store.h"

enum { SIDE = 24, ROWS = 30, COLUMNS = 100, CELL_H = 20, CELL_W = 10 };
#define CELL  "\033[6;20;10t"
#define SIXEL CELL "\033[?62;4;22c"
#define KITTY "\033_Gi=31;OK\033\\" CELL "\033[?62;c"

static char dir_made[64], program[4096];

static uint8_t pixel(int y, int x)
{
    return (uint8_t)((y + x) * 255 / (2 * SIDE - 2));
}

/* A data set of three images: from black to white. */
static void fill_set(struct store *s)
{
    static const char *const classes[] = { "Mass" };
    struct store_image images[3];
    char paths[3][32], dir[STORE_PATH], pack[PACK_NAME_SIZE], digest[DIGEST_HEX_SIZE], one[DIGEST_HEX_SIZE];
    static const int8_t labels[3] = { 1, 0, 1 };
    uint8_t pixels[SIDE * SIDE];
    struct pack_writer *w;
    snprintf(dir, sizeof dir, "%.2000s/packs", store_dir(s));
    OK(pack_writer_create(&w, dir, "tiny", SIDE, 1, &error));
    for (int i = 0; i < SIDE * SIDE; i++) pixels[i] = pixel(i / SIDE, i % SIDE);
    for (int i = 0; i < 3; i++) {
        snprintf(paths[i], sizeof paths[i], "film-%d.png", i);
        images[i] = (struct store_image){ paths[i], "7", STORE_SPLIT_TRAIN, 48, 48, NULL, NULL };
        OK(pack_writer_add(w, pixels, one, &error));
    }
    OK(pack_writer_finish(w, pack, digest, &error));
    struct store_contents c = {
        .images_count = 3, .classes_count = 1, .images = images, .classes = classes, .labels = labels
    };
    snprintf(c.dataset.name, sizeof c.dataset.name, "tiny");
    snprintf(c.dataset.kind, sizeof c.dataset.kind, "folder");
    snprintf(c.dataset.digest, sizeof c.dataset.digest, "%s", digest);
    c.dataset.source = (char *)"here";
    c.dataset.remarks = (char *)"";
    c.dataset.pack = pack;
    c.dataset.size = SIDE;
    c.dataset.channels = 1;
    OK(store_dataset_insert(s, &c, NULL, &error));
}

static int make_store(void **state)
{
    const struct synthetic_store twelve = { .runs = 12 };
    const char *given = getenv("MLVICX");
    struct store *s;
    (void)state;
    snprintf(program, sizeof program, "%s", given ? given : "./mlvicx");
    snprintf(dir_made, sizeof dir_made, "%s", workspace_make());
    OK(store_open(dir_made, STORE_WRITE, &s, &error));
    OK(synthetic_store_fill(s, &twelve, NULL, NULL, &error));
    fill_set(s);
    store_close(s);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    workspace_remove(dir_made);
    return 0;
}

/* A terminal that answers nothing of itself; what it is sent is kept. */
static void open_on(struct pty *p, const char *screen, const char *graphics, const char *const *environment)
{
    pty_open(p,
             (const char *const[]){ program, "attach", "--store", dir_made, "--screen", screen, "--graphics", graphics,
                                    "--dark", "healthy", NULL },
             "xterm-256color", environment, ROWS, COLUMNS);
    p->mute = p->keeps = true;
}

static void open_images(struct pty *p, const char *graphics, const char *const *environment)
{
    open_on(p, "images", graphics, environment);
    assert_true(pty_wait(p, "3 images, 24 px grey"));
    pty_settle(p, 100);
}

static const char *written(const struct pty *p)
{
    return text_str(&p->written);
}

static bool asks(const struct pty *p)
{
    return strstr(written(p), "\033_Gi=31") && strstr(written(p), "\033[16t\033[c");
}

/* Wait (a minute at most) until so many pictures of a kind have come, whole. */
static void wait_for(struct pty *p, const char *begin, int count)
{
    for (int i = 0; i < 600 && occurrences(written(p), begin) < count; i++) pty_settle(p, 100);
    pty_settle(p, 100);
    if (occurrences(written(p), begin) != count)
        fail_msg("%d pictures where %d should be", occurrences(written(p), begin), count);
}

/* Wait until the clock in the title has gone on: the screen was drawn again. */
static void wait_a_second(struct pty *p)
{
    struct text before = { 0 };
    pty_row(p, 0, &before);
    for (int i = 0; i < 600; i++) {
        struct text now = { 0 };
        pty_settle(p, 100);
        pty_row(p, 0, &now);
        bool same = !strcmp(text_str(&now), text_str(&before));
        text_clear(&now);
        if (!same) break;
    }
    text_clear(&before);
}

static void leave(struct pty *p)
{
    pty_send(p, "Q");
    assert_true(pty_wait_end(p));
    assert_true(WIFEXITED(p->status));
    assert_int_equal(WEXITSTATUS(p->status), 0);
    assert_false(p->alternate);
    pty_close(p);
}

/* The picture is the image, from black to white; fewer levels of grey, and the edges of pixels, are within the
 * tolerance. */
static void is_the_image(const struct decoded *d, int tolerance)
{
    for (int y = 0; y < d->height; y++)
        for (int x = 0; x < d->width; x++) {
            int off = abs(d->rgb[3 * (y * d->width + x)] - pixel(y * SIDE / d->height, x * SIDE / d->width));
            if (off > tolerance) fail_msg("pixel %d, %d of %d x %d is off by %d", y, x, d->height, d->width, off);
        }
}

/* On Runs; `option` is --dark, --light or --mouse=... */
static void open_runs(struct pty *p, const char *option, const char *const *environment)
{
    pty_open(p, (const char *const[]){ program, "attach", "--store", dir_made, "--screen", "runs", option, NULL },
             "xterm-256color", environment, ROWS, COLUMNS);
    p->mute = p->keeps = true;
    assert_true(pty_wait(p, "healthy"));
    pty_settle(p, 100);
}

/* Wait (a minute at most) until the terminal was sent something. */
static void wait_for_bytes(struct pty *p, const char *bytes)
{
    for (int i = 0; i < 600 && !strstr(written(p), bytes); i++) pty_settle(p, 100);
    if (!strstr(written(p), bytes)) fail_msg("%s never came", bytes + 1);
}

/* Of the chosen tab, in 256 colours: on dark and on light. */
#define CHOSEN_ON_DARK  "48;5;24m"
#define CHOSEN_ON_LIGHT "48;5;153m"

static void colours_follow_the_background(void **state)
{
    struct pty p;
    (void)state;
    open_runs(&p, "--no-mouse", NULL);
    assert_non_null(strstr(written(&p), "\033]11;?\033\\"));
    assert_non_null(strstr(written(&p), CHOSEN_ON_DARK));
    assert_null(strstr(written(&p), CHOSEN_ON_LIGHT));
    pty_send(&p, "\033]11;rgb:ffff/fd");
    pty_settle(&p, 100);
    pty_send(&p, "fd/f0f0\033\\");
    wait_for_bytes(&p, CHOSEN_ON_LIGHT);
    pty_settle(&p, 100);
    text_clear(&p.written);
    pty_send(&p, "\033]11;rgb:00/00/00\007"); /* the theme of the terminal was switched */
    wait_for_bytes(&p, CHOSEN_ON_DARK);
    assert_null(strstr(written(&p), CHOSEN_ON_LIGHT));
    leave(&p);
}

static void the_background_is_asked_for_where_it_is_answered(void **state)
{
    static const struct {
        const char *option, *set;
        bool asks;
    } rows[] = {
        { "--dark", "A=1", false },          { "--light", "A=1", false },      { "--no-mouse", "STY=1.pts", false },
        { "--no-mouse", "ZELLIJ=0", false }, { "--no-mouse", "TMUX=1", true }, { "--no-mouse", "NO_COLOR=1", true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const environment[] = { rows[i].set, NULL };
        struct pty p;
        open_runs(&p, rows[i].option, environment);
        if (!strstr(written(&p), "\033]11;?") == rows[i].asks) fail_msg("%s with %s", rows[i].option, rows[i].set);
        leave(&p);
    }
}

static const char sixel_begin[] = "\033P0;1q", kitty_begin[] = "\033_Ga=T,";

static void sixels_are_sent_once(void **state)
{
    struct pty p;
    (void)state;
    open_images(&p, "auto", NULL);
    assert_true(asks(&p));
    pty_send(&p, "\r");
    assert_true(pty_wait(&p, "view 2"));
    pty_send(&p, SIXEL);
    wait_for(&p, sixel_begin, 3); /* the image, and its two views */
    wait_a_second(&p);
    wait_a_second(&p);
    wait_for(&p, sixel_begin, 3);
    struct decoded d = sixel_decode(strstr(written(&p), sixel_begin));
    assert_int_equal(d.width % (2 * CELL_W), 0);
    assert_in_range(d.height, d.width - 5, d.width);
    is_the_image(&d, 16);
    free(d.rgb);

    pty_send(&p, ")"); /* brighter: only the image is another one */
    wait_for(&p, sixel_begin, 4);
    pty_send(&p, "?");
    assert_true(pty_wait(&p, "The images of a data set"));
    wait_for(&p, sixel_begin, 4);
    pty_send(&p, "q");
    assert_true(pty_wait(&p, "view 2"));
    wait_for(&p, sixel_begin, 7);
    pty_send(&p, "\f"); /* Ctrl-L */
    wait_for(&p, sixel_begin, 10);
    pty_send(&p, "d"); /* a list over it: what the cells hold is seen around it */
    assert_true(pty_wait(&p, "Data set"));
    wait_for(&p, sixel_begin, 10);
    pty_send(&p, "\033");
    wait_for(&p, sixel_begin, 12); /* it lay over the image and a view */
    pty_resize(&p, ROWS, COLUMNS + 2);
    wait_for(&p, sixel_begin, 15);
    leave(&p);
}

static void the_grid_is_of_pictures_too(void **state)
{
    struct pty p;
    (void)state;
    open_images(&p, "auto", NULL);
    pty_send(&p, SIXEL);
    wait_for(&p, sixel_begin, 3);
    struct decoded d = sixel_decode(strstr(written(&p), sixel_begin));
    is_the_image(&d, 16);
    free(d.rgb);
    pty_send(&p, "l"); /* another one is chosen: the pictures are the same */
    wait_a_second(&p);
    wait_for(&p, sixel_begin, 3);
    pty_send(&p, "+"); /* larger ones: when no key has come for a moment */
    wait_for(&p, sixel_begin, 6);
    leave(&p);
}

static void kitty_shows_and_forgets(void **state)
{
    struct pty p;
    unsigned number;
    int columns, rows;
    (void)state;
    open_images(&p, "auto", NULL);
    pty_send(&p, "\r");
    assert_true(pty_wait(&p, "view 2"));
    pty_send(&p, KITTY);
    wait_for(&p, kitty_begin, 3);
    wait_a_second(&p);
    wait_for(&p, kitty_begin, 3);
    struct decoded d = kitty_decode(strstr(written(&p), kitty_begin), &number, &columns, &rows);
    assert_int_equal(columns, 2 * rows);
    assert_true(d.width <= columns * CELL_W);
    is_the_image(&d, 12);
    free(d.rgb);
    assert_int_equal(occurrences(written(&p), "\033_Ga=d"), 0);
    pty_send(&p, "?");
    assert_true(pty_wait(&p, "The images of a data set"));
    for (int i = 0; i < 600 && occurrences(written(&p), "\033_Ga=d") < 3; i++) pty_settle(&p, 100);
    assert_int_equal(occurrences(written(&p), "\033_Ga=d"), 3);
    pty_send(&p, "q");
    wait_for(&p, kitty_begin, 6);
    pty_send(&p, "Q"); /* those that are left go, too */
    assert_true(pty_wait_end(&p));
    assert_int_equal(occurrences(written(&p), "\033_Ga=d"), 6);
    pty_close(&p);
}

static void silence_means_characters(void **state)
{
    struct pty p;
    struct text shown = { 0 };
    (void)state;
    open_images(&p, "auto", NULL); /* the first frame comes without an answer */
    assert_true(asks(&p));
    pty_send(&p, "\r");
    assert_true(pty_wait(&p, "view 2"));
    wait_a_second(&p);
    pty_text(&p, &shown);
    assert_true(occurrences(text_str(&shown), "\342\226") > 100); /* blocks */
    assert_int_equal(occurrences(written(&p), "\033P"), 0);
    assert_int_equal(occurrences(written(&p), kitty_begin), 0);
    text_clear(&shown);
    leave(&p);
}

/* A multiplexer that says what it is, and knows no sixels: letters are seen, and it is said, in help, too. */
static void sixels_that_would_be_swallowed_are_characters(void **state)
{
    struct pty p;
    struct text shown = { 0 };
    (void)state;
    open_images(&p, "sixel", (const char *const[]){ "TMUX=/tmp/none,1,0", NULL });
    pty_send(&p, "\033[?1;2c");
    assert_true(pty_wait(&p, "sixels do not pass through this tmux or screen"));
    size_t before = p.written.length;
    pty_send(&p, "\r");
    assert_true(pty_wait(&p, "view 2"));
    wait_a_second(&p);
    pty_text(&p, &shown);
    assert_true(occurrences(text_str(&shown), "\342\226") > 100); /* blocks */
    assert_int_equal(occurrences(written(&p) + before, "\033P"), 0);
    pty_send(&p, "?");
    assert_true(pty_wait(&p, "page-down on"));
    pty_send(&p, "/This terminal\r");
    assert_true(pty_wait(&p, "sixels do not pass through"));
    text_clear(&shown);
    leave(&p);
}

static void late_answers_are_no_keys(void **state)
{
    static const char *const pieces[] = { "\033_Gi=31;", "OK\033", "\\\033[6;20", ";10t\033[?6", "2;4;2", "2c" };
    struct pty p;
    (void)state;
    open_images(&p, "auto", NULL);
    pty_send(&p, "\r");
    assert_true(pty_wait(&p, "view 2"));
    wait_a_second(&p);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) pty_send(&p, pieces[i]);
    wait_for(&p, kitty_begin, 3);
    wait_a_second(&p);
    struct text shown = { 0 };
    pty_text(&p, &shown);
    assert_non_null(strstr(text_str(&shown), "film-0.png")); /* no key chose another image or screen */
    assert_non_null(strstr(text_str(&shown), "view 2"));
    assert_null(strstr(text_str(&shown), "does nothing here"));
    text_clear(&shown);
    leave(&p);
}

static void nothing_is_asked_where_it_would_not_help(void **state)
{
    static const struct {
        const char *graphics, *set;
        bool asks;
    } rows[] = {
        { "auto", "TMUX=/tmp/tmux-0/default,1,0", false },
        { "auto", "STY=1.pts", false },
        { "auto", "ZELLIJ=0", false },
        { "auto", "NO_COLOR=1", false },
        { "auto", "LC_ALL=C", false }, /* ASCII alone */
        { "symbols", "A=1", false },
        { "none", "A=1", false },
        { "kitty", "TMUX=1", false },
        { "sixel", "TMUX=1", true }, /* only how large cells are */
        { "auto", "A=1", true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const environment[] = { rows[i].set, NULL };
        struct pty p;
        open_images(&p, rows[i].graphics, environment);
        if (asks(&p) != rows[i].asks) fail_msg("%s with %s", rows[i].graphics, rows[i].set);
        leave(&p);
    }
}

static void a_film_goes_to_the_newest_step(void **state)
{
    static const char *const on[] = { "covariance", "spectrum", "variance" };
    struct pty p;
    (void)state;
    for (size_t i = 0; i < sizeof on / sizeof *on; i++) {
        open_on(&p, on[i], "none", NULL);
        assert_true(pty_wait(&p, "film")); /* in the key bar */
        pty_send(&p, "f");
        assert_true(pty_wait(&p, "film: ended at the newest step"));
        leave(&p);
    }
    open_on(&p, "embedding", "none", NULL);
    assert_true(pty_wait(&p, "No embedding yet"));
    pty_send(&p, "f");
    assert_true(pty_wait(&p, "film: no step of this is recorded yet"));
    leave(&p);
}

static void a_film_of_one_step_says_so(void **state)
{
    struct store *s;
    struct pty p;
    float values[12] = { 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233 };
    (void)state;
    OK(store_open(dir_made, STORE_WRITE, &s, &error));
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ 1, 64, "h", "embedding" }, 4, 3, values, &error));
    store_close(s);
    open_on(&p, "embedding", "none", NULL);
    assert_true(pty_wait(&p, "at step 64"));
    pty_send(&p, "f");
    assert_true(pty_wait(&p, "film: there is only one recorded step yet, 64"));
    leave(&p);
}

/* While it plays, the key bar is about it. */
static void a_film_says_its_keys(void **state)
{
    struct pty p;
    (void)state;
    open_on(&p, "covariance", "none", NULL);
    assert_true(pty_wait(&p, "global z  step 64"));
    pty_send(&p, "f");
    assert_true(pty_wait(&p, "or any key: stop the film"));
    assert_true(pty_wait(&p, "film: ended at the newest step"));
    assert_true(pty_wait(&p, "v level"));
    leave(&p);
}

static void any_key_stops_a_film(void **state)
{
    struct pty p;
    (void)state;
    open_on(&p, "covariance", "none", NULL);
    assert_true(pty_wait(&p, "global z"));
    pty_send(&p, "fv");
    assert_true(pty_wait(&p, "film: stopped at step"));
    pty_settle(&p, 100);
    struct text shown = { 0 };
    pty_text(&p, &shown);
    assert_non_null(strstr(text_str(&shown), "global z")); /* the key stopped it, and did no more */
    text_clear(&shown);
    pty_send(&p, "v");
    assert_true(pty_wait(&p, "local d"));
    leave(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixels_are_sent_once),
        cmocka_unit_test(the_grid_is_of_pictures_too),
        cmocka_unit_test(kitty_shows_and_forgets),
        cmocka_unit_test(silence_means_characters),
        cmocka_unit_test(sixels_that_would_be_swallowed_are_characters),
        cmocka_unit_test(late_answers_are_no_keys),
        cmocka_unit_test(nothing_is_asked_where_it_would_not_help),
        cmocka_unit_test(colours_follow_the_background),
        cmocka_unit_test(the_background_is_asked_for_where_it_is_answered),
        cmocka_unit_test(a_film_goes_to_the_newest_step),
        cmocka_unit_test(a_film_of_one_step_says_so),
        cmocka_unit_test(a_film_says_its_keys),
        cmocka_unit_test(any_key_stops_a_film),
    };
    return cmocka_run_group_tests(tests, make_store, remove_store);
}
