/* The two halves of t-SNE: what pulls points together, and what pushes them apart. Private to tsne*.c and its test. */
#ifndef MLVICX_EVALUATE_TSNE_PARTS_H
#define MLVICX_EVALUATE_TSNE_PARTS_H

#include <stddef.h>

#include "engine/evaluate/tsne.h"

/** p_ij of n rows as a symmetric sparse matrix; its numbers sum to 1. Owned arrays. */
struct tsne_likeness {
    int n;
    size_t *first; /* [n + 1]: row i is first[i] up to first[i + 1] */
    int *other;    /* [first[n]], rising in a row */
    double *p;     /* [first[n]] */
};

/** From x [n, d] (borrowed, finite). Ended by tsne_likeness_clear. ERR_MEMORY. */
bool tsne_likeness(struct tsne_likeness *p, const float *x, int n, int d, double perplexity, int threads,
                   struct err *e);
void tsne_likeness_clear(struct tsne_likeness *p); /* fine on a zeroed struct */

struct tsne_cell {
    double middle[2]; /* of its points */
    double side;      /* the longer one of the box around them; 0: all lie at one place */
    int count, next;  /* points; the cell that follows its parts */
};

/** Room for the tree and for sums of each point. Owned arrays. */
struct tsne_field {
    int n, cells;
    struct tsne_cell *cell; /* [2 n], a cell before its parts */
    int *order;             /* [n] */
    double *push, *z;       /* [n, 2], [n] */
};

bool tsne_field_create(struct tsne_field *f, int n, struct err *e);
void tsne_field_clear(struct tsne_field *f); /* fine on a zeroed struct */

/** The gradient [n, 2] (filled) of KL at y [n, 2], p_ij multiplied by `exaggeration`. theta 0: exact; at most 0.7,
 * beyond which a point would meet a cell that holds itself. Returns Z. */
double tsne_gradient(struct tsne_field *f, const struct tsne_likeness *p, const double *y, double theta,
                     double exaggeration, int threads, double *gradient);
/** KL where Z is known. */
double tsne_divergence(const struct tsne_likeness *p, const double *y, double z);

#endif
