/* A task whose classes are facts of the images: what features should not need to tell, and may tell all the same. */
#ifndef MLVICX_APP_EVAL_FACTS_H
#define MLVICX_APP_EVAL_FACTS_H

#include "app/worker/eval.h"

enum { EVAL_FACTS = 64, EVAL_FACT_NAME = 96 };

/** Facts as classes: one of two values is the other's opposite, of more each is a class of its own; numbers are above
 * their median over the training images or not. Owned arrays. */
struct eval_facts {
    struct eval_task task; /* the task that it was made from; borrowed */
    int8_t *fit, *test;    /* [EVAL_FACTS, images of the subset] labels */
    int count;
    char fact[EVAL_FACTS][EVAL_FACT_NAME], value[EVAL_FACTS][EVAL_FACT_NAME]; /* "sex" and "M"; "age" and "> 56" */
};

/** The facts of `list`, separated by commas: attributes of the images by name, and "brightness", the mean grey level.
 * ERR_USAGE for a list that makes no sense, ERR_DATA where no training image has one, or there are too many values. */
bool eval_facts_make(struct eval_facts *f, struct store *store, const struct eval_task *t, const char *list,
                     struct err *e);
/** The task whose only class is fact number `c`, so that each is probed as if it were asked for alone. Borrowed. */
struct eval_task eval_facts_task(const struct eval_facts *f, int c);
void eval_facts_clear(struct eval_facts *f); /* fine on a zeroed struct */

#endif
