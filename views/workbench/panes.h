/* Two screens side by side on a wide terminal: one has the keys, the other is drawn beside it. */
#ifndef MLVICX_VIEWS_PANES_H
#define MLVICX_VIEWS_PANES_H

#include <stdbool.h>

#include "views/terminal/canvas.h"

struct workbench;

struct panes {
    struct area screen, other; /* of the screen that has the keys, and of the one beside it */
    int beside;                /* which the user has put there, -1: none */
    bool single;               /* none comes unasked */
    bool right;                /* the screen with the keys is on the right */
};

/** Are two screens shown? */
bool panes_two(const struct workbench *wb);
/** The one that has not the keys: that which was chosen, else the partner of the other one; -1: none. */
int panes_beside(const struct workbench *wb);
/** Moves the keys to the other screen. */
void panes_exchange(struct workbench *wb);
/** Its half of the screen's area. */
struct area panes_area(const struct area *screen, bool right);
/** Size of the area that a screen is drawn in. */
void panes_size(const struct workbench *wb, int screen, int *h, int *w);
/** Actions of keys (screen.h). */
unsigned panes_on_split(struct workbench *wb, void *state, int argument);
unsigned panes_on_other(struct workbench *wb, void *state, int argument);

#endif
