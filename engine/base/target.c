#include "engine/base/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/reading.h"

enum { LINKS_MOST = 40 };

bool target_is_stdout(const char *path)
{
    static const char *const names[] = { "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(path, names[i])) return true;
    return false;
}

static bool copy(const char *path, char out[TARGET_PATH], struct err *e)
{
    if (snprintf(out, TARGET_PATH, "%s", path) < TARGET_PATH) return true;
    return err_set(e, ERR_IO, "%.200s...: the path is too long", path);
}

/* The new file is renamed over the old one: a device such as /dev/null would be gone. */
static bool refuse(const char *path, const struct stat *st, struct err *e)
{
    return err_set(e, ERR_IO, "%s: is there and is %s, no regular file; choose another name", path,
                   file_kind(st->st_mode));
}

bool target_check(const char *path, char out[TARGET_PATH], struct err *e)
{
    struct stat st;
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) return refuse(path, &st, e);
    return copy(path, out, e);
}

/* One link of the way: `out` becomes what it leads to, which is told from the folder that the link is in. */
static bool follow(char out[TARGET_PATH], const char *path, struct err *e)
{
    char to[TARGET_PATH], next[2 * TARGET_PATH];
    ssize_t n = readlink(out, to, sizeof to - 1);
    if (n < 0) return err_errno(e, "%s", path);
    to[n] = '\0';
    char *slash = strrchr(out, '/');
    int folder = *to != '/' && slash ? (int)(slash - out) + 1 : 0;
    snprintf(next, sizeof next, "%.*s%s", folder, out, to);
    return copy(next, out, e);
}

bool target_find(const char *path, char out[TARGET_PATH], struct stat *st, bool *there, struct err *e)
{
    *there = false;
    if (target_is_stdout(path))
        return err_set(e, ERR_USAGE, "%s: standard output does not take this; name a file", path);
    if (stat(path, st) == 0 && !S_ISREG(st->st_mode)) return refuse(path, st, e);
    if (!copy(path, out, e)) return false;
    for (int links = 0; links <= LINKS_MOST; links++) {
        if (lstat(out, st)) return true; /* not there, or out of reach: creating it tells why */
        if (!S_ISLNK(st->st_mode)) {
            *there = S_ISREG(st->st_mode);
            return *there || refuse(path, st, e);
        }
        if (st->st_uid != geteuid() && st->st_uid != 0)
            return err_set(e, ERR_IO, "%s: leads through a link of another user's; choose another name", path);
        if (!follow(out, path, e)) return false;
    }
    return err_set(e, ERR_IO, "%s: links lead in a circle", path);
}
