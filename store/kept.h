/* Evaluations that the store would not take: another process kept it locked, the disk was full, a file may not grow.
 *
 * What took hours to compute is put into a bundle beside the store, DIR/unwritten/eval-NUMBER.db, and the next
 * evaluation or worker puts it into the store. */
#ifndef MLVICX_STORE_KEPT_H
#define MLVICX_STORE_KEPT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "store/evaluation.h"
#include "store/database/store.h"

struct store_kept {
    char name[32];         /* of the file; "": none yet */
    char path[STORE_PATH]; /* where it is, to be shown  */
};

/** Write the rows, as store_evaluation_insert_all takes them, to a bundle. `k` zeroed, or that of an earlier call,
 * whose file is replaced. `s` is the store that would not take them; it is not touched. */
bool store_kept_write(const struct store *s, struct store_kept *k, const struct store_evaluation *rows, size_t count,
                      struct err *e);
/** They are in the store now. */
void store_kept_drop(const struct store *s, const struct store_kept *k);
/** Put all that is kept into the store, and remove what was. A figure of a run that is gone, or older than one that is
 * there, is skipped. `*taken` and `*left`: files; `why` says of the first one left why it was. */
void store_kept_take(struct store *s, size_t *taken, size_t *left, struct err *why);

#endif
