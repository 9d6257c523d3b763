/* Which evaluations of several runs may stand side by side: of the same protocol, share of the labels, size of the
 * images and settings, and of the same gates where their networks have any. */
#ifndef MLVICX_APP_AGREEMENT_H
#define MLVICX_APP_AGREEMENT_H

#include "app/commands/comparison.h"

/** Choose for each run of each side the newest evaluation that is meant and agrees with those of all others, and fill
 * its `chosen`. What is left open in `w` (protocol, share) is that of the first run's newest evaluation. `settings`
 * gets what all of them were told (evaluation_told.h). ERR_NOT_FOUND where a run has none, ERR_CONFLICT where none
 * agree: it says in what they differ, and what to type. */
bool sides_agree(struct side *sides, int count, struct store *s, struct predictions_wanted *w, struct text *settings,
                 struct err *e);

#endif
