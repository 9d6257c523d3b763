/* The workbench in real terminals: what they show is what the canvas holds, whatever they are called, at any size,
 * after any keys; and they are given back as they were on every way out. */
#include "tests/check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/lock.h"
#include "store/metric.h"
#include "tests/pty.h"
#include "tests/store_help.h"
#include "tests/synthetic_store.h"

static char store_dir_made[64], program[4096];

static void fill_store(const char *dir, int runs, int64_t steps)
{
    const struct synthetic_store what = { .runs = runs, .steps = steps };
    struct store *s;
    OK(store_open(dir, STORE_WRITE, &s, &error));
    OK(synthetic_store_fill(s, &what, NULL, NULL, &error));
    store_close(s);
}

/* One store for the suite: a run of every kind, and one of 3,000 steps. */
static int make_store(void **state)
{
    (void)state;
    const char *given = getenv("MLVICX");
    snprintf(program, sizeof program, "%s", given ? given : "./mlvicx");
    snprintf(store_dir_made, sizeof store_dir_made, "%s", workspace_make());
    fill_store(store_dir_made, 12, 3000);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    workspace_remove(store_dir_made);
    return 0;
}

static void open_on(struct pty *p, const char *dir, const char *term, const char *const *environment, int rows,
                    int columns)
{
    pty_open(p, (const char *const[]){ program, "--store", dir, "--screen", "runs", NULL }, term, environment, rows,
             columns);
}

static void open_in(struct pty *p, const char *term, const char *const *environment, int rows, int columns)
{
    open_on(p, store_dir_made, term, environment, rows, columns);
}

/* Leave, and see that the terminal is as it was. */
static void leave(struct pty *p, const char *keys)
{
    pty_send(p, keys);
    assert_true(pty_wait_end(p));
    assert_true(WIFEXITED(p->status));
    assert_int_equal(WEXITSTATUS(p->status), 0);
    assert_false(p->alternate);
    assert_true(p->cursor);
    assert_false(p->brackets);
    pty_close(p);
}

/* The key Esc, so many times: each alone, as a key comes. */
static void escape(struct pty *p, int times)
{
    while (times-- > 0) {
        pty_send(p, "\033");
        pty_settle(p, 100);
    }
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f) return NULL;
    char *text = calloc(1, 1 << 20);
    size_t n = fread(text, 1, (1 << 20) - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

/* Ask for the canvas, and compare it with the terminal; the line of messages aside, where the answer to the question
 * stands. False, with a reason, where they differ. */
static bool asked_and_same(struct pty *p, struct text *reason)
{
    char path[96], keys[160];
    struct text shown = { 0 };
    bool same = true;
    snprintf(path, sizeof path, "%s/display.txt", store_dir_made);
    unlink(path);
    snprintf(keys, sizeof keys, ":save-display %s\r", path);
    pty_send(p, keys);
    for (int i = 0; i < 600 && access(path, R_OK); i++) pty_settle(p, 100); /* a minute at most */
    pty_settle(p, 150);
    char *said = read_file(path);
    pty_text(p, &shown);
    if (!said) text_printf(reason, "no answer; the screen:\n%s", text_str(&shown));
    const char *a = said ? said : "", *b = text_str(&shown);
    for (int y = 0; same && *a && *b; y++) {
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        if (y < p->rows - 2 && (n != m || memcmp(a, b, n) != 0)) {
            same = false;
            text_printf(reason, "row %d: the terminal shows\n%.*s\nand the canvas holds\n%.*s", y, (int)m, b, (int)n,
                        a);
        }
        a += n + (a[n] == '\n');
        b += m + (b[m] == '\n');
    }
    same = same && said;
    free(said);
    text_clear(&shown);
    return same;
}

/* What the terminal shows must be what the program says that it shows. A new size may reach the program after the keys
 * that were typed behind it, hence more than one look. */
static void same_as_canvas(struct pty *p, const char *what)
{
    for (int look = 1;; look++) {
        struct text reason = { 0 };
        bool same = asked_and_same(p, &reason);
        if (!same && look == 5) fail_msg("%s: %s", what, text_str(&reason));
        text_clear(&reason);
        if (same) return;
    }
}

static const char *const stop_the_clock = ":clock 2026-03-01T12:00:00\r";

static void terminal_shows_what_the_canvas_holds(void **state)
{
    (void)state;
    static const struct {
        const char *term, *environment;
    } kinds[] = {
        { "xterm-256color", NULL },  { "xterm-256color", "COLORTERM=truecolor" },
        { "screen-256color", NULL }, { "tmux-256color", NULL },
        { "linux", NULL },           { "vt100", NULL },
        { "xterm", "NO_COLOR=1" },   { "screen-256color", "LC_ALL=C" },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct pty p;
        const char *environment[] = { kinds[i].environment, NULL };
        open_in(&p, kinds[i].term, environment, 24, 80);
        if (!pty_wait(&p, "mlvicx")) fail_msg("%s: no first frame", kinds[i].term);
        assert_true(pty_wait(&p, "command"));
        pty_send(&p, stop_the_clock);
        same_as_canvas(&p, kinds[i].term);
        pty_send(&p, "?");
        same_as_canvas(&p, kinds[i].term);
        leave(&p, "Q");
    }
}

static void terminal_shows_every_screen_at_every_size(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 24, 80 }, { 10, 40 }, { 50, 200 }, { 7, 120 }, { 100, 300 }, { 40, 60 } };
    static const char screens[] = "1234567890";
    struct pty p;
    open_in(&p, "xterm-256color", NULL, 24, 80);
    assert_true(pty_wait(&p, "command"));
    pty_send(&p, stop_the_clock);
    pty_send(&p, ":run healthy\r");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        pty_resize(&p, sizes[i][0], sizes[i][1]);
        for (const char *s = screens; *s; s++) {
            char what[64], key[2] = { *s, '\0' };
            snprintf(what, sizeof what, "screen %c at %d x %d", *s, sizes[i][0], sizes[i][1]);
            pty_send(&p, key);
            same_as_canvas(&p, what);
        }
    }
    leave(&p, "Q");
}

static void smallest_terminals_do_no_harm(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 5, 20 }, { 2, 20 }, { 1, 1 }, { 3, 200 }, { 24, 80 } };
    struct pty p;
    open_in(&p, "xterm-256color", NULL, 5, 20);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        pty_resize(&p, sizes[i][0], sizes[i][1]);
        pty_send(&p, "1234567890?\033");
        pty_settle(&p, 200);
        assert_int_equal(waitpid(p.pid, NULL, WNOHANG), 0);
    }
    pty_send(&p, "1");
    assert_true(pty_wait(&p, "command"));
    leave(&p, "Q");
}

static void terminal_is_given_back_however_it_ends(void **state)
{
    (void)state;
    static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGXCPU, SIGSEGV, SIGABRT, SIGSYS };
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct pty p;
        open_in(&p, "xterm-256color", NULL, 24, 80);
        assert_true(pty_wait(&p, "command"));
        assert_true(p.alternate);
        assert_true(p.brackets);
        kill(p.pid, signals[i]);
        if (!pty_wait_end(&p)) fail_msg("signal %d did not end it", signals[i]);
        bool crash = signals[i] == SIGSEGV || signals[i] == SIGABRT || signals[i] == SIGSYS;
        if (p.alternate || !p.cursor || p.brackets) fail_msg("signal %d: the terminal was not given back", signals[i]);
        if (crash != (WIFSIGNALED(p.status) || WEXITSTATUS(p.status) != 0))
            fail_msg("signal %d: status %d", signals[i], p.status);
        pty_close(&p);
    }
}

/* With these batch systems ask every process of a job to save. */
static void what_asks_to_save_ends_no_workbench(void **state)
{
    (void)state;
    struct pty p;
    open_in(&p, "xterm-256color", NULL, 24, 80);
    assert_true(pty_wait(&p, "command"));
    kill(p.pid, SIGUSR1);
    kill(p.pid, SIGUSR2);
    pty_send(&p, "?");
    assert_true(pty_wait(&p, "All runs. State"));
    pty_send(&p, "\033");
    pty_settle(&p, 300);
    leave(&p, "Q");
}

static void suspended_and_continued_it_draws_again(void **state)
{
    (void)state;
    struct pty p;
    pty_open_shell(&p, (const char *const[]){ program, "--store", store_dir_made, "--screen", "runs", NULL },
                   "xterm-256color", 24, 80);
    assert_true(pty_wait(&p, "command"));
    pty_send(&p, stop_the_clock);
    pty_settle(&p, 200);
    pty_send(&p, "\032"); /* Ctrl-Z */
    assert_true(pty_wait(&p, "[stopped]"));
    assert_false(p.alternate);
    assert_true(p.cursor);
    assert_false(p.brackets);
    pty_send(&p, "fg\n"); /* a line: the terminal is as the shell wants it */
    assert_true(pty_wait(&p, "command"));
    pty_settle(&p, 300);
    assert_true(p.alternate);
    assert_true(p.brackets);
    same_as_canvas(&p, "after fg");
    leave(&p, "Q");
}

/* Named like one that is installed nowhere, or not at all: drawn as the nearest one, with a remark. */
static void unknown_terminals_are_drawn_as_the_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *term, *remark;
    } kinds[] = {
        { "xterm-no-such", "TERM=xterm-no-such is not known here; drawn as for TERM=xterm-256color" },
        { "no-such-terminal", "TERM=no-such-terminal is not known here; drawn as for TERM=xterm" },
        { "", "TERM is not set; drawn as for TERM=xterm" },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct pty p;
        open_in(&p, kinds[i].term, NULL, 24, 100);
        if (!pty_wait(&p, kinds[i].remark)) fail_msg("%s: no remark", kinds[i].term);
        pty_send(&p, stop_the_clock);
        same_as_canvas(&p, kinds[i].term);
        leave(&p, "Q");
    }
}

static void a_terminal_without_a_cursor_is_refused_in_a_line(void **state)
{
    (void)state;
    struct pty p;
    open_in(&p, "dumb", NULL, 24, 80);
    assert_true(pty_wait_end(&p));
    struct text shown = { 0 };
    pty_text(&p, &shown);
    assert_int_not_equal(WEXITSTATUS(p.status), 0);
    if (!strstr(text_str(&shown), "TERM=dumb cannot place its cursor")) fail_msg("%s", text_str(&shown));
    text_clear(&shown);
    pty_close(&p);
}

/* What is no key changes nothing that is seen: the screen before it and after it. */
static void nothing_follows(struct pty *p, const char *what, const char *bytes, size_t n, int pause)
{
    struct text before = { 0 }, after = { 0 };
    pty_settle(p, 150);
    pty_text(p, &before);
    for (size_t i = 0; i < n; i += pause ? 1 : n) {
        pty_send_bytes(p, bytes + i, pause ? 1 : n);
        pty_settle(p, pause && bytes[i] != 27 ? pause : 5);
    }
    pty_settle(p, 250);
    pty_text(p, &after);
    if (strcmp(text_str(&before), text_str(&after)))
        fail_msg("%s: before\n%s\nafter\n%s", what, text_str(&before), text_str(&after));
    text_clear(&before);
    text_clear(&after);
}

static void sequences_that_mean_nothing_do_nothing(void **state)
{
    (void)state;
#define BYTES(text) text, sizeof(text) - 1
    static const struct {
        const char *bytes;
        size_t n;
    } rows[] = {
        { BYTES("\033[1;2P") },
        { BYTES("\033[12;40R") },
        { BYTES("\033[I\033[O") },
        { BYTES("\033]11;rgb:1e1e/1234/5678\033\\") },
        { BYTES("\033]11;rgb:1e1e/1234/5678\a") },
        { BYTES("\033P>|XTerm(390)NPS\033\\") },
        { BYTES("\033_GNPS\033\\") },
        { BYTES("\033S\033P\033N\033O\033Q") },
        { BYTES("\033[M#SS") },
        { BYTES("\x9b"
                "1;2P") },
        { BYTES("\033[27;3;83~\033[115;3u") },
    };
    static const char *const terms[] = { "xterm-256color", "vt220", "linux" };
    for (size_t t = 0; t < sizeof terms / sizeof terms[0]; t++) {
        struct pty p;
        open_in(&p, terms[t], NULL, 24, 80);
        assert_true(pty_wait(&p, "command"));
        pty_send(&p, stop_the_clock);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            nothing_follows(&p, terms[t], rows[i].bytes, rows[i].n, 0);
            if (t == 0 && i < 5) nothing_follows(&p, "slowly", rows[i].bytes, rows[i].n, 120);
        }
        leave(&p, "Q");
    }
}

static void pasted_text_goes_into_a_line_or_nowhere(void **state)
{
    (void)state;
    static const char report[] = "RUN-loss.png shows it: Pause, Stop\nNext one: report.png\n";
    struct pty p;
    char bracketed[160];
    open_in(&p, "xterm-256color", NULL, 24, 80);
    assert_true(pty_wait(&p, "command"));
    pty_send(&p, stop_the_clock);
    snprintf(bracketed, sizeof bracketed, "\033[200~%s\033[201~", report);
    const char *const both[] = { bracketed, report };
    for (int i = 0; i < 2; i++) {
        pty_send(&p, both[i]);
        assert_true(pty_wait(&p, "pasted is left out"));
        pty_send(&p, ":");
        pty_settle(&p, 100);
        pty_send(&p, both[i]);
        assert_true(pty_wait(&p, ":RUN-loss.png shows it: Pause, Stop Next one: report.png"));
        escape(&p, 1);
        same_as_canvas(&p, "after a paste");
    }
    pty_send(&p, "\033[200~its end never comes");
    pty_settle(&p, 300);
    for (bool help = false; !help;) { /* it ends by itself */
        struct text shown = { 0 };
        assert_int_equal(waitpid(p.pid, NULL, WNOHANG), 0);
        pty_send(&p, "?");
        pty_settle(&p, 4000);
        pty_text(&p, &shown);
        help = strstr(text_str(&shown), "All runs. State") != NULL;
        text_clear(&shown);
    }
    leave(&p, "Q");
}

static void empty_store_greets(void **state)
{
    (void)state;
    char dir[64];
    struct pty p;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    open_on(&p, dir, "xterm-256color", NULL, 24, 80);
    assert_true(pty_wait(&p, "demo"));
    assert_true(pty_wait(&p, "import"));
    leave(&p, "Q");
    workspace_remove(dir);
}

/* Until the screen has that no more: keys that are sent before an answer was taken look like pasted text. */
static void wait_without(struct pty *p, const char *text)
{
    for (bool there = true; there;) {
        struct text now = { 0 };
        pty_settle(p, 50);
        pty_text(p, &now);
        there = strstr(text_str(&now), text) != NULL && !p->ended;
        text_clear(&now);
    }
}

/* A store that is taken away below the workbench: said, asked, no word written, and none made in its place. */
static void a_store_that_is_taken_away_is_noticed(void **state)
{
    (void)state;
    char dir[64], away[80];
    struct pty p;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    snprintf(away, sizeof away, "%s-away", dir);
    fill_store(dir, 1, 0);
    open_on(&p, dir, "xterm-256color", NULL, 24, 100);
    assert_true(pty_wait(&p, "healthy"));
    assert_int_equal(rename(dir, away), 0);
    assert_true(pty_wait(&p, "the store is gone"));
    pty_send(&p, "n");
    wait_without(&p, "leave mlvicx?");
    assert_true(pty_wait(&p, "removed, renamed or replaced"));
    pty_send(&p, "T");
    pty_settle(&p, 300);
    pty_send(&p, ":train --data made\r");
    pty_send(&p, "\f"); /* goes out when all before was read, and is drawn before the store is back */
    pty_settle(&p, 300);
    assert_true(pty_wait(&p, "removed, renamed or replaced"));
    assert_int_equal(rename(away, dir), 0);
    assert_true(pty_wait(&p, "back in its place"));
    pty_send(&p, "Tkept\r");
    assert_true(pty_wait(&p, "tags: kept"));
    assert_int_equal(rename(dir, away), 0);
    assert_true(pty_wait(&p, "leave mlvicx?"));
    leave(&p, "y");
    assert_int_equal(access(dir, F_OK), -1);
    workspace_remove(away);
}

static void two_workbenches_agree(void **state)
{
    (void)state;
    struct pty a, b;
    open_in(&a, "xterm-256color", NULL, 24, 80);
    open_in(&b, "xterm-256color", NULL, 24, 80);
    assert_true(pty_wait(&a, "command"));
    assert_true(pty_wait(&b, "command"));
    pty_send(&a, ":run long\r");
    pty_send(&b, ":run long\r");
    pty_send(&a, ":rename long seen-by-both\r");
    assert_true(pty_wait(&a, "seen-by-both"));
    assert_true(pty_wait(&b, "seen-by-both"));
    pty_send(&b, ":rename seen-by-both long\r");
    assert_true(pty_wait(&a, "command"));
    leave(&a, "Q");
    leave(&b, "Q");
}

/* A worker's writing: a run of its own, points in batches, a heartbeat. Exit status 0 when all was taken. */
static int write_as_worker(const char *dir, int number)
{
    enum { BATCHES = 60, STEPS = 5 };
    struct store *s;
    struct err e;
    struct store_run row = { .seed = 1, .steps = BATCHES * STEPS, .epochs = 3 };
    int64_t run, loss;
    int lock = -1;
    snprintf(row.name, sizeof row.name, "writer-%d", number);
    bool ok = store_open(dir, STORE_WRITE, &s, &e) && store_metric_id(s, "loss", &loss, &e) &&
              store_run_insert(s, &row, &run, &e) && store_lock_take(s, run, &lock, &e) &&
              store_run_claim(s, run, 1u << STORE_QUEUED, &e);
    struct store_batch b = { 0 };
    for (int64_t step = 1; ok && step <= row.steps; step++) {
        store_batch_add(&b, loss, step, 100.0 / (double)step);
        if (step % STEPS) continue;
        ok = store_points_append(s, run, &b, &e) && store_run_beat(s, run, &e);
        store_batch_reset(&b);
        usleep(10000);
    }
    ok = ok && store_run_set_state(s, run, STORE_FINISHED, &e);
    if (!ok) fprintf(stderr, "# writer %d: %s\n", number, e.msg);
    store_batch_clear(&b);
    store_lock_release(&lock);
    store_close(s);
    return ok ? 0 : 1;
}

static void ten_workers_write_while_it_is_open(void **state)
{
    (void)state;
    enum { WRITERS = 10 };
    char dir[64];
    pid_t writers[WRITERS];
    struct pty p;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    fill_store(dir, 1, 0);
    open_on(&p, dir, "xterm-256color", NULL, 40, 120);
    assert_true(pty_wait(&p, "healthy"));
    for (int i = 0; i < WRITERS; i++)
        if ((writers[i] = fork()) == 0) _exit(write_as_worker(dir, i));
    for (int i = 0; i < 40; i++) { /* it continues answering */
        pty_send(&p, i % 2 ? "k" : "j");
        pty_settle(&p, 20);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        waitpid(writers[i], &status, 0);
        if (status) fail_msg("writer %d: status %d", i, status);
    }
    assert_true(pty_wait(&p, "11 runs"));
    for (int i = 0; i < WRITERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "writer-%d", i);
        if (!pty_wait(&p, name)) fail_msg("%s is not shown", name);
    }
    leave(&p, "Q");
    struct store *s;
    struct store_runs list;
    OK(store_open(dir, STORE_READ, &s, &error));
    OK(store_run_list(s, &list, &error));
    for (size_t i = 0; i < list.count; i++)
        if (!strncmp(list.rows[i].name, "writer", 6)) assert_int_equal(list.rows[i].step, 300);
    assert_int_equal(list.count, WRITERS + 1);
    store_runs_clear(&list);
    store_close(s);
    workspace_remove(dir);
}

/* Random keys, clicks, wheels and sizes: no crash, no hang, and the terminal still shows what the canvas holds. */
static void random_input_finds_nothing(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "j",    "k", "\033[A", "\033[B", "\033[C", "\033[D", "\033[5~", "\033[6~", "\033[H",    "\033[F",
        "\t",   " ", "1",      "2",      "3",      "4",      "5",       "6",       "7",         "8",
        "9",    "0", "v",      "y",      "w",      "s",      "r",       "o",       "a",         "c",
        "g",    "p", "x",      "l",      "t",      "+",      "-",       "[",       "]",         "{",
        "}",    "<", ">",      "?",      "q",      "/",      "abc\r",   ":",       "level d\r", "\033",
        "\014", "h", "i",      "n",      "m",      "u",      "|",       ",",       "."
    };
    bool all = is_long_suite();
    const char *given = getenv("MLVICX_SEED");
    uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 10) : all ? (uint32_t)getpid() : 12345;
    int rounds = all ? 20000 : 400;
    printf("# seed %u\n", seed);
    struct pty p;
    open_in(&p, "xterm-256color", NULL, 24, 80);
    assert_true(pty_wait(&p, "command"));
    pty_send(&p, stop_the_clock);
    for (int i = 0; i < rounds; i++) {
        seed = seed * 1664525u + 1013904223u;
        unsigned pick = seed >> 16;
        char mouse[32];
        if (pick % 29 == 0)
            pty_resize(&p, 1 + (int)(pick / 29 % 60), 1 + (int)(pick / 7 % 200));
        else if (pick % 13 == 0) {
            snprintf(mouse, sizeof mouse, "\033[<%d;%d;%dM", pick % 3 ? 0 : 64 + (int)(pick % 2),
                     1 + (int)(pick / 13 % (unsigned)p.columns), 1 + (int)(pick / 5 % (unsigned)p.rows));
            pty_send(&p, mouse);
        } else
            pty_send(&p, keys[pick % (sizeof keys / sizeof keys[0])]);
        if (i % 8 == 0) pty_settle(&p, 5);
        if (waitpid(p.pid, &p.status, WNOHANG) == p.pid) {
            p.ended = true;
            fail_msg("round %d: it ended with status %d", i, p.status);
        }
        if (i % 100 == 99) {
            pty_resize(&p, 24, 80);
            escape(&p, 4);
            pty_send(&p, "q1");
            same_as_canvas(&p, "after random keys");
        }
    }
    escape(&p, 3);
    leave(&p, "Q");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal_shows_what_the_canvas_holds),
        cmocka_unit_test(terminal_shows_every_screen_at_every_size),
        cmocka_unit_test(smallest_terminals_do_no_harm),
        cmocka_unit_test(terminal_is_given_back_however_it_ends),
        cmocka_unit_test(what_asks_to_save_ends_no_workbench),
        cmocka_unit_test(suspended_and_continued_it_draws_again),
        cmocka_unit_test(unknown_terminals_are_drawn_as_the_nearest),
        cmocka_unit_test(a_terminal_without_a_cursor_is_refused_in_a_line),
        cmocka_unit_test(sequences_that_mean_nothing_do_nothing),
        cmocka_unit_test(pasted_text_goes_into_a_line_or_nowhere),
        cmocka_unit_test(empty_store_greets),
        cmocka_unit_test(a_store_that_is_taken_away_is_noticed),
        cmocka_unit_test(two_workbenches_agree),
        cmocka_unit_test(ten_workers_write_while_it_is_open),
        cmocka_unit_test(random_input_finds_nothing),
    };
    return cmocka_run_group_tests(tests, make_store, remove_store);
}
