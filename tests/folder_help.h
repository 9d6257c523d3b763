/* What suites share that work in folders: one of their own, taken away with all that is in it; and waiting for a state.
 */
#ifndef MLVICX_TESTS_FOLDER_HELP_H
#define MLVICX_TESTS_FOLDER_HELP_H

#include "tests/check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Until `is` is true, at most a minute: a wait for a state, not for a time. */
#define UNTIL(is)                                                                                                      \
    do {                                                                                                               \
        for (int i_ = 0; !(is); i_++) {                                                                                \
            if (i_ == 3000) fail_msg("waited for %s", #is);                                                            \
            usleep(20000);                                                                                             \
        }                                                                                                              \
    } while (0)

enum { WORKSPACE = 64 }; /* bytes of its name */

/** A fresh folder; its name is filled in and returned. NULL: none could be made. */
static inline const char *workspace_name(char out[WORKSPACE])
{
    strcpy(out, "/tmp/mlvicx-store-XXXXXX");
    return mkdtemp(out);
}

/** The same in a static buffer, good until the next call; a test fails without it. */
static inline const char *workspace_make(void)
{
    static char dir[WORKSPACE];
    assert_non_null(workspace_name(dir));
    return dir;
}

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline int workspace_remove(const char *dir)
{
    return nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
