/* What is imported, from the words of a command: for `data import` and `data check`. */
#ifndef MLVICX_APP_DATA_IMPORT_H
#define MLVICX_APP_DATA_IMPORT_H

#include "app/cli/command.h"
#include "engine/data/import/import.h"

enum { DATA_IMPORT_VALUES = 256 };

/** Fill `c` from the words (KIND PATH, or PATH alone, whose kind is guessed and told) and options; borrows from `a`.
 *  values: [DATA_IMPORT_VALUES], borrowed by `c`. The name may be missing. */
bool data_import_config(const struct app *app, const struct arguments *a, struct import_config *c,
                        struct import_value *values, struct err *e);

#endif
