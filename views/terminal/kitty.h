/* Pictures by kitty's graphics protocol: packed by zlib, in base64, in chunks; the terminal scales them to their cells.
 * Source: the protocol's text in kitty's documentation, "Terminal graphics protocol". Pure functions. */
#ifndef MLVICX_VIEWS_KITTY_H
#define MLVICX_VIEWS_KITTY_H

#include "views/terminal/canvas.h"

/** Append what shows a picture under a number (1 up) where the cursor is; one that has the number is replaced. It lies
 * below letters. False, and nothing appended, if memory ran out. */
bool kitty_show(const struct overlay *o, unsigned number, struct text *out);
/** Append what takes it away again, and the terminal's copy of it. */
void kitty_hide(unsigned number, struct text *out);

#endif
