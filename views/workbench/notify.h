/* Notices when a live run ends, and when one begins to ask for something: a message, and outside of the workbench a
 * bell and the terminal's own notice, or the user's command ($MLVICX_NOTIFY). */
#ifndef MLVICX_VIEWS_NOTIFY_H
#define MLVICX_VIEWS_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "store/run.h"

struct workbench;

struct notify {
    struct notify_seen {
        int64_t run;
        bool alive; /* false: its worker is lost, which was told */
    } seen[STORE_LIVE_MOST];
    int count;
    bool begun;      /* seen was filled: what ended before is no news */
    int64_t alarmed; /* the run whose alarm was told; 0: none         */
};

/** Looks at the live runs, as they are now: tells of those that were alive at the last look and are not any more. */
void notify_runs(struct workbench *wb, const struct store_runs *live);
/** Looks at the alarm line: tells of a problem of another run than the last time. */
void notify_alarm(struct workbench *wb);

#endif
