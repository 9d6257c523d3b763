/* Preferences: what the user arranged, kept in the store ("runs.sort"). Stores that can only be read forget it. */
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

/** `otherwise` when it was never set; borrowed until the next call. */
const char *preference_get(struct workbench *wb, const char *key, const char *otherwise);
void preference_set(struct workbench *wb, const char *key, const char *value);
int64_t preference_get_int(struct workbench *wb, const char *key, int64_t otherwise);
void preference_set_int(struct workbench *wb, const char *key, int64_t value);

/** Write what waits to the store, or keep it until the next call; true when nothing waits any more. */
bool preferences_write(struct workbench *wb);
/** The last time, once the terminal is given back: what cannot be written even so is said on stderr. */
void preferences_close(struct workbench *wb);

#endif
