#include "store/slices.h"

#include <time.h>

#include "engine/base/clock.h"
#include "store/sql.h"

enum { FIRST = 64, MOST = 1 << 20 };
static const double longest = 0.05; /* seconds of a transaction: half of what is promised */

/* Waiters look again after at most 100 ms (SQLite's busy handler), so the lock must be free for a while. */
static void leave_free(double seconds)
{
    double pause = seconds < 0.002 ? 0.002 : seconds;
    const struct timespec time = { .tv_sec = (time_t)pause, .tv_nsec = (long)((pause - (double)(time_t)pause) * 1e9) };
    nanosleep(&time, NULL);
}

bool slices_run(struct store *s, slice_work *work, void *ctx, struct err *e)
{
    int64_t size = FIRST;
    for (bool done = false; !done;) {
        if (!store_begin(s, STORE_NORMAL, e)) return false;
        double begun = clock_seconds();
        if (!sql_end(s, work(s, ctx, size, &done, e), e)) return false;
        double seconds = clock_seconds() - begun;
        if (seconds < longest / 2 && size < MOST) size *= 2;
        while (seconds > longest && size > 1) {
            size /= 2;
            seconds /= 2;
        }
        if (!done) leave_free(clock_seconds() - begun);
    }
    return true;
}
