#include "app/worker/monitor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/areas.h"
#include "app/session/features.h"
#include "app/worker/area_rows.h"
#include "engine/base/clock.h"
#include "engine/evaluate/probe.h"
#include "engine/evaluate/tsne.h"
#include "store/probe.h"
#include "store/snapshot.h"

/* Rows beyond which the map of an embedding is left to whoever wants to see it: as many take about two seconds a level
 * on two cores. */
enum { MAP_MOST = 4096 };

/* Whether features are computed with the context gates that the encoder is trained with. */
static bool probe_gates(const struct session *s)
{
    return s->settings.model.context && s->settings.eval.context;
}

/* At most `most` of the session's images, the same for every run on this data set. */
static bool choose(struct monitor_set *set, const struct session *s, const struct session_images *from, int64_t most,
                   bool labels, struct err *e)
{
    size_t classes = s->data.classes_count;
    int n = from->count < most ? from->count : (int)most;
    set->images = malloc((size_t)(n + 1) * sizeof *set->images);
    set->labels = labels ? malloc((size_t)(n + 1) * (classes + 1)) : NULL;
    if (!set->images || (labels && !set->labels)) return err_set(e, ERR_MEMORY, "probe set: memory ran out");
    set->n = probe_choose(from->count, n, set->images);
    if (set->n < 0) return err_set(e, ERR_MEMORY, "probe set: memory ran out");
    for (int i = 0; i < set->n; i++) {
        uint32_t image = from->rows[set->images[i]];
        set->images[i] = image;
        if (labels) memcpy(set->labels + (size_t)i * classes, s->data.labels + (size_t)image * classes, classes);
    }
    return true;
}

static void set_clear(struct monitor_set *set)
{
    free(set->images);
    free(set->labels);
    *set = (struct monitor_set){ 0 };
}

/* Reads what was reported up to `step`, so that a resumed run does not report it again. */
static bool recall(struct monitor *m, int64_t step, struct err *e)
{
    struct recorder *r = m->recorder;
    int64_t metric;
    struct store_points points;
    m->best = NAN;
    if (!store_metric_id(r->store, STORE_PROBE_METRIC, &metric, e)) return false;
    if (!store_points_read(r->store, r->run, metric, 0, step, &points, e)) return false;
    m->probed = points.count > 0;
    for (size_t i = 0; i < points.count; i++) m->best = fmax(m->best, points.rows[i].value);
    store_points_clear(&points);
    return true;
}

bool monitor_open(struct monitor *m, struct session *session, struct recorder *recorder, const char *preset,
                  int64_t step, struct err *e)
{
    const struct settings *k = &session->settings;
    *m = (struct monitor){ .session = session, .recorder = recorder };
    const struct session_images *from = session->val.count > 0 ? &session->val : &session->train;
    if (!choose(&m->probe, session, from, k->diagnose.images, false, e)) return false;
    if (session->data.labels && session->data.classes_count > 0 && session->val.count > 0) {
        if (!choose(&m->train, session, &session->train, k->probe.images, true, e)) return false;
        if (!choose(&m->val, session, &session->val, k->probe.images, true, e)) return false;
    }
    return judge_open(&m->judge, session, recorder, preset, step, e) && recall(m, step, e);
}

bool monitor_diagnose_due(const struct monitor *m, int64_t step)
{
    int64_t every = m->session->settings.diagnose.steps;
    /* at step 0 the running statistics say nothing yet, and every level would look dead */
    return step > 0 && every > 0 && m->probe.n >= 4 && (step % every == 0 || step == session_total(m->session));
}

bool monitor_probe_due(const struct monitor *m, int64_t step)
{
    int64_t every = m->session->settings.probe.epochs * m->session->steps_per_epoch;
    if (step == 0 && m->probed) return false; /* an earlier worker has done it */
    return every > 0 && m->val.n > 0 && m->train.n >= 2 && (step % every == 0 || step == session_total(m->session));
}

/* Features of a set at the levels that `wanted` marks; the others stay NULL. */
static bool read_levels(struct monitor *m, const struct monitor_set *set, const bool wanted[LEVEL_COUNT], bool gates,
                        float *out[LEVEL_COUNT], struct err *e)
{
    struct session *s = m->session;
    struct features_source source = { .pack = s->pack,
                                      .images = set->images,
                                      .n = set->n,
                                      .size = s->config.model.size,
                                      .batch = s->config.batch,
                                      .threads = s->config.threads,
                                      .gates = gates };
    for (int l = 0; l < LEVEL_COUNT; l++) {
        out[l] = NULL;
        if (!wanted[l]) continue;
        out[l] = malloc((size_t)set->n * engine_level_dims(&s->config.model, (enum engine_level)l) * sizeof *out[l]);
        if (!out[l]) return err_set(e, ERR_MEMORY, "features of %d images: memory ran out", set->n);
    }
    return features_read(s->engine, &source, out, &s->config.model, e);
}

static void free_levels(float *out[LEVEL_COUNT])
{
    for (int l = 0; l < LEVEL_COUNT; l++) free(out[l]);
}

/* `data`: [rows, cols], borrowed. */
static void put_snapshot(struct monitor *m, int64_t step, const char *level, const char *kind, int rows, int cols,
                         float *data)
{
    struct outbox_snapshot row = { .step = step, .rows = rows, .cols = cols, .data = data };
    snprintf(row.level, sizeof row.level, "%s", level);
    snprintf(row.kind, sizeof row.kind, "%s", kind);
    outbox_snapshot(&m->recorder->box, &row);
}

/* The blocks of the correlation as four planes, the form that the store keeps. */
static bool put_correlation(struct monitor *m, int64_t step, const char *level, const struct diagnose *g, struct err *e)
{
    int b = g->blocks;
    float *planes = malloc((size_t)(4 * b * b + 1) * sizeof *planes),
          *pairs = malloc(3 * DIAGNOSE_PAIRS * sizeof *pairs);
    bool ok = planes && pairs;
    if (!ok) err_set(e, ERR_MEMORY, "correlation of %s: memory ran out", level);
    for (int i = 0; ok && i < b * b; i++) {
        planes[i] = g->correlation[i].mean;
        planes[b * b + i] = g->correlation[i].largest;
        planes[2 * b * b + i] = g->correlation[i].i;
        planes[3 * b * b + i] = g->correlation[i].j;
    }
    for (int i = 0; ok && i < g->pairs; i++) {
        pairs[3 * i] = (float)g->pair[i].i;
        pairs[3 * i + 1] = (float)g->pair[i].j;
        pairs[3 * i + 2] = g->pair[i].r;
    }
    if (ok && b > 0) put_snapshot(m, step, level, "correlation", 4 * b, b, planes);
    if (ok && g->pairs > 0) put_snapshot(m, step, level, "pairs", g->pairs, 3, pairs);
    free(planes);
    free(pairs);
    return ok;
}

static bool has_embedding(int level)
{
    return level == LEVEL_Z || level == LEVEL_D || level == LEVEL_H;
}

/* The embedding of the last step on a plane, computed from what the store keeps of it, as `mlvicx map` does for other
 * steps. */
static bool put_map(struct monitor *m, int64_t step, enum engine_level l, const float *rows, struct err *e)
{
    int n = m->probe.n, d = engine_level_dims(&m->session->config.model, l);
    size_t cells = (size_t)n * (size_t)d;
    if (step != session_total(m->session) || !has_embedding((int)l) || n > MAP_MOST) return true;
    float *kept = malloc(cells * sizeof *kept), *places = malloc(2 * (size_t)n * sizeof *places);
    bool ok = (kept && places) || err_set(e, ERR_MEMORY, "map of %s: memory ran out", level_table[l].name), finite = ok;
    for (size_t i = 0; ok && i < cells; i++) {
        kept[i] = store_snapshot_rounded(rows[i]);
        finite = finite && isfinite(kept[i]);
    }
    if (finite) ok = tsne_map(kept, n, d, m->session->config.threads, places, e);
    if (ok && finite) put_snapshot(m, step, level_table[l].name, "tsne", n, 2, places);
    free(kept);
    free(places);
    return ok;
}

static bool put_level(struct monitor *m, int64_t step, enum engine_level l, const struct diagnose *g, float *rows,
                      struct err *e)
{
    struct recorder *r = m->recorder;
    const char *level = level_table[l].name;
    char name[64];
    int count;
    const struct diagnose_number *numbers = diagnose_numbers(&count);
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s.%s", level, numbers[i].name);
        recorder_number(r, name, step, diagnose_value(g, &numbers[i]));
    }
    if (!g->finite) return true;
    put_snapshot(m, step, level, "deviation", 1, g->d, g->deviation);
    put_snapshot(m, step, level, "spectrum", 1, g->values, g->eigenvalues);
    if (!put_correlation(m, step, level, g, e)) return false;
    if (!has_embedding((int)l)) return true;
    put_snapshot(m, step, level, "embedding", g->n, g->d, rows);
    return put_map(m, step, l, rows, e);
}

/* Stores which images the rows of the embeddings are; a float represents integers up to 2^24 exactly. */
static bool put_images(struct monitor *m, int64_t step, struct err *e)
{
    int n = m->probe.n;
    float *images = malloc((size_t)(n + 1) * sizeof *images);
    if (!images) return err_set(e, ERR_MEMORY, "probe set: memory ran out");
    for (int i = 0; i < n; i++) images[i] = (float)m->probe.images[i];
    put_snapshot(m, step, "all", "images", 1, n, images);
    free(images);
    return true;
}

/* Stores the similarity of each pair of levels (CKA). */
static bool put_cka(struct monitor *m, int64_t step, float *const rows[LEVEL_COUNT], struct err *e)
{
    double cka[LEVEL_EMBEDDINGS * LEVEL_EMBEDDINGS];
    float all[LEVEL_EMBEDDINGS * LEVEL_EMBEDDINGS];
    int dims[LEVEL_EMBEDDINGS];
    const float *there[LEVEL_EMBEDDINGS];
    int place[LEVEL_EMBEDDINGS], n = 0;
    for (int l = 0; l < LEVEL_EMBEDDINGS; l++) {
        place[l] = -1;
        if (!rows[l]) continue;
        there[n] = rows[l];
        dims[n] = engine_level_dims(&m->session->config.model, (enum engine_level)l);
        place[l] = n++;
    }
    if (!diagnose_cka_levels(there, dims, n, m->probe.n, cka, e)) return false;
    for (int i = 0; i < LEVEL_EMBEDDINGS; i++)
        for (int j = 0; j < LEVEL_EMBEDDINGS; j++)
            all[i * LEVEL_EMBEDDINGS + j] = place[i] < 0 || place[j] < 0 ? NAN : (float)cka[place[i] * n + place[j]];
    put_snapshot(m, step, "all", "cka", LEVEL_EMBEDDINGS, LEVEL_EMBEDDINGS, all);
    return true;
}

/* `begun`: when reading the levels began. */
static bool diagnose_levels(struct monitor *m, int64_t step, double begun, float *const rows[LEVEL_COUNT],
                            struct diagnose g[LEVEL_EMBEDDINGS], struct err *e)
{
    bool finite = true;
    for (int l = 0; l < LEVEL_EMBEDDINGS; l++) {
        int d = engine_level_dims(&m->session->config.model, (enum engine_level)l);
        if (!rows[l]) continue;
        const struct diagnose_input input = { rows[l], m->probe.n, d, l == LEVEL_Z || l == LEVEL_D };
        if (!diagnose_level(&input, &m->cache, &g[l], e))
            return err_wrap(e, "diagnostics of level %s", level_table[l].name);
        finite &= g[l].finite;
    }
    bool ok = true;
    for (int l = 0; ok && l < LEVEL_EMBEDDINGS; l++)
        ok = !rows[l] || put_level(m, step, (enum engine_level)l, &g[l], rows[l], e);
    ok = ok && (!finite || (put_cka(m, step, rows, e) && put_images(m, step, e)));
    ok = ok && judge_levels(&m->judge, step, g, e);
    recorder_number(m->recorder, "time.diagnose", step, clock_seconds() - begun);
    m->recorder->box.snapshots_keep = m->session->settings.diagnose.keep;
    return ok && recorder_flush(m->recorder, e); /* in one transaction: a reader sees all of a step or nothing */
}

bool monitor_diagnose(struct monitor *m, int64_t step, struct err *e)
{
    bool wanted[LEVEL_COUNT] = { false };
    for (int l = 0; l < LEVEL_EMBEDDINGS; l++)
        wanted[l] = engine_level_dims(&m->session->config.model, (enum engine_level)l) > 0;
    struct diagnose g[LEVEL_EMBEDDINGS] = { 0 };
    float *rows[LEVEL_COUNT] = { NULL };
    double begun = clock_seconds();
    bool ok = read_levels(m, &m->probe, wanted, m->session->settings.model.context, rows, e);
    ok = ok && diagnose_levels(m, step, begun, rows, g, e);
    for (int l = 0; l < LEVEL_EMBEDDINGS; l++) diagnose_clear(&g[l]);
    free_levels(rows);
    return ok;
}

static bool put_areas(struct monitor *m, int64_t step, const char *protocol, const struct auc *classes, double macro,
                      struct err *e)
{
    const struct session *s = m->session;
    const struct area_rows rows = { .protocol = protocol,
                                    .percent = 100.0 * m->train.n / s->train.count,
                                    .seed = s->settings.train.seed,
                                    .gates = probe_gates(s),
                                    .classes = classes,
                                    .macro = macro };
    return area_rows_put(m->recorder, s, step, &rows, e);
}

/* Reports which classes have no area, once per run, since the images of the probe stay the same. */
static bool tell_lacking(struct monitor *m, int64_t step, const struct probe *p, struct err *e)
{
    struct text line = { 0 };
    if (!m->probed) areas_lacking(p->ridge, m->session->data.classes, p->classes, "validation", &line);
    bool ok =
        !line.length || recorder_event(m->recorder, &(struct recorder_occasion){ step, STORE_INFO, "probe", true }, e,
                                       "%s", text_str(&line));
    text_clear(&line);
    return ok;
}

static bool put_probe(struct monitor *m, int64_t step, const struct probe *p, struct err *e)
{
    struct recorder *r = m->recorder;
    char ridge[16], knn[16];
    recorder_number(r, STORE_PROBE_SECOND, step, p->knn_macro);
    recorder_number(r, STORE_PROBE_METRIC, step, p->ridge_macro);
    bool ok = put_areas(m, step, "knn", p->knn, p->knn_macro, e) &&
              put_areas(m, step, "ridge", p->ridge, p->ridge_macro, e) && tell_lacking(m, step, p, e) &&
              recorder_event(r, &(struct recorder_occasion){ step, STORE_INFO, "probe", true }, e,
                             "validation AUC %s (ridge), %s (kNN)", areas_text(p->ridge_macro, 3, ridge),
                             areas_text(p->knn_macro, 3, knn));
    m->probed = true;
    return ok && recorder_flush(r, e);
}

bool monitor_probe(struct monitor *m, int64_t step, bool *best, struct err *e)
{
    static const bool wanted[LEVEL_COUNT] = { [LEVEL_H] = true };
    const struct session *s = m->session;
    bool gates = probe_gates(s);
    float *train[LEVEL_COUNT] = { NULL }, *val[LEVEL_COUNT] = { NULL };
    struct probe p = { 0 };
    double begun = clock_seconds();
    *best = false;
    int d = engine_level_dims(&s->config.model, LEVEL_H), classes = (int)s->data.classes_count;
    bool ok = read_levels(m, &m->train, wanted, gates, train, e) && read_levels(m, &m->val, wanted, gates, val, e);
    const struct labelled_features fit = { m->train.n, d, classes, train[LEVEL_H], m->train.labels };
    const struct labelled_features held_out = { m->val.n, d, classes, val[LEVEL_H], m->val.labels };
    ok = ok && probe_quick(&p, &fit, &held_out, e);
    free_levels(train);
    free_levels(val);
    if (!ok) return err_wrap(e, "quick probe");
    recorder_number(m->recorder, "time.probe", step, clock_seconds() - begun);
    if (isfinite(p.ridge_macro) && !(p.ridge_macro <= m->best)) {
        m->best = p.ridge_macro;
        *best = true;
    }
    ok = put_probe(m, step, &p, e);
    probe_clear(&p);
    return ok;
}

void monitor_close(struct monitor *m)
{
    judge_close(&m->judge);
    set_clear(&m->probe);
    set_clear(&m->train);
    set_clear(&m->val);
}
