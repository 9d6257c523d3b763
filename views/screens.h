/* The register of the screens: the list of all, in the order of their tabs. No one below needs it; who opens the
 * workbench hands it in. */
#ifndef MLVICX_VIEWS_SCREENS_H
#define MLVICX_VIEWS_SCREENS_H

#include "views/workbench/screen.h"

#define SCREEN(name) extern const struct screen screen_##name;
#include "views/screens.def"
#undef SCREEN

/** All screens, ended by NULL. */
extern const struct screen *const screens[];

#endif
