/* Private to the screen Checkpoints: its rows in the order shown, and its actions. */
#ifndef MLVICX_VIEWS_CHECKPOINT_ROWS_H
#define MLVICX_VIEWS_CHECKPOINT_ROWS_H

#include "engine/base/files.h"
#include "store/checkpoint.h"
#include "views/analysis/run_board.h"
#include "views/charts/table.h"
#include "views/screens/eval_form.h"
#include "views/workbench/workbench.h"

/* Metrics of the run at the step of a checkpoint. */
enum checkpoint_number {
    NUMBER_LOSS,
    NUMBER_AUC,
    NUMBER_KNN,
    NUMBER_RANK_G,
    NUMBER_RANK_L,
    NUMBER_EPOCH,
    NUMBER_OWN,
    NUMBERS
};

/* State of the digest check that the user requested; kept while the workbench is open and the file is unchanged. */
enum digest_state { DIGEST_UNVERIFIED, DIGEST_WAITING, DIGEST_OK, DIGEST_DAMAGED, DIGEST_MISSING };

enum { CHECKPOINTS_MOST = 1000 }; /* rows listed at most; each has a file */

struct checkpoint_row {
    struct store_checkpoint file;
    double value[NUMBERS];
    enum digest_state digest;
};

struct checkpoints {
    struct table table;
    struct checkpoint_row *rows; /* in the order shown; owned */
    int count;
    int64_t best;   /* step with the highest AUC, -1 */
    bool validated; /* whether that AUC is the run's own classifier's; else it is the probe's */
    double total;   /* bytes of all */
    int64_t older;  /* how many are not listed because there are more than CHECKPOINTS_MOST */
    struct digest_pieces *pieces;
    int64_t reading;              /* step of the file being read, -1 if none */
    int64_t asked;                /* step that the open question is about */
    char wanted[DIGEST_HEX_SIZE]; /* digest that it should have */
    double read_share;            /* how far */
    struct eval_form form;
    struct run_board board; /* of the run: its curves */
};

enum checkpoint_column {
    COLUMN_MARK,
    COLUMN_STEP,
    COLUMN_EPOCH,
    COLUMN_AGE,
    COLUMN_SIZE,
    COLUMN_KEPT,
    COLUMN_DIGEST,
    COLUMN_LOSS,
    COLUMN_AUC,
    COLUMN_KNN,
    COLUMN_RANK_G,
    COLUMN_RANK_L,
    COLUMNS
};

/** The number that a column shows (-1: none), and whether larger is better. */
struct checkpoint_order {
    int number;
    bool more;
};
extern const struct checkpoint_order checkpoint_orders[COLUMNS];

/** Reads the rows again; the selected row and the digests are kept. */
bool checkpoint_rows_read(struct workbench *wb, struct checkpoints *c, struct err *e);
void checkpoint_rows_sort(struct checkpoints *c);
/** Discards the rows, because another run is shown. */
void checkpoint_rows_drop(struct checkpoints *c);
/** The selected row; NULL if there is none. */
struct checkpoint_row *checkpoint_chosen(struct checkpoints *c);
/** The row of a step; NULL if it has disappeared. */
struct checkpoint_row *checkpoint_at(struct checkpoints *c, int64_t step);

/** Reads, for a few milliseconds, files whose digest was requested; true if the screen must be redrawn. Asks to be
 * called again (news_more) while there is more to read. */
bool checkpoint_digest_go_on(struct workbench *wb, struct checkpoints *c);

/** The actions of the screen's keys; `state` is struct checkpoints. */
unsigned checkpoint_pin(struct workbench *wb, void *state, int argument);
unsigned checkpoint_delete(struct workbench *wb, void *state, int argument);
unsigned checkpoint_export(struct workbench *wb, void *state, int argument);
unsigned checkpoint_evaluate(struct workbench *wb, void *state, int argument);
unsigned checkpoint_go_back(struct workbench *wb, void *state, int argument);
unsigned checkpoint_fork(struct workbench *wb, void *state, int argument);

#endif
