/* What suites share that train small runs by the program itself: a store with a data set and a run that was trained in
 * peace, processes, and comparing two runs number by number. */
#ifndef MLVICX_TESTS_RUN_HELP_H
#define MLVICX_TESTS_RUN_HELP_H

#include "tests/check.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/model/safetensors.h"
#include "store/checkpoint.h"
#include "store/metric.h"
#include "store/run.h"
#include "store/store.h"

static char home[256]; /* workspace of all tests */
static struct store *store;

/* What every run here is made with: small, looked at often, saved often. */
#define SETTINGS                                                                                                       \
    "--data", "ghosts", "--set", "model.width=4", "--set", "model.dim=8", "--set", "model.fuse=8", "--set",            \
        "data.size=32", "--set", "data.batch=8", "--set", "optim.epochs=3", "--set", "train.threads=1", "--set",       \
        "diagnose.steps=4", "--set", "checkpoint.minutes=0.002", "--set", "checkpoint.keep=4"

/* ---- processes ---- */

/* Start the program; output is dropped. */
static inline pid_t start(const char *const *arguments)
{
    const char *argv[48] = { "mlvicx", "-q", "--store", home };
    int n = 4;
    for (; *arguments; arguments++) argv[n++] = *arguments;
    const char *program = getenv("MLVICX") ? getenv("MLVICX") : "build/mlvicx";
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stdout) || (!getenv("MLVICX_TEST_LOUD") && !freopen("/dev/null", "w", stderr)))
            _exit(99);
        unsetenv("MLVICX_KERNELS");
        execv(program, (char *const *)argv);
        _exit(99);
    }
    assert_true(pid > 0);
    return pid;
}

static inline int finish(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

#define RUN(...) finish(start((const char *const[]){ __VA_ARGS__, NULL }))

/* ---- runs ---- */

static inline int64_t last_run(void)
{
    struct err e;
    int64_t id;
    if (!store_run_find(store, "@last", &id, &e)) fail_msg("%s", e.msg);
    return id;
}

static inline const char *number(int64_t id)
{
    static char text[24];
    snprintf(text, sizeof text, "%lld", (long long)id);
    return text;
}

/* ---- comparing ---- */

static inline bool exempt(const char *name)
{
    return !strncmp(name, "time.", 5) || !strcmp(name, "images_per_second");
}

static inline void same_points(int64_t a, int64_t b)
{
    struct store_metrics metrics, others;
    struct err e;
    size_t compared = 0;
    assert_true(store_metric_list(store, a, &metrics, &e) && store_metric_list(store, b, &others, &e));
    assert_int_equal(metrics.count, others.count);
    for (size_t i = 0; i < metrics.count; i++) {
        struct store_points x, y;
        if (exempt(metrics.rows[i].name)) continue;
        assert_true(store_points_read(store, a, metrics.rows[i].id, 0, INT64_MAX, &x, &e));
        assert_true(store_points_read(store, b, metrics.rows[i].id, 0, INT64_MAX, &y, &e));
        if (x.count != y.count) fail_msg("%s: %zu points, %zu after kills", metrics.rows[i].name, x.count, y.count);
        for (size_t k = 0; k < x.count; k++) {
            bool same = x.rows[k].step == y.rows[k].step && !memcmp(&x.rows[k].value, &y.rows[k].value, sizeof(double));
            if (!same)
                fail_msg("%s at step %lld: %.17g, after kills %.17g", metrics.rows[i].name, (long long)x.rows[k].step,
                         x.rows[k].value, y.rows[k].value);
        }
        compared += x.count;
        struct store_column c[7], d[7]; /* the roll-ups were mended */
        int64_t last = x.count ? x.rows[x.count - 1].step : 0;
        assert_true(store_series_read(store, a, metrics.rows[i].id, 0, last, 7, c, &e));
        assert_true(store_series_read(store, b, metrics.rows[i].id, 0, last, 7, d, &e));
        for (int k = 0; k < 7; k++) assert_true(c[k].n == d[k].n && !memcmp(&c[k].sum, &d[k].sum, sizeof(double)));
        store_points_clear(&x);
        store_points_clear(&y);
    }
    assert_true(compared > 1000);
    store_metrics_clear(&metrics);
    store_metrics_clear(&others);
}

static inline void newest(int64_t run, struct tensors *t)
{
    struct store_checkpoint row;
    struct err e;
    char path[STORE_PATH];
    assert_true(store_checkpoint_find(store, run, -1, &row, &e));
    assert_true(store_run_path(store, run, row.path, path, &e));
    if (!tensors_open(t, path, &e)) fail_msg("%s", e.msg);
}

static inline void same_parameters(int64_t a, int64_t b)
{
    struct tensors x, y;
    newest(a, &x);
    newest(b, &y);
    assert_string_equal(tensors_metadata(&x, "step"), tensors_metadata(&y, "step"));
    assert_true(strstr(tensors_metadata(&x, "autotune"), "winograd") ||
                strstr(tensors_metadata(&x, "autotune"), "direct"));
    assert_string_equal(tensors_metadata(&x, "autotune"), tensors_metadata(&y, "autotune"));
    assert_int_equal(x.count, y.count);
    for (size_t i = 0; i < x.count; i++) {
        const struct tensors_entry *other = tensors_find(&y, x.entries[i].name);
        assert_non_null(other);
        assert_int_equal(x.entries[i].count, other->count);
        if (memcmp(x.entries[i].data, other->data, 4 * other->count)) fail_msg("%s differs", other->name);
    }
    tensors_close(&x);
    tensors_close(&y);
}

static inline void nothing_half_written(int64_t run)
{
    char dir[512];
    snprintf(dir, sizeof dir, "%s/runs/%s", home, number(run));
    struct store_checkpoints list;
    struct err e;
    size_t files = 0;
    assert_true(store_checkpoint_list(store, run, &list, &e));
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));) {
        assert_null(strstr(entry->d_name, ".tmp."));
        files += strstr(entry->d_name, ".safetensors") != NULL;
    }
    closedir(d);
    assert_int_equal(files, list.count);
    store_checkpoints_clear(&list);
}

/* ---- the store of a suite ---- */

static int64_t reference; /* the run in peace */

static inline int set_up(void **state)
{
    (void)state;
    struct err e;
    snprintf(home, sizeof home, "/tmp/mlvicx-resume-XXXXXX");
    if (!mkdtemp(home) || RUN("data", "import", "phantom", "--name", "ghosts", "--patients", "60", "--size", "40"))
        return -1;
    if (!store_open(home, STORE_WRITE, &store, &e) || RUN("train", SETTINGS)) return -1;
    reference = last_run();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    char command[300];
    store_close(store);
    snprintf(command, sizeof command, "rm -rf '%s'", home);
    return system(command);
}

#endif
