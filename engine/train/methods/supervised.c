/* Learning with labels: cross-entropy of a linear classifier over h. Classes that exclude one another share a softmax,
 * others have a sigmoid each; a label that is not known counts for nothing.
 *
 *     sigmoid: sum over known labels y of w_k y log(1 + exp(-x)) + (1 - y) log(1 + exp(x)),   over their number
 *     softmax: sum over images of w_y (log(sum over k of exp(x_k)) - x_y),                    over the sum of the w_y
 *
 * Both are divided by what a whole step has (struct method: mass), so micro-batches with unequal labels add up to it.
 */
#include <math.h>

#include "engine/model/heads.h"
#include "engine/train/methods/methods.h"

enum { CROSS_ENTROPY }; /* the term */

/* log(1 + exp(x)), whatever the size of x. */
static double softplus(double x)
{
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

static double sigmoid(double x)
{
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

static double weight_of(const struct loss_weights *w, int k)
{
    return w->classes ? w->classes[k] : 1;
}

/* The one class of an image; -1: none is known. */
static int class_of(const int8_t *labels, int classes)
{
    for (int k = 0; k < classes; k++)
        if (labels[k] == 1) return k;
    return -1;
}

/* Of x [classes] and its gradient times `slope`, into dx; the loss is returned. A number that is not finite makes the
 * loss so, be its label known or not. */
static double binary_row(int classes, const real *x, const int8_t *labels, const struct loss_weights *w, double slope,
                         real *dx)
{
    double sum = 0;
    for (int k = 0; k < classes; k++) {
        dx[k] = 0;
        if (labels[k] < 0) {
            sum += 0 * (double)x[k];
            continue;
        }
        double sign = labels[k] ? -1 : 1, weight = labels[k] ? weight_of(w, k) : 1;
        sum += weight * softplus(sign * x[k]);
        dx[k] = (real)(slope * weight * sign * sigmoid(sign * x[k]));
    }
    return sum;
}

/* The same for classes that exclude one another; dx_k = slope * w (softmax_k - [k = y]). */
static double softmax_row(int classes, const real *x, const int8_t *labels, const struct loss_weights *w, double slope,
                          real *dx)
{
    int wanted = class_of(labels, classes);
    double most = x[0], sum = 0, weight = wanted < 0 ? 0 : weight_of(w, wanted);
    for (int k = 1; k < classes; k++)
        if (x[k] > most) most = x[k];
    for (int k = 0; k < classes; k++) sum += exp(x[k] - most);
    for (int k = 0; k < classes; k++) dx[k] = (real)(slope * weight * (exp(x[k] - most) / sum - (k == wanted)));
    return weight * (most + log(sum) - x[wanted < 0 ? 0 : wanted]);
}

static struct level_report loss(const struct kernels *kernels, const struct kernel_run *run,
                                const struct loss_weights *w, const struct loss_views *views,
                                const struct loss_hinge *hinge)
{
    (void)kernels, (void)run, (void)hinge;
    struct level_report out = { 0 };
    double sum = 0, part = views->labels.mass > 0 ? 1 / views->labels.mass : 0;
    size_t classes = (size_t)views->d;
    for (size_t i = 0; i < (size_t)views->n; i++)
        sum += (views->labels.exclusive ? softmax_row : binary_row)(views->d, views->z + i * classes,
                                                                    views->labels.of + i * classes, w,
                                                                    views->scale * part, views->dz + i * classes);
    out.total = out.term[CROSS_ENTROPY] = part * sum;
    return out;
}

/* Binary: how many labels are known; softmax: the weights of the images' classes, added up. */
static double mass(const struct loss_labels *labels, const struct loss_weights *w, size_t n, int classes)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const int8_t *row = labels->of + i * (size_t)classes;
        int one = labels->exclusive ? class_of(row, classes) : -1;
        if (one >= 0) sum += weight_of(w, one);
        for (int k = 0; !labels->exclusive && k < classes; k++) sum += row[k] >= 0;
    }
    return sum;
}

static size_t scratch(const struct kernels *k, int threads, int n, int d)
{
    (void)k, (void)threads, (void)n, (void)d;
    return 0;
}

static void heads(struct graph *g, const struct encoder_maps *maps)
{
    heads_classifier(g, maps->h);
}

const struct method REAL_NAME(method_supervised) = {
    .info = { .name = "supervised",
              .help = "cross-entropy of the labels, over a linear classifier",
              .views = 1,
              .levels = 1,
              .level = { LEVEL_LOGITS },
              .terms = 1,
              .term = { { "cross_entropy", "", "mean over the labels that are known; 0 is best" } },
              .labels = true },
    .heads = heads,
    .scratch = scratch,
    .loss = loss,
    .mass = mass,
};
