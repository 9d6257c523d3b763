/* Where a command writes what it was asked for: standard output, or a file. */
#ifndef MLVICX_APP_CLI_OUTPUT_FILE_H
#define MLVICX_APP_CLI_OUTPUT_FILE_H

#include <stdio.h>

#include "engine/base/files.h"

/** stdout, or a file that appears whole or not at all. */
struct output_file {
    FILE *stream; /* write here */
    struct file_writer writer;
    bool file;
};
/** `path` NULL, "-" or /dev/stdout: stdout. */
bool output_file_open(struct output_file *o, const char *path, struct err *e);
/** Keep what was written when `ok`, else leave nothing; returns whether all went well. */
bool output_file_close(struct output_file *o, bool ok, struct err *e);

#endif
