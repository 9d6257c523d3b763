/* Gradient descent with momentum and a gain for each coordinate, as in the reference implementation of van der Maaten;
 * the numbers are its own where no other source is given in the header. */
#include "engine/evaluate/tsne.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/evaluate/tsne_parts.h"

enum { ROUNDS = 750, EARLY = 250, AXIS_ROUNDS = 30 };
static const double theta = 0.5, exaggeration = 12, spread = 1e-4, least_rate = 50;

/* ---- where points begin ---- */

/* Rows with mean 0, divided by their largest magnitude, so that no square overflows or vanishes. */
static void even_out(const float *x, int n, int d, double *out)
{
    double largest = 0;
    size_t cells = (size_t)n * (size_t)d;
    for (int c = 0; c < d; c++) {
        double mean = 0;
        for (int i = 0; i < n; i++) mean += (double)x[(size_t)i * (size_t)d + (size_t)c] / n;
        for (int i = 0; i < n; i++) {
            size_t at = (size_t)i * (size_t)d + (size_t)c;
            out[at] = (double)x[at] - mean;
            if (fabs(out[at]) > largest) largest = fabs(out[at]);
        }
    }
    for (size_t i = 0; largest > 0 && i < cells; i++) out[i] /= largest;
}

static bool all_equal(const float *x, int n, int d)
{
    for (int i = 1; i < n; i++)
        if (memcmp(x, x + (size_t)i * (size_t)d, (size_t)d * sizeof *x) != 0) return false;
    return true;
}

/* Scores [n] of rows along the axis [d]. */
static void score(const double *x, int n, int d, const double *axis, double *out)
{
    for (int i = 0; i < n; i++) {
        out[i] = 0;
        for (int c = 0; c < d; c++) out[i] += x[(size_t)i * (size_t)d + (size_t)c] * axis[c];
    }
}

/* Unit length; an axis of nothing stays nothing. */
static void unit(double *axis, int d)
{
    double squares = 0;
    for (int c = 0; c < d; c++) squares += axis[c] * axis[c];
    for (int c = 0; squares > 0 && c < d; c++) axis[c] /= sqrt(squares);
}

/* The first principal component of centred rows by power iteration: scores [n], their part taken off the rows. */
static void component(double *x, int n, int d, double *axis, double *scores, struct random *r)
{
    for (int c = 0; c < d; c++) axis[c] = random_normal(r);
    unit(axis, d);
    for (int round = 0; round < AXIS_ROUNDS; round++) {
        score(x, n, d, axis, scores);
        memset(axis, 0, (size_t)d * sizeof *axis);
        for (int i = 0; i < n; i++)
            for (int c = 0; c < d; c++) axis[c] += scores[i] * x[(size_t)i * (size_t)d + (size_t)c];
        unit(axis, d);
    }
    score(x, n, d, axis, scores);
    for (int i = 0; i < n; i++)
        for (int c = 0; c < d; c++) x[(size_t)i * (size_t)d + (size_t)c] -= scores[i] * axis[c];
}

/* Two components, the first with deviation `spread`, and a hundredth of it as noise, so that equal rows part. `rows`
 * [n, d] are used up. False: memory ran out. */
static bool begin(double *rows, int n, int d, double *y)
{
    double *axis = malloc((size_t)d * sizeof *axis), *scores = malloc((size_t)n * sizeof *scores), scale = 1;
    struct random r = random_stream(0, 1, 0, RANDOM_DIAGNOSE);
    bool ok = axis && scores;
    for (int c = 0; ok && c < 2; c++) {
        component(rows, n, d, axis, scores, &r);
        double squares = 0;
        for (int i = 0; i < n; i++) squares += scores[i] * scores[i];
        if (c == 0) scale = squares > 0 ? spread / sqrt(squares / n) : 1;
        for (int i = 0; i < n; i++) y[2 * (size_t)i + (size_t)c] = scores[i] * scale + random_normal(&r) * spread / 100;
    }
    free(axis);
    free(scores);
    return ok;
}

/* ---- the descent ---- */

struct descent {
    double *y, *gradient, *speed, *gain; /* [n, 2] */
};

static void move(struct descent *s, int n, double rate, double momentum)
{
    double middle[2] = { 0, 0 };
    for (size_t i = 0; i < 2 * (size_t)n; i++) {
        bool turned = (s->gradient[i] > 0) == (s->speed[i] > 0);
        s->gain[i] = turned ? s->gain[i] * 0.8 : s->gain[i] + 0.2;
        if (s->gain[i] < 0.01) s->gain[i] = 0.01;
        s->speed[i] = momentum * s->speed[i] - rate * s->gain[i] * s->gradient[i];
        s->y[i] += s->speed[i];
        middle[i % 2] += s->y[i] / n;
    }
    for (size_t i = 0; i < 2 * (size_t)n; i++) s->y[i] -= middle[i % 2];
}

static bool descend(struct descent *s, const struct tsne_likeness *p, int threads, struct err *e)
{
    struct tsne_field field;
    double rate = p->n / (4 * exaggeration);
    if (!tsne_field_create(&field, p->n, e)) return false;
    if (rate < least_rate) rate = least_rate;
    for (int round = 0; round < ROUNDS; round++) {
        bool early = round < EARLY;
        tsne_gradient(&field, p, s->y, theta, early ? exaggeration : 1, threads, s->gradient);
        move(s, p->n, rate, early ? 0.5 : 0.8);
    }
    tsne_field_clear(&field);
    return true;
}

static bool check(const float *x, int n, int d, struct err *e)
{
    if (n < TSNE_LEAST || n > TSNE_MOST || d < 1)
        return err_set(e, ERR_DATA, "t-SNE: %d rows; it takes %d to %d", n, TSNE_LEAST, TSNE_MOST);
    for (size_t i = 0; i < (size_t)n * (size_t)d; i++)
        if (!isfinite(x[i]))
            return err_set(e, ERR_NUMERIC, "t-SNE: row %zu holds a number that is not finite", i / (size_t)d);
    return true;
}

/* Rows as t-SNE compares them, and where their points begin. */
static bool prepare(const float *x, int n, int d, float *even, double *y)
{
    size_t cells = (size_t)n * (size_t)d;
    double *rows = malloc(cells * sizeof *rows);
    bool ok = rows != NULL;
    if (ok) even_out(x, n, d, rows);
    for (size_t i = 0; ok && i < cells; i++) even[i] = (float)rows[i];
    ok = ok && begin(rows, n, d, y);
    free(rows);
    return ok;
}

bool tsne_map(const float *x, int n, int d, int threads, float *y, struct err *e)
{
    struct tsne_likeness p = { 0 };
    if (!check(x, n, d, e)) return false;
    size_t cells = 2 * (size_t)n;
    if (all_equal(x, n, d)) return memset(y, 0, cells * sizeof *y), true;
    double *room = calloc(4 * cells, sizeof *room), perplexity = (n - 1) / 3.0;
    float *even = malloc((size_t)n * (size_t)d * sizeof *even);
    struct descent s = { room, room + cells, room + 2 * cells, room + 3 * cells };
    bool ok = (room && even && prepare(x, n, d, even, s.y)) || err_set(e, ERR_MEMORY, "t-SNE of %d rows: no memory", n);
    if (perplexity > TSNE_PERPLEXITY) perplexity = TSNE_PERPLEXITY;
    for (size_t i = 0; ok && i < cells; i++) s.gain[i] = 1;
    ok = ok && tsne_likeness(&p, even, n, d, perplexity, threads, e) && descend(&s, &p, threads, e);
    for (size_t i = 0; ok && i < cells; i++) y[i] = (float)s.y[i];
    tsne_likeness_clear(&p);
    free(even);
    free(room);
    return ok;
}
