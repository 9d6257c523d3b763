/* Two sides on one test set, each a run or several seeds of a method: what they predicted, and whether the difference
 * of their areas is more than chance. */
#ifndef MLVICX_APP_COMPARISON_H
#define MLVICX_APP_COMPARISON_H

#include "engine/base/text.h"
#include "store/run.h"
#include "views/analysis/predictions.h"

/** The evaluation of a run that is compared (agreement.h). */
struct chosen {
    int64_t size; /* side of the images in pixels; 0: not told */
    bool gates;
    char settings[65], weights[65]; /* digests, as struct store_evaluation has them */
};

/** What one run predicted for the test images, once for each draw of the labels. Owned. */
struct seed {
    struct store_run run; /* id 0: an encoder that is no run's, of that name */
    int64_t step;
    bool gated; /* its network has gates */
    struct chosen chosen;
    int draws;
    int64_t *draw;   /* [draws] rising */
    double **scores; /* [draws] of [test images, classes] */
};

enum { SIDE_SEEDS = 64, SIDE_NAME = 160 };

/** What is compared: a run, or several seeds of a method. */
struct side {
    struct seed seeds[SIDE_SEEDS];
    int count;
    char name[SIDE_NAME]; /* of the run, or of the runs */
};

/** The test images of a data set. Owned, but for the names in `data`. */
struct test_set {
    struct store_contents data;
    int n, classes;
    uint32_t *images, *patients; /* [n] */
    int8_t *labels;              /* [n, classes] */
    bool *apart;                 /* [classes]: says that nothing was found */
};
bool test_set_load(struct test_set *t, struct store *s, const char *name, struct err *e);
void test_set_clear(struct test_set *t); /* fine on a zeroed struct */

/** What the runs of a side predicted in the evaluations that are chosen, of protocol and share as `w` says.
 * ERR_NOT_FOUND where no predictions were kept. */
bool side_read(struct side *side, struct store *s, const struct test_set *t, const struct predictions_wanted *w,
               struct err *e);
/** Keep the draws that all runs of all sides have. ERR_DATA where there are none. */
bool sides_align(struct side *sides, int count, struct err *e);
/** In what the settings of a side's runs differ besides the seed, such as "optim.lr, data.size"; "" where in nothing.
 */
bool side_differences(const struct side *side, struct text *out, struct err *e);
void side_clear(struct side *s); /* fine on a zeroed struct */

/** One class, or the mean over findings. NaN where there is none. */
struct difference {
    double a, b, value, lo, hi; /* areas, a - b, its interval of 95 % */
    double deviation;           /* of the difference */
    double patients, seeds;     /* its variance by patients, and by seeds (0: one seed each) */
    double p, p_patient;        /* plain DeLong, NaN with several fits; clustered by patient, or by resampling */
    double p_holm;              /* p_patient corrected for the number of classes; of the mean, for that of sides */
    int positives, negatives;
    int left_out; /* rounds of resampling in which it had one value */
};

/** Owned array. */
struct comparison {
    int n, patients, draws, seeds[2], classes;
    struct difference *list; /* [classes] */
    struct difference macro;
};

/** Compare two sides with the same draws. One run and draw each: DeLong for classes; several: resampled seeds, draws,
 * then patients. The mean is resampled in any case. p_holm of the mean is left as p. */
bool comparison_make(struct comparison *c, const struct test_set *t, const struct side *a, const struct side *b,
                     struct err *e);
void comparison_clear(struct comparison *c); /* fine on a zeroed struct */

#endif
