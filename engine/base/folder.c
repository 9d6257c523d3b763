#include "engine/base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEEPEST = 16 };

bool folder_name_ok(const char *name)
{
    if (!*name || *name == '.' || strlen(name) > 255) return false;
    for (const unsigned char *p = (const unsigned char *)name; *p; p++)
        if (*p < 0x20 || *p == 0x7f || *p == '/') return false;
    return true;
}

static bool check_name(const struct folder *f, const char *name, struct err *e)
{
    if (f->fd < 0) return err_set(e, ERR_NOT_FOUND, "%s: there is no such folder", f->path);
    return folder_name_ok(name) || err_set(e, ERR_FORMAT, "%s: '%.80s' is no name of a file in it", f->path, name);
}

static const char *kind_of(mode_t mode)
{
    static const struct {
        mode_t mode;
        const char *word;
    } kinds[] = { { S_IFLNK, "a link" },   { S_IFIFO, "a pipe" },   { S_IFDIR, "a folder" }, { S_IFSOCK, "a socket" },
                  { S_IFCHR, "a device" }, { S_IFBLK, "a device" }, { S_IFREG, "a file" } };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if ((mode & S_IFMT) == kinds[i].mode) return kinds[i].word;
    return "something else";
}

static bool missing(const struct folder *f, const char *name, struct err *e)
{
    int why = errno;
    if (why == ENOENT)
        err_set(e, ERR_NOT_FOUND, "%s/%s: %s", f->path, name, strerror(why));
    else
        err_errno(e, "%s/%s", f->path, name);
    errno = why;
    return false;
}

static bool check_writers(const struct folder *f, const char *name, const struct stat *st, struct err *e)
{
    if (f->anybody) return true;
    if (st->st_uid != geteuid() && st->st_uid != 0 && st->st_uid != f->owner)
        return err_set(e, ERR_IO,
                       "%s/%s: belongs to user %lu, who is neither you nor the owner of the store; not opened", f->path,
                       name, (unsigned long)st->st_uid);
    if (f->reached && st->st_mode & (S_IWGRP | S_IWOTH))
        return err_set(e, ERR_IO, "%s/%s: may be written by others; not opened. chmod -R go-w '%s'", f->path, name,
                       f->path);
    return true;
}

static bool check_file(const struct folder *f, const char *name, const struct stat *st, bool written, struct err *e)
{
    if (!S_ISREG(st->st_mode))
        return err_set(e, ERR_IO, "%s/%s: is %s, not a regular file; not opened", f->path, name, kind_of(st->st_mode));
    if (!check_writers(f, name, st, e)) return false;
    if (written && st->st_nlink > 1)
        return err_set(e, ERR_IO,
                       "%s/%s: has another name too (hard link), and that may be any file; nothing is written to it. "
                       "Put a copy in its place",
                       f->path, name);
    return true;
}

/* ---- folders ---- */

static bool take_folder(struct folder *f, int fd, const struct folder *parent, const char *path, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st)) {
        err_errno(e, "%s", path);
        close(fd);
        return false;
    }
    f->fd = fd;
    f->owner = parent ? parent->owner : st.st_uid;
    f->anybody = parent && parent->anybody;
    f->reached = (!parent || parent->reached) && st.st_mode & (S_IXGRP | S_IXOTH);
    snprintf(f->path, sizeof f->path, "%.*s", FOLDER_PATH - 1, path);
    return true;
}

bool folder_open(struct folder *f, const char *path, const char *shown, struct err *e)
{
    struct stat st;
    f->fd = -1;
    snprintf(f->path, sizeof f->path, "%s", shown);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) return take_folder(f, fd, NULL, shown, e);
    if (errno == ENOTDIR && stat(path, &st) == 0)
        return err_set(e, ERR_IO, "%s: is %s, not a folder", shown, kind_of(st.st_mode));
    if (errno == ENOENT || errno == ENOTDIR) return err_set(e, ERR_NOT_FOUND, "%s: there is no such folder", shown);
    return err_errno(e, "%s", shown);
}

void folder_close(struct folder *f)
{
    if (f->fd >= 0) close(f->fd);
    f->fd = -1;
}

bool folder_make(int dir, const char *name)
{
    char self[32];
    if (mkdirat(dir, name, 0700)) return false;
    /* a umask may have taken rights from the owner too, so that it can be pointed at, but not opened */
    int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    bool ok = fd >= 0 && chmod(self, 0700) == 0;
    int why = errno;
    if (fd >= 0) close(fd);
    errno = why;
    return ok;
}

static bool make_folder(const struct folder *f, const char *name, struct err *e)
{
    if (!folder_make(f->fd, name)) return errno == EEXIST || err_errno(e, "%s/%s: cannot be created", f->path, name);
    bool ok = fsync(f->fd) == 0 || errno == EINVAL; /* some file systems cannot sync a directory */
    return ok || err_errno(e, "%s/%s: cannot be made durable", f->path, name);
}

bool folder_enter(const struct folder *f, const char *name, bool make, struct folder *out, struct err *e)
{
    struct stat st;
    char path[FOLDER_PATH + 256];
    snprintf(path, sizeof path, "%s/%.255s", f->path, name);
    out->fd = -1;
    snprintf(out->path, sizeof out->path, "%.*s", FOLDER_PATH - 1, path);
    if (!check_name(f, name, e) || (make && !make_folder(f, name, e))) return false;
    int fd = openat(f->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        int why = errno;
        if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
            return err_set(e, ERR_IO, "%s: is %s, not a folder; not opened", path, kind_of(st.st_mode));
        errno = why;
        return missing(f, name, e);
    }
    if (!take_folder(out, fd, f, path, e)) return false;
    if (fstat(fd, &st) == 0 && check_writers(f, name, &st, e)) return true;
    folder_close(out);
    return false;
}

/* ---- files ---- */

int folder_file(const struct folder *f, const char *name, enum folder_use use, struct err *e)
{
    static const int flags[] = {
        [FOLDER_READ] = O_RDONLY, [FOLDER_APPEND] = O_WRONLY | O_APPEND | O_CREAT, [FOLDER_LOCK] = O_RDWR | O_CREAT
    };
    struct stat st;
    if (!check_name(f, name, e)) return -1;
    /* looked at first: opening a device may do something already */
    if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !check_file(f, name, &st, use != FOLDER_READ, e))
        return -1;
    int fd = openat(f->fd, name, flags[use] | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
    if (fd < 0) {
        missing(f, name, e);
        return -1;
    }
    if (fstat(fd, &st) == 0 && check_file(f, name, &st, use != FOLDER_READ, e)) {
        if (use != FOLDER_READ && !st.st_size && st.st_uid == geteuid()) fchmod(fd, 0600); /* whatever the umask */
        return fd;
    }
    close(fd);
    return -1;
}

DIR *folder_list(const struct folder *f)
{
    int fd = f->fd < 0 ? -1 : openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (fd >= 0 && !d) close(fd);
    return d;
}

bool folder_has(const struct folder *f, const char *name)
{
    struct stat st;
    return f->fd >= 0 && folder_name_ok(name) && fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool folder_check(const struct folder *f, const char *name, struct err *e)
{
    struct stat st;
    if (!check_name(f, name, e)) return false;
    if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW)) return errno == ENOENT || missing(f, name, e);
    return check_file(f, name, &st, true, e);
}

bool folder_unlink(const struct folder *f, const char *name, struct err *e)
{
    return check_name(f, name, e) && (unlinkat(f->fd, name, 0) == 0 || errno == ENOENT ||
                                      err_errno(e, "%s/%s: cannot be removed", f->path, name));
}

bool folder_rename(const struct folder *f, const char *from, const char *to, struct err *e)
{
    if (!check_name(f, from, e) || !check_name(f, to, e)) return false;
    return (renameat(f->fd, from, f->fd, to) == 0 && (fsync(f->fd) == 0 || errno == EINVAL)) ||
           err_errno(e, "%s/%s: cannot be written", f->path, to);
}

/* ---- removing ---- */

/* What is being removed: where it stands, for messages, and the file system that is not left. */
struct removal {
    const char *path;
    dev_t device;
};

static bool remove_entry(const struct removal *r, int dir, const char *name, int depth, struct err *e);

/* Everything in the folder `fd`, which is closed. */
static bool empty(const struct removal *r, int fd, int depth, struct err *e)
{
    DIR *d = fdopendir(fd);
    if (!d) {
        err_errno(e, "%s: cannot be removed", r->path);
        close(fd);
        return false;
    }
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(d));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            ok = remove_entry(r, dirfd(d), entry->d_name, depth + 1, e);
    closedir(d);
    return ok;
}

static bool remove_entry(const struct removal *r, int dir, const char *name, int depth, struct err *e)
{
    struct stat st, opened;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT || err_errno(e, "%s: cannot be removed", r->path);
    if (!S_ISDIR(st.st_mode))
        return unlinkat(dir, name, 0) == 0 || errno == ENOENT || err_errno(e, "%s: cannot be removed", r->path);
    if (depth > DEEPEST) return err_set(e, ERR_IO, "%s: cannot be removed: nested deeper than %d", r->path, DEEPEST);
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return err_errno(e, "%s: cannot be removed", r->path);
    if (fstat(fd, &opened) || opened.st_dev != r->device) {
        close(fd);
        return err_set(e, ERR_IO, "%s: cannot be removed: another file system is mounted in it", r->path);
    }
    return empty(r, fd, depth, e) && (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT ||
                                      err_errno(e, "%s: cannot be removed", r->path));
}

bool folder_remove(const struct folder *f, const char *name, struct err *e)
{
    struct stat st;
    char path[FOLDER_PATH + 256];
    snprintf(path, sizeof path, "%s/%.255s", f->path, name);
    if (!check_name(f, name, e)) return false;
    if (fstat(f->fd, &st)) return err_errno(e, "%s", path);
    return remove_entry(&(struct removal){ path, st.st_dev }, f->fd, name, 0, e);
}
