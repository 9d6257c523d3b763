#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "store/database/files.h"
#include "store/run.h"
#include "store/database/sql.h"

/* `*fd` -1 and true: another process has it. */
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

static enum store_lock look(int f)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (fcntl(f, F_OFD_GETLK, &whole)) return STORE_LOCK_UNKNOWN;
    return whole.l_type == F_UNLCK ? STORE_LOCK_FREE : STORE_LOCK_HELD;
}

/* Opens the lock file to examine it, -1 if that is not possible; `*is` is then the conclusion, and `e` (may be NULL)
 * says why. */
static int open_to_look(const struct store *s, enum store_place place, int64_t run, const char *name,
                        enum store_lock *is, struct err *e)
{
    struct err own = { 0 };
    if (!e) e = &own;
    int f = store_file(s, place, run, name, FOLDER_READ, NULL, e);
    *is = f >= 0 ? look(f) : e->code == ERR_NOT_FOUND ? STORE_LOCK_FREE : STORE_LOCK_UNKNOWN;
    if (f >= 0 && *is == STORE_LOCK_UNKNOWN) err_errno(e, "%s: cannot be asked", name);
    return f;
}

bool store_lock_no_folder(struct store *s, int64_t run, struct err *e)
{
    struct store_run row;
    char path[STORE_PATH];
    if (!store_run_path(s, run, NULL, path, e) || !store_run_get(s, run, &row, e)) return false;
    err_set(e, ERR_NOT_FOUND, "run %s: its folder %.300s is not there; put the run's folder back in its place",
            row.name, path);
    store_run_clear(&row);
    return false;
}

bool store_lock_take(struct store *s, int64_t run, int *fd, struct err *e)
{
    char path[STORE_PATH];
    *fd = -1;
    int f = store_file(s, STORE_RUN, run, "lock", FOLDER_LOCK, path, e);
    if (f < 0 && e->code == ERR_NOT_FOUND) return store_lock_no_folder(s, run, e);
    if (!take(f, path, fd, e)) return false;
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
    enum store_lock is;
    int f = open_to_look(s, STORE_RUN, run, "lock", &is, NULL);
    if (f >= 0) close(f);
    return is;
}

bool store_lock_known(const struct store *s, const struct store_run *run, struct err *e)
{
    enum store_lock is;
    struct err why = { 0 };
    int f = open_to_look(s, STORE_RUN, run->id, "lock", &is, &why);
    if (f >= 0) close(f);
    return is != STORE_LOCK_UNKNOWN ||
           err_set(e, ERR_CONFLICT,
                   "run %s: nobody can tell whether its worker lives, since its lock cannot be read (%.300s); leave it "
                   "to the user whose run it is",
                   run->name, why.msg);
}

void store_lock_note(int fd, const char *line)
{
    if (ftruncate(fd, 0)) return; /* only a note: the run does not depend on it */
    ssize_t written = pwrite(fd, line, strlen(line), 0);
    (void)written;
}

void store_lock_read_note(const struct store *s, int64_t run, char *out, size_t size)
{
    *out = '\0';
    enum store_lock is;
    int f = open_to_look(s, STORE_RUN, run, "lock", &is, NULL);
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
    if (!take(store_file(s, STORE_WORKSPACE, 0, "queue.lock", FOLDER_LOCK, path, e), path, fd, e)) return false;
    if (*fd >= 0 && (ftruncate(*fd, 0) || dprintf(*fd, "%lld\n", (long long)getpid()) < 0)) {
        err_errno(e, "%s: cannot be written", path);
        store_lock_release(fd);
        return false;
    }
    return true;
}

enum store_lock store_queue_held(const struct store *s, int64_t *pid)
{
    char text[32] = "";
    enum store_lock is;
    if (pid) *pid = 0;
    int f = open_to_look(s, STORE_WORKSPACE, 0, "queue.lock", &is, NULL);
    if (f < 0) return is;
    if (is == STORE_LOCK_HELD && pid && read(f, text, sizeof text - 1) > 0) *pid = strtoll(text, NULL, 10);
    close(f);
    return is;
}
