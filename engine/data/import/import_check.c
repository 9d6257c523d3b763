/* An import for its findings alone: its pack goes again.
 *
 * The pack lies in a folder of its own below $TMPDIR, which stays locked while the check runs. What a killed check left
 * there has no lock any more and goes with the next one. */
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

bool import_check(const struct import_config *c, struct dataset **out, struct err *e)
{
    const char *base = getenv("TMPDIR");
    char dir[512], pack[1024];
    *out = NULL;
    if (!base || !*base) base = "/tmp";
    sweep(base);
    int fd = make_folder(base, dir, e);
    if (fd < 0) return false;
    bool ok = import_run(c, dir, out, e);
    if (ok && file_join(pack, sizeof pack, dir, (*out)->pack)) unlink(pack);
    rmdir(dir);
    close(fd);
    return ok;
}
