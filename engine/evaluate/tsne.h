/* t-SNE: places rows of many numbers on a plane such that neighbours stay neighbours.
 *
 * van der Maaten & Hinton, Visualizing data using t-SNE, JMLR 9, 2008; with the Barnes-Hut approximation of van der
 * Maaten, Accelerating t-SNE using tree-based algorithms, JMLR 15, 2014:
 *
 *     p(j|i) = exp(-b_i |x_i - x_j|^2) / sum over the 3 u nearest k of x_i,  b_i such that 2^entropy is u (perplexity)
 *     p_ij = (p(j|i) + p(i|j)) / 2n
 *     q_ij = w_ij / Z,  w_ij = 1 / (1 + |y_i - y_j|^2),  Z = sum over k != l of w_kl
 *     minimise KL = sum p_ij log(p_ij / q_ij) by its gradient 4 sum_j (p_ij - q_ij) w_ij (y_i - y_j)
 *
 * The part of q_ij is summed over cells of a tree: a cell stands for its points where its side is below theta times
 * its distance. Points begin on the first two principal components (Kobak & Berens, Nature Communications 10, 2019),
 * and the rate follows from n (Belkina et al., ibid.). Distances between clusters and their sizes mean little. */
#ifndef MLVICX_EVALUATE_TSNE_H
#define MLVICX_EVALUATE_TSNE_H

#include <stdbool.h>

#include "engine/base/err.h"

enum {
    TSNE_LEAST = 4,      /* rows: three have no neighbourhood that a plane could lose */
    TSNE_MOST = 16384,   /* rows: all distances are computed, a minute or two for so many */
    TSNE_PERPLEXITY = 30 /* neighbours that count, about; (n - 1) / 3 where that is less */
};

/** Fills y [n, 2] from x [n, d] (borrowed): the same bits for any number of threads. Rows that are all equal lie at 0.
 *  ERR_DATA for less than TSNE_LEAST or more than TSNE_MOST rows, ERR_NUMERIC for numbers that are not finite. */
bool tsne_map(const float *x, int n, int d, int threads, float *y, struct err *e);

#endif
