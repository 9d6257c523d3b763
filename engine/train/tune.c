/* Rounds over all variants of a shape, so that what disturbs one disturbs its rivals; the two least times of each tell
 * how quiet the machine was. */
#include "engine/train/tune.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"

enum { CANDIDATES_MOST = 12, ROUNDS_LEAST = 2, ROUNDS_MOST = 8 };

/* Seconds after which no further round over the variants of a direction begins. */
static const double enough_seconds = 0.06;
/* Seconds after which what is left follows the fixed table: on a busy machine nothing is learnt by waiting. */
static const double most_seconds = 2;
/* Arithmetic of one call: larger batches are timed with fewer images. */
static const double most_flops = 8e9;
/* A variant that is this many times slower than the best is not timed again. */
static const double give_up_ratio = 1.4;
/* The fixed table is left for a variant that takes at most this share of its time. */
static const double least_gain = 0.97;
/* Where the two least times of a variant differ by a greater ratio, the machine is too busy to tell. */
static const double greatest_noise = 1.08;

/* ---- which convolutions ---- */

struct convolutions {
    struct conv_shape *list; /* [count], owned */
    int count;
    bool broken;
};

static void add_convolution(void *ctx, const struct engine_layer *l)
{
    struct convolutions *c = ctx;
    if (!l->conv.r || c->broken) return;
    for (int i = 0; i < c->count; i++)
        if (!memcmp(&c->list[i], &l->conv, sizeof l->conv)) return;
    struct conv_shape *list = realloc(c->list, ((size_t)c->count + 1) * sizeof *list);
    if (!list) {
        c->broken = true;
        return;
    }
    c->list = list;
    list[c->count++] = l->conv;
}

static bool list_convolutions(const struct engine_config *c, struct convolutions *out, struct err *e)
{
    struct engine_size size;
    *out = (struct convolutions){ 0 };
    bool ok = engine_measure(c, &size, add_convolution, out, e);
    if (ok && out->broken) ok = err_set(e, ERR_MEMORY, "autotune: no memory");
    if (!ok) free(out->list);
    return ok;
}

bool tune_list(const struct engine_config *c, struct tuning *t, struct err *e)
{
    const struct kernels *k = kernels_find(c->kernels);
    struct convolutions all;
    if (!k) return true; /* double precision has one way */
    if (!list_convolutions(c, &all, e)) return false;
    bool ok = true;
    for (int i = 0; ok && i < all.count; i++) {
        struct conv_plan *p = k->conv_measure(&all.list[i], c->threads, e);
        if (!p) ok = false;
        for (int direction = 0; ok && direction < CONV_DIRECTIONS; direction++) {
            char shape[TUNING_SHAPE];
            tuning_shape(k->name, c->threads, direction, &all.list[i], shape);
            if (k->conv_candidate(p, direction, 1)) ok = tuning_add(t, shape, "", e);
        }
        k->conv_destroy(p);
    }
    free(all.list);
    return ok;
}

/* ---- timing ---- */

/* Memory for the greatest of the shapes, all owned. */
struct buffers {
    float *x;        /* [n, h, w, c]                        */
    float *w;        /* [r, r, c, k]                        */
    float *y;        /* [n, oh, ow, k]                      */
    float *scratch;  /* of the greediest variant            */
    size_t reals[4]; /* room in x, w, y, scratch            */
};

static void buffers_clear(struct buffers *m)
{
    free(m->x);
    free(m->w);
    free(m->y);
    free(m->scratch);
}

/* Make *a hold n reals; what is new is small and not zero. */
static bool grow(float **a, size_t *have, size_t n, struct err *e)
{
    if (n <= *have) return true;
    free(*a);
    *a = aligned_alloc(ARENA_ALIGN, arena_round(n * sizeof(float)));
    *have = *a ? n : 0;
    for (size_t i = 0; *a && i < n; i++) (*a)[i] = (float)(i % 61) * 0.01f - 0.3f;
    return *a ? true : err_set(e, ERR_MEMORY, "autotune: no memory");
}

static bool buffers_grow_for(struct buffers *m, const struct kernels *k, const struct conv_shape *s,
                             struct conv_plan *p, int direction, struct err *e)
{
    size_t outputs = (size_t)conv_out(s->h, s->r, s->stride, s->pad) * conv_out(s->w, s->r, s->stride, s->pad);
    const char *name;
    for (int i = 0; (name = k->conv_candidate(p, direction, i)); i++) {
        if (!k->conv_set_variant(p, direction, name) || !grow(&m->scratch, &m->reals[3], k->conv_scratch(p), e))
            return false;
    }
    return grow(&m->x, &m->reals[0], (size_t)s->n * s->h * s->w * s->c, e) &&
           grow(&m->w, &m->reals[1], (size_t)s->r * s->r * s->c * s->k, e) &&
           grow(&m->y, &m->reals[2], (size_t)s->n * outputs * s->k, e);
}

static double time_call(const struct kernels *k, const struct kernel_run *run, const struct conv_plan *p, int direction,
                        const struct buffers *m)
{
    double begun = clock_seconds();
    if (direction == CONV_FORWARD)
        k->conv_forward(run, p, m->x, m->w, m->y);
    else if (direction == CONV_DATA)
        k->conv_backward_data(run, p, m->y, m->w, m->x, false);
    else
        k->conv_backward_weights(run, p, m->x, m->y, m->w);
    return clock_seconds() - begun;
}

static bool is_quiet(const struct tune_times *t)
{
    return t->next <= greatest_noise * t->least;
}

/* Times of each candidate; returns how many. Rounds go over all, so that what disturbs one disturbs its rivals. */
static int time_candidates(const struct kernels *k, struct conv_plan *p, int direction, const struct kernel_run *run,
                           const struct buffers *m, struct tune_times times[CANDIDATES_MOST])
{
    int n = 0;
    double best = INFINITY, begun = clock_seconds();
    for (int round = 0; round < ROUNDS_LEAST || (round < ROUNDS_MOST && clock_seconds() - begun < enough_seconds);
         round++) {
        const char *name;
        for (int i = 0; i < CANDIDATES_MOST && (name = k->conv_candidate(p, direction, i)); i++) {
            if (round == 0) times[n++] = (struct tune_times){ INFINITY, INFINITY };
            if (round > 0 && times[i].least > give_up_ratio * best) continue;
            k->conv_set_variant(p, direction, name);
            double seconds = time_call(k, run, p, direction, m);
            times[i].next = fmin(times[i].next, fmax(seconds, times[i].least));
            times[i].least = fmin(times[i].least, seconds);
        }
        for (int i = 0; i < n; i++) best = fmin(best, times[i].least);
    }
    return n;
}

int tune_winner(const struct tune_times *times, int n, int fixed)
{
    int best = fixed;
    for (int i = 0; i < n && is_quiet(&times[fixed]); i++)
        if (is_quiet(&times[i]) && times[i].least < times[best].least &&
            times[i].least < least_gain * times[fixed].least)
            best = i;
    return best;
}

static double flops_of(const struct conv_shape *s)
{
    return 2.0 * s->n * conv_out(s->h, s->r, s->stride, s->pad) * conv_out(s->w, s->r, s->stride, s->pad) * s->r *
           s->r * s->c * s->k;
}

/* What decisions share. */
struct tuner {
    const struct kernels *kernels;
    int threads;
    double begun; /* seconds of the clock */
    struct buffers buffers;
};

static bool decide(struct tuner *t, const struct conv_shape *s, int direction, struct tuning_row *row, struct err *e)
{
    const struct kernels *k = t->kernels;
    bool late = clock_seconds() - t->begun > most_seconds;
    struct conv_shape small = *s;
    struct tune_times times[CANDIDATES_MOST];
    while (small.n > 1 && flops_of(&small) > most_flops) small.n = (small.n + 1) / 2;
    struct conv_plan *p = k->conv_create(&small, t->threads, e);
    if (!p) return false;
    char name[TUNING_VARIANT];
    snprintf(name, sizeof name, "%s", k->conv_variant(p, direction));
    snprintf(row->variant, sizeof row->variant, "%s", name);
    row->timed = true;
    bool ok = late || buffers_grow_for(&t->buffers, k, &small, p, direction, e);
    if (ok && !late) {
        const struct kernel_run run = { t->threads, t->buffers.scratch };
        int n = time_candidates(k, p, direction, &run, &t->buffers, times), fixed = 0;
        while (fixed < n - 1 && strcmp(k->conv_candidate(p, direction, fixed), name)) fixed++;
        int best = tune_winner(times, n, fixed);
        snprintf(row->variant, sizeof row->variant, "%s", k->conv_candidate(p, direction, best));
        row->figure = 1e-9 * flops_of(&small) / times[best].least;
    }
    k->conv_destroy(p);
    return ok;
}

static struct tuning_row *undecided(struct tuning *t, const char *shape)
{
    for (size_t i = 0; i < t->count; i++)
        if (!strcmp(t->rows[i].shape, shape) && !*t->rows[i].variant) return &t->rows[i];
    return NULL;
}

bool tune_decide(const struct engine_config *c, struct tuning *t, struct err *e)
{
    const struct kernels *k = kernels_find(c->kernels);
    struct convolutions all;
    struct tuner tuner = { .kernels = k, .threads = c->threads, .begun = clock_seconds() };
    bool ok = true;
    if (!k) return true;
    if (!list_convolutions(c, &all, e)) return false;
    for (int i = 0; ok && i < all.count; i++)
        for (int direction = 0; ok && direction < CONV_DIRECTIONS; direction++) {
            char shape[TUNING_SHAPE];
            tuning_shape(k->name, c->threads, direction, &all.list[i], shape);
            struct tuning_row *row = undecided(t, shape);
            if (row) ok = decide(&tuner, &all.list[i], direction, row, e);
        }
    buffers_clear(&tuner.buffers);
    free(all.list);
    return ok;
}
