/* Databases as no program of ours writes them: one change after another, as a seed says. */
#ifndef MLVICX_TESTS_FUZZ_MUTATE_H
#define MLVICX_TESTS_FUZZ_MUTATE_H

#include <stdint.h>

/** Change the database at `path`, a sound one without a journal, in a few ways: values, rows, schema, version, bytes.
 *  The same seed changes the same database alike. What was done is printed into `what` (size bytes). */
void fuzz_mutate(const char *path, uint64_t seed, char *what, int size);

#endif
