/* One label at a time: quasi-Newton in a good metric.
 *
 * The metric is the Cholesky factor of a Hessian. At weights 0 every p (1-p) is 1/4, so classes without missing labels
 * share their first one; from another fit each class takes its own. L-BFGS corrects it, and every few steps it is taken
 * anew, so that even separable data (where p (1-p) falls to nothing) end with Newton's steps. The margin x w + b is
 * carried along, so a line search costs no product. */
#include "engine/evaluate/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>
#include <lapacke.h>

enum { MEMORY = 8, RENEW = 8, STEPS = 200, PANEL = 2048 };

/* Everything of one fit; parameters are d weights, then the offset. Arrays in one block. */
struct fit {
    int n, d, p; /* p = d + 1 */
    double c;
    const double *x; /* [n, d] borrowed */
    double *block;
    double *y;          /* [n] 1, 0, or -1 where missing    */
    double *z, *zp;     /* [n] margin; change along the step */
    double *q;          /* [n] scratch: residuals, weights   */
    double *w, *g;      /* [p] parameters, gradient          */
    double *step, *old; /* [p] direction; gradient before    */
    double *s, *t;      /* [MEMORY, p] steps and changes of gradient */
    double *metric;     /* [p, p] Cholesky factor (lower of column-major) */
    double *shared;     /* [p, p] Hessian at weights 0, all labels present, c 1, without the penalty */
    double *rows;       /* [PANEL, p] scaled rows for a Hessian */
    bool have_shared;
};

static bool fit_create(struct fit *f, struct err *e)
{
    size_t n = (size_t)f->n, p = (size_t)f->p, m = MEMORY;
    size_t sizes[] = { n, n, n, n, p, p, p, p, m * p, m * p, p * p, p * p, PANEL * p }, total = 0;
    double **places[] = { &f->y,   &f->z, &f->zp, &f->q,      &f->w,      &f->g,   &f->step,
                          &f->old, &f->s, &f->t,  &f->metric, &f->shared, &f->rows };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) total += sizes[i];
    f->block = calloc(total, sizeof *f->block);
    if (!f->block) return err_set(e, ERR_MEMORY, "logistic regression of %d x %d: no memory", f->n, f->d);
    double *at = f->block;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        *places[i] = at;
        at += sizes[i];
    }
    return true;
}

static double sigmoid(double z)
{
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

/* Loss at margin z + t zp; w2 is |w + t step|^2 without the offset. */
static double loss_at(const struct fit *f, double t, double w2)
{
    double sum = 0;
    for (int i = 0; i < f->n; i++) {
        if (f->y[i] < 0) continue;
        double z = f->z[i] + t * f->zp[i], v = f->y[i] > 0 ? -z : z;
        sum += v > 0 ? v + log1p(exp(-v)) : log1p(exp(v));
    }
    return 0.5 * w2 + f->c * sum;
}

/* Its derivative in t; ws is the penalty's share. */
static double slope_at(const struct fit *f, double t, double ws)
{
    double sum = 0;
    for (int i = 0; i < f->n; i++)
        if (f->y[i] >= 0) sum += f->zp[i] * (sigmoid(f->z[i] + t * f->zp[i]) - f->y[i]);
    return ws + f->c * sum;
}

static void gradient(struct fit *f)
{
    double sum = 0;
    for (int i = 0; i < f->n; i++) {
        f->q[i] = f->y[i] < 0 ? 0 : f->c * (sigmoid(f->z[i]) - f->y[i]);
        sum += f->q[i];
    }
    memcpy(f->g, f->w, (size_t)f->d * sizeof *f->g);
    cblas_dgemv(CblasRowMajor, CblasTrans, f->n, f->d, 1, f->x, f->d, f->q, 1, 1, f->g, 1);
    f->g[f->d] = sum;
}

/* out [p, p] = sum over rows of weight row row', each row with a one behind it; weight [n] in q. In panels: a scaled
 * copy of everything would be as large as the features. */
static void weighted_gram(struct fit *f, double *out)
{
    for (int first = 0; first < f->n; first += PANEL) {
        int count = first + PANEL < f->n ? PANEL : f->n - first;
        for (int i = 0; i < count; i++) {
            const double *from = f->x + (size_t)(first + i) * (size_t)f->d;
            double *row = f->rows + (size_t)i * (size_t)f->p, v = sqrt(f->q[first + i]);
            for (int j = 0; j < f->d; j++) row[j] = v * from[j];
            row[f->d] = v;
        }
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, f->p, count, 1, f->rows, f->p, first ? 1 : 0, out, f->p);
    }
}

/* The Hessian at the present margin as a Cholesky factor. At margin 0 it is taken from the shared one. */
static bool metric_factor(struct fit *f, bool zero, struct err *e)
{
    bool complete = true;
    for (int i = 0; i < f->n && complete; i++) complete = f->y[i] >= 0;
    size_t all = (size_t)f->p * (size_t)f->p;
    if (zero && complete) {
        if (!f->have_shared) {
            for (int i = 0; i < f->n; i++) f->q[i] = 0.25;
            weighted_gram(f, f->shared);
            f->have_shared = true;
        }
        for (size_t i = 0; i < all; i++) f->metric[i] = f->c * f->shared[i];
    } else {
        for (int i = 0; i < f->n; i++) {
            double s = sigmoid(f->z[i]);
            f->q[i] = f->y[i] < 0 ? 0 : f->c * s * (1 - s);
        }
        weighted_gram(f, f->metric);
    }
    double trace = 0;
    for (int j = 0; j < f->p; j++) trace += f->metric[(size_t)j * (size_t)f->p + (size_t)j];
    for (int j = 0; j < f->d; j++) f->metric[(size_t)j * (size_t)f->p + (size_t)j] += 1;
    /* The offset has no penalty: on separable data its curvature may vanish. */
    f->metric[all - 1] += 1e-10 * (1 + trace);
    lapack_int info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', f->p, f->metric, f->p);
    return info == 0 ||
           err_set(e, ERR_NUMERIC, "logistic regression of %d x %d: the Hessian is not positive", f->n, f->d);
}

/* step = -H g by the two-loop recursion over `count` pairs (the newest at `newest`), in the metric. */
static void search_direction(struct fit *f, int count, int newest)
{
    double a[MEMORY];
    memcpy(f->step, f->g, (size_t)f->p * sizeof *f->step);
    for (int k = 0; k < count; k++) {
        int i = (newest - k + MEMORY) % MEMORY;
        double *s = f->s + (size_t)i * (size_t)f->p, *t = f->t + (size_t)i * (size_t)f->p;
        a[i] = cblas_ddot(f->p, s, 1, f->step, 1) / cblas_ddot(f->p, s, 1, t, 1);
        cblas_daxpy(f->p, -a[i], t, 1, f->step, 1);
    }
    LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'L', f->p, 1, f->metric, f->p, f->step, f->p);
    for (int k = count - 1; k >= 0; k--) {
        int i = (newest - k + MEMORY) % MEMORY;
        double *s = f->s + (size_t)i * (size_t)f->p, *t = f->t + (size_t)i * (size_t)f->p;
        double b = cblas_ddot(f->p, t, 1, f->step, 1) / cblas_ddot(f->p, s, 1, t, 1);
        cblas_daxpy(f->p, a[i] - b, s, 1, f->step, 1);
    }
    cblas_dscal(f->p, -1, f->step, 1);
}

/* Go along the step as far as the loss falls enough; false when it does not fall any more (rounding). */
static bool line_search(struct fit *f, double *loss, double *t)
{
    for (int i = 0; i < f->n; i++) f->zp[i] = f->step[f->d];
    cblas_dgemv(CblasRowMajor, CblasNoTrans, f->n, f->d, 1, f->x, f->d, f->step, 1, 1, f->zp, 1);
    double slope = cblas_ddot(f->p, f->g, 1, f->step, 1);
    double ww = cblas_ddot(f->d, f->w, 1, f->w, 1), ws = cblas_ddot(f->d, f->w, 1, f->step, 1);
    double ss = cblas_ddot(f->d, f->step, 1, f->step, 1);
    if (!(slope < 0)) return false;
    *t = 1;
    for (int k = 0; k < 40; k++, *t /= 2) {
        double next = loss_at(f, *t, ww + *t * (2 * ws + *t * ss));
        bool fell = next <= *loss + 1e-4 * *t * slope;
        /* Near the end the fall drowns in rounding; that the slope went down still shows. */
        if (fell ? *loss - next < 1e-12 * *loss : next - *loss < 1e-12 * *loss)
            fell = fabs(slope_at(f, *t, ws + *t * ss)) <= 0.5 * -slope;
        if (fell) {
            *loss = next;
            return true;
        }
    }
    return false;
}

/* Minimise from the parameters in w. Adds to *iterations; *converged is cleared where the gradient did not vanish. */
static bool minimise(struct fit *f, bool from_zero, double scale, int *iterations, bool *converged, struct err *e)
{
    int count = 0, newest = -1;
    for (int i = 0; i < f->n; i++) f->z[i] = f->w[f->d];
    cblas_dgemv(CblasRowMajor, CblasNoTrans, f->n, f->d, 1, f->x, f->d, f->w, 1, 1, f->z, 1);
    memset(f->zp, 0, (size_t)f->n * sizeof *f->zp);
    double loss = loss_at(f, 0, cblas_ddot(f->d, f->w, 1, f->w, 1));
    gradient(f);
    for (int k = 0; k < STEPS; k++) {
        double size = fabs(f->g[cblas_idamax(f->p, f->g, 1)]), t;
        if (size <= 1e-10 * scale) return true;
        if (k % RENEW == 0) {
            if (!metric_factor(f, from_zero && k == 0, e)) return false;
            count = 0;
        }
        search_direction(f, count, newest);
        if (!line_search(f, &loss, &t)) {
            if (count) { /* once more with a fresh metric */
                k += RENEW - 1 - k % RENEW;
                continue;
            }
            *converged = *converged && size <= 1e-6 * scale;
            return true;
        }
        ++*iterations;
        newest = (newest + 1) % MEMORY;
        double *s = f->s + (size_t)newest * (size_t)f->p, *change = f->t + (size_t)newest * (size_t)f->p;
        memcpy(f->old, f->g, (size_t)f->p * sizeof *f->old);
        for (int j = 0; j < f->p; j++) f->w[j] += s[j] = t * f->step[j];
        cblas_daxpy(f->n, t, f->zp, 1, f->z, 1);
        gradient(f);
        for (int j = 0; j < f->p; j++) change[j] = f->g[j] - f->old[j];
        /* Convex, so the curvature is positive except for rounding: then the pair would spoil the rest. */
        bool good = cblas_ddot(f->p, s, 1, change, 1) > 1e-14 * cblas_dnrm2(f->p, s, 1) * cblas_dnrm2(f->p, change, 1);
        if (good && count < MEMORY) count++;
        if (!good) {
            newest = (newest + MEMORY - 1) % MEMORY;
            if (count == MEMORY) count--; /* the oldest was overwritten */
        }
    }
    *converged = false;
    return true;
}

/* Labels of one class into y; false when one of both values is absent. */
static bool class_labels(struct fit *f, const int8_t *labels, int stride)
{
    int positives = 0, negatives = 0;
    for (int i = 0; i < f->n; i++) {
        int8_t v = labels[(size_t)i * (size_t)stride];
        f->y[i] = v < 0 ? -1 : v > 0;
        positives += v > 0;
        negatives += v == 0;
    }
    return positives && negatives;
}

bool logistic_fit(struct logistic *l, const struct standardized_features *from, double c, const struct logistic *start,
                  struct err *e)
{
    int n = from->n, d = from->d, classes = from->classes;
    const double *x = from->x;
    *l = (struct logistic){ .d = d, .classes = classes, .c = c, .converged = true };
    for (size_t i = 0; i < (size_t)n * (size_t)d; i++)
        if (!isfinite(x[i]))
            return err_set(e, ERR_NUMERIC, "logistic regression: feature %d of image %d is not finite",
                           (int)(i % (size_t)d), (int)(i / (size_t)d));
    struct fit f = { .n = n, .d = d, .p = d + 1, .c = c, .x = x };
    size_t k = (size_t)(classes > 0 ? classes : 1);
    l->weights = calloc(k * (size_t)d, sizeof *l->weights);
    l->offset = calloc(k, sizeof *l->offset);
    bool ok = l->weights && l->offset;
    if (!ok) err_set(e, ERR_MEMORY, "logistic regression of %d classes: no memory", classes);
    ok = ok && fit_create(&f, e);
    for (int j = 0; ok && j < classes; j++) {
        l->offset[j] = NAN;
        if (!class_labels(&f, from->labels + j, classes)) continue;
        memset(f.w, 0, (size_t)f.p * sizeof *f.w);
        memset(f.z, 0, (size_t)n * sizeof *f.z);
        gradient(&f);
        double scale = fabs(f.g[cblas_idamax(f.p, f.g, 1)]);
        bool warm = start && !isnan(start->offset[j]);
        if (warm) {
            memcpy(f.w, start->weights + (size_t)j * (size_t)d, (size_t)d * sizeof *f.w);
            f.w[d] = start->offset[j];
        }
        ok = minimise(&f, !warm, scale, &l->iterations, &l->converged, e);
        memcpy(l->weights + (size_t)j * (size_t)d, f.w, (size_t)d * sizeof *f.w);
        l->offset[j] = f.w[d];
    }
    free(f.block);
    if (!ok) logistic_clear(l);
    return ok;
}

void logistic_score(const struct logistic *l, const double *x, int m, double *scores)
{
    for (int i = 0; i < m; i++)
        memcpy(scores + (size_t)i * (size_t)l->classes, l->offset, (size_t)l->classes * sizeof *scores);
    if (m > 0 && l->classes > 0)
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, l->classes, l->d, 1, x, l->d, l->weights, l->d, 1,
                    scores, l->classes);
}

void logistic_clear(struct logistic *l)
{
    free(l->weights);
    free(l->offset);
    *l = (struct logistic){ 0 };
}
