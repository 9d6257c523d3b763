/* One JSON value on stdout, written part by part, so that a list of any length needs the memory of one member. The
 * output equals that of app_print_json for the whole value, byte for byte.
 *
 * An error in the middle leaves an incomplete value: the command then fails, with a line on standard error. */
#ifndef MLVICX_APP_JSON_STREAM_H
#define MLVICX_APP_JSON_STREAM_H

#include <stdbool.h>

#include "app/cli/json.h"

/** Zero-initialise. */
struct json_stream {
    int depth;   /* open lists and objects */
    bool filled; /* the innermost of them has a member */
    char first;  /* first bracket, written with the first member: an earlier failure prints nothing */
    bool broken; /* memory ran out                                                         */
};

/** Begins a list ('[') or an object ('{'): under `key` in an object, NULL in a list and for the whole. */
void json_stream_open(struct json_stream *j, const char *key, char bracket);
/** Writes a member, which is released; NULL means that memory ran out. */
void json_stream_put(struct json_stream *j, const char *key, json_t *value);
/** Writes all members of an object, which is released. */
void json_stream_put_all(struct json_stream *j, json_t *object);
/** Ends what was opened last: ']' or '}'. */
void json_stream_close(struct json_stream *j, char bracket);
/** Whether it makes sense to continue: false if memory ran out or stdout failed. */
bool json_stream_good(const struct json_stream *j);
/** Call it after the last close: writes the newline, returns the exit status. */
int json_stream_end(const struct app *app, struct json_stream *j);

#endif
