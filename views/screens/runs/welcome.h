/* What an empty store shows: three ways to begin. */
#ifndef MLVICX_VIEWS_WELCOME_H
#define MLVICX_VIEWS_WELCOME_H

#include "views/workbench/desk.h"

struct welcome {
    int chosen, height;
};

void welcome_draw(struct welcome *w, const struct desk *d, const struct area *a);
/** A key; AFTER_UNUSED when it is none of the welcome's. */
unsigned welcome_key(struct welcome *w, struct desk *d, int key);
unsigned welcome_click(struct welcome *w, struct desk *d, int y);

#endif
