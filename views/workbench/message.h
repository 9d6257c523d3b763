/* A message that replaces the alarm line for a while: what was done, or why it failed. */
#ifndef MLVICX_VIEWS_MESSAGE_H
#define MLVICX_VIEWS_MESSAGE_H

#include <stdbool.h>

#include "engine/base/err.h"

struct workbench;

struct message {
    char text[512];
    bool bad;
    bool of_runs; /* it tells how runs are, and ends when another program changes them */
    double until; /* 0: until the next key */
};

/** Errors stay until the next key, other messages for some seconds, or until another screen is opened. */
void message_say(struct workbench *wb, const char *format, ...) __attribute__((format(printf, 2, 3)));
void message_warn(struct workbench *wb, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The answer to a write (`what`, "" for none yet) in a store that cannot be written. */
void message_warn_read_only(struct workbench *wb, const char *what);
/** Shows an error as a warning; returns false. */
bool message_fail(struct workbench *wb, const struct err *e);

/** The message that was shown last tells how runs are ("3 runs are in the trash; Z brings them back"). */
void message_of_runs(struct workbench *wb);
/** Another program has changed runs: such a message ends, for it may not be true any more. */
void message_runs_changed(struct workbench *wb);
/** Another screen is opened: ends a message that is no error. */
void message_leave(struct workbench *wb);
/** A key was pressed, or the mouse: ends an error. */
void message_heed(struct workbench *wb);
/** Time has passed. */
void message_tick(struct workbench *wb);

#endif
