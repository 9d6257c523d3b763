#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "store/run.h"
#include "store/sql.h"

/* `*fd` -1 and true: somebody else has it. */
static bool take(const char *path, int *fd, struct err *e)
{
    *fd = -1;
    int f = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (f < 0) return err_errno(e, "%s: cannot be opened", path);
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (fcntl(f, F_OFD_SETLK, &whole) == 0) {
        fchmod(f, 0600);
        *fd = f;
        return true;
    }
    int why = errno;
    close(f);
    errno = why;
    return why == EAGAIN || why == EACCES || err_errno(e, "%s: cannot be locked", path);
}

static enum store_lock look(int f)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (fcntl(f, F_OFD_GETLK, &whole)) return STORE_LOCK_UNKNOWN;
    return whole.l_type == F_UNLCK ? STORE_LOCK_FREE : STORE_LOCK_HELD;
}

/* The lock's file for looking at it, -1 where that is not possible; `*is` is then what follows, and errno says why. */
static int open_to_look(const char *path, enum store_lock *is)
{
    int f = open(path, O_RDONLY | O_CLOEXEC);
    *is = f >= 0 ? look(f) : errno == ENOENT ? STORE_LOCK_FREE : STORE_LOCK_UNKNOWN;
    return f;
}

bool store_lock_take(struct store *s, int64_t run, int *fd, struct err *e)
{
    char path[STORE_PATH];
    *fd = -1;
    if (!store_run_path(s, run, "lock", path, e) || !take(path, fd, e)) return false;
    if (*fd >= 0) return true;
    struct store_run row;
    if (!store_run_get(s, run, &row, e)) return false;
    err_set(e, ERR_CONFLICT, "run %s: a worker has it already (process %lld on %s)", row.name, (long long)row.pid,
            row.host);
    if (!row.pid) err_set(e, ERR_CONFLICT, "run %s: a worker has it already", row.name);
    store_run_clear(&row);
    return false;
}

void store_lock_release(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

enum store_lock store_lock_held(const struct store *s, int64_t run)
{
    char path[STORE_PATH];
    enum store_lock is;
    if (!store_run_path(s, run, "lock", path, NULL)) return STORE_LOCK_UNKNOWN;
    int f = open_to_look(path, &is);
    if (f >= 0) close(f);
    return is;
}

bool store_lock_known(const struct store *s, const struct store_run *run, struct err *e)
{
    char path[STORE_PATH];
    enum store_lock is;
    if (!store_run_path(s, run->id, "lock", path, e)) return false;
    int f = open_to_look(path, &is), why = errno;
    if (f >= 0) close(f);
    return is != STORE_LOCK_UNKNOWN ||
           err_set(
               e, ERR_CONFLICT,
               "run %s: nobody can tell whether its worker lives, since runs/%lld/lock cannot be read (%s); leave it "
               "to the user whose run it is",
               run->name, (long long)run->id, strerror(why));
}

void store_lock_note(int fd, const char *line)
{
    if (ftruncate(fd, 0)) return; /* a note only: the run does not depend on it */
    ssize_t written = pwrite(fd, line, strlen(line), 0);
    (void)written;
}

void store_lock_read_note(const struct store *s, int64_t run, char *out, size_t size)
{
    char path[STORE_PATH];
    *out = '\0';
    if (!store_run_path(s, run, "lock", path, NULL)) return;
    enum store_lock is;
    int f = open_to_look(path, &is);
    if (f < 0) return;
    ssize_t n = is == STORE_LOCK_HELD ? read(f, out, size - 1) : 0;
    out[n > 0 ? n : 0] = '\0';
    text_clean(out);
    close(f);
}

/* ---- the queue ---- */

bool store_queue_lock(struct store *s, int *fd, struct err *e)
{
    char path[STORE_PATH];
    *fd = -1;
    if (!file_join(path, sizeof path, s->dir, "queue.lock"))
        return err_set(e, ERR_IO, "%s/queue.lock: the path is too long", s->dir);
    if (!take(path, fd, e)) return false;
    if (*fd >= 0 && (ftruncate(*fd, 0) || dprintf(*fd, "%lld\n", (long long)getpid()) < 0)) {
        err_errno(e, "%s: cannot be written", path);
        store_lock_release(fd);
        return false;
    }
    return true;
}

enum store_lock store_queue_held(const struct store *s, int64_t *pid)
{
    char path[STORE_PATH], text[32] = "";
    enum store_lock is;
    if (pid) *pid = 0;
    if (!file_join(path, sizeof path, s->dir, "queue.lock")) return STORE_LOCK_UNKNOWN;
    int f = open_to_look(path, &is);
    if (f < 0) return is;
    if (is == STORE_LOCK_HELD && pid && read(f, text, sizeof text - 1) > 0) *pid = strtoll(text, NULL, 10);
    close(f);
    return is;
}
