/* Two runs on one test set: what they predicted, and whether the difference of their areas is more than chance. */
#ifndef MLVICX_APP_COMPARISON_H
#define MLVICX_APP_COMPARISON_H

#include "store/run.h"
#include "views/analysis/predictions.h"

/** What one run predicted for the test images, once for each draw of the labels. Owned. */
struct side {
    struct store_run run;
    int64_t step;
    int draws;
    int64_t *draw;   /* [draws] rising */
    double **scores; /* [draws] of [test images, classes] */
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

/** What `side->run`, which is filled, has of the evaluations that are meant: its newest step and gates among them. What
 * is left open in `w` is filled from its newest evaluation, so that the next run is read alike. ERR_NOT_FOUND where
 * there is none. */
bool side_read(struct side *side, struct store *s, const struct test_set *t, struct predictions_wanted *w,
               struct err *e);
/** Keep the draws that both have. ERR_DATA where there are none. */
bool side_pair(struct side *a, struct side *b, struct err *e);
void side_clear(struct side *s); /* fine on a zeroed struct */

/** One class, or the mean over findings. NaN where there is none. */
struct difference {
    double a, b, value, lo, hi; /* areas, a - b, its interval of 95 % */
    double deviation;           /* of the difference */
    double p, p_patient;        /* plain DeLong, NaN with several draws; clustered by patient, or by resampling */
    double p_holm;              /* p_patient corrected for the number of classes */
    int positives, negatives;
    int left_out; /* rounds of resampling in which it had one value */
};

/** Owned array. */
struct comparison {
    int n, patients, draws, classes;
    struct difference *list; /* [classes] */
    struct difference macro;
};

/** Compare two sides with the same draws. One draw: DeLong for classes; several: resampled draws, then patients. The
 * mean is resampled in any case. */
bool comparison_make(struct comparison *c, const struct test_set *t, const struct side *a, const struct side *b,
                     struct err *e);
void comparison_clear(struct comparison *c); /* fine on a zeroed struct */

#endif
