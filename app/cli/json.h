/* JSON output: one value on stdout, snake_case keys, numbers never as strings, null for unknown and NaN. */
#ifndef MLVICX_APP_JSON_H
#define MLVICX_APP_JSON_H

#include <jansson.h>

#include "app/cli/command.h"
#include "engine/base/settings.h"
#include "engine/base/text.h"

/** A number, or null when it is not finite. */
json_t *json_number(double x);
/** A string, or null for NULL. Bytes that are not UTF-8 become U+FFFD: a file name may hold any. */
json_t *json_text(const char *s);
/** ISO-8601 UTC of seconds since 1970, or null for 0 and NaN. */
json_t *json_time(double wall);
/** Null for a negative number: an unknown id or count. */
json_t *json_count(int64_t n);
/** The value of the setting of table row `row` in `s`, by its type: a number, true or false, or a string. */
json_t *json_setting(const struct settings *s, const struct setting *row);

/** Appends `value` as text and releases it, also NULL; `flags` as for json_dumps. Characters that could control a
 * terminal (text_steers) are written as \\uXXXX, which is equivalent for a reader. */
void json_write(struct text *t, json_t *value, size_t flags);
/** Prints `value` and a newline on stdout and releases it; returns the exit status. NULL (memory ran out) is an
 * error. */
int app_print_json(const struct app *app, json_t *value);

#endif
