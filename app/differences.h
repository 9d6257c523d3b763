/* Settings of a run that differ from its preset: what makes a run this one, in a line. */
#ifndef MLVICX_APP_DIFFERENCES_H
#define MLVICX_APP_DIFFERENCES_H

#include <stdbool.h>

#include "engine/base/settings.h"

/** Call `take` with name and text of every setting that makes `s` of the preset ("" means small), in the order of
 *  the table. False when there is no such preset. */
bool differences_each(const struct settings *s, const char *preset,
                      void (*take)(void *ctx, const char *name, const char *value), void *ctx);

#endif
