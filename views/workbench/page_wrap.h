/* Lines of the form "what        said", broken at a width. */
#ifndef MLVICX_VIEWS_PAGE_WRAP_H
#define MLVICX_VIEWS_PAGE_WRAP_H

#include "engine/base/text.h"

/** Appends `text` with its lines broken at blanks into at most `width` columns; what goes on stands below what was
 * said. A word that is wider than a line stays whole. */
void page_wrap(const char *text, int width, struct text *out);

#endif
