#include "store/database/reserve.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool may_be_made(const struct store *s)
{
    struct rlimit r;
    bool grows = getrlimit(RLIMIT_FSIZE, &r) || r.rlim_cur >= 2 * RESERVE_BYTES;
    return grows && !s->read_only && !s->foreign && s->root.fd >= 0;
}

static bool has_room(const struct store *s)
{
    struct statvfs fs;
    return fstatvfs(s->root.fd, &fs) == 0 &&
           (double)fs.f_bavail * (double)fs.f_frsize >= (double)RESERVE_ROOM * RESERVE_BYTES;
}

static void make(const struct store *s)
{
    int fd = folder_file(&s->root, RESERVE_FILE, FOLDER_LOCK, NULL);
    if (fd < 0) return;
    bool ok = posix_fallocate(fd, 0, RESERVE_BYTES) == 0;
    close(fd);
    if (!ok) folder_unlink(&s->root, RESERVE_FILE, NULL);
}

void reserve_keep(const struct store *s)
{
    struct stat st;
    bool there = s->root.fd >= 0 && fstatat(s->root.fd, RESERVE_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (may_be_made(s) && !(there && st.st_size >= RESERVE_BYTES) && has_room(s)) make(s);
}

void reserve_give_up(struct store *s)
{
    s->given_up = s->root.fd >= 0 && folder_has(&s->root, RESERVE_FILE);
    s->scarce = s->root.fd >= 0 && !has_room(s);
    if (s->given_up) folder_unlink(&s->root, RESERVE_FILE, NULL);
}

void reserve_take_back(struct store *s)
{
    if (s->given_up && may_be_made(s)) make(s);
    s->given_up = false;
}
