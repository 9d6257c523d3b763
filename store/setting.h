/* The user's layout of screens, and the results of autotuning on this machine. */
#ifndef MLVICX_STORE_SETTING_H
#define MLVICX_STORE_SETTING_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "store/database/store.h"

/** The value of `key`, owned by the caller (free), or NULL in `*value` if it was never set. */
bool store_setting_get(struct store *s, const char *key, char **value, struct err *e);
/** Sets it; a NULL value removes it. */
bool store_setting_set(struct store *s, const char *key, const char *value, struct err *e);

/** The choice that was fastest for a shape on a kind of CPU, with its figure (larger is better). `*choice` is owned
 * (free), NULL if there is none. */
bool store_autotune_get(struct store *s, const char *cpu, const char *shape, char **choice, double *figure,
                        struct err *e);
bool store_autotune_set(struct store *s, const char *cpu, const char *shape, const char *choice, double figure,
                        struct err *e);

#endif
