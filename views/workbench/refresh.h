/* Notifies screens of changes, and draws them on the canvas. */
#ifndef MLVICX_VIEWS_REFRESH_H
#define MLVICX_VIEWS_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

struct workbench;

struct refresh {
    int64_t change;  /* of store_change_counter */
    double asked_at; /* clock_seconds() of the last check ... */
    double looked;   /* ... and of the last time that news were read */
    bool stale;      /* there are news that were not read yet */
    bool hurry;      /* the screen has more to read */
};

/** Checks the clock, the store and the jobs; reads what is new. */
void refresh_tick(struct workbench *wb, bool second);
void refresh_draw(struct workbench *wb);
/** Before the shown screen acts on a key: lets it read, if it has not read of any of `news` (enum news). Keys that were
 * typed ahead come before anything is drawn, and would act on a list that was not read, or on that of another run. */
void refresh_before_key(struct workbench *wb, unsigned news);
/** Does what an action asks for: enum after bits. */
void refresh_after(struct workbench *wb, unsigned after);
bool refresh_resize(struct workbench *wb, int rows, int columns);

#endif
