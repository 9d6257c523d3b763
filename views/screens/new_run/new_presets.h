/* Presets that users have saved: INI files in the folder presets/ of the workspace. */
#ifndef MLVICX_VIEWS_NEW_PRESETS_H
#define MLVICX_VIEWS_NEW_PRESETS_H

#include "engine/base/settings.h"
#include "views/workbench/workbench.h"

enum { PRESETS_MOST = 40, PRESETS_NAME = 72 };

/** Names, sorted. Returns how many. */
int new_presets_list(const struct workbench *wb, char names[PRESETS_MOST][PRESETS_NAME]);
/** Opens the file of a preset; -1 with an error. `path` is filled for error messages, and for the words of a
 * command. */
int new_presets_open(const struct workbench *wb, const char *name, char path[STORE_PATH], struct err *e);
bool new_presets_write(const struct workbench *wb, const struct settings *s, const char *name, struct err *e);

#endif
