/* Presets that people saved: INI files in the folder presets/ of the workspace. */
#ifndef MLVICX_VIEWS_NEW_PRESETS_H
#define MLVICX_VIEWS_NEW_PRESETS_H

#include "engine/base/settings.h"
#include "views/desk.h"

enum { PRESETS_MOST = 40, PRESETS_NAME = 72 };

/** Names, sorted. Returns how many. */
int new_presets_list(const struct desk *d, char names[PRESETS_MOST][PRESETS_NAME]);
/** The file of one. */
bool new_presets_path(const struct desk *d, const char *name, char out[STORE_PATH]);
bool new_presets_write(const struct desk *d, const struct settings *s, const char *name, struct err *e);

#endif
