/* What an evaluation asks of the runs that it makes: when the last of a configuration is trained, its worker scores the
 * one that validation prefers on the test images, for the encoder that was to be evaluated. So a command that was
 * killed, or that only queued them, has its figures nevertheless. */
#ifndef MLVICX_APP_EVAL_ORDER_H
#define MLVICX_APP_EVAL_ORDER_H

#include "app/worker/eval.h"
#include "store/evaluation.h"

enum { EVAL_ORDER_RATES = 8 };

/** One configuration: the same labels, a run for each rate. */
struct eval_order {
    char task[STORE_NAME], data[DIGEST_HEX_SIZE]; /* the data set, and its digest */
    enum protocol protocol;
    bool gates, own; /* own: the encoder is a run's */
    double percent;
    int draw;
    char settings[DIGEST_HEX_SIZE];                     /* of the protocol, rates and settings of training */
    int64_t run, step;                                  /* of the encoder; 0: it is no run's */
    char encoder[STORE_NAME], weights[DIGEST_HEX_SIZE]; /* its name and digest */
    int batch; /* of its settings, before a run fits it to few images; 0: not told */
    int count;
    struct eval_order_rate {
        double rate;
        char identity[DIGEST_HEX_SIZE]; /* of the run (store/run.h) */
    } rates[EVAL_ORDER_RATES];
};

/** Ask `child`, one of its runs, for it. */
bool eval_order_put(struct store *s, int64_t child, const struct eval_order *o, struct err *e);
/** From the argument of the command; ERR_FORMAT. */
bool eval_order_read(struct eval_order *o, const char *argument, struct err *e);
/** A row of the store is of this configuration, weights and data, scored by `child` on images of `size` pixels. */
bool eval_order_matches(const struct eval_order *o, int64_t child, int size, const struct store_evaluation *row);
/** Which of `count` runs validation prefers by their AUCs, NaN for none: the first of equals. */
int eval_order_choose(const double *auc, int count);
/** The highest AUC of a run on its validation images; NaN: none. */
bool eval_order_auc(struct store *s, int64_t run, double *auc, struct err *e);
/** The result names configuration and child. */
void eval_order_describe(const struct eval_order *o, int64_t child, const char *name, double rate,
                         struct eval_result *r);

#endif
