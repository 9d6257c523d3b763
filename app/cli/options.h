/* Parsing of the command line against tables of options. */
#ifndef MLVICX_APP_OPTIONS_H
#define MLVICX_APP_OPTIONS_H

#include "app/cli/command.h"

/** The given arguments and options; everything in it is borrowed from argv. Zero-initialise, arguments_clear frees. */
struct arguments {
    const char **words;
    int word_count;
    struct given {
        const struct option_row *row;
        const char *value; /* NULL for a flag */
    } * given;
    int given_count;
};

/** Options that every command accepts: --store, --quiet, --json, --help. */
extern const struct option_row options_global[];

/** Sorts argv[0..argc) into arguments and options: `--key value`, `--key=value`, `-o value`, `-ovalue`; after `--`
 * everything is an argument. `options` (may be NULL) besides the global ones. For an unknown option the nearest one
 * is named; a missing or invalid value is reported. */
bool options_parse(int argc, char *const *argv, const struct option_row *options, struct arguments *a, struct err *e);
/** The option row that `arg` (with its dashes, perhaps with =value) refers to, among `options` and the global ones,
 * or NULL. */
const struct option_row *options_find(const char *arg, const struct option_row *options);
void arguments_clear(struct arguments *a);

/** Prints a text whose first row begins at `at` and whose others begin in `column`, in rows of 100 columns, broken at
 * blanks. */
void options_wrap(int at, int column, const char *help);
/** Prints rows of options for help. */
void options_print(const struct option_row *options);

#endif
