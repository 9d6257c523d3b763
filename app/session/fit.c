#include "app/session/fit.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>

#include "app/session/blas.h"
#include "engine/base/text.h"

/* The program, its libraries with their buffers, the store, and what the kernel keeps for it. */
static const double program_bytes = 16 << 20;
/* The least that it needs to print an error at all. */
static const double least_bytes = 12 << 20;

/* Features of the probe set at all levels, and, at the same time, either the similarity of the levels or the spectrum
 * of one. */
static double looking_bytes(const struct session *s)
{
    const struct settings *k = &s->settings;
    double n = fmin((double)k->diagnose.images, s->val.count > 0 ? s->val.count : s->train.count),
           d = (double)k->model.dim, all = 0;
    for (int l = 0; l < LEVEL_EMBEDDINGS; l++) all += engine_level_dims(&s->config.model, (enum engine_level)l);
    double least = fmin(n, d), similarity = 8 * n * all + 8 * 128 * fmax(2 * n, d),
           spectrum = 16 * n * d + 16 * least * least;
    return k->diagnose.steps > 0 ? 4 * n * all + fmax(similarity, spectrum) : 0;
}

/* Rows of the data set, with a path, a patient and a digest each. */
static double rows_bytes(const struct session *s)
{
    static const double strings = 160;
    const struct store_contents *data = &s->data;
    return (double)data->images_count * (sizeof *data->images + strings + (double)data->classes_count);
}

struct fit_memory fit_memory(const struct session *s, const struct engine_size *p)
{
    const struct loader_config loader = { .views = engine_method(s->config.method)->views,
                                          .labels = s->labels,
                                          .classes = (int)s->data.classes_count,
                                          .count = (uint32_t)s->train.count,
                                          .size = s->config.model.size,
                                          .channels = s->config.model.channels,
                                          .batch = (int)s->images_per_step };
    struct fit_memory m = { .engine = p->total_bytes,
                            .program = program_bytes + rows_bytes(s),
                            .loader = loader_bytes(&loader),
                            .looking = looking_bytes(s),
                            .saving = p->largest_bytes };
    m.pack = (double)pack_size(s->pack) * pack_size(s->pack) * pack_channels(s->pack) * pack_count(s->pack);
    m.needed = m.engine + m.program + m.loader + fmax(m.looking, m.saving);
    m.peak = m.needed + m.pack;
    m.needed += program_bytes;
    return m;
}

/* Memory, and threads: those that compute, and others beside them. */
struct need {
    double bytes;
    int threads, others;
};

/* Address space that threads take beyond mapped memory: their stacks, and buffers of OpenBLAS for more threads than it
 * has now. */
static double threads_bytes(const struct need *n)
{
    return (n->threads + n->others) * limits_stack_bytes() + fmax(n->threads - blas_threads(), 0) * limits_blas_bytes;
}

/* Whether memory suffices, and address space for it and for the threads. Otherwise `why` becomes "WHAT A, and this job
 * may use B (LIMIT)", where WHAT ends with its verb: "1 thread takes". */
static bool fits(const struct limits *l, const struct need *n, const char *what, char *why, size_t size)
{
    char a[16], b[16];
    double bytes = n->bytes, addresses = bytes + threads_bytes(n);
    if (bytes <= l->memory.value && addresses <= l->address.value) return true;
    bool memory = bytes > l->memory.value;
    snprintf(why, size, "%s %s%s, and this job may %s %s (%s)", what, text_bytes(memory ? bytes : addresses, a),
             memory ? "" : " of addresses", memory ? "use" : "map",
             text_bytes(memory ? l->memory.value : l->address.value, b), memory ? l->memory.by : l->address.by);
    return false;
}

bool fit_check_plan(const struct session *s, const struct engine_size *p, const struct limits *l, struct err *e)
{
    char what[64], why[300];
    snprintf(what, sizeof what, "%d %s of %d px %s", s->config.batch, text_number(s->config.batch, "image", "images"),
             s->config.model.size, text_number(s->config.batch, "takes", "take"));
    const struct need need = { fit_memory(s, p).needed, s->config.threads, (int)s->settings.data.threads };
    if (!fits(l, &need, what, why, sizeof why))
        return err_set(
            e, ERR_MEMORY,
            "data.batch: %s; lower data.batch, data.size, model.dim%s (mlvicx train --dry-run shows where it "
            "goes)",
            why, isfinite(l->address.value) ? " or train.threads" : "");
    return limits_check_threads(l, "train.threads", s->config.threads, (int)s->settings.data.threads, e);
}

bool fit_begin(struct err *e)
{
    struct limits l;
    char a[16], b[16];
    limits_read(NULL, &l);
    if (isfinite(l.address.value)) mallopt(M_ARENA_MAX, 1);
    if (l.memory.value >= least_bytes) return true;
    return err_set(e, ERR_MEMORY, "the program takes %s, and this job may use %s (%s); raise that",
                   text_bytes(least_bytes, a), text_bytes(l.memory.value, b), l.memory.by);
}

double fit_needed(const struct session *s)
{
    struct engine_size plan;
    return engine_measure(&s->config, &plan, NULL, NULL, NULL) ? fit_memory(s, &plan).needed : 0;
}

bool fit_check(const struct session *s, struct err *e)
{
    struct engine_size plan;
    struct limits l;
    limits_read(NULL, &l);
    if (!engine_measure(&s->config, &plan, NULL, NULL, e) || !fit_check_plan(s, &plan, &l, e)) return false;
    blas_map_buffers(s->config.threads);
    return true;
}

/* About how much a run adds to the database: the numbers of each step with their roll-ups, and the snapshots that are
 * kept, mostly the features of the probe set (z, d and h). */
static double recorded_bytes(const struct session *s, int64_t done)
{
    static const double step_bytes = 2000; /* some eighty numbers */
    const struct settings *k = &s->settings;
    double steps = fmax((double)(session_total(s) - done), 0),
           looks = k->diagnose.steps > 0 ? steps / (double)k->diagnose.steps : 0,
           n = fmin((double)k->diagnose.images, s->val.count > 0 ? s->val.count : s->train.count), d = 0;
    static const enum engine_level levels[] = { LEVEL_Z, LEVEL_D, LEVEL_H };
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) d += engine_level_dims(&s->config.model, levels[i]);
    return steps * step_bytes + fmin(looks, (double)k->diagnose.keep) * n * d * sizeof(float);
}

bool fit_check_store(const struct store *store, double bytes, const char *what, struct err *e)
{
    struct limits l;
    char line[STORE_PATH + 80];
    limits_read(NULL, &l);
    snprintf(line, sizeof line, "store %s: with %s its database takes about", store_dir(store), what);
    return limits_check_file(&l, line, store_bytes(store) + bytes, e);
}

bool fit_check_files(const struct session *s, int64_t done, const struct store *store, struct err *e)
{
    struct limits l;
    struct engine_size plan;
    limits_read(NULL, &l);
    if (isinf(l.file.value)) return true;
    return engine_measure(&s->config, &plan, NULL, NULL, e) &&
           /* parameters and two moments: what session_checkpoint_bytes returns once there is an engine */
           limits_check_file(&l, "model.width: a checkpoint takes about", 12 * (double)plan.parameters, e) &&
           fit_check_store(store, recorded_bytes(s, done), "this run", e);
}

bool fit_check_engine(const struct engine_config *c, struct err *e)
{
    struct engine_size plan;
    struct limits l;
    char what[64], why[300];
    limits_read(NULL, &l);
    if (!engine_measure(c, &plan, NULL, NULL, e)) return false;
    snprintf(what, sizeof what, "network and maps at %d px take", c->model.size);
    const struct need need = { plan.total_bytes + program_bytes, c->threads, 0 };
    if (!fits(&l, &need, what, why, sizeof why))
        return err_set(e, ERR_MEMORY, "data.size: %s; take smaller images or a smaller network", why);
    if (!limits_check_threads(&l, "train.threads", c->threads, 0, e)) return false;
    blas_map_buffers(c->threads);
    return true;
}

bool fit_check_threads(const char *what, int threads, struct err *e)
{
    struct limits l;
    char threads_text[32], why[300];
    limits_read(NULL, &l);
    snprintf(threads_text, sizeof threads_text, "%d %s", threads, text_number(threads, "thread takes", "threads take"));
    const struct need need = { 0, threads, 0 };
    if (!fits(&l, &need, threads_text, why, sizeof why))
        return err_set(e, ERR_MEMORY, "%s: %s; take fewer, or raise the limit", what, why);
    if (!limits_check_threads(&l, what, threads, 0, e)) return false;
    blas_map_buffers(threads);
    return true;
}

bool fit_check_beside(const struct engine_config *c, double bytes, const char *what, struct err *e)
{
    struct engine_size plan;
    struct limits l;
    char beside[128], why[300];
    limits_read(NULL, &l);
    snprintf(beside, sizeof beside, "%s take", what);
    if (!engine_measure(c, &plan, NULL, NULL, e)) return false;
    l.memory.value -= plan.total_bytes + program_bytes;
    const struct need need = { bytes, 0, 0 };
    if (fits(&l, &need, beside, why, sizeof why)) return true;
    return err_set(e, ERR_MEMORY, "%s on top of the network; take fewer images or a smaller network", why);
}
