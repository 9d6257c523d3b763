/* The rows of a data set as a file beside a shared pack: what `data share` writes and `data attach` reads.
 *
 * One JSON object a line (JSON Lines), described in assets/docs/pack.md: the set, then its images in the pack's order,
 * then the files that could not be read, then the SHA-256 of all lines before. It may come from anybody: everything is
 * checked, each image against the pack's own digest of its pixels, and nothing is used of a file that is not whole. */
#ifndef MLVICX_DATA_ROWS_FILE_H
#define MLVICX_DATA_ROWS_FILE_H

#include <stdio.h>

#include "engine/base/err.h"
#include "engine/data/pack.h"
#include "store/dataset.h"

#define ROWS_FILE_END ".jsonl" /* in place of the ".pack" of the pack beside it */

/** Writes a set that was loaded with STORE_PART_ALL. Failures of the stream are the caller's to ask for.
 * ERR_UNSUPPORTED for a mask in an encoding that the file does not know. */
bool rows_file_write(FILE *f, const struct store_contents *c, struct err *e);

/** Reads the rows that belong to `pack`. `out` is filled but for dataset.pack, and is the caller's
 * (store_contents_clear); the name is that of the set that was shared. ERR_FORMAT names the line. */
bool rows_file_read(const char *path, const struct pack *pack, struct store_contents *out, struct err *e);

#endif
