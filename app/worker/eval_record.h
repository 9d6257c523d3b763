/* The figures of an evaluation on their way into the store. */
#ifndef MLVICX_APP_EVAL_RECORD_H
#define MLVICX_APP_EVAL_RECORD_H

#include "app/cli/command.h"
#include "app/worker/eval.h"

/** What belongs to all of them. Borrowed. */
struct eval_record {
    struct app *app;
    const struct eval_task *task;
    const struct eval_encoder *encoder;
    bool own; /* a run's encoder */
};

/** Bytes that `count` figures take in the database, about. */
double eval_record_bytes(const struct eval_task *task, int count);
/** Record them: all become visible at once. What the store does not take is kept beside it and tried again (insist.h).
 */
bool eval_record(const struct eval_record *r, const struct eval_result *results, int count, struct err *e);
/** Put what earlier evaluations could not record into the store, and tell. */
void eval_record_earlier(struct app *app);

#endif
