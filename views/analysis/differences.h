/* The difference of two configurations: the shortest list of settings to change. */
#ifndef MLVICX_VIEWS_DIFFERENCES_H
#define MLVICX_VIEWS_DIFFERENCES_H

#include "engine/base/settings.h"

/** Calls `each` for every setting that must be changed to get from `from` to `to`, in the order of the table, with the
 * text of its value. (A recipe sets several keys; those that it sets correctly are not listed.) Returns how many there
 * are. */
int differences_each(const struct settings *from, const struct settings *to,
                     void (*each)(void *ctx, const struct setting *row, const char *value), void *ctx);

/** The same from a preset ("" means small) to `to`; 0 when there is no such preset. */
int differences_from_preset(const char *preset, const struct settings *to,
                            void (*each)(void *ctx, const struct setting *row, const char *value), void *ctx);

/** True when the setting has the same value in both. */
bool differences_same(const struct settings *a, const struct settings *b, const struct setting *row);

#endif
