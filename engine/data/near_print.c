/* What of an image is compared, and how alike two are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/data/near.h"

enum { SIDE = NEAR_SIDE, CELLS = SIDE * SIDE, LOW = 8, EDGE = 2, UNKNOWNS = 4, STEPS = 8, FIRST_STEPS = 3 };
static const double flat_deviation = 1.5; /* levels */
static const double give_up_below = 0.8;  /* correlations as the pictures lie, ... */
static const double promising = 0.96;     /* ... and after the first steps: below, no later step helps */
static const double most_moved = 2;       /* cells */
static const double most_turned = 0.08;   /* radians, and share of scale */

/* ---- the hash ---- */

static const float (*cosines(void))[SIDE]
{
    static float table[LOW][SIDE];
    static bool ready;
#pragma omp critical(near_cosines)
    if (!ready) {
        for (int k = 0; k < LOW; k++)
            for (int i = 0; i < SIDE; i++) table[k][i] = (float)cos(M_PI * (i + 0.5) * k / SIDE);
        ready = true;
    }
    return (const float(*)[SIDE])table;
}

static int ascending(const void *a, const void *b)
{
    const float *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Frequencies of the turned picture follow from those of the upright one: mirrored, every second changes its sign. */
static uint64_t hash_of(const float low[LOW][LOW], int turn)
{
    float values[LOW * LOW], sorted[LOW * LOW];
    for (int y = 0; y < LOW; y++)
        for (int x = 0; x < LOW; x++) {
            float v = turn & 4 ? low[x][y] : low[y][x];
            bool odd = (turn & 1 && x & 1) != (turn & 2 && y & 1);
            values[y * LOW + x] = odd ? -v : v;
        }
    enum { USED = LOW * LOW - 1 }; /* all but the mean */
    memcpy(sorted, values + 1, USED * sizeof *sorted);
    qsort(sorted, USED, sizeof *sorted, ascending);
    uint64_t hash = 0;
    for (int i = 1; i <= USED; i++) hash |= (uint64_t)(values[i] > sorted[USED / 2]) << i;
    return hash;
}

static void shrink(const uint8_t *pixels, int size, int channels, float out[CELLS])
{
    for (int y = 0; y < SIDE; y++) {
        int y0 = y * size / SIDE, y1 = (y + 1) * size / SIDE;
        for (int x = 0; x < SIDE; x++) {
            int x0 = x * size / SIDE, x1 = (x + 1) * size / SIDE;
            uint64_t sum = 0;
            for (int v = y0; v < y1; v++) {
                const uint8_t *row = pixels + ((size_t)v * (size_t)size + (size_t)x0) * (size_t)channels;
                for (int u = 0; u < (x1 - x0) * channels; u++) sum += row[u];
            }
            out[y * SIDE + x] = (float)sum / (float)((y1 - y0) * (x1 - x0) * channels);
        }
    }
}

static float spread_of(const uint8_t tile[CELLS])
{
    double sum = 0, squares = 0, n = (SIDE - 2 * EDGE) * (SIDE - 2 * EDGE);
    for (int y = EDGE; y < SIDE - EDGE; y++)
        for (int x = EDGE; x < SIDE - EDGE; x++) {
            double v = tile[y * SIDE + x];
            sum += v;
            squares += v * v;
        }
    return (float)sqrt(fmax(0, squares - sum * sum / n));
}

void near_print_of(const uint8_t *pixels, int size, int channels, struct near_print *out)
{
    const float(*cosine)[SIDE] = cosines();
    float cells[CELLS], half[LOW][SIDE], low[LOW][LOW];
    double sum = 0, squares = 0;
    shrink(pixels, size, channels, cells);
    for (int i = 0; i < CELLS; i++) {
        out->tile[i] = (uint8_t)lrintf(cells[i]);
        sum += (double)cells[i];
        squares += (double)cells[i] * (double)cells[i];
    }
    out->spread = spread_of(out->tile);
    out->flat = squares / CELLS - sum / CELLS * (sum / CELLS) < flat_deviation * flat_deviation;
    for (int k = 0; k < LOW; k++)
        for (int x = 0; x < SIDE; x++) {
            half[k][x] = 0;
            for (int y = 0; y < SIDE; y++) half[k][x] += cosine[k][y] * cells[y * SIDE + x];
        }
    for (int k = 0; k < LOW; k++)
        for (int m = 0; m < LOW; m++) {
            low[k][m] = 0;
            for (int x = 0; x < SIDE; x++) low[k][m] += cosine[m][x] * half[k][x];
        }
    for (int t = 0; t < NEAR_TURNS; t++) out->hash[t] = hash_of((const float(*)[LOW])low, t);
}

bool near_prints(const struct pack *p, struct near_print **out, struct err *e)
{
    uint32_t n = pack_count(p);
    if (pack_size(p) < SIDE) return err_set(e, ERR_DATA, "images of %d pixels are too small to compare", pack_size(p));
    if (!(*out = malloc((n + (size_t)1) * sizeof **out)))
        return err_set(e, ERR_MEMORY, "no memory to compare %u images", n);
#pragma omp parallel for schedule(static)
    for (uint32_t i = 0; i < n; i++) near_print_of(pack_image(p, i), pack_size(p), pack_channels(p), *out + i);
    if (pack_check(p, e)) return true;
    free(*out);
    *out = NULL;
    return false;
}

/* ---- the correlation ---- */

static void turned(const uint8_t *tile, int turn, float out[CELLS])
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            int u = turn & 1 ? SIDE - 1 - x : x, v = turn & 2 ? SIDE - 1 - y : y;
            out[y * SIDE + x] = tile[turn & 4 ? u * SIDE + v : v * SIDE + u];
        }
}

/* Without its mean over the cells that count, without what the directions before it hold, and of length 1. */
static void straighten(struct near_basis *b, int k)
{
    float *q = b->q[k];
    double sum = 0, squares = 0, n = (SIDE - 2 * EDGE) * (SIDE - 2 * EDGE);
    for (int i = 0; i < CELLS; i++) sum += (double)q[i];
    for (int y = EDGE; y < SIDE - EDGE; y++)
        for (int x = EDGE; x < SIDE - EDGE; x++) q[y * SIDE + x] -= (float)(sum / n);
    for (int j = 0; j < k; j++) {
        double dot = 0;
        for (int i = 0; i < CELLS; i++) dot += (double)q[i] * (double)b->q[j][i];
        for (int i = 0; i < CELLS; i++) q[i] -= (float)dot * b->q[j][i];
    }
    for (int i = 0; i < CELLS; i++) squares += (double)q[i] * (double)q[i];
    float scale = squares > 1e-6 ? (float)(1 / sqrt(squares)) : 0;
    for (int i = 0; i < CELLS; i++) q[i] *= scale;
}

void near_basis_of(const struct near_print *a, int turn, struct near_basis *out)
{
    float over[CELLS];
    turned(a->tile, turn, over);
    memset(out, 0, sizeof *out);
    for (int y = EDGE; y < SIDE - EDGE; y++)
        for (int x = EDGE; x < SIDE - EDGE; x++) {
            int i = y * SIDE + x;
            float cx = (float)x - (SIDE - 1) / 2.0f, cy = (float)y - (SIDE - 1) / 2.0f;
            float gx = (over[i + 1] - over[i - 1]) / 2, gy = (over[i + SIDE] - over[i - SIDE]) / 2;
            const float values[NEAR_DIRECTIONS] = { over[i], gx, gy, gx * cx + gy * cy, gy * cx - gx * cy };
            for (int k = 0; k < NEAR_DIRECTIONS; k++) out->q[k][i] = values[k];
        }
    for (int k = 0; k < NEAR_DIRECTIONS; k++) straighten(out, k);
}

double near_promise(const struct near_basis *a, const struct near_print *b)
{
    float dot[NEAR_DIRECTIONS] = { 0 }, cells[CELLS], squares = 0;
    if (!(b->spread > 0)) return 0;
    for (int i = 0; i < CELLS; i++) cells[i] = b->tile[i];
    for (int k = 0; k < NEAR_DIRECTIONS; k++) {
        const float *q = a->q[k];
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < CELLS; i++) sum += q[i] * cells[i];
        dot[k] = sum / b->spread;
        squares += dot[k] * dot[k];
    }
    return dot[0] > 0 ? sqrt((double)squares) : 0;
}

/* How `a` lies over `b`: shift in cells, scale - 1, angle. */
struct place {
    double p[UNKNOWNS];
};

/* One look: the correlation at a place, and a better place. */
struct look {
    double value[CELLS], slope[CELLS][2]; /* of a where it lies over the cells of b that count */
    double sums[5];                       /* of a, b, aa, bb, ab */
    int n, at[CELLS];
};

/* Value and slope between four cells; false where that lies outside. */
static bool sample(const float a[CELLS], double x, double y, double *value, double slope[2])
{
    int u = (int)floor(x), v = (int)floor(y);
    if (u < 0 || v < 0 || u + 1 >= SIDE || v + 1 >= SIDE) return false;
    double fx = x - u, fy = y - v;
    const float *p = a + v * SIDE + u;
    double p00 = (double)p[0], p01 = (double)p[1], p10 = (double)p[SIDE], p11 = (double)p[SIDE + 1];
    *value = (1 - fy) * ((1 - fx) * p00 + fx * p01) + fy * ((1 - fx) * p10 + fx * p11);
    slope[0] = (1 - fy) * (p01 - p00) + fy * (p11 - p10);
    slope[1] = (1 - fx) * (p10 - p00) + fx * (p11 - p01);
    return true;
}

static double correlate(struct look *l, const float a[CELLS], const float b[CELLS], const struct place *w)
{
    static const double middle = (SIDE - 1) / 2.0;
    double *s = l->sums;
    l->n = 0;
    memset(s, 0, sizeof l->sums);
    for (int y = EDGE; y < SIDE - EDGE; y++)
        for (int x = EDGE; x < SIDE - EDGE; x++) {
            double cx = x - middle, cy = y - middle, k = 1 + w->p[2];
            double u = middle + w->p[0] + k * cx - w->p[3] * cy, v = middle + w->p[1] + k * cy + w->p[3] * cx;
            int n = l->n;
            if (!sample(a, u, v, &l->value[n], l->slope[n])) continue;
            double va = l->value[n], vb = (double)b[y * SIDE + x];
            l->at[l->n++] = y * SIDE + x;
            s[0] += va, s[1] += vb, s[2] += va * va, s[3] += vb * vb, s[4] += va * vb;
        }
    double n = l->n, aa = s[2] - s[0] * s[0] / n, bb = s[3] - s[1] * s[1] / n;
    if (n < CELLS / 2.0 || aa < n * flat_deviation * flat_deviation || bb < n * flat_deviation * flat_deviation)
        return -1;
    return (s[4] - s[0] * s[1] / n) / sqrt(aa * bb);
}

/* Solve m x = r of UNKNOWNS unknowns; m is positive definite, or false. */
static bool solve(double m[UNKNOWNS][UNKNOWNS], double r[UNKNOWNS])
{
    for (int k = 0; k < UNKNOWNS; k++) {
        if (m[k][k] < 1e-9) return false;
        for (int i = k + 1; i < UNKNOWNS; i++) {
            double f = m[i][k] / m[k][k];
            for (int j = k; j < UNKNOWNS; j++) m[i][j] -= f * m[k][j];
            r[i] -= f * r[k];
        }
    }
    for (int k = UNKNOWNS - 1; k >= 0; k--) {
        for (int j = k + 1; j < UNKNOWNS; j++) r[k] -= m[k][j] * r[j];
        r[k] /= m[k][k];
    }
    return true;
}

/* A step of least squares, after brightness and contrast of both are made equal. */
static bool step(const struct look *l, const float b[CELLS], struct place *w)
{
    static const double middle = (SIDE - 1) / 2.0;
    const double *s = l->sums;
    double n = l->n, ma = s[0] / n, mb = s[1] / n, da = sqrt(s[2] / n - ma * ma), db = sqrt(s[3] / n - mb * mb);
    double m[UNKNOWNS][UNKNOWNS] = { 0 }, r[UNKNOWNS] = { 0 };
    for (int i = 0; i < l->n; i++) {
        double cx = l->at[i] % SIDE - middle, cy = l->at[i] / SIDE - middle;
        double gx = l->slope[i][0] / da, gy = l->slope[i][1] / da;
        double j[UNKNOWNS] = { gx, gy, gx * cx + gy * cy, gy * cx - gx * cy };
        double rest = ((double)b[l->at[i]] - mb) / db - (l->value[i] - ma) / da;
        for (int k = 0; k < UNKNOWNS; k++) {
            r[k] += j[k] * rest;
            for (int q = 0; q < UNKNOWNS; q++) m[k][q] += j[k] * j[q];
        }
    }
    if (!solve(m, r)) return false;
    for (int k = 0; k < UNKNOWNS; k++) {
        w->p[k] += r[k];
        if (!(fabs(w->p[k]) <= (k < 2 ? most_moved : most_turned))) return false;
    }
    return true;
}

/* Weights of the four cells about a point, Catmull and Rom's; f: where between the middle two. */
static void weights(double f, double w[4])
{
    w[0] = f * (-0.5 + f * (1 - 0.5 * f));
    w[1] = 1 + f * f * (-2.5 + 1.5 * f);
    w[2] = f * (0.5 + f * (2 - 1.5 * f));
    w[3] = f * f * (-0.5 + 0.5 * f);
}

/* Sharper than sample(). */
static bool sample_sharp(const float a[CELLS], double x, double y, float *value)
{
    int u = (int)floor(x), v = (int)floor(y);
    double wx[4], wy[4], sum = 0;
    if (u < 1 || v < 1 || u + 2 >= SIDE || v + 2 >= SIDE) return false;
    weights(x - u, wx);
    weights(y - v, wy);
    for (int j = 0; j < 4; j++)
        for (int i = 0; i < 4; i++) sum += wy[j] * wx[i] * (double)a[(v + j - 1) * SIDE + u + i - 1];
    *value = (float)sum;
    return true;
}

/* Of the cells that are known. */
static double correlation_of(const float *a, const float *b, const bool *known)
{
    double s[5] = { 0 }, n = 0;
    for (int i = 0; i < CELLS; i++) {
        if (!known[i]) continue;
        double x = (double)a[i], y = (double)b[i];
        s[0] += x, s[1] += y, s[2] += x * x, s[3] += y * y, s[4] += x * y, n++;
    }
    double aa = s[2] - s[0] * s[0] / n, bb = s[3] - s[1] * s[1] / n;
    return n > CELLS / 2.0 && aa > 0 && bb > 0 ? (s[4] - s[0] * s[1] / n) / sqrt(aa * bb) : -1;
}

/* The cells about the mean of them and their neighbours: edges and ribs, no large shapes. */
static void sharpen(const float *a, const bool *known, float *out, bool *known_out)
{
    for (int i = 0; i < CELLS; i++) {
        int x = i % SIDE, y = i / SIDE;
        bool all = x > 0 && y > 0 && x < SIDE - 1 && y < SIDE - 1;
        float sum = 0;
        for (int k = 0; all && k < 9; k++) {
            int at = i + (k / 3 - 1) * SIDE + k % 3 - 1;
            all = known[at];
            sum += all ? a[at] : 0;
        }
        known_out[i] = all;
        out[i] = all ? a[i] - sum / 9 : 0;
    }
}

/* Both correlations where `a` lies over `b`, sharply sampled. */
static struct near_likeness compare(const float a[CELLS], const float b[CELLS], const struct place *w)
{
    static const double middle = (SIDE - 1) / 2.0;
    float over[CELLS] = { 0 }, fine[2][CELLS];
    bool known[CELLS], known_fine[CELLS];
    for (int i = 0; i < CELLS; i++) {
        double cx = i % SIDE - middle, cy = i / SIDE - middle, k = 1 + w->p[2];
        known[i] = sample_sharp(a, middle + w->p[0] + k * cx - w->p[3] * cy, middle + w->p[1] + k * cy + w->p[3] * cx,
                                &over[i]);
    }
    sharpen(over, known, fine[0], known_fine);
    sharpen(b, known, fine[1], known_fine);
    return (struct near_likeness){ correlation_of(over, b, known), correlation_of(fine[0], fine[1], known_fine) };
}

struct near_likeness near_likeness_of(const struct near_print *a, int turn, const struct near_print *b)
{
    static const struct near_likeness none = { -1, -1 };
    float over[CELLS], under[CELLS];
    struct look l;
    struct place w = { 0 }, better;
    if (a->flat || b->flat) return none;
    turned(a->tile, turn, over);
    turned(b->tile, 0, under);
    double best = correlate(&l, over, under, &w);
    if (best < give_up_below) return none;
    for (int i = 0; i < STEPS && best < 1 - 1e-4; i++) {
        if (i == FIRST_STEPS && best < promising) return none;
        better = w;
        if (!step(&l, under, &better)) break;
        double now = correlate(&l, over, under, &better);
        if (now < best + 1e-5) break;
        best = now;
        w = better;
    }
    return best < promising ? none : compare(over, under, &w);
}

bool near_is_copy(const struct near_likeness *l)
{
    return l->correlation >= NEAR_CORRELATION && l->detail >= NEAR_DETAIL;
}
