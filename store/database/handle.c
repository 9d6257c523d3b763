/* Creates, queries and destroys a handle. Opening with it is in store.c and bundle.c. */
#include "store/database/reserve.h"
#include "store/database/handle.h"

#include <stdlib.h>
#include <time.h>

struct store *store_allocate(void)
{
    struct store *s = calloc(1, sizeof *s);
    if (s) s->root.fd = -1;
    return s;
}

void handle_disconnect(struct store *s)
{
    for (int i = 0; i < s->cached; i++) sqlite3_finalize(s->cache[i].statement);
    s->cached = 0;
    sqlite3_close(s->db);
    s->db = NULL;
}

bool handle_moved(const struct store *s)
{
    int moved = 0;
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved); /* an empty database in memory has none */
    return moved;
}

bool store_in_place(struct store *s, struct err *e)
{
    s->gone = handle_moved(s);
    return !s->gone ||
           err_set(e, ERR_NOT_FOUND,
                   "store %s: it was removed, renamed or replaced while it was open; nothing is written", s->dir);
}

/* Closing removes the journal by its name, which belongs to another store if this one was replaced. */
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
    handle_disconnect(s);
    reserve_take_back(s);
    folder_close(&s->root);
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

const char *store_remark(const struct store *s)
{
    return s->remark;
}

bool store_is_trusted(const struct store *s)
{
    return s->trusted;
}

void store_set_lock_timeout(struct store *s, int milliseconds)
{
    sqlite3_busy_timeout(s->db, milliseconds);
}

static int wait_on(void *ctx, int times)
{
    static const struct timespec nap = { .tv_nsec = 20000000 };
    const struct store *s = ctx;
    if (s->asked() || times * 20 >= STORE_LOCK_TIMEOUT) return 0;
    nanosleep(&nap, NULL);
    return 1;
}

void store_set_asked(struct store *s, int (*asked)(void))
{
    s->asked = asked;
    if (asked)
        sqlite3_busy_handler(s->db, wait_on, s);
    else
        sqlite3_busy_timeout(s->db, STORE_LOCK_TIMEOUT);
}
