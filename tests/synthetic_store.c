#include "tests/synthetic_store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/settings.h"
#include "engine/base/text.h"
#include "engine/train/engine.h"
#include "engine/train/methods/reported.h"
#include "store/checkpoint.h"
#include "store/database/sql.h"
#include "store/evaluation.h"
#include "store/event.h"
#include "store/metric.h"
#include "store/run.h"
#include "store/snapshot.h"

enum { SHORT = 64, DIMS = 96, BLOCK_STEPS = 2048 };

/* How a run goes: x is the share of its steps that are done. */
struct story {
    const char *name;
    enum store_state state;
    int steps;
    double rank, dead, spread; /* what they come to: of isotropic, share of dimensions, factor of the deviation */
    double fails;              /* share of steps after which numbers are not finite; 1: never                    */
};

static const struct story stories[] = {
    { "healthy", STORE_FINISHED, SHORT, 0.7, 0, 1, 1 },    { "collapsing", STORE_FINISHED, SHORT, 0.03, 0.6, 0.02, 1 },
    { "failed", STORE_FAILED, SHORT / 2, 0.5, 0, 1, 0.4 }, { "stopped", STORE_STOPPED, SHORT / 2, 0.6, 0, 1, 1 },
    { "one-step", STORE_STOPPED, 1, 0.6, 0, 1, 1 },        { "queued", STORE_QUEUED, 0, 0, 0, 1, 1 },
};
enum { STORIES = sizeof stories / sizeof stories[0] };

/* A number in 0..1 that belongs to (run, what, step). */
static double noise(int64_t run, int what, int64_t step)
{
    uint64_t x = (uint64_t)run * 0x9e3779b97f4a7c15u ^ (uint64_t)step * 0xbf58476d1ce4e5b9u ^
                 (uint64_t)what * 0x94d049bb133111ebu;
    x ^= x >> 30, x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27, x *= 0x94d049bb133111ebu;
    x ^= x >> 31;
    return (double)(x >> 11) / 9007199254740992.0;
}

struct place {
    int64_t run, step;
    const struct story *story;
    double x;                         /* 0..1 */
    const struct method_info *method; /* NULL: mlvicx */
};

static double falling(const struct place *p, int what, double from, double to)
{
    double rate = 4 + 2 * noise(p->run, what, -1);
    return to + (from - to) * exp(-rate * p->x) * (0.9 + 0.2 * noise(p->run, what, p->step)) +
           to * 0.05 * (noise(p->run, what + 99, p->step) - 0.5);
}

static double rising(const struct place *p, int what, double to)
{
    return to * (1 - exp(-4 * p->x)) * (0.97 + 0.06 * noise(p->run, what, p->step));
}

static double get_inv(const struct place *p, int what)
{
    return falling(p, what, 2, 0.35) * p->story->spread;
}
static double get_var(const struct place *p, int what)
{
    return p->story->dead > 0 ? rising(p, what, 0.98) : 0.1 + rising(p, what, 0.3);
}
static double get_cov(const struct place *p, int what)
{
    return falling(p, what, 60, 4) * p->story->spread;
}
static double get_rho(const struct place *p, int what)
{
    return rising(p, what, 0.8);
}
static double get_gain(const struct place *p, int what)
{
    return falling(p, what, 1, 0.7);
}
static double get_rate(const struct place *p, int what)
{
    (void)what;
    return 1e-3 * (p->x < 0.05 ? p->x / 0.05 : 0.5 + 0.5 * cos(3.14159265 * p->x));
}
static double get_norm(const struct place *p, int what)
{
    return falling(p, what, 40, 6);
}
static double get_speed(const struct place *p, int what)
{
    return 300 + 20 * noise(p->run, what, p->step);
}
static double get_epoch(const struct place *p, int what)
{
    (void)what;
    return p->x * 8;
}
static double get_time(const struct place *p, int what)
{
    return 0.01 * (1 + what % 5) * (0.95 + 0.1 * noise(p->run, what, p->step));
}
static double get_level(const struct place *p, int what)
{
    return 25 * get_inv(p, what) + 25 * get_var(p, what + 1) + get_cov(p, what + 2);
}
static double get_loss(const struct place *p, int what)
{
    (void)what;
    return get_level(p, 10) + get_level(p, 20);
}
static double get_auc(const struct place *p, int what)
{
    return 0.62 + rising(p, what, p->story->dead > 0 ? -0.05 : 0.16);
}
static double get_rank(const struct place *p, int what)
{
    (void)what;
    return p->story->rank + (0.9 - p->story->rank) * exp(-6 * p->x);
}
static double get_rankme(const struct place *p, int what)
{
    return DIMS * 0.9 * get_rank(p, what);
}
static double get_dead(const struct place *p, int what)
{
    (void)what;
    return p->story->dead * p->x;
}
static double get_uniformity(const struct place *p, int what)
{
    (void)what;
    return -3.6 * sqrt(get_rank(p, 0)) * (0.2 + 0.8 * p->story->spread);
}
static double get_corr(const struct place *p, int what)
{
    (void)what;
    return p->story->dead > 0 ? 0.05 + 0.4 * p->x : 0.07;
}
static double get_floor(const struct place *p, int what)
{
    (void)p;
    (void)what;
    return 0.05;
}
static double get_std(const struct place *p, int what)
{
    return (0.6 + 0.3 * noise(p->run, what, 1)) * (1 - (1 - p->story->spread) * p->x);
}
static double get_isotropic(const struct place *p, int what)
{
    (void)p;
    (void)what;
    return DIMS * 0.9;
}
static double get_ceiling(const struct place *p, int what)
{
    (void)p;
    (void)what;
    return DIMS;
}
static double get_alpha(const struct place *p, int what)
{
    return 0.6 + (1 - get_rank(p, what));
}
static double get_verdict(const struct place *p, int what)
{
    (void)what;
    return p->story->dead > 0 && p->x > 0.3 ? 3 : 4;
}
static double get_shared(const struct place *p, int what)
{
    return get_verdict(p, what) > 3 ? 0.2 + 0.5 * p->x : 0.3 - 0.2 * p->x;
}
static double get_kept(const struct place *p, int what)
{
    return get_verdict(p, what) > 3 ? 1 : 1.2 - p->x;
}
static double get_stable(const struct place *p, int what)
{
    return get_verdict(p, what) > 3 ? 3 + what : 1.05;
}
static double get_spread(const struct place *p, int what)
{
    (void)what;
    return get_verdict(p, what) > 3 ? -2.7 : -0.9;
}

static const struct {
    const char *name;
    double (*get)(const struct place *p, int what);
    int what, every;
} metrics[] = {
    { "loss", get_loss, 0, 1 },
    { "loss.global", get_level, 10, 1 },
    { "loss.local", get_level, 20, 1 },
    { "loss.global.inv", get_inv, 10, 1 },
    { "loss.global.var", get_var, 11, 1 },
    { "loss.global.cov", get_cov, 12, 1 },
    { "loss.local.inv", get_inv, 20, 1 },
    { "loss.local.var", get_var, 21, 1 },
    { "loss.local.cov", get_cov, 22, 1 },
    { "rate", get_rate, 0, 1 },
    { "grad_norm", get_norm, 31, 1 },
    { "images_per_second", get_speed, 32, 1 },
    { "epoch", get_epoch, 0, 1 },
    { "rho.global", get_rho, 33, 1 },
    { "rho.local", get_rho, 34, 1 },
    { "gain.global", get_gain, 35, 1 },
    { "gain.local", get_gain, 36, 1 },
    { "time.forward", get_time, 2, 1 },
    { "time.backward", get_time, 4, 1 },
    { "time.heads", get_time, 1, 1 },
    { "time.update", get_time, 0, 1 },
    { "auc.ridge", get_auc, 40, 8 },
    { "auc.knn", get_auc, 41, 8 },
    { "z.rankme", get_rankme, 0, 8 },
    { "d.rankme", get_rankme, 0, 8 },
    { "z.rankme_ratio", get_rank, 0, 8 },
    { "d.rankme_ratio", get_rank, 0, 8 },
    { "z.rankme_isotropic", get_isotropic, 0, 8 },
    { "d.rankme_isotropic", get_isotropic, 0, 8 },
    { "z.rankme_ceiling", get_ceiling, 0, 8 },
    { "d.rankme_ceiling", get_ceiling, 0, 8 },
    { "z.dead", get_dead, 0, 8 },
    { "d.dead", get_dead, 0, 8 },
    { "z.uniformity", get_uniformity, 0, 8 },
    { "d.uniformity", get_uniformity, 0, 8 },
    { "z.corr_abs", get_corr, 0, 8 },
    { "d.corr_abs", get_corr, 0, 8 },
    { "z.corr_floor", get_floor, 0, 8 },
    { "d.corr_floor", get_floor, 0, 8 },
    { "z.std_mean", get_std, 50, 8 },
    { "d.std_mean", get_std, 51, 8 },
    { "z.alpha", get_alpha, 0, 8 },
    { "d.alpha", get_alpha, 0, 8 },
    { "z.verdict", get_verdict, 0, 8 },
    { "d.verdict", get_verdict, 0, 8 },
    { "z.rho", get_shared, 0, 8 },
    { "d.rho", get_shared, 0, 8 },
    { "z.kept", get_kept, 0, 8 },
    { "d.kept", get_kept, 0, 8 },
    { "z.stable_rank", get_stable, 5, 8 },
    { "d.stable_rank", get_stable, 4, 8 },
    { "h.stable_rank", get_stable, 0, 8 },
    { "h.uniformity", get_spread, 0, 8 },
};
enum { METRICS = sizeof metrics / sizeof metrics[0], LONG_METRICS = 13 };

static void put_step(struct store_batch *b, const int64_t *ids, int most, const struct place *p)
{
    for (int i = 0; i < most; i++) {
        if (p->step % metrics[i].every && p->step != 1) continue;
        double value = metrics[i].get(p, metrics[i].what);
        store_batch_add(b, ids[i], p->step, p->x > p->story->fails && i < 9 ? NAN : value);
    }
}

static bool metric_ids(struct store *s, int64_t ids[METRICS], struct err *e)
{
    for (int i = 0; i < METRICS; i++)
        if (!store_metric_id(s, metrics[i].name, &ids[i], e)) return false;
    return true;
}

/* ---- other methods -------------------------------------------------------------------------------------- */

/* Whether a run of a method with one level has a number of the table above; terms and facts come from its own. */
static bool method_has(const struct method_info *m, const char *name)
{
    static const char *const of_levels[] = { "loss.", "rho.", "gain.", "d.", "z.verdict" };
    for (size_t i = 0; i < sizeof of_levels / sizeof of_levels[0]; i++)
        if (!strncmp(name, of_levels[i], strlen(of_levels[i]))) return false;
    return !m->labels || strncmp(name, "z.", 2) != 0;
}

static void put_method_step(struct store_batch *b, struct store *s, const struct place *p)
{
    struct reported list[REPORTED_MOST];
    int n = reported_list(p->method, 1, list);
    for (int i = 0; i < METRICS; i++)
        if (method_has(p->method, metrics[i].name) && !(p->step % metrics[i].every && p->step != 1))
            store_batch_name(b, s, metrics[i].name, p->step, metrics[i].get(p, metrics[i].what));
    for (int i = 0; i < n; i++)
        store_batch_name(b, s, list[i].name, p->step,
                         list[i].kind == REPORTED_STAT ? get_rho(p, 70 + i) : falling(p, 70, 4, 1.2));
    if (!p->method->labels || p->step % 8) return;
    store_batch_name(b, s, "auc.validation", p->step, get_auc(p, 90));
    store_batch_name(b, s, "cross_entropy.validation", p->step, falling(p, 91, 0.7, 0.3));
}

/* ---- snapshots, and what else a run leaves behind ------------------------------------------------------- */

static bool put_snapshots(struct store *s, const struct place *p, const char *level, struct err *e)
{
    enum { BLOCKS = 32, PAIRS = 12 };
    float deviation[DIMS], spectrum[DIMS], correlation[4 * BLOCKS * BLOCKS], pairs[PAIRS * 3];
    for (int j = 0; j < DIMS; j++) {
        bool dead = j < get_dead(p, 0) * DIMS;
        deviation[j] = (float)(dead ? 0.01 : get_std(p, 60 + j));
        spectrum[j] = (float)(pow(j + 1, -get_alpha(p, 0)) * (p->story->dead > 0 && j > 4 ? exp(-6 * p->x) : 1));
    }
    for (int a = 0; a < BLOCKS; a++)
        for (int b = 0; b < BLOCKS; b++) { /* neighbours go together, in three clusters */
            double near = a / 11 == b / 11 ? 0.25 : 0.04,
                   mean = a == b ? 0.4 : near + 0.02 * noise(p->run, a * BLOCKS + b, p->step);
            correlation[a * BLOCKS + b] = (float)mean;
            correlation[(BLOCKS + a) * BLOCKS + b] = (float)fmin(1, 2 * mean);
            correlation[(2 * BLOCKS + a) * BLOCKS + b] = (float)(3 * a);
            correlation[(3 * BLOCKS + a) * BLOCKS + b] = (float)(3 * b + 1);
        }
    for (int i = 0; i < PAIRS; i++)
        pairs[3 * i] = (float)i, pairs[3 * i + 1] = (float)(i + 3),
                  pairs[3 * i + 2] = (float)((i % 2 ? -1 : 1) * (0.9 - 0.03 * i));
    return store_snapshot_put(s, &(struct store_snapshot_key){ p->run, p->step, level, "deviation" }, 1, DIMS,
                              deviation, e) &&
           store_snapshot_put(s, &(struct store_snapshot_key){ p->run, p->step, level, "spectrum" }, 1, DIMS, spectrum,
                              e) &&
           store_snapshot_put(s, &(struct store_snapshot_key){ p->run, p->step, level, "correlation" }, 4 * BLOCKS,
                              BLOCKS, correlation, e) &&
           store_snapshot_put(s, &(struct store_snapshot_key){ p->run, p->step, level, "pairs" }, PAIRS, 3, pairs, e);
}

static bool put_embedding(struct store *s, const struct place *p, const char *level, struct err *e)
{
    enum { POINTS = 40 };
    float data[POINTS * DIMS];
    for (int i = 0; i < POINTS; i++)
        for (int j = 0; j < DIMS; j++)
            data[i * DIMS + j] = (float)((i % 2 && j < 8 ? 1 : 0) + noise(p->run, i, j) - 0.5);
    return store_snapshot_put(s, &(struct store_snapshot_key){ p->run, p->step, level, "embedding" }, POINTS, DIMS,
                              data, e);
}

/* A linear probe on all labels, one on a tenth of them, and nearest neighbours. */
static bool put_evaluations(struct store *s, const struct place *p, double at, struct err *e)
{
    bool bad = p->story->dead > 0;
    const struct store_score scores[] = {
        { .class = 0, .name = "Effusion", .auc = 0.81, .lo = NAN, .hi = NAN, .positives = 40, .negatives = 160 },
        { .class = 1,
          .name = "Nodule",
          .auc = bad ? 0.52 : 0.66,
          .lo = NAN,
          .hi = NAN,
          .positives = 25,
          .negatives = 175 },
        { .class = 2, .name = "Hernia", .auc = NAN, .lo = NAN, .hi = NAN, .positives = 0, .negatives = 200 }
    };
    struct store_evaluation v = { .run_id = p->run,
                                  .step = p->step,
                                  .task = "made",
                                  .protocol = "linear",
                                  .context = true,
                                  .fraction = 100,
                                  .split = "test",
                                  .auc_macro = bad ? 0.665 : 0.735,
                                  .created_at = at + 220,
                                  .scores = scores,
                                  .scores_count = 3 };
    struct store_evaluation few = v;
    few.fraction = 10, few.auc_macro -= 0.05;
    struct store_evaluation knn = v;
    snprintf(knn.protocol, sizeof knn.protocol, "knn"), knn.auc_macro -= 0.03;
    return store_evaluation_insert(s, &v, NULL, 0, NULL, e) && store_evaluation_insert(s, &few, NULL, 0, NULL, e) &&
           store_evaluation_insert(s, &knn, NULL, 0, NULL, e);
}

static bool put_rest(struct store *s, const struct place *end, double at, struct err *e)
{
    static const char *const levels[] = { "z", "d", "map1", "map2", "map3", "map4", "map5" };
    struct place p = *end;
    for (p.step = 8; p.step <= end->step; p.step += 8) {
        p.x = (double)p.step / SHORT;
        for (size_t l = end->method ? (end->method->labels ? 2 : 0) : 0; l < sizeof levels / sizeof levels[0]; l++)
            if (!(end->method && !strcmp(levels[l], "d")) && !put_snapshots(s, &p, levels[l], e)) return false;
    }
    bool bad = p.story->dead > 0;
    const struct store_event events[] = {
        { .step = 0, .at = at, .kind = "start", .text = "begins with 2 threads, kernels portable, seed 1" },
        { .step = 16, .at = at + 60, .kind = "set", .text = "optim.lr = 5e-4" },
        { .step = 24,
          .at = at + 90,
          .severity = bad ? STORE_BAD : STORE_INFO,
          .kind = "verdict",
          .derived = true,
          .text = bad ? "global COLLAPSING: directions 1.05 (bad below 1.12), crowding -0.9 (bad above -1.1)" TEXT_TRY
                        "loss.cov 1: it is 0, and nothing keeps dimensions from repeating each other"
                      : "global LEARNING: shared 0.42, kept 1, directions 3, crowding -2.7" },
        { .step = end->step, .at = at + 200, .kind = "finish", .text = "finished after 3m20" },
    };
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (!(end->method && !strcmp(events[i].kind, "verdict")) && events[i].step <= end->step &&
            !store_event_insert(s, p.run, &events[i], e))
            return false;
    struct store_checkpoint c = { .step = end->step, .bytes = 1 << 20, .reason = "end", .created_at = at + 200 };
    snprintf(c.path, sizeof c.path, "step-%07lld.safetensors", (long long)end->step);
    memset(c.sha256, 'a', 64);
    struct place last = *end;
    last.x = (double)end->step / SHORT;
    return store_checkpoint_insert(s, p.run, &c, e) && put_embedding(s, &last, end->method ? "h" : "z", e) &&
           put_evaluations(s, end, at, e);
}

/* ---- runs ----------------------------------------------------------------------------------------------- */

static bool put_run(struct store *s, const char *name, const char *method, const struct story *story, int64_t steps,
                    int64_t *id, struct err *e)
{
    struct settings settings;
    struct text config = { 0 };
    settings_init(&settings);
    if (!settings_preset(&settings, "demo", e) || !settings_set(&settings, "data.name", "made", e) ||
        !settings_set(&settings, "method.name", method, e) ||
        !settings_set(&settings, "loss.cov", story->dead > 0 ? "0" : "1", e))
        return false;
    settings_write_ini(&settings, &config);
    struct store_run row = { .config = config.data, .seed = 1, .steps = steps, .epochs = 8 };
    snprintf(row.name, sizeof row.name, "%s", name);
    snprintf(row.method, sizeof row.method, "%s", method);
    snprintf(row.preset, sizeof row.preset, "demo");
    snprintf(row.dataset, sizeof row.dataset, "made");
    bool ok = !config.broken && store_run_insert(s, &row, id, e);
    text_clear(&config);
    return ok;
}

static bool put_state(struct store *s, int64_t id, enum store_state state, double at, struct err *e)
{
    bool queued = state == STORE_QUEUED;
    return sql_run(
        s, e,
        "UPDATE run SET state = ?, pid = NULL, created_at = ?, started_at = nullif(?, 0),"
        " ended_at = nullif(?, 0) WHERE id = ?",
        BIND(TEXT(store_state_name(state)), REAL(at), REAL(queued ? 0 : at + 1), REAL(queued ? 0 : at + 201), INT(id)));
}

static bool fill_short(struct store *s, const int64_t *ids, int i, int of, struct err *e)
{
    const struct story *story = &stories[i % STORIES];
    double at = SYNTHETIC_NOW - 3600.0 * (of - i);
    char name[64];
    struct store_batch b = { 0 };
    struct place p = { .story = story };
    snprintf(name, sizeof name, i < STORIES ? "%s" : "%s-%d", story->name, i / STORIES);
    if (!put_run(s, name, "mlvicx", story, SHORT, &p.run, e)) return false;
    for (p.step = 1; p.step <= story->steps; p.step++) {
        p.x = (double)p.step / SHORT;
        put_step(&b, ids, METRICS, &p);
    }
    p.step = story->steps;
    bool ok = store_points_append(s, p.run, &b, e) && (i >= STORIES || story->steps < 8 || put_rest(s, &p, at, e)) &&
              put_state(s, p.run, story->state, at, e);
    store_batch_clear(&b);
    return ok;
}

static bool fill_method(struct store *s, enum method_kind method, double at, struct err *e)
{
    struct store_batch b = { 0 };
    struct place p = { .story = &stories[0], .method = engine_method(method) };
    if (!put_run(s, p.method->name, p.method->name, p.story, SHORT, &p.run, e)) return false;
    for (p.step = 1; p.step <= SHORT; p.step++) {
        p.x = (double)p.step / SHORT;
        put_method_step(&b, s, &p);
    }
    p.step = SHORT;
    bool ok =
        store_points_append(s, p.run, &b, e) && put_rest(s, &p, at, e) && put_state(s, p.run, STORE_FINISHED, at, e);
    store_batch_clear(&b);
    return ok;
}

static bool fill_long(struct store *s, const int64_t *ids, int64_t steps, void (*said)(void *ctx, double share),
                      void *ctx, struct err *e)
{
    struct store_batch b = { 0 };
    struct place p = { .story = &stories[0] };
    bool ok = put_run(s, "long", "mlvicx", p.story, steps, &p.run, e);
    for (p.step = 1; ok && p.step <= steps; p.step++) {
        p.x = (double)p.step / (double)steps;
        put_step(&b, ids, LONG_METRICS, &p);
        if (p.step % BLOCK_STEPS && p.step != steps) continue;
        ok = store_points_append(s, p.run, &b, e);
        store_batch_reset(&b);
        if (said) said(ctx, p.x);
    }
    store_batch_clear(&b);
    return ok && put_state(s, p.run, STORE_STOPPED, SYNTHETIC_NOW, e);
}

bool synthetic_store_fill(struct store *s, const struct synthetic_store *m, void (*said)(void *ctx, double share),
                          void *ctx, struct err *e)
{
    int64_t ids[METRICS];
    bool ok = metric_ids(s, ids, e) && store_begin(s, STORE_NORMAL, e);
    for (int i = 0; i < m->runs && ok; i++) ok = fill_short(s, ids, i, m->runs, e);
    ok = ok && (!m->methods || (fill_method(s, METHOD_simclr, SYNTHETIC_NOW, e) &&
                                fill_method(s, METHOD_supervised, SYNTHETIC_NOW, e)));
    if (!ok) {
        store_rollback(s);
        return false;
    }
    return store_commit(s, e) && (m->steps == 0 || fill_long(s, ids, m->steps, said, ctx, e));
}

bool synthetic_store_step(struct store *s, int64_t run, int64_t step, struct err *e)
{
    int64_t ids[METRICS];
    struct store_batch b = { 0 };
    struct place p = { .run = run, .step = step, .story = &stories[0], .x = fmin(1, (double)step / 2000) };
    if (!metric_ids(s, ids, e)) return false;
    put_step(&b, ids, METRICS, &p);
    bool ok = store_points_append(s, run, &b, e);
    store_batch_clear(&b);
    return ok;
}
