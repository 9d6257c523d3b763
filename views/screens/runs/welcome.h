/* What an empty store shows: three ways to begin. */
#ifndef MLVICX_VIEWS_WELCOME_H
#define MLVICX_VIEWS_WELCOME_H

#include <stdint.h>

#include "views/screens/importing.h"
#include "views/workbench/workbench.h"

struct welcome {
    int chosen, height;
    struct importing importing;
    int64_t trashed; /* runs in the trash; the screen sets it */
};

void welcome_draw(struct welcome *w, const struct workbench *wb, const struct area *a);
/** Handles a key; AFTER_UNUSED if it is none of the welcome screen's. */
unsigned welcome_key(struct welcome *w, struct workbench *wb, int key);
/** Its keys, for the key bar. */
const struct key_bind *welcome_bar(const struct welcome *w);
unsigned welcome_click(struct welcome *w, struct workbench *wb, int y);

#endif
