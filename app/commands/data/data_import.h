/* What is imported, from the words of a command: for `data import` and `data check`. */
#ifndef MLVICX_APP_DATA_IMPORT_H
#define MLVICX_APP_DATA_IMPORT_H

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/commands/data/data_copies.h"
#include "engine/data/import/import.h"

enum { DATA_IMPORT_VALUES = 256 };

/** Options that `data import` and `data check` share: X(name, type, value, help, least, most). */
#define DATA_IMPORT_OPTION_LIST(X)                                                                                     \
    X("fit", OPTION_TEXT, "HOW", "how images become square: crop, pad or stretch [crop]", 0, 0)                        \
    X("seed", OPTION_INT, "X", "seed of the splits and of phantoms [1]", 0, 9007199254740992.0)                        \
    X("val", OPTION_FLOAT, "PERCENT",                                                                                  \
      "training patients used for validation if the source has no validation split [12.5]", 0, 50)                     \
    X("threads", OPTION_INT, "N", "threads [one per processor]", 1, 1024)                                              \
    X("any-modality", OPTION_FLAG, NULL, "DICOM: also take what is not a radiograph, and the first of several frames", \
      0, 0)                                                                                                            \
    X("views", OPTION_TEXT, "WHICH",                                                                                   \
      "frontal, lateral or all, where headers or tables say [frontal, and images that do not say]", 0, 0)              \
    X("window", OPTION_TEXT, "WHAT", "DICOM: given (the file's), auto (quantiles) or CENTER,WIDTH [given]", 0, 0)      \
    X("follow-links", OPTION_FLAG, NULL, "follow links that stay in the folder or lead into one of --images", 0, 0)
/** Their rows in a table of options, and those of options of one kind, IMPORT_OPTION_LIST. */
#define DATA_IMPORT_ROW(name, type, value, help, least, most) { name, 0, type, value, help, least, most },
#define DATA_IMPORT_KIND_ROW(kind, name, value, help)         { name, 0, OPTION_TEXT, value, kind ": " help, 0, 0 },

/** Fill `c` from the words (KIND PATH, or PATH alone, whose kind is guessed and told) and options; borrows from `a`.
 *  values: [DATA_IMPORT_VALUES], borrowed by `c`. The name may be missing. */
bool data_import_config(const struct app *app, const struct arguments *a, struct import_config *c,
                        struct import_value *values, struct err *e);

/* What whoever makes a data set shares. */

/** ERR_CONFLICT where there is a data set of this name, ERR_USAGE where it can be none. */
bool data_name_is_free(struct store *s, const char *name, struct err *e);
/** Warnings on stderr. */
void data_tell_copies(const struct app *app, const struct data_copies *c, const char *name);
/** The new set as the command's result; takes `told`, an object of what else is to be told (NULL: nothing). Returns the
 * exit status. */
int data_print_imported(struct app *app, struct store *s, int64_t id, json_t *told, struct err *e);

#endif
