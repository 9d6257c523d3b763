/* Requests: what was asked of workers: rows in `command`, written as soon as no other program has the store, and
 * watched until they are answered. */
#ifndef MLVICX_VIEWS_REQUESTS_H
#define MLVICX_VIEWS_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/settings.h"

struct workbench;

enum { REQUESTS_MOST = 4 };
struct request {
    int64_t run, command; /* command 0: another program has the store, it is written as soon as it can be */
    double at;
    bool told; /* that there is no answer */
    char verb[24], argument[SETTINGS_TEXT + 64];
};
struct requests {
    struct request rows[REQUESTS_MOST]; /* in the order of asking, which is that of writing */
    int count;
};

/** Ask the worker of a run. The alarm line shows it as waiting, then as asked, then as taken at its step, or that
 * no one answers. */
bool requests_send(struct workbench *wb, int64_t run, const char *verb, const char *argument);
/** Write what waits and see what became of the rest. */
void requests_watch(struct workbench *wb);
/** What is asked and not answered yet; false when nothing is. */
bool requests_text(const struct workbench *wb, char *out, size_t size);
/** True while an answer is awaited. */
bool requests_wait(const struct workbench *wb);
/** What still waits to be written is said on stderr. */
void requests_close(struct workbench *wb);

#endif
