/* Private to the store: the handle, below all code that uses it. */
#ifndef MLVICX_STORE_HANDLE_H
#define MLVICX_STORE_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "engine/base/err.h"
#include "engine/base/folder.h"
#include "store/database/store.h"

enum { SQL_CACHE = 128 };

/** A statement that stays prepared; `sql` is a literal and is compared by address. */
struct sql_cached {
    const char *sql;
    sqlite3_stmt *statement;
    bool busy;
};

struct metric_name {
    char name[64];
    int64_t id;
};

struct store {
    sqlite3 *db;
    char dir[STORE_PATH];  /* as the user named it                                      */
    char real[STORE_PATH]; /* the same without links, for SQLite, which opens files itself */
    struct folder root;    /* the workspace, held open; fd -1 if there is none */
    bool read_only, network;
    bool trusted;     /* the user vouched for it: the owner was not checked */
    bool foreign;     /* another user's (owner.h), which is only read */
    bool copied;      /* a copy from the time when it was opened is read (copy.h) */
    double copied_at; /* that time */
    bool freeing;     /* opened to make room */
    bool scarce;      /* the disk is nearly full, so that the log must stay short */
    bool given_up;    /* the reserve was there and comes back when it is closed (reserve.h) */
    bool partly;      /* the newest entries are in a log that cannot be read */
    char remark[240]; /* text for the user: why it is only read, and as of when; "" for nothing */
    bool bundle;      /* a part of a run in a file of its own (bundle.h): no roll-ups, and its rows reference nothing */
    bool gone;        /* missing from its place, as of the last store_in_place */
    int (*asked)(void); /* whether the program is asked to stop (store_set_asked) */
    int depth;          /* of nested transactions */
    bool doomed;        /* an inner one was rolled back */
    struct sql_cached cache[SQL_CACHE];
    int cached;
    struct metric_name *metrics;       /* as far as they were read */
    size_t metric_count, metrics_kept; /* that many of them are committed */
    int64_t changes, data_version;     /* for store_change_counter */
    int64_t looks;                     /* guard.h: progress of the running statement */
    bool (*stop_asked)(void *ctx);     /* store_heed */
    void *stop_context;
};

/** The database's file in the workspace. */
#define DATABASE "mlvicx.db"

/** Bytes of a file beside the database ("-wal"), or of the database (""); -1 if there is none. */
long long size_beside(const struct store *s, const char *ending);

/** A handle that has nothing open yet; NULL if memory ran out. store_close ends it. */
struct store *store_allocate(void);
/** Whether the opened file is no longer in its place, or another one is. */
bool handle_moved(const struct store *s);
/** Closes the connection, with its cached statements; `db` is NULL then. */
void handle_disconnect(struct store *s);

#endif
