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
#include "engine/base/folder.h"
#include "engine/data/import/import.h"

#define PREFIX "mlvicx-check-"
enum { TRIES = 20 };

static bool is_mine(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_uid == geteuid() && st.st_nlink > 0;
}

/* Its folder is taken away under its lock, so that no one who just made it is robbed: they look again once they have
 * the lock. */
static void sweep_one(struct folder *base, const char *name)
{
    int fd = openat(base->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return;
    if (is_mine(fd) && flock(fd, LOCK_EX | LOCK_NB) == 0) folder_remove(base, name, NULL);
    close(fd);
}

static void sweep(const char *path)
{
    struct folder base;
    if (!folder_open(&base, path, path, NULL)) return;
    DIR *d = folder_list(&base);
    for (struct dirent *entry; d && (entry = readdir(d));)
        if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX))) sweep_one(&base, entry->d_name);
    if (d) closedir(d);
    folder_close(&base);
}

/* A new folder, locked where locks are known. Returns the descriptor, -1 with an error. */
static int make_folder(const char *base, char dir[512], struct err *e)
{
    for (int i = 0; i < TRIES; i++) {
        snprintf(dir, 512, "%.400s/" PREFIX "XXXXXX", base);
        if (!mkdtemp(dir)) break;
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;
        if (fd >= 0) flock(fd, LOCK_EX);
        if (fd >= 0 && is_mine(fd) && stat(dir, &st) == 0) return fd;
        if (fd >= 0) close(fd); /* swept before it was locked */
    }
    err_errno(e, "%s", dir);
    return -1;
}

/* Show the pack to the caller while it is there. */
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

/* With whatever lies in it: a pack, or what an import that was stopped left. */
static void remove_folder(const char *path, const char *dir)
{
    struct folder base;
    if (!folder_open(&base, path, path, NULL)) return;
    folder_remove(&base, strrchr(dir, '/') + 1, NULL);
    folder_close(&base);
}

bool import_check(const struct import_config *c, import_seen *seen, void *ctx, struct dataset **out, struct err *e)
{
    const char *base = getenv("TMPDIR");
    char dir[512];
    *out = NULL;
    if (!base || !*base) base = "/tmp";
    sweep(base);
    int fd = make_folder(base, dir, e);
    if (fd < 0) return false;
    bool ok = import_run(c, dir, out, e) && look(*out, dir, seen, ctx, e);
    if (!ok) {
        dataset_destroy(*out);
        *out = NULL;
    }
    remove_folder(base, dir);
    close(fd);
    return ok;
}
