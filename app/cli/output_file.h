/* The destination of a command's output: standard output, or a file. */
#ifndef MLVICX_APP_CLI_OUTPUT_FILE_H
#define MLVICX_APP_CLI_OUTPUT_FILE_H

#include <stdio.h>

#include "engine/base/files.h"

/** stdout, or a file that is either complete or absent. */
struct output_file {
    FILE *stream; /* write here */
    struct file_writer writer;
    bool file;
};
/** `path` NULL, "-" or /dev/stdout: stdout. */
bool output_file_open(struct output_file *o, const char *path, struct err *e);
/** Keeps what was written if `ok`, else leaves nothing; returns whether everything succeeded. */
bool output_file_close(struct output_file *o, bool ok, struct err *e);

#endif
