/* Passes keys to the open dialog, to the screen, or to the actions that every screen has. */
#ifndef MLVICX_VIEWS_DISPATCH_H
#define MLVICX_VIEWS_DISPATCH_H

#include "views/workbench/screen.h"

struct workbench;

extern const struct key_bind dispatch_keys[]; /* of every screen */

/** Returns enum after bits. */
unsigned dispatch_key(struct workbench *wb, int key);
/** Text that was pasted: it never acts as keys. */
void dispatch_paste(struct workbench *wb, const char *text);

#endif
