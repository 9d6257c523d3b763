/* Evaluations: one scoring of an encoder, its figures by class, and the predictions behind them. */
#ifndef MLVICX_STORE_EVALUATION_H
#define MLVICX_STORE_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

struct store_score {
    int64_t class;      /* index in the data set */
    const char *name;   /* of the class */
    double auc, lo, hi; /* NaN when there are no positives or no negatives; lo, hi NaN when not computed */
    int64_t positives, negatives;
    bool detailed; /* the figures below were computed; else they are NaN on the way out */
    double average_precision, threshold, sensitivity, specificity, f1, brier, calibration; /* NaN: none */
};

/** What one image got for one class: a probability. Millions of them are held at once. */
struct store_prediction {
    int32_t image, class; /* indices in the data set */
    double score;         /* NaN where there is none */
};

/** Predictions that a store keeps, of all evaluations together: some gigabyte. Beyond it the oldest ones are forgotten;
 *  their figures stay. */
enum { STORE_PREDICTIONS_MOST = 40000000 };

struct store_evaluation {
    int64_t id;
    int64_t run_id;        /* 0: an encoder that belongs to no run */
    char init[STORE_NAME]; /* then "random" or the file; "" for a run */
    int64_t step;
    char task[STORE_NAME]; /* name of the data set */
    char protocol[24];     /* "knn", "linear", "finetune" */
    bool context;          /* with the gates */
    double fraction;       /* percent of the labels */
    int64_t seed;
    char split[8];    /* the scored split: "val", "test" */
    char weights[65]; /* digest of the encoder, of the data set, and of the protocol with its settings; "": not told */
    char data[65], settings[65];
    int64_t size;                     /* side of the images in pixels; 0: not told */
    int64_t child_run_id;             /* the run that was trained for it and scored; 0: none, or removed since */
    double auc_macro;                 /* over classes with both values; NaN when none */
    char *detail;                     /* JSON text with further details; NULL if none */
    double created_at;                /* 0 on insert: now */
    const struct store_score *scores; /* borrowed on the way in, owned on the way out */
    size_t scores_count;
    const struct store_prediction *predictions; /* borrowed on the way in; read by store_prediction_read alone */
    size_t predictions_count;
};
struct store_evaluations {
    struct store_evaluation *rows;
    size_t count;
    size_t unreadable; /* rows that a page left out because they are damaged */
    struct err why;    /* of the first of them */
};
void store_evaluations_clear(struct store_evaluations *v);

/** Inserts an evaluation, its scores and predictions (may be none; those in the row are ignored). An earlier one of the
 * same run, or of the same init and weights, and of the same step, task, protocol, settings, size, context, fraction,
 * seed and split is replaced: of a run also if it scored other data of that name, whose images are gone. It is written
 * in slices and becomes visible with the last one (FULL), so nobody waits long or sees a part of it. Within a larger
 * transaction it is a part of that. `*id` (may be NULL) is filled. */
bool store_evaluation_insert(struct store *s, const struct store_evaluation *row,
                             const struct store_prediction *predictions, size_t predictions_count, int64_t *id,
                             struct err *e);
/** Inserts several evaluations of one encoder, step and task (run or init, step and task are those of the first),
 * with their predictions. They are also written in slices, and become visible together. */
bool store_evaluation_insert_all(struct store *s, const struct store_evaluation *rows, size_t count, struct err *e);
/** All evaluations of a run (0: those of no run; negative: all), oldest first, with scores. */
bool store_evaluation_list(struct store *s, int64_t run, struct store_evaluations *out, struct err *e);
/** The next page of them, without scores; an evaluation with a damaged score is left out too. */
bool store_evaluation_page(struct store *s, int64_t run, struct store_cursor *at, struct store_evaluations *out,
                           struct err *e);
/** Predictions of one evaluation by image, then class; `*out` is owned (free). */
bool store_prediction_read(struct store *s, int64_t evaluation, struct store_prediction **out, size_t *count,
                           struct err *e);
/** Removes the predictions of the oldest evaluations until there are no more than three quarters of `most`, if there
 *  are more than `most`. `*forgotten`: evaluations that lost theirs. In slices. */
bool store_prediction_bound(struct store *s, int64_t most, size_t *forgotten, struct err *e);

#endif
