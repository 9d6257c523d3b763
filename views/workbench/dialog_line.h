/* The input line: editing, history, completion. */
#ifndef MLVICX_VIEWS_DIALOG_LINE_H
#define MLVICX_VIEWS_DIALOG_LINE_H

#include "views/workbench/dialogs.h"

/** Handles a key. Returns enum after bits. */
unsigned dialog_line_key(struct workbench *wb, struct dialog *m, int key);
/** Inserts pasted text. */
void dialog_line_paste(struct dialog *m, const char *text);
/** Draws it into a row; sets the place of the cursor. */
void dialog_line_draw(struct workbench *wb, struct dialog *m, const struct area *row, int *cursor_y, int *cursor_x);

#endif
