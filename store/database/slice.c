#include "store/database/slice.h"

#include <time.h>

#include "engine/base/clock.h"
#include "store/database/sql.h"

/* A waiting writer asks again at least every 25 ms in the first 128 ms (SQLite's busy handler): a pause a little longer
 * lets it in, and a slice a little longer than that keeps its wait well below 100 ms. */
static const double slice_seconds = 0.04;
static const long pause_nanoseconds = 30 * 1000 * 1000;

enum {
    LOOK = 64,     /* rows between two looks at the clock                                  */
    TRIES = 8,     /* times that the store's own timeout is waited for                     */
    PATIENT = 8,   /* slices of slice_run after which a wish to stop counts: half a second */
    LEAST = 16,    /* size of a slice of slice_run, which begins at LOOK: where a commit alone lasts */
    MOST = 1 << 20 /* longer than a slice should, smaller ones would only be more commits    */
};

bool slice_lock(struct store *s, enum store_safety safety, struct err *e)
{
    for (int tries = 1;; tries++) {
        struct err why = { 0 };
        if (store_begin(s, safety, &why)) return true;
        if (why.code == ERR_LOCKED && tries < TRIES) continue;
        if (e) *e = why;
        return false;
    }
}

static void let_others(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = pause_nanoseconds }, NULL);
}

bool slice_begin(struct slice *k, struct store *s, struct err *e)
{
    *k = (struct slice){ .s = s };
    if (!slice_lock(s, STORE_NORMAL, e)) return false;
    k->began = clock_seconds();
    return true;
}

bool slice_go_on(struct slice *k, int rows, struct err *e)
{
    k->rows += rows;
    if (k->rows < LOOK) return true;
    k->rows = 0;
    /* inside a larger transaction there is nothing to let go of */
    if (k->s->depth > 1 || clock_seconds() - k->began < slice_seconds) return true;
    struct store *s = k->s;
    k->s = NULL;
    if (!store_commit(s, e)) return false;
    let_others();
    return slice_begin(k, s, e);
}

bool slice_end(struct slice *k, bool ok, struct err *e)
{
    struct store *s = k->s;
    k->s = NULL;
    return s ? sql_end(s, ok, e) : false;
}

bool slice_run(struct store *s, slice_work *work, void *ctx, struct err *e)
{
    int64_t size = LOOK;
    int slices = 0;
    for (bool done = false; !done; slices++) {
        if (slices >= PATIENT && s->stop_asked && s->stop_asked(s->stop_context))
            return err_set(e, ERR_INTERRUPTED, "store %s: interrupted", s->dir);
        if (!slice_lock(s, STORE_NORMAL, e)) return false;
        double begun = clock_seconds();
        if (!sql_end(s, work(s, ctx, size, &done, e), e)) return false;
        double seconds = clock_seconds() - begun;
        if (seconds < slice_seconds / 2 && size < (s->scarce ? LOOK : MOST)) size *= 2;
        for (; seconds > slice_seconds && size > LEAST; seconds /= 2) size /= 2;
        if (!done) let_others();
    }
    return true;
}
