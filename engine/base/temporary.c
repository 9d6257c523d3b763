#include "engine/base/temporary.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/filesystem.h"

enum { HOST_SIZE = 33, RANDOM_DIGITS = 8, TRIES = 100 };

static const char mark[] = ".tmp.";

/* This host's name as it is in names of files: no dot, since a dot ends it. */
static void host_name(char host[HOST_SIZE])
{
    char full[256] = "";
    size_t n = 0;
    gethostname(full, sizeof full - 1);
    for (const char *p = full; *p && *p != '.' && n < HOST_SIZE - 1; p++)
        host[n++] = isalnum((unsigned char)*p) ? *p : '-';
    host[n] = '\0';
    if (!n) snprintf(host, HOST_SIZE, "unnamed");
}

enum lock { LOCK_OURS, LOCK_TAKEN, LOCK_UNKNOWN };

/* LOCK_OURS: no one had it. Some file systems know no locks. */
static enum lock lock(int fd)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (fcntl(fd, F_OFD_SETLK, &whole) == 0) return LOCK_OURS;
    return errno == EAGAIN || errno == EACCES ? LOCK_TAKEN : LOCK_UNKNOWN;
}

/* Between its creation and its lock someone who sweeps may have taken a file for debris. */
static bool is_still_there(int fd)
{
    struct stat st;
    return lock(fd) != LOCK_TAKEN && fstat(fd, &st) == 0 && st.st_nlink > 0;
}

/* What a path is called in the folder `dir`: its last part there, all of it where there is no folder. */
static const char *name_in(int dir, const char *path)
{
    const char *slash = dir == AT_FDCWD ? NULL : strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int create(int dir, const char *path, mode_t mode, char **name, struct err *e)
{
    char host[HOST_SIZE];
    host_name(host);
    for (int i = 0; i < TRIES; i++) {
        uint64_t draw = 0;
        if (getrandom(&draw, sizeof draw, 0) != sizeof draw)
            draw = (uint64_t)getpid() << 32 ^ (uint64_t)clock() ^ (uint64_t)i;
        if (asprintf(name, "%s%s%s.%08llx", path, mark, host, (unsigned long long)(draw & 0xffffffff)) < 0) {
            *name = NULL;
            err_set(e, ERR_MEMORY, "%s: no memory", path);
            return -1;
        }
        int fd = openat(dir, name_in(dir, *name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd >= 0 && is_still_there(fd)) return fd;
        if (fd < 0 && errno != EEXIST) break;
        if (fd >= 0) close(fd);
        free(*name);
        *name = NULL;
    }
    err_errno(e, "%s: cannot be written", path);
    free(*name);
    *name = NULL;
    return -1;
}

int temporary_create(const char *path, mode_t mode, char **name, struct err *e)
{
    return create(AT_FDCWD, path, mode, name, e);
}

int temporary_create_in(const struct folder *f, const char *file, char **name, struct err *e)
{
    char path[FOLDER_PATH + 256];
    snprintf(path, sizeof path, "%s/%.255s", f->path, file);
    return create(f->fd, path, 0600, name, e);
}

/* ---- what was left ---- */

/* What follows the mark: HOST.RANDOM, or a process number, as an older version wrote. */
enum tail { TAIL_OTHER, TAIL_NUMBER, TAIL_HOST };

static enum tail tail_kind(const char *tail)
{
    size_t digits = strspn(tail, "0123456789");
    if (digits && !tail[digits]) return TAIL_NUMBER;
    const char *dot = strchr(tail, '.');
    bool named = dot && dot > tail && strlen(dot + 1) == RANDOM_DIGITS;
    return named && strspn(dot + 1, "0123456789abcdef") == RANDOM_DIGITS ? TAIL_HOST : TAIL_OTHER;
}

static bool is_of_host(const char *tail, const char *host)
{
    size_t n = strlen(host);
    return !strncmp(tail, host, n) && tail[n] == '.';
}

static bool is_left(int fd, const char *tail, const char *host, bool network)
{
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) return false;
    enum lock state = lock(fd);
    if (state == LOCK_TAKEN) return false;
    if (state == LOCK_OURS && tail_kind(tail) == TAIL_HOST && (!network || is_of_host(tail, host))) return true;
    return time(NULL) - st.st_mtime > TEMPORARY_DAY;
}

static void remove_left(int dir, const char *name, const char *tail, bool network, int *removed)
{
    char host[HOST_SIZE];
    int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return;
    host_name(host);
    /* the lock is held until it is gone, so that no one begins to write it meanwhile */
    if (is_left(fd, tail, host, network) && unlinkat(dir, name, 0) == 0) ++*removed;
    close(fd);
}

/* The part of a name behind PREFIX*SUFFIX.tmp., NULL where it is no temporary of these. */
static const char *tail_of(const char *name, const char *prefix, const char *suffix)
{
    size_t before = strlen(prefix), n = strlen(suffix);
    const char *at = strncmp(name, prefix, before) ? NULL : name + before;
    while (at && (at = strstr(at, mark)) && ((size_t)(at - name) < before + n || strncmp(at - n, suffix, n))) at++;
    return at && tail_kind(at + strlen(mark)) != TAIL_OTHER ? at + strlen(mark) : NULL;
}

static int sweep(DIR *d, const char *prefix, const char *suffix, int network)
{
    int removed = 0;
    if (!d) return 0;
    if (network < 0) network = filesystem_is_network_of(dirfd(d));
    for (struct dirent *entry; (entry = readdir(d));) {
        const char *tail = tail_of(entry->d_name, prefix, suffix);
        if (tail) remove_left(dirfd(d), entry->d_name, tail, network, &removed);
    }
    closedir(d);
    return removed;
}

int temporary_sweep_as(const char *dir, const char *prefix, const char *suffix, int network)
{
    return sweep(opendir(dir), prefix, suffix, network);
}

int temporary_sweep(const char *dir, const char *prefix, const char *suffix)
{
    return temporary_sweep_as(dir, prefix, suffix, -1);
}

int temporary_sweep_in(const struct folder *f, const char *prefix, const char *suffix)
{
    return sweep(folder_list(f), prefix, suffix, -1);
}

int temporary_sweep_beside(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    DIR *d = dir ? opendir(dir) : NULL;
    int removed = 0;
    size_t n = strlen(name);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        if (strncmp(entry->d_name, name, n) || strncmp(entry->d_name + n, mark, strlen(mark))) continue;
        const char *tail = entry->d_name + n + strlen(mark);
        /* other folders than ours: a number may be anybody's */
        if (tail_kind(tail) == TAIL_HOST)
            remove_left(dirfd(d), entry->d_name, tail, filesystem_is_network_of(dirfd(d)), &removed);
    }
    if (d) closedir(d);
    free(dir);
    return removed;
}
