#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/run.h"
#include "store/sql.h"

bool store_lock_take(struct store *s, int64_t run, int *fd, struct err *e)
{
    char path[STORE_PATH];
    *fd = -1;
    if (!store_run_path(s, run, "lock", path, e)) return false;
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
    if (why != EAGAIN && why != EACCES) return err_errno(e, "%s: cannot be locked", path);
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
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    bool held = fcntl(f, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    close(f);
    return held;
}
