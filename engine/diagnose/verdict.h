/* The verdict on one level: LEARNING, PLATEAU, WATCH or COLLAPSING, from what was read of it and of the features.
 *
 * Each sign has its value, its limits and what to try, all in one table; the word is that of the worst sign. No sign
 * reads a label, and none asks which objective is trained: VERDICT.md tells how the limits were chosen and judged. */
#ifndef MLVICX_DIAGNOSE_VERDICT_H
#define MLVICX_DIAGNOSE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/levels.h"
#include "engine/base/settings.h"

/** The numbers are what a store keeps as LEVEL.verdict. VERDICT_UNKNOWN: the numbers are not finite or not there yet.
 * VERDICT_HEALTHY is the word of former versions for what they found nothing against; stores still have it. */
enum verdict_word {
    VERDICT_UNKNOWN,
    VERDICT_HEALTHY,
    VERDICT_WATCH,
    VERDICT_COLLAPSING,
    VERDICT_LEARNING,
    VERDICT_PLATEAU,
    VERDICT_COUNT
};
extern const char *const verdict_words[VERDICT_COUNT + 1]; /* "unknown", "HEALTHY", "WATCH", ... */

/** How much a word asks for: 0 unknown, 1 LEARNING and HEALTHY, 2 PLATEAU, 3 WATCH, 4 COLLAPSING. */
int verdict_worry(enum verdict_word word);
/** One sentence on what a word means; static. */
const char *verdict_meaning(enum verdict_word word);
/** The word of a number that a store has as LEVEL.verdict; VERDICT_UNKNOWN for NaN and for what is none. */
enum verdict_word verdict_of_number(double stored);

enum verdict_sign_kind {
    SIGN_SHARED,
    SIGN_KEPT,
    SIGN_FEATURES,
    SIGN_DEVIATION,
    SIGN_DIRECTIONS,
    SIGN_CROWDING,
    SIGN_EMBEDDING,
    SIGN_COUNT
};
/** GRADE_NARROW: past a limit, but excused. */
enum verdict_grade { GRADE_FINE, GRADE_NARROW, GRADE_PLATEAU, GRADE_WATCH, GRADE_BAD };
extern const char *const verdict_grades[]; /* "fine", "narrow", "plateau", "watch", "bad" */

/** A row of the one table of signs. */
struct verdict_rule {
    const char *name, *what;          /* "shared"; "view correlation rho, mean of the last 20 steps"     */
    const char *metric[LEVEL_JUDGED]; /* recorded number that is its value: of z, of d                   */
    bool below;                       /* past its limits below them, else above                          */
    double watch, bad;                /* NaN: has no such limit */
    enum verdict_grade early;         /* what past the watch limit means up to verdict_plateau_share of the steps */
    double excused; /* where SIGN_FEATURES is at least this, what is past a limit is narrow and no more: features that
                       both views agree on are of use, however few; NaN: it always counts */
    const char *learning, *collapsed; /* at the end of nine of ten runs that learned, and of those that did not */
};
extern const struct verdict_rule verdict_rules[SIGN_COUNT];

/** Share of the budget up to which views that share nothing are a plateau; after it they are WATCH. */
extern const double verdict_plateau_share;
/** Steps of which rho is the mean. */
enum { VERDICT_WINDOW = 20 };

/** What a level is remembered by from one reading to the next: part of a checkpoint, so that a run that continues, or a
 * fork, judges as if it had not stopped. Zero-initialise. */
struct verdict_memory {
    double rho[VERDICT_WINDOW]; /* of the last steps, in a ring */
    int64_t steps;              /* noted so far                 */
    double peak;                /* highest mean of a reading    */
    bool begun;                 /* it was past the limit of SIGN_SHARED once */
};
/** Note what the views of a step share. */
void verdict_note(struct verdict_memory *m, double rho);
/** The mean of the steps noted last; NaN: of none. */
double verdict_mean(const struct verdict_memory *m);
/** Take a reading: fills the values of SIGN_SHARED and SIGN_KEPT, and remembers the highest. */
void verdict_take(struct verdict_memory *m, double value[SIGN_COUNT]);
/** As text that is read back to the same bits; false for a text that is none, which leaves `m` zeroed. */
enum { VERDICT_MEMORY = 64 + 32 * VERDICT_WINDOW };
void verdict_memory_write(const struct verdict_memory *m, char out[VERDICT_MEMORY]);
bool verdict_memory_read(struct verdict_memory *m, const char *text);

/** What is judged. */
struct verdict_reading {
    double value[SIGN_COUNT];        /* NaN: not known                             */
    double share;                    /* steps done of all steps, 0 to 1            */
    enum engine_level level;         /* LEVEL_Z or LEVEL_D                         */
    const struct settings *settings; /* of the run, for the advice; borrowed; NULL: advice by the sign alone */
    const char *preset;              /* of the run: what is usual; NULL and "": small                        */
};

enum { VERDICT_ADVICE = 128, VERDICT_FACT = 64, VERDICT_NUMBER = 16 };

struct verdict_sign {
    enum verdict_grade grade;
    double value;
};

struct verdict {
    enum verdict_word word;
    struct verdict_sign sign[SIGN_COUNT];
    int worst;                   /* the sign that says the word, first of equals; -1 when all are fine */
    char advice[VERDICT_ADVICE]; /* one thing to try; "" where nothing is asked for, as early on a plateau */
};

/** Judge one level: the word of the worst sign, unknown where rho or the uniformity of the embedding has no number.
 * Never fails. */
void verdict_judge(const struct verdict_reading *in, struct verdict *out);

/** What to try about a sign by the run's own settings: a setting that is off or far from usual comes first. `early`:
 * only such a setting, else "". */
void verdict_advise(const struct verdict_reading *in, enum verdict_sign_kind sign, bool early,
                    char out[VERDICT_ADVICE]);

/** A value as it is said: "0.42", "-3.01"; "-" for NaN. Fills and returns out. */
const char *verdict_number(double value, char out[VERDICT_NUMBER]);

/** Whether a sign is past its limits, but excused. */
bool verdict_is_narrow(const struct verdict *v);

/** The grade of a sign in a word, "unknown" where it has no number. */
const char *verdict_grade(const struct verdict_sign *s);

/** Fill `out` (size bytes) with one line, reason and advice as text_advice takes them apart: "COLLAPSING: crowding
 * -0.71 (bad above -1). Try: ...". A level without a sign past its limit gives the evidence that it learns:
 * "LEARNING: shared 0.78". */
const char *verdict_line(const struct verdict *v, char *out, size_t size);

#endif
