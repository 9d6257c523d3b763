/* What the protocol of an evaluation was told: settings of its training, and rates. */
#ifndef MLVICX_VIEWS_EVALUATION_TOLD_H
#define MLVICX_VIEWS_EVALUATION_TOLD_H

#include "engine/base/settings.h"
#include "engine/base/text.h"
#include "store/evaluation.h"

enum { EVALUATION_TOLD_RATES = 160 };

/** Of one evaluation. Network, size, gates, share, draw and seed are no part of it. Plain, nothing is owned. */
struct evaluation_told {
    bool known;               /* `settings` are those of the run that was trained for it, which is still there */
    struct settings settings; /* else the usual ones */
    char preset[32];          /* of that run */
    char rates[EVALUATION_TOLD_RATES]; /* "0.0003,0.001", of which validation took one; "": not told, or none */
    int batch;                         /* images a step, before it was fitted to few images; 0: not told */
    char protocol[24], digest[65];     /* digest: of protocol and settings; "": not told */
};

/** Fill `t`. Fails only where the store cannot be read. */
bool evaluation_told_read(struct evaluation_told *t, struct store *s, const struct store_evaluation *row,
                          struct err *e);
/** Append what differs from what the protocol takes by itself, such as "optim.epochs=3 rates=0.001"; nothing where
 * nothing does. */
void evaluation_told_put(const struct evaluation_told *t, struct text *out);
/** Append in what two of one protocol differ, such as "optim.epochs 3 and 10"; nothing where they agree as far as is
 * known. */
void evaluation_told_differ(const struct evaluation_told *a, const struct evaluation_told *b, struct text *out);

#endif
