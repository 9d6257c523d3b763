/* What is new reaches screens, and screens reach the canvas. */
#ifndef MLVICX_VIEWS_REFRESH_H
#define MLVICX_VIEWS_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

struct workbench;

struct refresh {
    int64_t change;  /* of store_change_counter */
    double asked_at; /* clock_seconds() when it was last asked ... */
    double looked;   /* ... and when its news were last read */
    bool stale;      /* there are such that were not read */
    bool hurry;      /* the screen has more to read */
};

/** Look at the clock, the store and the jobs; read what is new. */
void refresh_tick(struct workbench *wb, bool second);
void refresh_draw(struct workbench *wb);
/** Do what an action asks for: enum after bits. */
void refresh_after(struct workbench *wb, unsigned after);
bool refresh_resize(struct workbench *wb, int rows, int columns);

#endif
