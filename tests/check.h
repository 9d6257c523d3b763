/* What every suite includes: cmocka in the order that it wants, and the folder of the sources. */
#ifndef MLVICX_TESTS_CHECK_H
#define MLVICX_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** Path of a file below the source folder; a static buffer, good until the next call. */
static inline const char *source_path(const char *relative)
{
    static char path[4096];
    const char *dir = getenv("srcdir");
    snprintf(path, sizeof path, "%s/%s", dir && *dir == '/' ? dir : SOURCE_DIR, relative);
    return path;
}

/** Whether the long suite runs: MLVICX_LONG is set, and not to nothing. */
static inline bool is_long_suite(void)
{
    const char *set = getenv("MLVICX_LONG");
    return set && *set;
}

#endif
