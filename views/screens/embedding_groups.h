/* What colours and letters of the screen Embedding mean: findings, one class, splits, patients, or what the newest
 * evaluation predicted. */
#ifndef MLVICX_VIEWS_EMBEDDING_GROUPS_H
#define MLVICX_VIEWS_EMBEDDING_GROUPS_H

#include "engine/base/err.h"
#include "views/analysis/selection.h"

struct embedding;

/** Values of embedding.label besides 0: the first finding of each, 1 up: one class, classes + 1: the split; -1: nobody
 * has chosen yet. The same for every data set. */
enum embedding_by { EMBEDDING_BY_PATIENT = 1001, EMBEDDING_BY_SCORE, EMBEDDING_BY_ERROR };

/** Groups the rows by v->label, and counts them. */
void embedding_group(struct embedding *v);
/** Whether that needs predictions. */
bool embedding_wants_scores(const struct embedding *v);
/** Reads what the newest evaluation of the run that has predictions says of v->of_class; without one no row has a
 * score, and the error says how to make one. */
bool embedding_read_scores(const struct selection *sel, struct embedding *v, struct err *e);
/** What is grouped by, in a few words; returns out. */
const char *embedding_by_text(const struct embedding *v, char *out, size_t size);
/** Inks [EMBEDDING_GROUPS] of the groups. */
void embedding_inks(const struct embedding *v, unsigned *inks);

#endif
