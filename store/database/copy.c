#include "store/database/copy.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "engine/base/clock.h"
#include "store/database/guard.h"
#include "store/database/handle.h"

enum { TRIES = 20 };

/* Copies all pages at once; `to` remains empty if that fails, and the error is that of `from`. */
static bool copy_pages(struct store *s, sqlite3 *to, struct err *e)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", s->db, "main");
    int rc = SQLITE_BUSY;
    for (int tries = 0; b && tries < TRIES; tries++) {
        rc = sqlite3_backup_step(b, -1);
        if (rc != SQLITE_BUSY && rc != SQLITE_LOCKED) break;
        sqlite3_sleep(STORE_LOCK_TIMEOUT / TRIES);
    }
    bool done = rc == SQLITE_DONE;
    sqlite3_backup_finish(b);
    return done || err_set(e, rc == SQLITE_BUSY ? ERR_LOCKED : ERR_IO, "store %s: copying it for reading: %s", s->dir,
                           sqlite3_errstr(rc));
}

static bool is_same(const char *path, const struct stat *before)
{
    struct stat st;
    return lstat(path, &st) == 0 && st.st_ino == before->st_ino && st.st_size == before->st_size &&
           st.st_mtim.tv_sec == before->st_mtim.tv_sec && st.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

/* Makes a copy during which nobody wrote. */
static bool copy_still(struct store *s, sqlite3 *to, const char *path, struct err *e)
{
    struct stat before;
    for (int tries = 0; tries < TRIES; tries++) {
        if (path && lstat(path, &before)) return err_errno(e, "store %s", path);
        bool copied = copy_pages(s, to, e);
        if (!path || is_same(path, &before)) return copied;
        sqlite3_sleep(50);
    }
    return err_set(e, ERR_LOCKED, "store %s: another process writes it all the time; try again", s->dir);
}

bool copy_take(struct store *s, const char *path, struct err *e)
{
    sqlite3 *to = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE;
    double now = clock_wall();
    bool ok = sqlite3_open_v2("", &to, flags, NULL) == SQLITE_OK ||
              err_set(e, ERR_IO, "store %s: no temporary database: %s", s->dir, to ? sqlite3_errmsg(to) : "no memory");
    ok = ok && copy_still(s, to, path, e);
    if (!ok) {
        sqlite3_close(to);
        return false;
    }
    handle_disconnect(s);
    s->db = to;
    s->copied = true;
    s->copied_at = now;
    return guard_database(s, e);
}
