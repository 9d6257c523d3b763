/* Opening, closing, transactions, and where things lie. */
#include "store/store.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/base/filesystem.h"
#include "engine/base/text.h"
#include "store/guard.h"
#include "store/schema.h"
#include "store/sql.h"

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

/* mkdir that heeds no umask: nobody else may read, and the owner always may. */
static bool make_directory(const char *path, struct err *e)
{
    if (mkdir(path, 0700) == 0)
        return (chmod(path, 0700) == 0 || err_errno(e, "store %s", path)) && make_durable(path, e);
    if (errno != EEXIST) return err_errno(e, "store %s: cannot be created", path);
    return file_is_directory(path) || err_set(e, ERR_IO, "store %s: is not a directory", path);
}

static bool make_workspace(const char *dir, struct err *e)
{
    char path[STORE_PATH];
    if (!file_is_directory(dir)) {
        snprintf(path, sizeof path, "%s", dir);
        char *slash = strrchr(path, '/');
        if (slash && slash != path) {
            *slash = '\0';
            if (!file_make_directories(path, e)) return err_wrap(e, "store");
        }
        if (!make_directory(dir, e)) return false;
    }
    static const char *const parts[] = { "packs", "runs" };
    for (int i = 0; i < 2; i++)
        if (!file_join(path, sizeof path, dir, parts[i]) || !make_directory(path, e)) return false;
    /* SQLite gives the journal the mode of the database, so the database is made here */
    file_join(path, sizeof path, dir, "mlvicx.db");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return err_errno(e, "store %s: cannot be written", path);
    struct stat st;
    bool ok = fstat(fd, &st) == 0 && (st.st_size > 0 || fchmod(fd, 0600) == 0);
    if (!ok) err_errno(e, "store %s", path);
    close(fd);
    return ok && (st.st_size > 0 || make_durable(path, e));
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
    sqlite3_close(s->db);
    s->db = NULL;
    if (!address(path, query, uri, sizeof uri)) return err_set(e, ERR_USAGE, "store %s: path too long", path);
    int rc = sqlite3_open_v2(uri, &s->db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE, NULL);
    if (!s->db) return err_set(e, ERR_MEMORY, "store %s: no memory to open it", s->dir);
    if (rc != SQLITE_OK) return sql_fail(s, e, "opening");
    sqlite3_busy_timeout(s->db, STORE_PATIENCE);
    return guard_database(s, e) &&
           sql_execute(s, "PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000;", "opening", e);
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

static bool open_for_writing(struct store *s, const char *path, struct err *e)
{
    if (!make_workspace(s->dir, e) || !open_database(s, path, "", SQLITE_OPEN_READWRITE, e)) return false;
    if (sqlite3_db_readonly(s->db, "main") == 1)
        return err_set(e, ERR_IO, "store %s: is read-only; nothing can be written", s->dir);
    int version;
    /* before the journal's mode: a store of a newer version, or of something else, is not touched */
    return schema_known(s, &version, e) && set_journal(s, e) &&
           sql_execute(s, "PRAGMA wal_autocheckpoint = 1000; PRAGMA synchronous = NORMAL;", "opening", e) &&
           upgrade(s, e);
}

/* Does a first read work? On a read-only medium a database in WAL mode can be opened and yet not be read. */
static bool readable(struct store *s, struct err *e)
{
    int64_t any;
    return sql_integer(s, e, &any, 0, "SELECT 1 FROM sqlite_schema LIMIT 1", "");
}

static bool open_empty(struct store *s, struct err *e)
{
    return open_database(s, "", "?mode=memory", SQLITE_OPEN_READWRITE, e) && upgrade(s, e);
}

static bool log_is_empty(const char *path)
{
    char log[STORE_PATH + 8];
    struct stat st;
    snprintf(log, sizeof log, "%s-wal", path);
    return stat(log, &st) || st.st_size == 0;
}

static bool open_for_reading(struct store *s, const char *path, struct err *e)
{
    int version;
    if (!file_exists(path)) {
        if (errno != ENOENT && errno != ENOTDIR && errno != 0) return err_errno(e, "store %s", path);
        if (!open_empty(s, e)) return false;
        s->read_only = true;
        return sql_execute(s, "PRAGMA query_only = ON", "opening", e);
    }
    s->read_only = true;
    if (!open_database(s, path, "", SQLITE_OPEN_READWRITE, e) || !readable(s, e)) {
        int rc = sqlite3_errcode(s->db) & 0xff; /* a handle without memory says SQLITE_NOMEM */
        if (rc != SQLITE_CANTOPEN && rc != SQLITE_READONLY) return false;
        if (access(path, R_OK)) return err_errno(e, "store %s", path);
        if (!log_is_empty(path))
            return err_set(e, ERR_IO,
                           "store %s: its directory is read-only and the newest entries still lie in mlvicx.db-wal; "
                           "open it once where it can be written",
                           s->dir);
        if (!open_database(s, path, "?immutable=1", SQLITE_OPEN_READONLY, e) || !readable(s, e)) return false;
    }
    if (!schema_known(s, &version, e)) return false;
    if (version == store_schema_version()) return sql_execute(s, "PRAGMA query_only = ON", "opening", e);
    if (version < store_schema_version() && sqlite3_db_readonly(s->db, "main") == 1)
        return err_set(e, ERR_IO, "store %s: of an older version, and read-only; open it once where it can be written",
                       s->dir);
    s->read_only = false; /* for the upgrade */
    bool ok = upgrade(s, e);
    s->read_only = true;
    return ok && sql_execute(s, "PRAGMA query_only = ON", "opening", e);
}

bool store_open_as(const char *dir, enum store_mode mode, int network, struct store **out, struct err *e)
{
    *out = NULL;
    struct store *s = calloc(1, sizeof *s);
    if (!s) return err_set(e, ERR_MEMORY, "store: no memory");
    char path[STORE_PATH];
    bool ok = store_locate(dir, s->dir, e);
    if (ok) {
        snprintf(path, sizeof path, "%.*s/mlvicx.db", STORE_PATH / 2, s->dir);
        char parent[STORE_PATH]; /* the nearest directory that exists tells the file system */
        snprintf(parent, sizeof parent, "%s", s->dir);
        for (char *slash; !file_is_directory(parent) && (slash = strrchr(parent, '/')) && slash != parent;)
            *slash = '\0';
        s->network = network < 0 ? filesystem_is_network(parent) : network > 0;
        ok = mode == STORE_READ ? open_for_reading(s, path, e) : open_for_writing(s, path, e);
        if (!ok && mode == STORE_ANY && e->code == ERR_IO) {
            struct err again;
            s->cached = 0;
            ok = open_for_reading(s, path, &again) && file_exists(path);
        }
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
    return store_open_as(dir, mode, -1, out, e ? e : &own);
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
    strcat(path, "/mlvicx.db");
    return stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

bool store_in_place(struct store *s, struct err *e)
{
    int moved = 0;
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved); /* an empty one in memory has not */
    s->gone = moved;
    return !moved ||
           err_set(e, ERR_NOT_FOUND,
                   "store %s: it was removed, renamed or replaced while it was open; nothing is written", s->dir);
}

/* Closing ends the journal by its name, which is another store's where this one was replaced. */
static void spare_successor(struct store *s)
{
    int keep = 1;
    if (!s->db || store_in_place(s, &(struct err){ 0 })) return;
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

void store_close(struct store *s)
{
    if (!s) return;
    spare_successor(s);
    for (int i = 0; i < s->cached; i++) sqlite3_finalize(s->cache[i].statement);
    sqlite3_close(s->db);
    free(s->metrics);
    free(s);
}

const char *store_dir(const struct store *s)
{
    return s->dir;
}

bool store_is_network(const struct store *s)
{
    return s->network;
}

bool store_is_read_only(const struct store *s)
{
    return s->read_only;
}

void store_set_patience(struct store *s, int milliseconds)
{
    sqlite3_busy_timeout(s->db, milliseconds);
}

int64_t store_change_counter(struct store *s)
{
    int64_t version;
    if (!sql_integer(s, NULL, &version, s->data_version, "PRAGMA data_version", "")) return s->changes;
    if (version != s->data_version) s->changes++;
    s->data_version = version;
    return s->changes;
}

static bool too_long(const struct store *s, struct err *e)
{
    return err_set(e, ERR_USAGE, "store %s: path too long", s->dir);
}

bool store_pack_path(const struct store *s, const char *name, char out[STORE_PATH], struct err *e)
{
    int n = snprintf(out, STORE_PATH, "%s/packs%s%s", s->dir, name ? "/" : "", name ? name : "");
    return (n > 0 && n < STORE_PATH) || too_long(s, e);
}

bool store_run_path(const struct store *s, int64_t run, const char *file, char out[STORE_PATH], struct err *e)
{
    int n = snprintf(out, STORE_PATH, "%s/runs/%lld%s%s", s->dir, (long long)run, file ? "/" : "", file ? file : "");
    return (n > 0 && n < STORE_PATH) || too_long(s, e);
}

bool store_begin(struct store *s, enum store_safety safety, struct err *e)
{
    if (s->read_only) return err_set(e, ERR_IO, "store %s: is read-only; nothing was written", s->dir);
    if (s->gone && !store_in_place(s, e)) return false;
    if (s->depth == 0) {
        const char *sql = safety == STORE_FULL ? "PRAGMA synchronous = FULL; BEGIN IMMEDIATE"
                                               : "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE";
        if (!sql_execute(s, sql, "writing", e)) return false;
        s->doomed = false;
    }
    s->depth++;
    return true;
}

bool store_commit(struct store *s, struct err *e)
{
    if (s->depth > 1 && !s->doomed) {
        s->depth--;
        return true;
    }
    if (s->doomed) {
        store_rollback(s);
        return err_set(e, ERR_INTERNAL, "store %s: a part of the transaction failed; nothing was written", s->dir);
    }
    if (sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK) {
        s->depth = 0;
        return true;
    }
    sql_fail(s, e, "writing");
    store_rollback(s);
    return false;
}

void store_rollback(struct store *s)
{
    if (s->depth > 1) {
        s->doomed = true;
        s->depth--;
        return;
    }
    /* after a full disk SQLite has rolled back already */
    if (!sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->depth = 0;
    s->doomed = false;
    s->metric_count = 0; /* names learned meanwhile may be gone */
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
