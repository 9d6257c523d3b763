/* The data of the Spectrum screen: eigenvalues of one or several runs, levels and steps; the figures of every level at
 * the selected step, with their verdicts; the history of one figure. Reads the store, does not draw. */
#ifndef MLVICX_VIEWS_SPECTRUM_DATA_H
#define MLVICX_VIEWS_SPECTRUM_DATA_H

#include "engine/diagnose/verdict.h"
#include "views/analysis/level_rules.h"
#include "views/analysis/levels.h"
#include "views/analysis/comparison.h"
#include "views/analysis/series.h"
#include "views/analysis/x_axes.h"

enum { SPECTRUM_CURVES = 20, SPECTRUM_CKA = 8 };

/** Which curves are shown beside that of the level (and those of the marked runs). */
enum spectrum_scope { SPECTRUM_ONE, SPECTRUM_HEADS, SPECTRUM_ALL, SPECTRUM_SCOPES };

/** The figures of a level that have a history, in the order of the key that walks through them. */
enum spectrum_figure {
    SPECTRUM_RATIO,
    SPECTRUM_RANKME,
    SPECTRUM_PARTICIPATION,
    SPECTRUM_STABLE,
    SPECTRUM_ALPHA,
    SPECTRUM_CONDITION,
    SPECTRUM_UNIFORMITY,
    SPECTRUM_COSINE,
    SPECTRUM_FIGURES
};
struct spectrum_kind {
    const char *metric, *title;
    bool log;
};
extern const struct spectrum_kind spectrum_kinds[SPECTRUM_FIGURES];

struct spectrum_curve {
    char name[48];
    char letter; /* of a run among several 'a' on, as everywhere; of what is no run a capital or a digit */
    enum meaning meaning;
    int place;
    int count;
    float *values;               /* [count] eigenvalues, falling; owned */
    struct series_point *points; /* [count], owned: x is the rank from 1 */
};

/** One level at the selected step. NaN where nothing was recorded. */
struct spectrum_row {
    struct level_state state; /* owned */
    double ceiling, cosine, alignment;
    struct verdict verdict; /* for z and d, if there are numbers */
    struct level_rules rules;
    bool known;  /* there are numbers for the signs */
    bool judged; /* ... and limits for them, so there is a verdict */
};

struct spectrum_data {
    struct comparison comparison;
    int64_t run, rewound, step; /* of the data that was read; step -1: nothing is recorded */
    enum engine_level level;
    struct spectrum_row row[LEVELS_SHOWN];
    struct spectrum_curve curve[SPECTRUM_CURVES];
    int curves, isotropic;      /* index of the isotropic reference; -1: none */
    struct spectrum_curve held; /* kept for comparison; no values: none */
    struct series history[1 + SELECTION_MARKS];
    struct x_axes x; /* of the histories */
    double cka[SPECTRUM_CKA][SPECTRUM_CKA];
    bool has_cka;
    /* settings of the screen */
    enum spectrum_scope scope;
    enum spectrum_figure figure;
    bool shares; /* each curve divided by its sum */
};

/** Brings it up to date with run, step and level of the selection. `*changed` is set if anything differs. */
bool spectrum_read(struct spectrum_data *s, const struct selection *sel, bool anew, bool *changed, struct err *e);
void spectrum_clear(struct spectrum_data *s);
/** Keeps the current curve of the level for comparison, or drops the kept one. */
void spectrum_hold(struct spectrum_data *s);
/** Share of the variance in the first `ranks` eigenvalues; NaN without any. */
double spectrum_share(const struct spectrum_curve *c, int ranks);

#endif
