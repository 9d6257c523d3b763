/* Where an export goes. */
#ifndef MLVICX_APP_EXPORT_OUTPUT_H
#define MLVICX_APP_EXPORT_OUTPUT_H

#include <stdio.h>

#include "engine/base/files.h"

/** stdout, or a file that appears whole or not at all. */
struct export_output {
    FILE *stream; /* write here */
    struct file_writer writer;
    bool file;
};
/** `path` NULL, "-" or /dev/stdout: stdout. */
bool export_output_open(struct export_output *o, const char *path, struct err *e);
/** Keep what was written when `ok`, else leave nothing; returns whether all went well. */
bool export_output_close(struct export_output *o, bool ok, struct err *e);

#endif
