/* /proc/locks has one line per lock: number, kind, ADVISORY, READ or WRITE, process, major:minor:inode, first byte,
 * last byte. In the line of a waiting process, "->" follows the number. */
#include "store/database/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "store/database/store.h"

/* Files of the database whose write locks exclude others: the shared index of the log in WAL mode, else the
 * database. */
static const char *const files[] = { "mlvicx.db-shm", "mlvicx.db" };

static void name_process(long pid, char *out, size_t size)
{
    char path[48];
    *out = '\0';
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *f = fopen(path, "re");
    if (f && !fgets(out, (int)size, f)) *out = '\0';
    if (f) fclose(f);
    out[strcspn(out, "\n")] = '\0';
    text_clean(out);
}

/* The process that holds a write lock on this file, 0 if none is visible. */
static long find_writer(const struct stat *st)
{
    char line[256];
    long found = 0;
    FILE *f = fopen("/proc/locks", "re");
    while (f && !found && fgets(line, sizeof line, f)) {
        long pid;
        unsigned major_number, minor_number;
        unsigned long long inode;
        if (strstr(line, "->") ||
            sscanf(line, "%*s %*s %*s WRITE %ld %x:%x:%llu", &pid, &major_number, &minor_number, &inode) != 4)
            continue;
        if (inode == st->st_ino && major_number == major(st->st_dev) && minor_number == minor(st->st_dev) && pid > 0 &&
            pid != getpid())
            found = pid;
    }
    if (f) fclose(f);
    return found;
}

const char *holder_describe(const char *dir, char *out, size_t size)
{
    char path[STORE_PATH], name[32];
    struct stat st;
    *out = '\0';
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (!file_join(path, sizeof path, dir, files[i]) || stat(path, &st)) continue;
        long pid = find_writer(&st);
        if (!pid) continue;
        name_process(pid, name, sizeof name);
        snprintf(out, size, " (process %ld%s%s)", pid, *name ? ", " : "", name);
        break;
    }
    return out;
}

bool holder_without_locks(const char *dir)
{
    char path[STORE_PATH];
    if (!file_join(path, sizeof path, dir, ".locks-XXXXXX")) return false;
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) return false;
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    bool none = fcntl(fd, F_SETLK, &whole) && errno == ENOLCK;
    unlink(path);
    close(fd);
    return none;
}
