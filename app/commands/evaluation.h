/* An evaluation on its way: what was asked for, what is scored, what came of it. Private to eval*.c. */
#ifndef MLVICX_APP_EVALUATION_H
#define MLVICX_APP_EVALUATION_H

#include "app/cli/command.h"
#include "app/cli/sheet.h"
#include "app/worker/eval_record.h"
#include "app/worker/eval_groups.h"
#include "app/worker/eval_order.h"
#include "app/worker/eval_seen.h"

enum { MOST_PERCENTS = 16, MOST_DRAWS = 100, MOST_RATES = EVAL_ORDER_RATES, MOST_FACTS = 8 };

/** What was asked for. */
struct request {
    bool protocol[PROTOCOL_COUNT], usual; /* usual: nothing was said */
    bool per_class, queue;
    double percents[MOST_PERCENTS], rates[MOST_RATES];
    int percent_count, rate_count, draws, size;
    bool gates[2]; /* off, on */
    const char *task, *by, *probe_for;
    bool paper; /* --format */
    enum sheet_format format;
};

/** Everything of one invocation. */
struct evaluation {
    struct app *app;
    struct store *store;
    struct request request;
    const struct arguments *arguments;
    char only[STORE_NAME]; /* the only data set there is, where none was named */
    struct eval_task task;
    struct eval_encoder encoder;
    struct eval_seen seen; /* of a run: test images that it was trained on */
    struct settings given; /* of the encoder, as its run was told, or as typed: what is automatic is so still */
    char preset[32];
    int channels;
    struct eval_groups groups[MOST_FACTS]; /* [facts], as --by names them */
    int facts;
    bool own;      /* a run's encoder */
    bool recorded; /* the store takes rows */
    struct eval_result *results;
    struct eval_result *parts[MOST_FACTS]; /* [count, groups]; zeroed where the result has no scores of its own */
    int count, applied;                    /* the first of them are of its own classifier */
    int recorded_count;                    /* as many are in the store already */
    int64_t *ours;                         /* [ours_count] runs that this command put into the queue; owned */
    size_t ours_count;
    bool beside; /* the queue is busy with other runs: ours are trained beside it */
    double began;
};

/* ---- eval_show.c ---- */

int evaluation_show(const struct evaluation *v);
int evaluation_show_json(const struct evaluation *v);

/* ---- eval_trained.c: finetune and scratch ---- */

/** Whether one of them was asked for. */
bool evaluation_trains(const struct request *q);
/** Check what they need before anything is made: a store that takes rows, validation images, --set. */
bool evaluation_trained_check(const struct evaluation *v, struct err *e);
/** Make what runs there are not yet, put those that are not finished into the queue, and tell. The exit status. */
int evaluation_trained_queue(struct evaluation *v);
/** Train what is not trained yet, score the best of each configuration, and record each at once. Configurations that
 * an earlier invocation recorded are read again. */
bool evaluation_trained_score(struct evaluation *v, struct err *e);

/* ---- eval_queue.c: all runs wait for one another before the first begins ---- */

/** `runs` [count], in order, none of them finished: put those into the queue that nobody has there, so that they are
 * trained even if this command ends; those are `ours`. Says what goes on without this command. One run alone is left to
 * its own worker. */
bool evaluation_queue(struct evaluation *v, const int64_t *runs, size_t count, struct err *e);

/* ---- eval_child.c: a run of one configuration ---- */

/** What a run of a trained protocol is of. */
struct child {
    enum protocol protocol;
    bool gates;
    double percent, rate;
    int draw;
    struct settings settings; /* filled by child_settle */
    char identity[65];        /* digest of all that its weights depend on */
    int64_t run;              /* 0: not made yet */
    char name[STORE_NAME];
    bool finished, waits; /* waits: in the queue */
    double rate_now;      /* where it was changed on its way */
    double auc;           /* its highest on validation; NaN: none */
};

/** Settings as digests hash them: a key that is younger than digests is left out where it does nothing, so that runs
 * and rows that there are already are found again. */
void child_write_settings(const struct settings *s, struct text *out);
/** Settings, identity, and the run that there is already, if any. */
bool child_settle(struct evaluation *v, struct child *c, struct err *e);
/** The run exists. */
bool child_make(struct evaluation *v, struct child *c, struct err *e);
/** Its state now: fills name, finished, waits and auc. */
bool child_look(const struct evaluation *v, struct child *c, enum store_state *state, struct err *e);

/* ---- eval_child_train.c ---- */

/** Until it is finished: in the queue or by a worker of this process, or, where others train it, by waiting for them;
 * what they leave untrained is trained here. ERR_INTERRUPTED: if it is ours it is stopped, and goes on the next time.
 */
bool child_finish(struct evaluation *v, struct child *c, struct err *e);

/* ---- eval_attribute.c: --probe-for ---- */

/** How well frozen features predict facts of the images, beside a random encoder of the same shape; the exit status. */
int evaluation_probe(struct evaluation *v);

#endif
