/* The list of runs behind the screen Runs: which there are, in which order, and what is known of each.
 *
 * With a thousand runs not all numbers can be read before the first frame: rows come at once, numbers for those in
 * sight, and the rest a few at a time (runs_list_fill). What ended is read once after it ended. */
#ifndef MLVICX_VIEWS_RUNS_LIST_H
#define MLVICX_VIEWS_RUNS_LIST_H

#include "engine/diagnose/verdict.h"
#include "views/analysis/group.h"
#include "views/analysis/run_summary.h"
#include "views/analysis/filter.h"

enum runs_column {
    RUNS_MARK,
    RUNS_ID,
    RUNS_NAME,
    RUNS_STATE,
    RUNS_DATA,
    RUNS_METHOD,
    RUNS_EPOCH,
    RUNS_ETA,
    RUNS_LOSS,
    RUNS_TREND,
    RUNS_AUC,
    RUNS_RANK,
    RUNS_VERDICT,
    RUNS_AGE,
    RUNS_TAGS,
    RUNS_SPEED,
    RUNS_STEP,
    RUNS_PRESET,
    RUNS_SEED,
    RUNS_NOTE,
    RUNS_COLUMNS
};

enum runs_group {
    RUNS_GROUP_NONE,
    RUNS_GROUP_DATA,
    RUNS_GROUP_METHOD,
    RUNS_GROUP_TAG,
    RUNS_GROUP_SETTINGS,
    RUNS_GROUPS
};

enum { RUNS_TRACE = 24 };

struct runs_entry {
    struct run_summary summary; /* owned; its numbers are NaN until `known`                    */
    bool known;                 /* the numbers are those of the row as it is                   */
    bool traced;                /* the trace is there                                          */
    float trace[RUNS_TRACE];    /* mean loss over the run's length, NaN: nothing there         */
    char *group;                /* owned: values of the list's `keys`; NULL: not read        */
};

/** A line of the screen: a run, or the heading of a group (entry -1). */
struct runs_line {
    int entry, count; /* runs of the group */
    const char *group;
};

/** Zero-initialise. */
struct runs_list {
    struct runs_entry *entries; /* newest first, owned */
    int count;
    struct runs_line *lines; /* what fits, in order, owned; rebuilt by runs_list_order */
    int line_count, fits;
    int next;          /* entry that is filled next */
    size_t unreadable; /* runs that are not there, since their rows cannot be read */
    struct err why;
    int64_t older; /* runs that are not there, since there are more than a list holds */
    struct filter *filter;
    enum runs_group group;
    char keys[GROUP_KEYS]; /* the settings of RUNS_GROUP_SETTINGS: runs_list_group_by */
    int sort;              /* enum runs_column; -1: newest first */
    bool down;
    int states[STORE_STATE_COUNT];
};

void runs_list_clear(struct runs_list *l);

/** Read the rows anew. Numbers of runs that ended and did not change stay; those of others are kept until they are read
 *  again. Order is not touched: call runs_list_order. */
bool runs_list_read(struct runs_list *l, struct store *s, struct err *e);
/** Read the numbers of one entry, when they are not known. */
bool runs_list_know(struct runs_list *l, struct store *s, int entry, struct err *e);
/** Read those of lines first .. last, with their traces. */
bool runs_list_show(struct runs_list *l, struct store *s, int first, int last, struct err *e);
/** Read more of them for some seconds; `*more` says that there are others still. */
bool runs_list_fill(struct runs_list *l, struct store *s, double seconds, bool *more, struct err *e);

/** The settings that make groups. */
void runs_list_group_by(struct runs_list *l, const char *keys);
/** Filter, group and sort into lines. */
bool runs_list_order(struct runs_list *l, struct store *s, struct err *e);
/** How many runs fit a filter. */
bool runs_list_count(struct runs_list *l, struct store *s, const struct filter *f, int *fits, struct err *e);

/** The line of a run; -1. */
int runs_list_line(const struct runs_list *l, int64_t run);
const struct runs_entry *runs_list_at(const struct runs_list *l, int line); /* NULL: a heading, or beyond */

/** The text that a column is sorted by; NULL: its number. Borrowed from f. */
const char *runs_list_text(const struct run_summary *f, int column);
/** True for columns that are better read from the greatest down. */
bool runs_list_falls(int column);
/** The worse of both verdicts, VERDICT_UNKNOWN for none; `*level` (may be NULL): 'g', 'l', 'b' when both are, or '\0'
 * of a run with one level. */
enum verdict_word runs_verdict(const struct run_summary *f, char *level);
/** When the run last did something: its end, its last sign of life, or when it was made. */
double runs_when(const struct run_summary *f);

#endif
