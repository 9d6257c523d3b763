/* How large the files of the database are, and whether one may not become larger. */
#include "store/database/handle.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Bytes of a file beside the database, -1 where there is none. */
long long size_beside(const struct store *s, const char *ending)
{
    char name[32];
    struct stat st;
    snprintf(name, sizeof name, DATABASE "%s", ending);
    return fstatat(s->root.fd, name, &st, AT_SYMLINK_NOFOLLOW) ? -1 : (long long)st.st_size;
}

double store_bytes(const struct store *s)
{
    static const char *const endings[] = { "", "-wal", "-journal" };
    long long most = 0;
    for (size_t i = 0; s->root.fd >= 0 && i < sizeof endings / sizeof endings[0]; i++) {
        long long bytes = size_beside(s, endings[i]);
        most = bytes > most ? bytes : most;
    }
    return (double)most;
}

bool store_outgrown(const struct store *s)
{
    enum { GROWS_BY = 64 << 10 }; /* at most, with one write: a page, or the index of the log */
    struct rlimit r;
    return getrlimit(RLIMIT_FSIZE, &r) == 0 && r.rlim_cur != RLIM_INFINITY &&
           store_bytes(s) + GROWS_BY > (double)r.rlim_cur;
}
