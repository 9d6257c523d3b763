/* The register of the screens: the list of all, in the order of their tabs. Nobody below needs it; who opens the
 * workbench hands it in. */
#ifndef MLVICX_VIEWS_VIEWS_H
#define MLVICX_VIEWS_VIEWS_H

#include "views/workbench/view.h"

#define VIEW(name) extern const struct view_ops view_##name;
#include "views/views.def"
#undef VIEW

/** All screens, ended by NULL. */
extern const struct view_ops *const views[];

#endif
