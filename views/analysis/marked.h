/* The marked runs beside one another: first what came of them, then the settings that differ. */
#ifndef MLVICX_VIEWS_MARKED_H
#define MLVICX_VIEWS_MARKED_H

#include "engine/base/err.h"
#include "views/analysis/selection.h"

enum { MARKED_NAME = 48, MARKED_VALUE = 40 };

struct marked_row {
    char name[MARKED_NAME];
    char value[SELECTION_MARKS][MARKED_VALUE]; /* of each run */
    int best;                                  /* the run that did better than the others; -1: none */
    int why;                                   /* the run whose verdict this setting explains; -1: none */
};

/** Zero-initialise. */
struct marked {
    int64_t run[SELECTION_MARKS];   /* those that are compared, in the order of marking */
    char word[SELECTION_MARKS][24]; /* of their verdicts, or of their states */
    int runs;
    int64_t asked[SELECTION_MARKS]; /* those that were to be compared when it was read */
    int asked_count;
    struct marked_row *rows; /* owned: `results` of them, then the settings that differ, those first that explain */
    int row_count, results;
};

/** Read the marked runs, or where only the baseline is marked, it and the shown one; a run that is gone, or whose
 * settings are not understood, is left out. Settings that differ only in that `auto` came to what the other says are
 * the same. With fewer than two runs there are no rows. */
bool marked_read(struct marked *m, const struct selection *sel, struct err *e);
/** Whether it was read of the runs that are to be compared now. */
bool marked_current(const struct marked *m, const struct selection *sel);
void marked_clear(struct marked *m);

#endif
