/* The list of all screens, in the order of their tabs. Nothing below depends on it; the code that opens the
 * workbench passes it in. */
#ifndef MLVICX_VIEWS_SCREENS_H
#define MLVICX_VIEWS_SCREENS_H

#include "views/workbench/screen.h"

#define SCREEN(name) extern const struct screen screen_##name;
#include "views/screens.def"
#undef SCREEN

/** All screens, ended by NULL. */
extern const struct screen *const screens[];

#endif
