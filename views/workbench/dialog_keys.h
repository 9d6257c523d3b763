/* What the loop does with the open dialog: passes keys to it, draws it, and tells its keys. */
#ifndef MLVICX_VIEWS_DIALOG_KEYS_H
#define MLVICX_VIEWS_DIALOG_KEYS_H

#include "views/workbench/dialogs.h"

/** Handles a key for the open dialog. Returns enum after bits. */
unsigned dialog_key(struct workbench *wb, int key);
/** A click at a cell of the canvas, or the wheel (by -1 or 1). */
unsigned dialog_click(struct workbench *wb, int y, int x);
unsigned dialog_wheel(struct workbench *wb, int by);
/** Inserts pasted text into the input line; false if there is none, and the text is discarded. */
bool dialog_paste(struct workbench *wb, const char *text);
/** The keys of the open dialog, for the key bar, most important first; NULL: none is open. They have no `act`:
 * dialog_key knows them. */
const struct key_bind *dialog_bar(struct workbench *wb);
/** Draws over the screen; sets the place of the cursor, or leaves it unchanged. */
void dialog_draw(struct workbench *wb, const struct area *screen, const struct area *line, int *cursor_y,
                 int *cursor_x);

#endif
