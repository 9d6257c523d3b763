/* What suites share that train small runs by the program itself: a store with a data set and a run that was trained in
 * peace, processes, and comparing two runs number by number. */
#ifndef MLVICX_TESTS_RUN_HELP_H
#define MLVICX_TESTS_RUN_HELP_H

#include "tests/folder_help.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/model/safetensors.h"
#include "store/checkpoint.h"
#include "store/evaluation.h"
#include "store/event.h"
#include "store/metric.h"
#include "store/run.h"
#include "store/snapshot.h"
#include "store/database/store.h"

static char home[WORKSPACE]; /* workspace of all tests */
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
    enum { MOST = 80 };
    const char *argv[MOST] = { "mlvicx", "-q", "--store", home };
    int n = 4;
    for (; *arguments; arguments++) {
        if (n == MOST - 1) fail_msg("more than %d words", MOST);
        argv[n++] = *arguments;
    }
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

/* Events that follow from the training itself; those of the machine and of the lives of the run are its own. */
static inline size_t derived_events(int64_t run, struct store_events *out)
{
    struct err e;
    size_t n = 0;
    assert_true(store_event_list(store, run, 0, 0, out, &e));
    for (size_t i = 0; i < out->count; i++) {
        struct store_event swap = out->rows[n];
        if (!out->rows[i].derived) continue;
        out->rows[n++] = out->rows[i];
        out->rows[i] = swap; /* all are freed by whoever clears the list */
    }
    return n;
}

static inline void same_events(int64_t a, int64_t b)
{
    struct store_events x, y;
    size_t n = derived_events(a, &x), m = derived_events(b, &y);
    assert_true(n > 3);
    for (size_t i = 0; i < n && i < m; i++) {
        const struct store_event *p = &x.rows[i], *q = &y.rows[i];
        if (p->step != q->step || p->severity != q->severity || strcmp(p->kind, q->kind) || strcmp(p->text, q->text))
            fail_msg("event %zu: step %lld %s '%s', after kills step %lld %s '%s'", i, (long long)p->step, p->kind,
                     p->text, (long long)q->step, q->kind, q->text);
    }
    if (n != m) fail_msg("%zu events, %zu after kills", n, m);
    store_events_clear(&x);
    store_events_clear(&y);
}

static inline void same_snapshot(int64_t a, int64_t b, int64_t step, const char *level, const char *kind)
{
    struct store_snapshot x, y;
    struct err e;
    if (!store_snapshot_get(store, &(struct store_snapshot_key){ a, step, level, kind }, &x, &e)) fail_msg("%s", e.msg);
    if (!store_snapshot_get(store, &(struct store_snapshot_key){ b, step, level, kind }, &y, &e)) fail_msg("%s", e.msg);
    assert_true(x.rows == y.rows && x.cols == y.cols);
    if (memcmp(x.data, y.data, (size_t)x.rows * (size_t)x.cols * sizeof *x.data))
        fail_msg("%s of %s at step %lld differs", kind, level, (long long)step);
    store_snapshot_clear(&x);
    store_snapshot_clear(&y);
}

/* Embeddings stay for the newest step and for checkpoints, which stand where the clock wants them: only the newest is
 * sure to be there. */
static inline void same_snapshots(int64_t a, int64_t b)
{
    static const char *const levels[] = { "z", "d", "map1", "map2", "map3", "map4", "map5", "h", "all" };
    static const char *const kinds[] = { "deviation", "spectrum", "correlation", "pairs", "cka", "embedding" };
    size_t compared = 0;
    for (size_t l = 0; l < sizeof levels / sizeof levels[0]; l++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            int64_t *x, *y;
            size_t n, m, from = 0;
            struct err e;
            bool embedding = !strcmp(kinds[k], "embedding");
            assert_true(store_snapshot_steps(store, a, levels[l], kinds[k], &x, &n, &e) &&
                        store_snapshot_steps(store, b, levels[l], kinds[k], &y, &m, &e));
            if (n > 0 && embedding) {
                from = n - 1;
                assert_true(m > 0 && x[n - 1] == y[m - 1]);
            } else if (n != m || (n > 0 && memcmp(x, y, n * sizeof *x))) {
                fail_msg("%s of %s: %zu steps, %zu after kills, or others", kinds[k], levels[l], n, m);
            }
            for (size_t i = from; i < n; i++, compared++) same_snapshot(a, b, x[i], levels[l], kinds[k]);
            free(x);
            free(y);
        }
    assert_true(compared > 60);
}

static inline bool same_bits(double a, double b)
{
    return !memcmp(&a, &b, sizeof a) || (isnan(a) && isnan(b));
}

static inline void same_scores(const struct store_evaluation *p, const struct store_evaluation *q)
{
    assert_int_equal(p->scores_count, q->scores_count);
    for (size_t c = 0; c < p->scores_count; c++) {
        const struct store_score *r = &p->scores[c], *s = &q->scores[c];
        bool same = r->class == s->class && !strcmp(r->name, s->name) && same_bits(r->auc, s->auc) &&
                    r->positives == s->positives && r->negatives == s->negatives;
        if (!same)
            fail_msg("%s at step %lld, %s: %.17g, after kills %.17g", p->protocol, (long long)p->step, r->name, r->auc,
                     s->auc);
    }
}

static inline void same_evaluations(int64_t a, int64_t b)
{
    struct store_evaluations x, y;
    struct err e;
    assert_true(store_evaluation_list(store, a, &x, &e) && store_evaluation_list(store, b, &y, &e));
    assert_true(x.count > 3);
    for (size_t i = 0; i < x.count && i < y.count; i++) {
        const struct store_evaluation *p = &x.rows[i], *q = &y.rows[i];
        bool same = p->step == q->step && !strcmp(p->task, q->task) && !strcmp(p->protocol, q->protocol) &&
                    p->context == q->context && p->fraction == q->fraction && p->seed == q->seed &&
                    !strcmp(p->split, q->split) && same_bits(p->auc_macro, q->auc_macro);
        if (!same)
            fail_msg("evaluation %zu: %s at step %lld %.17g, after kills %s at step %lld %.17g", i, p->protocol,
                     (long long)p->step, p->auc_macro, q->protocol, (long long)q->step, q->auc_macro);
        same_scores(p, q);
    }
    if (x.count != y.count) fail_msg("%zu evaluations, %zu after kills", x.count, y.count);
    store_evaluations_clear(&x);
    store_evaluations_clear(&y);
}

/* All that two runs have recorded: numbers, what was said of them, what was looked at, what was scored. */
static inline void same_records(int64_t a, int64_t b)
{
    same_points(a, b);
    same_events(a, b);
    same_snapshots(a, b);
    same_evaluations(a, b);
}

/* `at`: a step, or STORE_NEWEST, STORE_STANDING. */
static inline void open_checkpoint(int64_t run, int64_t at, struct tensors *t)
{
    struct store_checkpoint row;
    struct err e;
    char path[STORE_PATH];
    assert_true(store_checkpoint_find(store, run, at, &row, &e));
    assert_true(store_run_path(store, run, row.path, path, &e));
    if (!tensors_open(t, path, &e)) fail_msg("%s", e.msg);
}

static inline void same_parameters_at(int64_t a, int64_t b, int64_t at)
{
    struct tensors x, y;
    open_checkpoint(a, at, &x);
    open_checkpoint(b, at, &y);
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

static inline void same_parameters(int64_t a, int64_t b)
{
    same_parameters_at(a, b, STORE_NEWEST);
}

/** Owned by the caller (store_run_clear). */
static inline struct store_run row_of(int64_t run)
{
    struct store_run row;
    struct err e;
    assert_true(store_run_get(store, run, &row, &e));
    return row;
}

static inline enum store_state state_of(int64_t run)
{
    struct store_run row = row_of(run);
    enum store_state state = store_run_state(store, &row);
    store_run_clear(&row);
    return state;
}

static inline int64_t step_of(int64_t run)
{
    struct store_run row = row_of(run);
    int64_t step = row.step;
    store_run_clear(&row);
    return step;
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

/* With the data set alone. */
static inline int set_up_store(void **state)
{
    (void)state;
    struct err e;
    if (!workspace_name(home) ||
        RUN("data", "import", "phantom", "--name", "ghosts", "--patients", "60", "--size", "40"))
        return -1;
    return store_open(home, STORE_WRITE, &store, &e) ? 0 : -1;
}

static inline int set_up(void **state)
{
    if (set_up_store(state) || RUN("train", SETTINGS)) return -1;
    reference = last_run();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    store_close(store);
    return workspace_remove(home);
}

#endif
