/* Imports that were killed or stopped: shown by `data list`, removed by `data rm`. */
#ifndef MLVICX_APP_DATA_LEFT_H
#define MLVICX_APP_DATA_LEFT_H

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "engine/data/import/import.h"

/** Those of the store that can be continued. Owned: free. False if they cannot be listed. */
bool data_left_list(struct store *s, struct import_left **out, size_t *count, struct err *e);
/** Appends them to the array of `data list`. */
void data_left_json(json_t *list, const struct import_left *rows, size_t count);
/** Prints them below the table of data sets. */
void data_left_print(const struct app *app, const struct import_left *rows, size_t count);

/** The one of the data set NAME; false if there is none. */
bool data_left_find(struct store *s, const char *name, struct import_left *out, struct err *e);
/** Removes it. ERR_LOCKED while an import may be at work on it. */
bool data_left_remove(struct store *s, const struct import_left *left, struct err *e);

#endif
