/* A page of text over the screen, which is scrolled and searched. */
#ifndef MLVICX_VIEWS_DIALOG_PAGE_H
#define MLVICX_VIEWS_DIALOG_PAGE_H

#include "views/workbench/dialogs.h"

/** Handles a key. Returns enum after bits. */
unsigned dialog_page_key(struct workbench *wb, struct dialog *m, int key);
void dialog_page_draw(struct dialog *m, const struct area *screen);

#endif
