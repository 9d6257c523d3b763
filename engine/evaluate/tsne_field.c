/* The forces between points. The tree has tight boxes, so every cell falls apart into smaller ones until its points lie
 * at one place; cells stand in the order of a walk, each with the place where a walk goes on that does not enter it. */
#include <math.h>
#include <stdlib.h>

#include "engine/evaluate/tsne_parts.h"

bool tsne_field_create(struct tsne_field *f, int n, struct err *e)
{
    *f = (struct tsne_field){ .n = n };
    f->cell = malloc(2 * (size_t)n * sizeof *f->cell);
    f->order = malloc((size_t)n * sizeof *f->order);
    f->push = malloc(2 * (size_t)n * sizeof *f->push);
    f->z = malloc((size_t)n * sizeof *f->z);
    if (f->cell && f->order && f->push && f->z) return true;
    tsne_field_clear(f);
    return err_set(e, ERR_MEMORY, "t-SNE of %d rows: no memory", n);
}

void tsne_field_clear(struct tsne_field *f)
{
    free(f->cell);
    free(f->order);
    free(f->push);
    free(f->z);
    *f = (struct tsne_field){ 0 };
}

/* ---- the tree ---- */

struct box {
    double least[2], most[2];
};

static struct box box_around(const int *order, int count, const double *y)
{
    struct box b = { { INFINITY, INFINITY }, { -INFINITY, -INFINITY } };
    for (int i = 0; i < count; i++)
        for (int c = 0; c < 2; c++) {
            double v = y[2 * (size_t)order[i] + (size_t)c];
            if (v < b.least[c]) b.least[c] = v;
            if (v > b.most[c]) b.most[c] = v;
        }
    return b;
}

/* Points beyond the middle along one axis go behind the others; returns how many stay in front. */
static int part(int *order, int count, const double *y, int axis, double middle)
{
    int front = 0;
    for (int i = 0; i < count; i++) {
        int point = order[i];
        if (y[2 * (size_t)point + (size_t)axis] > middle) continue;
        order[i] = order[front];
        order[front++] = point;
    }
    return front;
}

static void add_cell(struct tsne_field *f, int *order, int count, const double *y)
{
    const struct box b = box_around(order, count, y);
    double wide = b.most[0] - b.least[0], high = b.most[1] - b.least[1], middle[2];
    struct tsne_cell *cell = &f->cell[f->cells++];
    *cell = (struct tsne_cell){ .count = count, .side = wide > high ? wide : high };
    for (int i = 0; i < count; i++)
        for (int c = 0; c < 2; c++) cell->middle[c] += y[2 * (size_t)order[i] + (size_t)c];
    for (int c = 0; c < 2; c++) {
        cell->middle[c] /= count;
        middle[c] = b.least[c] + (b.most[c] - b.least[c]) / 2;
    }
    int left = part(order, count, y, 0, middle[0]);
    int quarter[4] = { part(order, left, y, 1, middle[1]), 0, part(order + left, count - left, y, 1, middle[1]), 0 };
    quarter[1] = left - quarter[0];
    quarter[3] = count - left - quarter[2];
    bool apart = quarter[0] < count && quarter[1] < count && quarter[2] < count && quarter[3] < count;
    if (!apart) cell->side = 0; /* one place, or as near as numbers can be */
    for (int k = 0; apart && k < 4; k++) {
        if (quarter[k]) add_cell(f, order, quarter[k], y);
        order += quarter[k];
    }
    cell->next = f->cells;
}

static void grow(struct tsne_field *f, const double *y)
{
    for (int i = 0; i < f->n; i++) f->order[i] = i;
    f->cells = 0;
    add_cell(f, f->order, f->n, y);
}

/* ---- forces ---- */

/* Sums over all other points: push = sum w^2 (y - other), and the part of Z. The point meets itself once, at
 * distance 0. */
static void push_point(const struct tsne_field *f, const double *y, double theta, double *push, double *z)
{
    double x0 = y[0], x1 = y[1], sum0 = 0, sum1 = 0, all = -1;
    for (int i = 0; i < f->cells;) {
        const struct tsne_cell *c = &f->cell[i];
        double d0 = x0 - c->middle[0], d1 = x1 - c->middle[1], far = d0 * d0 + d1 * d1;
        bool whole = c->side * c->side < theta * theta * far || c->side <= 0;
        if (!whole) {
            i++;
            continue;
        }
        double w = 1 / (1 + far), many = c->count * w;
        all += many;
        sum0 += many * w * d0;
        sum1 += many * w * d1;
        i = c->next;
    }
    push[0] = sum0;
    push[1] = sum1;
    *z = all;
}

static void pull_point(const struct tsne_likeness *p, const double *y, int i, double *pull)
{
    double x0 = y[2 * (size_t)i], x1 = y[2 * (size_t)i + 1];
    pull[0] = pull[1] = 0;
    for (size_t t = p->first[i]; t < p->first[i + 1]; t++) {
        const double *other = y + 2 * (size_t)p->other[t];
        double d0 = x0 - other[0], d1 = x1 - other[1], w = p->p[t] / (1 + d0 * d0 + d1 * d1);
        pull[0] += w * d0;
        pull[1] += w * d1;
    }
}

double tsne_gradient(struct tsne_field *f, const struct tsne_likeness *p, const double *y, double theta,
                     double exaggeration, int threads, double *gradient)
{
    int n = f->n;
    double z = 0;
    (void)threads;
    grow(f, y);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int i = 0; i < n; i++) {
        push_point(f, y + 2 * (size_t)i, theta, f->push + 2 * (size_t)i, f->z + i);
        pull_point(p, y, i, gradient + 2 * (size_t)i);
    }
    for (int i = 0; i < n; i++) z += f->z[i];
    for (size_t i = 0; i < 2 * (size_t)n; i++)
        gradient[i] = 4 * (exaggeration * gradient[i] - (z > 0 ? f->push[i] / z : 0));
    return z;
}

double tsne_divergence(const struct tsne_likeness *p, const double *y, double z)
{
    double sum = 0;
    for (int i = 0; i < p->n; i++)
        for (size_t t = p->first[i]; t < p->first[i + 1]; t++) {
            const double *a = y + 2 * (size_t)i, *b = y + 2 * (size_t)p->other[t];
            double d0 = a[0] - b[0], d1 = a[1] - b[1];
            if (p->p[t] > 0) sum += p->p[t] * (log(p->p[t]) + log1p(d0 * d0 + d1 * d1));
        }
    return sum + log(z);
}
