/* What lies beside a database, as no program of ours leaves it: journals, links, files of runs. */
#ifndef MLVICX_TESTS_FUZZ_FILES_H
#define MLVICX_TESTS_FUZZ_FILES_H

#include <stdint.h>

/** In the workspace `dir`, with a run 5, leave a journal or a log of the database that is none, put a link or a pipe in
 *  place of a file, or change files of the run and the queue, as the seed says; links lead to `victim`, which no
 *  command may change. What was done is added to `what` (size bytes). */
void fuzz_files(const char *dir, const char *victim, uint64_t seed, char *what, int size);

#endif
