/* The verdict on one level: HEALTHY, WATCH or COLLAPSING, from four independent signs.
 *
 * It is meant for z and d, which a loss keeps at a known scale; the maps are non-negative and of any scale. Never one
 * score: each sign is shown with its value, and says what to try. */
#ifndef MLVICX_DIAGNOSE_VERDICT_H
#define MLVICX_DIAGNOSE_VERDICT_H

#include <stddef.h>

#include "engine/base/settings.h"
#include "engine/diagnose/diagnose.h"

/** VERDICT_UNKNOWN: the numbers are not finite or not there yet. */
enum verdict_word { VERDICT_UNKNOWN, VERDICT_HEALTHY, VERDICT_WATCH, VERDICT_COLLAPSING, VERDICT_COUNT };
extern const char *const verdict_words[VERDICT_COUNT + 1]; /* "unknown", "HEALTHY", "WATCH", "COLLAPSING" */

enum verdict_sign_kind { SIGN_DEAD, SIGN_RANK, SIGN_UNIFORMITY, SIGN_CORRELATION, SIGN_COUNT };
enum verdict_grade { GRADE_FINE, GRADE_WATCH, GRADE_BAD };
extern const char *const verdict_grades[]; /* "fine", "watch", "bad" */

enum verdict_level { VERDICT_GLOBAL, VERDICT_LOCAL };

/** Limits by sign: watch, then bad. The rank is bad below its limits, the others above. Beside them what an advice
 * looks at: the weights of this level and of the terms that hold it open. */
struct verdict_limits {
    double watch[SIGN_COUNT], bad[SIGN_COUNT];
    enum verdict_level level;
    double level_weight, std, cov;
};

enum { VERDICT_ADVICE = 128, VERDICT_FACT = 64, VERDICT_NUMBER = 16 };

struct verdict_sign {
    const char *name; /* "dead", "rank", "uniformity", "correlation": static */
    const char *what; /* "share of dead dimensions"                          */
    enum verdict_grade grade;
    double value, watch, bad;
    char suggestion[VERDICT_ADVICE]; /* one thing to try by the run's own settings; "" when fine */
};

struct verdict {
    enum verdict_word word;
    struct verdict_sign sign[SIGN_COUNT];
    int worst; /* the sign to name first: worst grade, in order of the enum; -1 when all are fine */
};

/** The limits of the settings `diagnose.*`, and the weights of z (VERDICT_GLOBAL) or d. */
void verdict_limits_init(struct verdict_limits *l, const struct settings *s, enum verdict_level level);

/** Judge one level. COLLAPSING: two signs bad; WATCH: one bad, or two at watch. Never fails. */
void verdict_judge(const struct diagnose *g, const struct verdict_limits *l, struct verdict *out);

/** The same from four plain values in the order of enum verdict_sign_kind, for what was stored. */
void verdict_judge_values(const double value[SIGN_COUNT], const struct verdict_limits *l, struct verdict *out);

/** A value of a sign as it is said: shares in percent. Fills and returns out: "100 %", "-3.01"; "-" for NaN. */
const char *verdict_number(enum verdict_sign_kind sign, double value, char out[VERDICT_NUMBER]);

/** The grade of a sign in a word, "unknown" where it has no number. */
const char *verdict_grade(const struct verdict_sign *s);

/** What to try about the worst sign; "" where the word asks for nothing (HEALTHY, unknown). Borrowed from v. */
const char *verdict_advice(const struct verdict *v);

/** Fill `out` (size bytes) with one line, reason and advice as text_advice takes them apart: "COLLAPSING: 61 % of
 * dimensions dead (bad above 25 %), rank 2 % of isotropic (bad below 15 %). Try: raise ...". What it says is true by
 * its own numbers: "HEALTHY except for uniformity -2.22 (above -2.5; two such signs are WATCH)", "UNKNOWN: no number
 * for rank". */
const char *verdict_line(const struct verdict *v, char *out, size_t size);

#endif
