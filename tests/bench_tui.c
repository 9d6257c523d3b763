/* The workbench in a pseudo-terminal of 120 x 40, on a synthetic store, while every core is busy: how soon its first
 * frame and the answer to a key stand there, what watching a live run sends over the line, what memory it takes.
 *
 *     make bench-tui
 *     tests/bench_tui [RUNS [STEPS [idle]]]    runs of the store (1000), steps of its longest (1000000); idle: the
 *                                              other cores do nothing. $MLVICX is the program (./mlvicx) */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/files.h"
#include "engine/base/limits.h"
#include "store/lock.h"
#include "store/run.h"
#include "tests/synthetic_store.h"

enum { ROWS = 40, COLUMNS = 120, KEYS = 400, QUIET = 40, LOADS_MOST = 64, WATCH_SECONDS = 10 };

struct tui {
    const char *program;
    char dir[128];
    pid_t pid, loads[LOADS_MOST];
    int fd, load_count;
    double first_frame, key[KEYS], bytes_per_second, idle_bytes_per_second, rss_mib;
    int keys;
};

/* ---- the pseudo-terminal -------------------------------------------------------------------------------- */

static bool tui_open(struct tui *t, struct err *e)
{
    struct winsize size = { .ws_row = ROWS, .ws_col = COLUMNS };
    fflush(NULL);
    t->pid = forkpty(&t->fd, NULL, NULL, &size);
    if (t->pid < 0) return err_errno(e, "bench: no pseudo-terminal");
    if (t->pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        unsetenv("COLORTERM");
        unsetenv("NO_COLOR");
        execl(t->program, "mlvicx", "--store", t->dir, "--screen", "runs", (char *)NULL);
        _exit(127);
    }
    return true;
}

/* Read until nothing comes for `quiet` milliseconds; `until` NULL, or the text to wait for first. Returns the bytes,
 * and in
 * `*last` (may be NULL) when the last ones came. */
static size_t tui_read(struct tui *t, int quiet, double most, const char *until, double *last)
{
    enum { OVERLAP = 64 };
    char window[OVERLAP + 8192]; /* the end of what came before, and what came */
    double begun = clock_seconds();
    size_t total = 0, kept = 0;
    while (clock_seconds() - begun < most) {
        struct pollfd p = { .fd = t->fd, .events = POLLIN };
        if (poll(&p, 1, quiet) == 0) {
            if (!until) break;
            continue;
        }
        ssize_t n = read(t->fd, window + kept, sizeof window - kept);
        if (n <= 0) break;
        if (last) *last = clock_seconds();
        total += (size_t)n;
        kept += (size_t)n;
        if (until && memmem(window, kept, until, strlen(until))) until = NULL;
        size_t keep = kept < OVERLAP ? kept : OVERLAP;
        memmove(window, window + kept - keep, keep);
        kept = keep;
    }
    return total;
}

static void tui_close(struct tui *t)
{
    int status;
    if (t->pid <= 0) return;
    kill(t->pid, SIGTERM);
    tui_read(t, 200, 2, NULL, NULL);
    if (waitpid(t->pid, &status, WNOHANG) == 0) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, &status, 0);
    }
    close(t->fd);
    t->pid = 0;
}

/* ---- load ----------------------------------------------------------------------------------------------- */

static void loads_begin(struct tui *t)
{
    struct limits l;
    limits_read(NULL, &l);
    for (int i = 0; i < l.processors.value && i < LOADS_MOST; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            volatile double x = 1;
            for (;;) x = x * 0.999999 + 1e-9;
        }
        if (pid > 0) t->loads[t->load_count++] = pid;
    }
}

static void loads_end(struct tui *t)
{
    for (int i = 0; i < t->load_count; i++) {
        kill(t->loads[i], SIGKILL);
        waitpid(t->loads[i], NULL, 0);
    }
    t->load_count = 0;
}

/* ---- what is measured ----------------------------------------------------------------------------------- */

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *sorted, int n, double share)
{
    return n ? sorted[(int)fmin(n - 1, floor(share * n))] : NAN;
}

/* Milliseconds from a key to its last byte on the screen. */
static void time_key(struct tui *t, const char *key)
{
    double begun = clock_seconds(), last = begun;
    if (write(t->fd, key, strlen(key)) < 0) return;
    if (tui_read(t, QUIET, 2, NULL, &last) > 0 && t->keys < KEYS) t->key[t->keys++] = 1e3 * (last - begun);
}

static double resident_mib(pid_t pid)
{
    char path[64], line[256];
    double kib = NAN;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "VmHWM:", 6)) kib = atof(line + 6);
    if (f) fclose(f);
    return kib / 1024;
}

/* All screens, then up and down the list and through the long run. */
static void measure_keys(struct tui *t)
{
    static const char *const walk[] = { "j", "k", "\033[6~", "\033[5~", "2", "3", "4", "5", "6",
                                        "7", "9", "0",       "2",       "+", "-", "]", "[", "1" };
    for (size_t i = 0; i < sizeof walk / sizeof *walk; i++) { /* the first time a screen reads what it shows */
        if (write(t->fd, walk[i], strlen(walk[i])) < 0) return;
        tui_read(t, 200, 5, NULL, NULL);
    }
    for (int i = 0; i < KEYS; i++) time_key(t, walk[i % (int)(sizeof walk / sizeof *walk)]);
}

/* Bytes a second while a run is in progress (ten steps a second) and its curves are shown; then while nothing happens.
 */
static bool measure_watching(struct tui *t, struct err *e)
{
    struct store *s;
    int64_t run;
    int lock = -1;
    struct store_run row = { .name = "live", .config = "", .steps = 2000, .epochs = 20, .seed = 1 };
    if (!store_open(t->dir, STORE_WRITE, &s, e)) return false;
    bool ok = store_run_insert(s, &row, &run, e) && store_lock_take(s, run, &lock, e) &&
              store_run_claim(s, run, 1u << STORE_QUEUED, e);
    for (int64_t step = 1; ok && step <= 400; step++) ok = synthetic_store_step(s, run, step, e);
    if (ok && write(t->fd, ":run live\r2", 11) == 11) tui_read(t, 500, 5, NULL, NULL);
    size_t bytes = 0;
    double begun = clock_seconds();
    for (int64_t step = 401; ok && clock_seconds() - begun < WATCH_SECONDS; step++) {
        ok = synthetic_store_step(s, run, step, e) && (step % 10 || store_run_beat(s, run, e));
        bytes += tui_read(t, 100, 0.1, NULL, NULL);
    }
    t->bytes_per_second = (double)bytes / (clock_seconds() - begun);
    ok = ok && store_run_set_state(s, run, STORE_STOPPED, e);
    store_lock_release(&lock);
    store_close(s);
    tui_read(t, 1500, 3, NULL, NULL);
    begun = clock_seconds();
    bytes = 0;
    while (clock_seconds() - begun < 5) bytes += tui_read(t, 100, 0.5, NULL, NULL);
    t->idle_bytes_per_second = (double)bytes / (clock_seconds() - begun);
    return ok;
}

static void print_times(struct tui *t, const struct synthetic_store *m)
{
    qsort(t->key, (size_t)t->keys, sizeof *t->key, rising);
    printf("store          %d runs and one of %lld steps; terminal %d x %d\n", m->runs, (long long)m->steps, COLUMNS,
           ROWS);
    printf("first frame    %.1f ms\n", t->first_frame);
    printf("key to screen  %.1f ms median, %.1f ms p99, %.1f ms longest of %d%s\n", quantile(t->key, t->keys, 0.5),
           quantile(t->key, t->keys, 0.99), quantile(t->key, t->keys, 1), t->keys,
           t->load_count ? ", all cores busy" : "");
    printf("live run       %.0f bytes/s; nothing going on: %.0f bytes/s\n", t->bytes_per_second,
           t->idle_bytes_per_second);
    printf("memory         %.1f MiB\n", t->rss_mib);
}

static bool measure(struct tui *t, bool idle, struct err *e)
{
    double begun = clock_seconds(), last = begun;
    if (!tui_open(t, e)) return false;
    tui_read(t, 100, 20, "back", &last); /* the last word of the frame's last line */
    t->first_frame = 1e3 * (last - begun);
    if (!idle) loads_begin(t);
    measure_keys(t);
    int count = t->load_count;
    loads_end(t);
    bool ok = measure_watching(t, e);
    t->load_count = count;
    t->rss_mib = resident_mib(t->pid);
    return ok;
}

static void remove_folder(const char *dir)
{
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", "--", dir, (char *)NULL);
        _exit(127);
    }
    if (pid > 0) waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
    static struct tui t;
    const char *program = getenv("MLVICX"), *tmp = getenv("TMPDIR");
    struct synthetic_store m = { .runs = argc > 1 ? atoi(argv[1]) : 1000,
                                 .steps = argc > 2 ? atoll(argv[2]) : 1000000 };
    bool idle = argc > 3 && !strcmp(argv[3], "idle");
    struct store *s = NULL;
    struct err e;
    t.program = program && *program ? program : "./mlvicx";
    if (access(t.program, X_OK)) {
        fprintf(stderr, "bench_tui: %s: cannot be run; say in MLVICX where the program is\n", t.program);
        return 2;
    }
    snprintf(t.dir, sizeof t.dir, "%s/mlvicx-bench-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(t.dir)) {
        fprintf(stderr, "bench_tui: %s: cannot be made\n", t.dir);
        return 1;
    }
    bool ok = store_open(t.dir, STORE_WRITE, &s, &e) && synthetic_store_fill(s, &m, NULL, NULL, &e);
    store_close(s);
    ok = ok && measure(&t, idle, &e);
    tui_close(&t);
    remove_folder(t.dir);
    if (ok)
        print_times(&t, &m);
    else
        fprintf(stderr, "bench_tui: %s\n", e.msg);
    return ok ? 0 : 1;
}
