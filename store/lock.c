#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "store/files.h"
#include "store/run.h"
#include "store/sql.h"

/* `*fd` -1 and true: somebody else has it. */
static bool take(int f, const char *path, int *fd, struct err *e)
{
    *fd = -1;
    if (f < 0) return false;
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
    if (!take(store_file(s, STORE_RUN, run, "lock", FOLDER_LOCK, path, e), path, fd, e)) return false;
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
    int f = store_file(s, STORE_RUN, run, "lock", FOLDER_READ, NULL, NULL);
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
    *out = '\0';
    int f = store_file(s, STORE_RUN, run, "lock", FOLDER_READ, NULL, NULL);
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
    if (!take(store_file(s, STORE_WORKSPACE, 0, "queue.lock", FOLDER_LOCK, path, e), path, fd, e)) return false;
    if (*fd >= 0 && (ftruncate(*fd, 0) || dprintf(*fd, "%lld\n", (long long)getpid()) < 0)) {
        err_errno(e, "%s: cannot be written", path);
        store_lock_release(fd);
        return false;
    }
    return true;
}

bool store_queue_held(const struct store *s, int64_t *pid)
{
    char text[32] = "";
    if (pid) *pid = 0;
    int f = store_file(s, STORE_WORKSPACE, 0, "queue.lock", FOLDER_READ, NULL, NULL);
    if (f < 0) return false;
    bool is = held(f);
    if (is && pid && read(f, text, sizeof text - 1) > 0) *pid = strtoll(text, NULL, 10);
    close(f);
    return is;
}
