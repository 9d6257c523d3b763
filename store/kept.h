/* Evaluations that could not be written to the store: another process kept it locked, the disk was full, or a file
 * may not grow.
 *
 * Results that took hours to compute are saved to a bundle beside the store, DIR/unwritten/eval-NUMBER.db; the next
 * evaluation or worker inserts them into the store. */
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

/** Writes the rows, as store_evaluation_insert_all takes them, to a bundle. `k` is zeroed, or that of an earlier
 * call, whose file is replaced. `s` is the store that could not be written; it is not touched. */
bool store_kept_write(const struct store *s, struct store_kept *k, const struct store_evaluation *rows, size_t count,
                      struct err *e);
/** They are in the store now. */
void store_kept_drop(const struct store *s, const struct store_kept *k);
/** Inserts all kept rows into the store, and removes the files of those inserted. A figure of a run that is gone, or
 * one older than an existing figure, is skipped. `*taken` and `*left`: numbers of files; `why` says why the first of
 * the remaining ones was not inserted. */
void store_kept_take(struct store *s, size_t *taken, size_t *left, struct err *why);

#endif
