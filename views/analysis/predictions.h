/* What evaluations predicted, image by image, as the store keeps it: for tables, curves and comparisons. */
#ifndef MLVICX_VIEWS_PREDICTIONS_H
#define MLVICX_VIEWS_PREDICTIONS_H

#include "store/dataset.h"
#include "store/evaluation.h"
#include "store/run.h"

/** Which evaluation of a run is meant. */
struct predictions_wanted {
    const char *task, *protocol; /* NULL: any */
    double percent;              /* of the labels; 0: any */
    int64_t draw, step;          /* -1: any */
    int gates;                   /* 0, 1; -1: any */
    const char *init;            /* of an encoder that is no run's, by its name; NULL: any */
    const char *weights;         /* digest of the encoder; NULL: any */
    const char *settings;        /* digest of the protocol with its settings; NULL: any */
    int64_t size;                /* side of the images in pixels; 0: any */
};
/** It is one that is meant. All labels have one draw, that of 1. */
bool predictions_match(const struct store_evaluation *row, const struct predictions_wanted *w);

/** What the evaluation says of a class; NaN where it has none. */
struct predictions_area {
    double auc, lo, hi;
};

enum { PREDICTIONS_TOLD = 240 };

/** Probabilities of one evaluation. Owned arrays. */
struct predictions {
    int n, classes;
    uint32_t *images;               /* [n] indices in the data set, rising */
    double *scores;                 /* [n, classes]; NaN where there is none */
    struct predictions_area *areas; /* [classes] */
    char protocol[24];              /* of the evaluation, as the four that follow */
    double percent;
    int64_t draw, step;
    bool gates;
    int64_t size; /* side of the images in pixels; 0: not told */
    char
        told[PREDICTIONS_TOLD]; /* by predictions_newest: what the protocol was told (evaluation_told.h); "": nothing */
    int others; /* by predictions_newest: older evaluations of the same that differ in size or settings alone */
};

/** Those of `row` on the data set that it was made on, `data` with its images. n is 0 where none were kept.
 * ERR_CONFLICT where the set was imported anew since, ERR_FORMAT where the rows make no sense. */
bool predictions_read(struct store *s, const struct store_evaluation *row, const struct store_contents *data,
                      struct predictions *out, struct err *e);
/** Those of the newest evaluation of a run (id 0: of an encoder that is no run's, `w->init`) that is meant and whose
 * predictions are there. ERR_NOT_FOUND where there is none: it says how to make some. */
bool predictions_newest(struct store *s, const struct store_run *run, const struct predictions_wanted *w,
                        const struct store_contents *data, struct predictions *out, struct err *e);
void predictions_clear(struct predictions *p); /* fine on a zeroed struct */

/** The class of that name; ERR_NOT_FOUND names the nearest, or those that there are. */
bool predictions_class(const struct store_contents *data, const char *name, int *class, struct err *e);

/** Load the data set of that name with images and labels; ERR_DATA where it has no labels. */
bool predictions_task(struct store *s, const char *name, struct store_contents *data, struct err *e);

#endif
