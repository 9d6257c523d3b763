/* Requests to workers: rows in `command`, written as soon as no other program locks the store, and watched until
 * they are answered. */
#ifndef MLVICX_VIEWS_REQUESTS_H
#define MLVICX_VIEWS_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/settings.h"

struct workbench;

enum { REQUESTS_MOST = 4 };
struct request {
    int64_t run, command; /* command 0: not written yet, because another program locks the store */
    double at;
    bool told; /* that there is no answer */
    char verb[24], argument[SETTINGS_TEXT + 64];
};
struct requests {
    struct request rows[REQUESTS_MOST]; /* in the order of the requests, in which they are written */
    int count;
};

/** Sends a request to the worker of a run. The alarm line shows it as waiting, then as sent, then as taken at its
 * step, or that nobody answers. */
bool requests_send(struct workbench *wb, int64_t run, const char *verb, const char *argument);
/** Writes pending requests, and checks the others for answers. */
void requests_watch(struct workbench *wb);
/** The pending or unanswered request; false if there is none. */
bool requests_text(const struct workbench *wb, char *out, size_t size);
/** True while an answer is awaited. */
bool requests_wait(const struct workbench *wb);
/** Reports on stderr what is still not written. */
void requests_close(struct workbench *wb);

#endif
