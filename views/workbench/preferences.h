/* Preferences: the user's layout, kept in the store ("runs.sort"). In a store that can only be read, changes are
 * lost at the end. */
#ifndef MLVICX_VIEWS_PREFERENCES_H
#define MLVICX_VIEWS_PREFERENCES_H

#include <stdbool.h>
#include <stdint.h>

struct workbench;

struct preferences {
    struct preference {
        struct preference *next;
        char key[64], *value;
    } * waiting;      /* not written yet, owned */
    bool told;        /* why they cannot be written */
    char value[1024]; /* that was read last */
};

/** `otherwise` if it was never set; borrowed until the next call. */
const char *preference_get(struct workbench *wb, const char *key, const char *otherwise);
void preference_set(struct workbench *wb, const char *key, const char *value);
int64_t preference_get_int(struct workbench *wb, const char *key, int64_t otherwise);
void preference_set_int(struct workbench *wb, const char *key, int64_t value);

/** Writes pending changes to the store, or keeps them until the next call; true if nothing is pending. */
bool preferences_write(struct workbench *wb);
/** The last attempt, after the terminal is restored: what cannot be written is reported on stderr. */
void preferences_close(struct workbench *wb);

#endif
