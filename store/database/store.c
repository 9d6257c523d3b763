/* Opening a store: where it lies, its workspace, and on which terms it is read or written. */
#include "store/database/store.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/base/filesystem.h"
#include "engine/base/text.h"
#include "store/database/copy.h"
#include "store/database/guard.h"
#include "store/database/journal.h"
#include "store/database/migrations.h"
#include "store/database/owner.h"
#include "store/database/reserve.h"
#include "store/database/schema.h"
#include "store/database/sql.h"

bool store_locate(const char *dir, char out[STORE_PATH], struct err *e)
{
    const char *home = getenv("MLVICX_HOME"), *data = getenv("XDG_DATA_HOME"), *user = getenv("HOME");
    char path[STORE_PATH], here[STORE_PATH] = "";
    int n;
    if (dir || (home && *home))
        n = snprintf(path, sizeof path, "%s", dir ? dir : home);
    else if (data && *data == '/') /* a relative one is to be ignored, says the XDG specification */
        n = snprintf(path, sizeof path, "%s/mlvicx", data);
    else if (user && *user)
        n = snprintf(path, sizeof path, "%s/.local/share/mlvicx", user);
    else
        return err_set(e, ERR_USAGE, "store: there is no home directory; name a workspace with --store DIR");
    if (n == 0) return err_set(e, ERR_USAGE, "store: the name of the workspace is empty; use --store DIR");
    if (n < 0 || n >= STORE_PATH / 2) return err_set(e, ERR_USAGE, "store: the path of the workspace is too long");
    if (*path != '/' && !getcwd(here, sizeof here)) return err_errno(e, "store: the current directory");
    n = snprintf(out, STORE_PATH, "%s%s%s", here, *path == '/' ? "" : "/", path);
    if (n >= STORE_PATH / 2) return err_set(e, ERR_USAGE, "store: the path of the workspace is too long");
    return true;
}

/* A power cut must not take away the directory that holds what was synced. A parent that may not be opened cannot be.
 */
static bool make_durable(const char *path, struct err *e)
{
    return file_sync_directory_of(path) || errno == EACCES || err_errno(e, "store %s: cannot be made durable", path);
}

/* mkdir that heeds no umask: no one else may read, and the owner always may. */
static bool make_directory(const char *path, struct err *e)
{
    if (folder_make(AT_FDCWD, path)) return make_durable(path, e);
    if (errno != EEXIST) return err_errno(e, "store %s: cannot be created", path);
    return file_is_directory(path) || err_set(e, ERR_IO, "store %s: is not a directory", path);
}

/* Hold the workspace open, and know its name without links. ERR_NOT_FOUND where there is none. */
static bool open_root(struct store *s, struct err *e)
{
    char real[PATH_MAX];
    if (s->root.fd >= 0) return true;
    if (!folder_open(&s->root, s->dir, s->dir, e)) return err_wrap(e, "store");
    if (!realpath(s->dir, real)) return err_errno(e, "store %s", s->dir);
    if (strlen(real) >= STORE_PATH / 2) return err_set(e, ERR_USAGE, "store: the path of the workspace is too long");
    memcpy(s->real, real, strlen(real) + 1);
    s->root.anybody = s->trusted || s->foreign;
    return true;
}

bool store_database_check(const struct folder *folder, const char *name, struct err *e)
{
    static const char *const beside[] = { "", "-wal", "-shm", "-journal" };
    char file[64];
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        snprintf(file, sizeof file, "%.48s%s", name, beside[i]);
        if (!folder_check(folder, file, e)) return false;
    }
    return journal_check(folder, file, e);
}

bool store_database_same(struct store *s, const struct folder *folder, const char *name, struct err *e)
{
    struct stat ours, theirs;
    int moved = 1;
    const char *path = sqlite3_db_filename(s->db, "main");
    if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && !moved && path &&
        stat(path, &theirs) == 0 && fstatat(folder->fd, name, &ours, AT_SYMLINK_NOFOLLOW) == 0 &&
        ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
        return true;
    return err_set(e, ERR_IO, "%s/%s: another file was put in its place while it was opened; try again", folder->path,
                   name);
}

/* SQLite gives the journal the mode of the database, so the database is made here. One that is there is not opened:
 * SQLite's locks of this process would go with the descriptor. */
static bool make_database(struct store *s, struct err *e)
{
    struct stat st;
    if (fstatat(s->root.fd, DATABASE, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0) return true;
    int fd = folder_file(&s->root, DATABASE, FOLDER_LOCK, e);
    if (fd < 0) return err_wrap(e, "store %s: cannot be written", s->dir);
    bool ok = fstat(fd, &st) == 0 && (st.st_size > 0 || fchmod(fd, 0600) == 0);
    if (!ok) err_errno(e, "store %s", s->dir);
    close(fd);
    return ok &&
           (fsync(s->root.fd) == 0 || errno == EINVAL || err_errno(e, "store %s: cannot be made durable", s->dir));
}

static bool make_workspace(struct store *s, struct err *e)
{
    const char *dir = s->dir;
    char path[STORE_PATH];
    struct stat st;
    if (stat(dir, &st) && errno == EACCES) return err_errno(e, "store: %s", dir); /* as reading says it */
    if (!file_is_directory(dir)) {
        snprintf(path, sizeof path, "%s", dir);
        char *slash = strrchr(path, '/');
        if (slash && slash != path) {
            *slash = '\0';
            if (!file_make_directories(path, e)) return err_wrap(e, "store");
        }
        if (!make_directory(dir, e)) return false;
    }
    if (!open_root(s, e)) return false;
    static const char *const parts[] = { "packs", "runs" };
    for (int i = 0; i < 2; i++) {
        struct folder part;
        if (!folder_enter(&s->root, parts[i], true, &part, e)) return err_wrap(e, "store");
        folder_close(&part);
    }
    return make_database(s, e);
}

/* A "file:" address, with the letters that mean something in one escaped. */
static bool address(const char *path, const char *query, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "file:");
    for (const char *p = path; *p; p++) {
        if (n + 4 >= size) return false;
        if (*p == '?' || *p == '#' || *p == '%')
            n += (size_t)snprintf(out + n, size - n, "%%%02X", (unsigned char)*p);
        else
            out[n++] = *p;
    }
    return snprintf(out + n, size - n, "%s", query) < (int)(size - n);
}

static bool open_database(struct store *s, const char *path, const char *query, int flags, struct err *e)
{
    char uri[STORE_PATH * 3 + 32];
    handle_disconnect(s);
    if (!address(path, query, uri, sizeof uri)) return err_set(e, ERR_USAGE, "store %s: path too long", path);
    if (*path && !store_database_check(&s->root, DATABASE, e)) return err_wrap(e, "store");
    int rc = sqlite3_open_v2(uri, &s->db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW, NULL);
    if (!s->db) return err_set(e, ERR_MEMORY, "store %s: no memory to open it", s->dir);
    if (rc != SQLITE_OK) return sql_fail(s, e, "opening");
    if (*path && !store_database_same(s, &s->root, DATABASE, e)) return err_wrap(e, "store");
    sqlite3_busy_timeout(s->db, STORE_LOCK_TIMEOUT);
    return guard_database(s, e) &&
           sql_execute(s, "PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000;", "opening", e);
}

static bool database_path(const struct store *s, char path[STORE_PATH], struct err *e)
{
    return file_join(path, STORE_PATH, s->real, DATABASE) || err_set(e, ERR_USAGE, "store %s: path too long", s->dir);
}

/* Changing the journal's mode does not wait by itself when another process opens at the same moment. */
static bool set_journal(struct store *s, struct err *e)
{
    const char *sql = s->network ? "PRAGMA journal_mode = TRUNCATE" : "PRAGMA journal_mode = WAL";
    for (int tries = 0;; tries++) {
        int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
        if (rc == SQLITE_OK) return true;
        if ((rc & 0xff) != SQLITE_BUSY || tries >= 200) return sql_fail(s, e, "opening");
        nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
    }
}

static bool upgrade(struct store *s, struct err *e)
{
    int count;
    const struct migration *list = schema_migrations(&count);
    return schema_upgrade(s, list, count, e);
}

enum { LOG_PAGES = 1000, LOG_PAGES_MOST = 16 * LOG_PAGES, LOG_PAGES_LEAST = 16 };

/* The log is folded into the database every so many pages; where a file may not become as large, sooner. */
static bool set_log(struct store *s, rlim_t pages, struct err *e)
{
    enum { PAGE = 4096 };
    struct rlimit r;
    char sql[64];
    if (getrlimit(RLIMIT_FSIZE, &r) == 0 && r.rlim_cur / 2 / PAGE < pages) pages = r.rlim_cur / 2 / PAGE;
    snprintf(sql, sizeof sql, "PRAGMA wal_autocheckpoint = %d", pages > 0 ? (int)pages : 1);
    return sql_execute(s, sql, "opening", e);
}

bool store_leave_log(struct store *s, struct err *e)
{
    return s->read_only || set_log(s, LOG_PAGES_MOST, e);
}

static bool open_for_writing(struct store *s, struct err *e)
{
    char path[STORE_PATH];
    if (s->freeing && open_root(s, NULL)) reserve_give_up(s);
    if (!make_workspace(s, e) || !database_path(s, path, e) || !open_database(s, path, "", SQLITE_OPEN_READWRITE, e))
        return false;
    if (sqlite3_db_readonly(s->db, "main") == 1)
        return err_set(e, ERR_IO, "store %s: is read-only; nothing can be written", s->dir);
    int version;
    /* before the journal's mode: a store of a newer version, or of something else, is not touched */
    return schema_known(s, &version, e) && set_journal(s, e) &&
           set_log(s, s->scarce ? LOG_PAGES_LEAST : LOG_PAGES, e) &&
           sql_execute(s, "PRAGMA synchronous = NORMAL", "opening", e) && upgrade(s, e);
}

/* With the reserve made for the next time, or given up for this one. */
static bool open_and_keep(struct store *s, struct err *e)
{
    if (!open_for_writing(s, e)) return false;
    if (!s->freeing) reserve_keep(s);
    return true;
}

/* Does a first read work? On a read-only medium a database in WAL mode can be opened and yet not be read. */
static bool readable(struct store *s, struct err *e)
{
    int64_t any;
    return sql_integer(s, e, &any, 0, "SELECT 1 FROM sqlite_schema LIMIT 1", BIND_NONE);
}

static bool open_empty(struct store *s, struct err *e)
{
    return open_database(s, "", "?mode=memory", SQLITE_OPEN_READWRITE, e) && upgrade(s, e);
}

static const char as_it_was[] = "shown as it was when it was opened";

static void remark(struct store *s, const char *text)
{
    size_t n = strlen(s->remark);
    snprintf(s->remark + n, sizeof s->remark - n, "%s%s", n ? ", " : "", text);
}

/* Where no log can be shared with writers: as far as the database itself goes, and from a copy, since nothing keeps
 * them from changing it, unless the medium does. */
static bool open_unshared(struct store *s, const char *path, struct err *e)
{
    struct statvfs fs;
    if (access(path, R_OK)) return err_errno(e, "store %s/" DATABASE, s->dir);
    if (size_beside(s, "-journal") > 0)
        return err_set(
            e, ERR_IO,
            "store %s: a write to it was cut off, and it is only read here; its owner puts it right by opening it",
            s->dir);
    bool still = fstatvfs(s->root.fd, &fs) == 0 && fs.f_flag & ST_RDONLY;
    s->partly = size_beside(s, "-wal") > 0;
    if (s->partly)
        remark(s, "shown as of its last checkpoint, since its newest entries cannot be read here");
    else if (!still)
        remark(s, as_it_was);
    return open_database(s, path, "?immutable=1", SQLITE_OPEN_READONLY, e) && readable(s, e) &&
           (still || copy_take(s, path, e));
}

/* Together with whoever writes it. Of another user's store not even the index of the log is written, so that it can be
 * used only where it is there: `*rc` says SQLITE_CANTOPEN else. */
static bool open_shared(struct store *s, const char *path, bool foreign, int *rc, struct err *e)
{
    const char *query = foreign ? "?readonly_shm=1" : "";
    *rc = SQLITE_CANTOPEN;
    if (foreign && (size_beside(s, "-shm") < 0 || size_beside(s, "-wal") < 0)) return false;
    if (open_database(s, path, query, foreign ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, e) && readable(s, e))
        return true;
    *rc = sqlite3_errcode(s->db) & 0xff; /* a handle without memory says SQLITE_NOMEM */
    if (*rc == SQLITE_IOERR && sqlite3_system_errno(s->db) == ENOSPC) *rc = SQLITE_CANTOPEN; /* no room for the index */
    return false;
}

/* `*there`: whether the workspace has a database, or anything in its place. */
static bool look_for_database(struct store *s, bool *there, struct err *e)
{
    struct stat st;
    struct err why;
    *there = false;
    if (!open_root(s, &why)) return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    *there = fstatat(s->root.fd, DATABASE, &st, AT_SYMLINK_NOFOLLOW) == 0;
    return *there || errno == ENOENT || err_errno(e, "store %s", s->dir);
}

static bool open_for_reading(struct store *s, bool foreign, bool *there, struct err *e)
{
    int version, rc;
    char path[STORE_PATH];
    if (!look_for_database(s, there, e)) return false;
    if (!*there) {
        s->remark[0] = '\0';
        if (!open_empty(s, e)) return false;
        s->read_only = true;
        return sql_execute(s, "PRAGMA query_only = ON", "opening", e);
    }
    s->read_only = true;
    if (!database_path(s, path, e)) return false;
    if (!open_shared(s, path, foreign, &rc, e) &&
        ((rc != SQLITE_CANTOPEN && rc != SQLITE_READONLY) || !open_unshared(s, path, e)))
        return false;
    if (!schema_known(s, &version, e)) return false;
    if (version < store_schema_version()) {
        if (foreign && !s->copied) remark(s, as_it_was);
        if (!s->copied && !copy_take(s, NULL, e)) return false;
        s->read_only = false; /* the copy's upgrade */
        bool ok = upgrade(s, e);
        s->read_only = true;
        if (!ok) return false;
    }
    return sql_execute(s, "PRAGMA query_only = ON", "opening", e);
}

/* As far as one may: another user's store is only read. */
static bool open_located(struct store *s, enum store_mode mode, struct err *e)
{
    struct owner owner = { 0 };
    bool there;
    if (!s->trusted) owner_look(s->dir, &owner);
    s->foreign = owner.foreign;
    s->freeing = mode == STORE_FREE && !owner.foreign;
    snprintf(s->remark, sizeof s->remark, "%s", owner.why);
    if (mode == STORE_READ) return open_for_reading(s, owner.foreign, &there, e);
    if (owner.foreign ? owner_refuse(&owner, s->dir, e) : open_and_keep(s, e)) return true;
    if (mode != STORE_ANY || e->code != ERR_IO) return false;
    struct err again;
    return open_for_reading(s, owner.foreign, &there, &again) && there;
}

bool store_open_as(const char *dir, enum store_mode mode, int network, bool trust, struct store **out, struct err *e)
{
    *out = NULL;
    struct store *s = store_allocate();
    if (!s) return err_set(e, ERR_MEMORY, "store: no memory");
    s->trusted = trust;
    bool ok = store_locate(dir, s->dir, e);
    if (ok) {
        char parent[STORE_PATH]; /* the nearest directory that exists tells the file system */
        snprintf(parent, sizeof parent, "%s", s->dir);
        for (char *slash; !file_is_directory(parent) && (slash = strrchr(parent, '/')) && slash != parent;)
            *slash = '\0';
        s->network = network < 0 ? filesystem_is_network(parent) : network > 0;
        ok = open_located(s, mode, e);
    }
    if (!ok) {
        store_close(s);
        return false;
    }
    *out = s;
    return true;
}

bool store_open(const char *dir, enum store_mode mode, struct store **out, struct err *e)
{
    struct err own;
    return store_open_as(dir, mode, -1, false, out, e ? e : &own);
}

bool store_open_trusting(const char *dir, enum store_mode mode, struct store **out, struct err *e)
{
    return store_open_as(dir, mode, -1, true, out, e);
}

bool store_owner(const char *dir, int64_t *user, int64_t *group, struct err *e)
{
    char path[STORE_PATH];
    struct owner owner;
    if (!store_locate(dir, path, e)) return false;
    owner_look(path, &owner);
    *user = owner.uid;
    *group = owner.gid;
    return true;
}

const char *store_sqlite_version(void)
{
    return sqlite3_libversion();
}

bool store_exists(const char *dir)
{
    char path[STORE_PATH + 16];
    struct stat st;
    if (!store_locate(dir, path, &(struct err){ 0 })) return true;
    if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) return true; /* something is there: opening it says what */
    strcat(path, "/mlvicx.db");
    return stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

int64_t store_change_counter(struct store *s)
{
    int64_t version;
    if (!sql_integer(s, NULL, &version, s->data_version, "PRAGMA data_version", BIND_NONE)) return s->changes;
    if (version != s->data_version) s->changes++;
    s->data_version = version;
    return s->changes;
}

static bool too_long(const struct store *s, struct err *e)
{
    return err_set(e, ERR_USAGE, "store %s: path too long", s->dir);
}

bool store_run_path(const struct store *s, int64_t run, const char *file, char out[STORE_PATH], struct err *e)
{
    int n = snprintf(out, STORE_PATH, "%s/runs/%lld%s%s", s->dir, (long long)run, file ? "/" : "", file ? file : "");
    return (n > 0 && n < STORE_PATH) || too_long(s, e);
}

bool store_name_tame(char name[STORE_NAME])
{
    if (store_name_check("", name, NULL)) return true;
    if (!*name) strcpy(name, "?");
    if (*name == '-' || *name == '.') *name = '?';
    if (strlen(name) > 64) name[64] = '\0';
    for (char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._-", *p)) *p = '?';
    return false;
}

bool store_name_check(const char *what, const char *name, struct err *e)
{
    size_t n = strlen(name), digits = strspn(name, "0123456789");
    if (n == 0) return err_set(e, ERR_USAGE, "%s: the name is empty", what);
    if (n > 64) return err_set(e, ERR_USAGE, "%s %.20s...: a name has at most 64 letters", what, name);
    if (*name == '-' || *name == '.')
        return err_set(e, ERR_USAGE, "%s %s: a name cannot begin with '%c'", what, name, *name);
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
            return err_set(e, ERR_USAGE, "%s %s: a name has letters, digits, '.', '_' and '-' only", what, name);
    if (digits == n)
        return err_set(e, ERR_USAGE, "%s %s: a name cannot be a number, since numbers are ids", what, name);
    return true;
}
