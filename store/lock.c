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

static bool held(int f)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    return fcntl(f, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
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

bool store_lock_held(const struct store *s, int64_t run)
{
    char path[STORE_PATH];
    if (!store_run_path(s, run, "lock", path, NULL)) return false;
    int f = open(path, O_RDONLY | O_CLOEXEC);
    if (f < 0) return false;
    bool is = held(f);
    close(f);
    return is;
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
    int f = open(path, O_RDONLY | O_CLOEXEC);
    if (f < 0) return;
    ssize_t n = held(f) ? read(f, out, size - 1) : 0;
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

bool store_queue_held(const struct store *s, int64_t *pid)
{
    char path[STORE_PATH], text[32] = "";
    if (pid) *pid = 0;
    if (!file_join(path, sizeof path, s->dir, "queue.lock")) return false;
    int f = open(path, O_RDONLY | O_CLOEXEC);
    if (f < 0) return false;
    bool is = held(f);
    if (is && pid && read(f, text, sizeof text - 1) > 0) *pid = strtoll(text, NULL, 10);
    close(f);
    return is;
}
