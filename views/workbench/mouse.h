/* The mouse: a click on a tab, on the screen, on the one beside it; the wheel. */
#ifndef MLVICX_VIEWS_MOUSE_H
#define MLVICX_VIEWS_MOUSE_H

#include "views/terminal/terminal.h"

struct workbench;

/** Returns enum after bits. */
unsigned mouse_event(struct workbench *wb, const struct terminal_event *event);

#endif
