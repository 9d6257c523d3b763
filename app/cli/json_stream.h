/* One JSON value on stdout, written a part at a time, so that a list of any length takes the memory of one member. What
 * comes out is to the byte what app_print_json prints of the whole.
 *
 * A fault in the middle leaves a value without its end: the command then fails, with a line on standard error. */
#ifndef MLVICX_APP_JSON_STREAM_H
#define MLVICX_APP_JSON_STREAM_H

#include <stdbool.h>

#include "app/cli/json.h"

/** Zero-initialise. */
struct json_stream {
    int depth;   /* lists and objects that are open                                        */
    bool filled; /* the innermost of them has a member                                     */
    char first;  /* bracket of the whole, which waits for a member: what fails before prints nothing */
    bool broken; /* memory ran out                                                         */
};

/** Begin a list ('[') or an object ('{'): under `key` in an object, NULL in a list and as the whole. */
void json_stream_open(struct json_stream *j, const char *key, char bracket);
/** A member, which is released; NULL is a lack of memory. */
void json_stream_put(struct json_stream *j, const char *key, json_t *value);
/** All members of an object, which is released. */
void json_stream_put_all(struct json_stream *j, json_t *object);
/** End what was opened last: ']' or '}'. */
void json_stream_close(struct json_stream *j, char bracket);
/** Whether writing on is of use: false where memory or stdout failed. */
bool json_stream_good(const struct json_stream *j);
/** After the last close: the newline, and the exit status. */
int json_stream_end(const struct app *app, struct json_stream *j);

#endif
