/* The search of `explain`: which trials are made, in which order, and which of them is the answer. Knows nothing of
 * workers: how a trial is trained is handed in. */
#include <stdio.h>

#include "app/commands/explain/explain.h"

static int changes_of(const struct explain_trial *t)
{
    return __builtin_popcount(t->undone);
}

bool explain_stays_well(const struct explain_trial *t)
{
    return t->well > 0 && t->well == t->until;
}

/* Whether a is the better answer: it undoes fewer changes; of equals it stays well for longer, then it learns where the
 * other one is on a plateau, then its value moves less. */
static bool is_better(const struct explain_trial *a, const struct explain_trial *b)
{
    const double by[] = { changes_of(a) - changes_of(b), (double)(b->well - a->well),
                          verdict_worry(a->last.word) - verdict_worry(b->last.word), a->distance - b->distance };
    for (size_t i = 0; i < sizeof by / sizeof by[0]; i++)
        if (by[i] != 0) return by[i] < 0;
    return false;
}

const struct explain_trial *explain_smallest(const struct explain *x)
{
    const struct explain_trial *best = NULL;
    for (int i = 0; i < x->trials; i++)
        if (x->trial[i].well && (!best || is_better(&x->trial[i], best))) best = &x->trial[i];
    return best;
}

static int count_well(const struct explain *x)
{
    int n = 0;
    for (int i = 0; i < x->trials; i++) n += explain_stays_well(&x->trial[i]);
    return n;
}

/* Where several changes seem to cure it, some of them only put it off: those that are well go on, twice as long each
 * time, until one is left or all have reached their ends. */
static bool prolong_well(struct explain *x, const struct explain_trainer *how, struct err *e)
{
    for (bool going = true; going && count_well(x) > 1;) {
        going = false;
        for (int i = 0; i < x->single; i++) {
            struct explain_trial *t = &x->trial[i];
            if (!explain_stays_well(t) || t->until >= t->steps) continue;
            if (!how->prolong(x, t, e)) return false;
            going = true;
        }
    }
    return true;
}

bool explain_search(struct explain *x, const struct explain_trainer *how, struct err *e)
{
    uint32_t undone = ((uint32_t)1 << x->single) - 1;
    char suffix[48];
    for (int i = 0; i < x->single; i++)
        if (!how->begin(x, &x->trial[i], e)) return false;
    if (!prolong_well(x, how, e)) return false;
    int single = x->single;
    struct explain_trial *lower = explain_smallest(x) ? NULL : explain_add_lower_rate(x);
    if (lower && !how->begin(x, lower, e)) return false;
    if (single < 2 || explain_smallest(x)) return true;
    struct explain_trial *t = explain_add_several(x, undone, "without-all");
    if (!how->begin(x, t, e)) return false;
    for (int i = 0; t->well && i < single && undone & (undone - 1); i++) {
        uint32_t less = undone & ~((uint32_t)1 << i);
        if (!(less & (less - 1))) break; /* single changes have been tried already */
        snprintf(suffix, sizeof suffix, "but-%.40s", x->trial[i].key);
        struct explain_trial *one = explain_add_several(x, less, suffix);
        if (!how->begin(x, one, e)) return false;
        if (one->well) undone = less;
    }
    return true;
}

enum explain_need explain_needs(const struct explain_trial *t, enum store_state state)
{
    if (t->last.step >= t->until || state == STORE_FINISHED) return EXPLAIN_NOTHING;
    bool alive = state == STORE_RUNNING || state == STORE_PAUSED || state == STORE_UNKNOWN;
    return alive ? EXPLAIN_WAITING : EXPLAIN_TRAINING;
}
