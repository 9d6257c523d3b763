/* Training as a film: the shown screen goes through the recorded steps by its own keys, a step a frame. */
#ifndef MLVICX_VIEWS_FILM_H
#define MLVICX_VIEWS_FILM_H

#include <stdbool.h>
#include <stddef.h>

#include "views/workbench/screen.h"

struct workbench;

/* A frame lasts a tenth of a second, and longer where more is sent than this: a slow line is not filled. */
#define FILM_FRAME 0.1 /* seconds */
enum { FILM_BYTES_PER_SECOND = 256 * 1024 };

struct film {
    bool plays;
    int screen;  /* that it plays on */
    bool beyond; /* the last step key found no further step */
    bool moved;  /* a second step was shown */
    double due;  /* clock_seconds() of the next frame */
    size_t sent; /* bytes of the last one */
};

/** The keys while a film plays, for the key bar. */
extern const struct key_bind film_bar[];
/** Action of a key (screen.h): plays from the shown step on, or from the first one where the newest is shown. */
unsigned film_on_play(struct workbench *wb, void *state, int argument);
/** The next step, or the end of the film. Returns enum after bits. The loop calls it when a frame is due. */
unsigned film_frame(struct workbench *wb);
/** Seconds until the next frame; negative: nothing plays, or the screen is still reading. */
double film_wait(const struct workbench *wb, double now);
/** What was sent for a frame, at a time: when the next one is due. */
void film_sent(struct workbench *wb, size_t bytes, double now);
/** Any key ends it; false if nothing plays. */
bool film_stop(struct workbench *wb);
/** For the step keys of screens: there is no recorded step beyond the shown one. */
void film_beyond(struct workbench *wb);

#endif
