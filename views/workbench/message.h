/* A message that replaces the alarm line for a while: what was done, or why it failed. */
#ifndef MLVICX_VIEWS_MESSAGE_H
#define MLVICX_VIEWS_MESSAGE_H

#include <stdbool.h>

#include "engine/base/err.h"

struct workbench;

struct message {
    char text[512];
    bool bad;
    double until; /* 0: until the next key */
};

/** Errors stay until the next key, other messages for some seconds, or until another screen is opened. */
void message_say(struct workbench *wb, const char *format, ...) __attribute__((format(printf, 2, 3)));
void message_warn(struct workbench *wb, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The answer to a write (`what`, "" for none yet) in a store that cannot be written. */
void message_warn_read_only(struct workbench *wb, const char *what);
/** Shows an error as a warning; returns false. */
bool message_fail(struct workbench *wb, const struct err *e);

/** Another screen is opened: ends a message that is no error. */
void message_leave(struct workbench *wb);
/** A key was pressed, or the mouse: ends an error. */
void message_heed(struct workbench *wb);
/** Time has passed. */
void message_tick(struct workbench *wb);

#endif
