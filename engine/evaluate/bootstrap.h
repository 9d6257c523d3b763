/* Intervals of macro areas, and of areas over several draws or seeds, by resampling patients: what DeLong does not
 * give.
 *
 * Few seeds resampled vary too little, by (n - 1) / n, and what they vary by is itself uncertain. So rounds are widened
 * about the value: to the variance that n seeds have, and by Student's quantile over the normal one, at the degrees of
 * freedom that the seeds leave (Satterthwaite 1946; patients count as very many). Without this, three seeds of one
 * method against three others are called different in more than one case of ten; with it 5.7, 5.1 and 5.0 % of 3,000
 * pairs of equal methods are, with 2, 3 and 5 seeds. An interval of the deviation alone, or Welch's, would be called
 * different less often (4.3 % with 5 seeds), and find less: 40 instead of 44 % of methods that are better, with 3. */
#ifndef MLVICX_EVALUATE_BOOTSTRAP_H
#define MLVICX_EVALUATE_BOOTSTRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"

enum { BOOTSTRAP_ROUNDS = 2000 };

/** Scores of one method, a fit each: its seeds, each on all draws of the labels. Borrowed. */
struct bootstrap_method {
    int fits;
    const double *const *scores; /* [fits] of [n, classes]: seed s on draw d is s * (fits / seeds) + d */
    int seeds;                   /* 0: one, as 1 */
};

/** The images that were scored, and by what. Borrowed. */
struct bootstrap_input {
    int n, classes;
    const int8_t *labels;         /* [n, classes]: 1, 0, or -1 where missing                  */
    const uint32_t *patients;     /* [n]: any number that tells patients apart                */
    const bool *apart;            /* [classes]: does not count in the mean; NULL: all count   */
    struct bootstrap_method a, b; /* b.fits 0: a alone                                    */
    int rounds;
    uint64_t seed;
};

/** One area, or one difference a - b: its value on all images, mean over fits; what the rounds say. NaN where there is
 * none. */
struct bootstrap_figure {
    double a, b, value;     /* b 0 and value a without a second method */
    double lo, hi;          /* 2.5 and 97.5 percent of the rounds         */
    double deviation;       /* of the rounds                              */
    double patients, seeds; /* its variance by patients alone; by seeds alone, 0 where no method has several */
    double p;               /* that the difference is 0; NaN without a second method */
    int left_out;           /* rounds in which the class had one value    */
};

/** classes [classes], filled, and the mean over those that count and have an area in both methods. A round draws seeds,
 * then draws of either method with replacement, then patients; a class that has one value among them is left out of
 * that round. A pure function of its arguments, whatever the number of threads. Fails only when memory runs out. */
bool bootstrap_areas(const struct bootstrap_input *in, struct bootstrap_figure *classes, struct bootstrap_figure *macro,
                     struct err *e);

#endif
