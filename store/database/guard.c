/* A statement may take a limited number of steps of SQLite's virtual machine: ample for every store that this
 * program writes, and little for one whose pages refer to each other. Steps are counted rather than timed, so that a
 * busy machine changes nothing. */
#include "store/database/guard.h"

#include <fcntl.h>
#include <sys/stat.h>

enum {
    EVERY = 1 << 14,       /* steps between two checks: about 0.1 ms */
    PATIENT = 1 << 12,     /* checks after which a request to stop counts: half a second */
    MOST = 1 << 16,        /* checks after which the statement ends, in a small database: seconds */
    BYTES_A_LOOK = 1 << 10 /* in a large one: 16 more steps for each byte */
};

static const struct {
    int option, value;
} switches[] = {
    { SQLITE_DBCONFIG_DEFENSIVE, 1 },
    { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
    { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
    { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
    { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
};

/* Well above what our own statements and rows need. */
static const struct {
    int limit, value;
} limits[] = {
    { SQLITE_LIMIT_LENGTH, 1 << 28 },  { SQLITE_LIMIT_SQL_LENGTH, 1 << 16 }, { SQLITE_LIMIT_COLUMN, 256 },
    { SQLITE_LIMIT_EXPR_DEPTH, 100 },  { SQLITE_LIMIT_COMPOUND_SELECT, 8 },  { SQLITE_LIMIT_VDBE_OP, 1 << 16 },
    { SQLITE_LIMIT_FUNCTION_ARG, 16 }, { SQLITE_LIMIT_ATTACHED, 0 },         { SQLITE_LIMIT_VARIABLE_NUMBER, 64 },
    { SQLITE_LIMIT_TRIGGER_DEPTH, 8 }, { SQLITE_LIMIT_WORKER_THREADS, 0 },
};

static int64_t size_of(sqlite3 *db, int which)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 bytes = 0;
    if (sqlite3_file_control(db, "main", which, &file) != SQLITE_OK || !file || !file->pMethods) return 0;
    return file->pMethods->xFileSize(file, &bytes) == SQLITE_OK ? bytes : 0;
}

/* Checks that the size of the database and its log allow. Computed only when a statement has taken long already. A
 * copy may be in memory; it is as large as its original. */
static int64_t excused(const struct store *s)
{
    struct stat of;
    if (s->copied)
        return fstatat(s->root.fd, "mlvicx.db", &of, AT_SYMLINK_NOFOLLOW) == 0 ? of.st_size / BYTES_A_LOOK : 0;
    return (size_of(s->db, SQLITE_FCNTL_FILE_POINTER) + size_of(s->db, SQLITE_FCNTL_JOURNAL_POINTER)) / BYTES_A_LOOK;
}

static int look(void *ctx)
{
    struct store *s = ctx;
    s->looks++;
    if (s->looks == PATIENT || (s->looks > PATIENT && s->looks % 64 == 0))
        if (s->stop_asked && s->stop_asked(s->stop_context)) return true;
    if (s->looks > MOST && s->looks % MOST == 1 && s->looks - MOST > excused(s)) return true;
    return false;
}

bool guard_database(struct store *s, struct err *e)
{
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        sqlite3_db_config(s->db, switches[i].option, switches[i].value, NULL);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        sqlite3_limit(s->db, limits[i].limit, limits[i].value);
    guard_reset(s);
    sqlite3_progress_handler(s->db, EVERY, look, s);
    return sqlite3_exec(s->db, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0", NULL, NULL, NULL) == SQLITE_OK ||
           sql_fail(s, e, "opening");
}

void guard_reset(struct store *s)
{
    s->looks = 0;
}

void store_heed(struct store *s, bool (*stop_asked)(void *ctx), void *ctx)
{
    s->stop_asked = stop_asked;
    s->stop_context = ctx;
}
