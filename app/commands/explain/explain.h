/* Why a run collapsed: which changes are undone, one at a time, and with what result. Private to this folder. */
#ifndef MLVICX_APP_EXPLAIN_H
#define MLVICX_APP_EXPLAIN_H

#include "app/cli/command.h"
#include "engine/base/settings.h"
#include "engine/diagnose/verdict.h"

enum { EXPLAIN_NAME_SHOWN = 60 }; /* bytes of the name of the run with which the names of its trials begin */
enum { EXPLAIN_SINGLE = 14, EXPLAIN_TRIALS = 2 * EXPLAIN_SINGLE + 1, EXPLAIN_READINGS = 12 };

/** The readings of a run at one step: the worse of both levels. */
struct explain_reading {
    int64_t step;
    enum verdict_word word;
    double shared; /* rho of that level; NaN: none                                        */
    bool narrow;   /* a sign is past its limits, but excused (verdict.h)                  */
    bool ill;      /* there is something to explain: WATCH or worse, or narrow            */
};

/** One change undone, or with key "" several of them. */
struct explain_trial {
    const char *key; /* of the table of settings, static */
    char now[SETTINGS_TEXT], usual[SETTINGS_TEXT];
    uint32_t undone;     /* bit i: the change of trial i */
    double distance;     /* decades between both; a setting that is off, or a word: far */
    int64_t from, until; /* steps: of the checkpoint, 0 for the beginning; of the reading that is judged */
    int64_t run;         /* the run of this trial; 0: not yet tried */
    char identity[65];   /* digest of all that it depends on, by which it is found again (store/run.h) */
    char name[STORE_NAME];
    int64_t steps; /* of that run in all */
    int64_t well;  /* the newest step that was judged and is not ill; 0: none */
    struct explain_reading last;
    char failed[160]; /* why it could not be tried, or "" */
};

struct explain {
    struct app *app;
    struct store_run run;       /* owned */
    struct settings settings;   /* as the run began */
    struct explain_reading now; /* the newest reading of the run */
    char line[400];             /* its line */
    int64_t healthy, since;     /* newest step before that was not ill, 0: none; first step with the current verdict */
    int64_t from;               /* checkpoint before that; 0: the beginning */
    double step_seconds;        /* NaN: not known */
    struct explain_trial trial[EXPLAIN_TRIALS]; /* those of one change come first */
    int trials, single;
};

/* ---- explain_causes.c: what may be undone ---- */

/** Add a trial for each change up to x->since that undoing might cure: live changes first (undoing one restores the
 * value before it), then differences to the preset. */
bool explain_find_causes(struct explain *x, struct err *e);
/** What is tried where nothing that differs is the cause: a quarter of the rate, or of the usual one if that is lower.
 * NULL: no room, or no rate. */
struct explain_trial *explain_add_lower_rate(struct explain *x);
/** Add a trial that undoes the changes of several (bit i: that of trial i); its name ends in `suffix`. */
struct explain_trial *explain_add_several(struct explain *x, uint32_t undone, const char *suffix);

/* ---- explain_trial.c: training one ---- */

/** The readings of the run that is explained in order, at most `most` of them, evenly spaced. Returns how many were
 * filled. */
bool explain_readings(const struct explain *x, struct explain_reading *out, int most, int *count, struct err *e);
/** The reading of a run (x->run or a trial's) at or before a step, negative: the newest; word VERDICT_UNKNOWN if there
 * is none. */
bool explain_reading_at(const struct explain *x, int64_t run, int64_t step, struct explain_reading *out, struct err *e);
/** The word of a reading, "LEARNING, narrow" where it is; static. */
const char *explain_word(const struct explain_reading *r);
/** Train a trial up to its step; fills run, last, well or failed. The run of an earlier invocation is taken up, also
 * from the trash; what it has recorded is not trained again. False when the store cannot be used or an end was asked
 * for. */
bool explain_try(struct explain *x, struct explain_trial *t, struct err *e);
/** The same again for a trial that was tried: to twice its length, or to its end. */
bool explain_prolong(struct explain *x, struct explain_trial *t, struct err *e);

/* ---- explain_again.c: trials of earlier invocations ---- */

/** Find the run of a trial that undoes `sets` (NULL-terminated "K=V"); fills identity, and, if there is one that nobody
 * has changed since, run and name. */
bool explain_find_again(struct explain *x, struct explain_trial *t, const char *const *sets, struct err *e);

/* ---- explain_search.c: which trials, and which is the answer ---- */

/** How a trial is trained: explain_try and explain_prolong, or what a test puts in their place. */
struct explain_trainer {
    bool (*begin)(struct explain *x, struct explain_trial *t, struct err *e);
    bool (*prolong)(struct explain *x, struct explain_trial *t, struct err *e);
};

/** Try each change alone. Where several seem to cure it, those that are well go on, twice as long each time, until one
 * is left or all have reached their ends: some only put a collapse off. Where none does, a lower rate is tried, then
 * all changes together; of these one after the other is left as it was, as long as it stays cured. */
bool explain_search(struct explain *x, const struct explain_trainer *how, struct err *e);
/** What a trial whose run there is needs before it can be judged. */
enum explain_need {
    EXPLAIN_NOTHING, /* the reading is there, or the run is at its end */
    EXPLAIN_WAITING, /* somebody trains it                             */
    EXPLAIN_TRAINING /* a worker                                       */
};
/** By its newest reading up to t->until (t->last) and the state of its run. */
enum explain_need explain_needs(const struct explain_trial *t, enum store_state state);
/** The smallest change that cures it: the fewest changes, then well for the longest, then the better word, then the
 * value that moves least. NULL: none does. */
const struct explain_trial *explain_smallest(const struct explain *x);
/** Whether a trial is well up to its end, as far as it was trained. */
bool explain_stays_well(const struct explain_trial *t);

/* ---- explain_tell.c: output ---- */

void explain_print_plan(const struct explain *x);
/** Print trials, curves and the cause, or one JSON object; `done`: trials were made. Returns the exit status. */
int explain_tell(const struct explain *x, bool done, struct err *e);

#endif
