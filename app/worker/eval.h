/* Evaluates an encoder on a labelled data set: features once, then every protocol, share of labels and draw on them.
 *
 * The task is a data set of the store. Labels are drawn from its training images. Fits on them are compared on all
 * validation images (a tenth of the training patients if there are none), which are used for this selection only;
 * the test images are scored once per configuration. */
#ifndef MLVICX_APP_EVAL_H
#define MLVICX_APP_EVAL_H

#include "engine/base/files.h"
#include "engine/base/settings.h"
#include "engine/data/pack.h"
#include "engine/evaluate/auc.h"
#include "engine/evaluate/operating.h"
#include "engine/evaluate/protocol.h"
#include "engine/evaluate/significance.h"
#include "engine/train/engine.h"
#include "store/dataset.h"
#include "store/run.h"

enum { EVAL_RATES = 160 };   /* bytes of the rates of a trained protocol, with NUL */
enum { EVAL_HELD_OUT = 10 }; /* percent of the training patients, where there is no validation split */

/** The images of a task to which a probe is fitted, or on which it is tested. Owned arrays. */
struct eval_subset {
    uint32_t *images;   /* [n] indices into the pack                    */
    int8_t *labels;     /* [n, classes]                                 */
    uint32_t *patients; /* [n] the same number for the same patient     */
    int n;
};

struct eval_task {
    struct store_contents data; /* row, classes, labels, splits */
    struct pack *pack;
    int classes;
    struct eval_subset fit, test;
    int train;            /* the first of fit are training images, the others validation images */
    bool made_validation; /* the validation images were taken from the training patients */
    bool *apart;          /* [classes]: the set marks it as "nothing was found"; none if classes exclude one another */
};

/** Loads data set `name`. ERR_DATA if it has no labels or no test images. Ended by eval_task_close. */
bool eval_task_open(struct eval_task *t, struct store *store, const char *name, struct err *e);
/** ERR_DATA if it has no training images, which a fit needs. */
bool eval_task_check_fit(const struct eval_task *t, struct err *e);
void eval_task_close(struct eval_task *t); /* fine on a zeroed struct */

/** An encoder that only computes features. Ended by eval_encoder_close. */
struct eval_encoder {
    struct engine *engine;
    struct engine_config config;
    struct settings settings;
    char *classes, *untaught; /* of a classifier: names of its classes, and of those that had one value in its training
                                 labels, a line each; owned. NULL: it has none */
    int labelled;             /* images that it learned from */
    int64_t run_id, step;     /* both 0 if it does not belong to a run */
    char weights[DIGEST_HEX_SIZE]; /* digest of its checkpoint; or of its file, if any, settings and seed */
    char name[STORE_NAME];         /* of the run, or a description: "random:1:resnet18-w32-s64", "file.safetensors" */
};

/** Kaiming initialisation from settings.train.seed; running mean 0, variance 1. `channels`: of the images. */
bool eval_encoder_random(struct eval_encoder *c, const struct settings *s, int channels, struct err *e);
/** Sets the settings that follow from a file of weights: architecture, width, gates and their reduction. ERR_FORMAT
 * for shapes that no network of these settings has. */
bool eval_settings_of_file(struct settings *s, const char *path, struct err *e);
/** Random weights, then those of `path` (safetensors or a PyTorch file, see state_dict.h) on top; `note` (size bytes)
 * is filled with what was loaded, what the encoder lacks, and what was left over. */
bool eval_encoder_file(struct eval_encoder *c, const struct settings *s, int channels, const char *path, char *note,
                       size_t size, struct err *e);
/** The checkpoint of `run` at `step` (negative: the newest), as it was trained. `image_size` 0, or another size of
 * the images than in training. */
bool eval_encoder_run(struct eval_encoder *c, struct store *store, const struct store_run *run, int64_t step,
                      int image_size, int channels, struct err *e);
void eval_encoder_close(struct eval_encoder *c); /* fine on a zeroed struct */

/** Features h of both subsets. Owned arrays. */
struct eval_features {
    int d;
    float *fit, *test; /* [n, d] */
};

/** Computes them; `progress` NULL or called after each pass with images done of all (false stops: ERR_INTERRUPTED). */
bool eval_features_read(struct eval_features *f, const struct eval_encoder *c, const struct eval_task *t, bool gates,
                        bool (*progress)(void *ctx, int done, int total), void *ctx, struct err *e);
void eval_features_clear(struct eval_features *f); /* fine on a zeroed struct */

/** Results of one class beside its AUC. */
struct eval_class {
    double threshold;               /* of greatest F1 on validation; NaN: none */
    struct operating at;            /* on the test images, there */
    struct interval plain, patient; /* of the AUC: DeLong's, and clustered by patient */
    int patients[2];                /* of the test images without and with the finding */
    bool clustered;                 /* a patient has several of the images: `patient` counts */
};

/** Patients without and with a finding: of fewer no interval of the area is given, and no gap between groups. */
enum { EVAL_INTERVAL_PATIENTS = 2, EVAL_GAP_PATIENTS = 10 };

/** The test images have `least` patients without and with the finding. */
static inline bool eval_has_patients(const struct eval_class *c, int least)
{
    return c->patients[0] >= least && c->patients[1] >= least;
}

/** The interval to report. */
static inline const struct interval *eval_interval(const struct eval_class *c)
{
    return c->clustered ? &c->patient : &c->plain;
}

/** Results of one configuration on the test images. Owned arrays. */
struct eval_result {
    enum protocol protocol;
    bool gates;
    double percent;                 /* of the labels                      */
    int draw;                       /* 1 up: which draw of the labels     */
    int images;                     /* that kept their labels             */
    double strength;                /* chosen; NaN for kNN and what was trained */
    char settings[DIGEST_HEX_SIZE]; /* of the protocol with its settings  */
    int64_t child;                  /* the run that was trained for it; 0: none */
    double rate;                    /* of that run; NaN: none             */
    char trained[STORE_NAME];       /* its name                           */
    char rates[EVAL_RATES];         /* of which validation took its; "": none */
    int batch;                      /* images a step, as it was told; 0: none */
    double macro;                   /* mean AUC over findings with both values */
    struct interval interval;       /* of the macro AUC, by resampling patients; NaN: all its findings have too few */
    struct auc *classes;            /* [task.classes]                     */
    struct eval_class *details;     /* [task.classes]                     */
    double *weights;                /* [task.classes, features] of a linear probe, draw 1; NULL: none */
    int d;                          /* features */
    double *validation, *test; /* probabilities, [images, classes], of both subsets; NULL: those of the draw before */
};

/** The mean over findings has an interval: one of them at least has an area, and patients enough. */
bool eval_macro_has_interval(const struct eval_result *r, const struct eval_task *t);
/** Computes every figure from r->validation and r->test, which are filled. */
bool eval_figures(struct eval_result *r, const struct eval_task *t, struct err *e);
/** Allocates all arrays. The caller clears it, also after a failure. */
bool eval_result_init(struct eval_result *r, const struct eval_task *t, struct err *e);
/** Copies everything except the probabilities. */
bool eval_result_copy(struct eval_result *to, const struct eval_result *from, const struct eval_task *t, struct err *e);
void eval_result_clear(struct eval_result *r); /* fine on a zeroed struct */

/** Fits and scores one configuration. The draw of labels depends only on the task, percent and draw, and is that of
 * a run with data.labels and data.draw (app/session/labels.h). */
bool eval_score(struct eval_result *r, const struct eval_features *f, const struct eval_task *t, enum protocol protocol,
                double percent, int draw, struct err *e);

/** Images of a pack, by index. Borrowed. */
struct eval_images {
    const struct pack *pack;
    const uint32_t *list; /* [n] */
    int n, before, total; /* the last two as in struct features_source */
    bool (*progress)(void *ctx, int done, int total);
    void *ctx;
};

/** Logits [n, classes of the classifier] of images. */
bool eval_logits(const struct eval_encoder *c, const struct eval_images *images, float *logits, struct err *e);

/** Output of the classifier that has that name; -1: none. */
int eval_output_of(const struct eval_encoder *c, const char *name);
/** Whether the training labels of the classifier lacked one of both values for the class of that name. */
bool eval_is_untaught(const struct eval_encoder *c, const char *name);
/** scores [n, classes], filled: the probability that output[k] gives class k, NaN where output[k] is -1, from logits of
 * n images. */
bool eval_probabilities(const struct eval_encoder *c, int n, int classes, const float *logits, const int *output,
                        double *scores, struct err *e);

/** Scores a classifier (`classes` is not NULL) on the test images, unchanged; classes are matched by name, and have
 * no AUC if the classifier was not taught them. ERR_DATA if the task has none of them. */
bool eval_apply(struct eval_result *r, const struct eval_encoder *c, const struct eval_task *t,
                bool (*progress)(void *ctx, int done, int total), void *ctx, struct err *e);

/** All in one call: features (with the gates that the encoder has), linear protocol, all labels. */
bool eval_linear(struct eval_result *r, const struct eval_encoder *c, const struct eval_task *t,
                 bool (*progress)(void *ctx, int done, int total), void *ctx, struct err *e);

#endif
