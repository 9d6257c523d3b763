/* A trial import for its report: its pack is discarded.
 *
 * Its folder below $TMPDIR is locked while in use. A folder whose lock is free was left by a killed process, and is
 * removed. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/data/import/import.h"

#define FOLDER "mlvicx-check-"

static int open_folder(const char *dir)
{
    return open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Files in it are packs and their temporaries; anything else stays, and so does the folder then. */
static void remove_folder(int fd, const char *dir)
{
    DIR *d = fdopendir(fd);
    for (struct dirent *entry; d && (entry = readdir(d));)
        if (strstr(entry->d_name, ".pack")) unlinkat(dirfd(d), entry->d_name, 0);
    rmdir(dir);
    if (d)
        closedir(d);
    else
        close(fd);
}

static void sweep(const char *base)
{
    char dir[1024];
    struct stat st;
    DIR *all = opendir(base);
    for (struct dirent *entry; all && (entry = readdir(all));) {
        if (strncmp(entry->d_name, FOLDER, sizeof FOLDER - 1) || !file_join(dir, sizeof dir, base, entry->d_name))
            continue;
        int fd = open_folder(dir);
        if (fd < 0) continue;
        if (!fstat(fd, &st) && st.st_uid == geteuid() && !flock(fd, LOCK_EX | LOCK_NB))
            remove_folder(fd, dir);
        else
            close(fd);
    }
    if (all) closedir(all);
}

/* What is to be seen while the pack is there. */
static bool look(const struct dataset *d, const char *dir, import_seen *seen, void *ctx, struct err *e)
{
    char path[1024];
    struct pack *p;
    if (!seen) return true;
    if (!file_join(path, sizeof path, dir, d->pack)) return err_set(e, ERR_IO, "%s: the path is too long", dir);
    if (!pack_open(path, &p, e)) return false;
    bool ok = seen(ctx, d, p, e);
    pack_close(p);
    return ok;
}

bool import_check(const struct import_config *c, import_seen *seen, void *ctx, struct dataset **out, struct err *e)
{
    const char *base = getenv("TMPDIR");
    char dir[512];
    *out = NULL;
    if (!base || !*base) base = "/tmp";
    sweep(base);
    snprintf(dir, sizeof dir, "%.400s/" FOLDER "XXXXXX", base);
    if (!mkdtemp(dir)) return err_errno(e, "%s", dir);
    int fd = open_folder(dir);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB)) {
        err_errno(e, "%s", dir);
        if (fd >= 0) close(fd);
        rmdir(dir);
        return false;
    }
    bool ok = import_run(c, dir, out, e) && look(*out, dir, seen, ctx, e);
    if (!ok) {
        dataset_destroy(*out);
        *out = NULL;
    }
    remove_folder(fd, dir);
    return ok;
}
