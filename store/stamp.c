/* The relevant columns are joined by SQLite and hashed by FNV-1a (Fowler, Noll, Vo). Ids of removed rows are reused,
 * so an id alone does not identify a row that was replaced: its time does. */
#include "store/stamp.h"

#include "store/database/rows.h"
#include "store/database/sql.h"

static uint64_t mix(uint64_t hash, const unsigned char *bytes, int n)
{
    for (int i = 0; i < n; i++) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return (hash ^ 0xff) * UINT64_C(0x100000001b3); /* where one column ends */
}

struct hashing {
    uint64_t hash[2]; /* of the columns before `past`, and of those after */
    int past;
    bool any;
};

static bool hash_row(struct store *s, sqlite3_stmt *q, void *none, void *context, struct err *e)
{
    (void)s, (void)none, (void)e;
    struct hashing *h = context;
    h->any = true;
    for (int i = 0; i < sqlite3_column_count(q); i++) {
        const unsigned char *text = sqlite3_column_text(q, i);
        uint64_t *hash = &h->hash[i >= h->past];
        *hash = mix(*hash, text ? text : (const unsigned char *)"", sqlite3_column_bytes(q, i));
    }
    return true;
}

/* All columns of all rows; the first `past` of them separately. */
static bool read_stamp(struct store *s, sqlite3_stmt *q, int past, struct store_stamp *out, struct err *e)
{
    struct hashing h = { .hash = { UINT64_C(0xcbf29ce484222325), UINT64_C(0xcbf29ce484222325) }, .past = past };
    const struct row_reader reader = { .read = hash_row, .context = &h };
    bool ok = rows_read(s, q, &reader, e);
    *out = h.any ? (struct store_stamp){ .past = h.hash[0], .rows = h.hash[1] } : (struct store_stamp){ 0 };
    return ok;
}

#define EVALUATIONS(of)                                                                                                \
    " (SELECT count(*) || ' ' || total(id) FROM evaluation WHERE run_id IS " of " AND " EVALUATION_VISIBLE "),"        \
    " (SELECT id || ' ' || created_at FROM evaluation"                                                                 \
    "  WHERE id = (SELECT max(id) FROM evaluation WHERE run_id IS " of " AND " EVALUATION_VISIBLE "))"

/* A rewind may continue after it was counted; the event with which the worker continues shows that it is over. */
bool store_run_stamp(struct store *s, int64_t run, struct store_stamp *out, struct err *e)
{
    enum { PAST = 5 };
    if (run == 0) return read_stamp(s, sql_select(s, e, "SELECT" EVALUATIONS("NULL"), BIND_NONE), 0, out, e);
    struct store_stamp checkpoints;
    bool ok =
        read_stamp(s,
                   sql_select(s, e,
                              "SELECT step, pinned, created_at, sha256 FROM checkpoint WHERE run_id = ?"
                              " ORDER BY step",
                              BIND(INT(run))),
                   0, &checkpoints, e) &&
        read_stamp(
            s,
            sql_select(s, e,
                       "SELECT state, started_at, ended_at, rewound,"
                       " (SELECT id || ' ' || at FROM event WHERE run_id = ?1 AND kind IN ('start', 'resume')"
                       "  ORDER BY id DESC LIMIT 1),"
                       " state, name, dataset_id, dataset, config, resolved, ended_at, steps, epochs, note, place,"
                       " (SELECT group_concat(tag, ' ') FROM (SELECT tag FROM tag WHERE run_id = ?1 ORDER BY tag)),"
                       " (SELECT count(*) FROM event WHERE run_id = ?1),"
                       " (SELECT id || ' ' || at FROM event WHERE run_id = ?1 ORDER BY id DESC LIMIT 1)," EVALUATIONS(
                           "?1") " FROM run WHERE id = ?1",
                       BIND(INT(run))),
            PAST, out, e);
    if (ok && out->past) out->rows = out->rows * 31 + checkpoints.rows; /* for a run that is gone both are 0 */
    return ok;
}

bool store_runs_stamp(struct store *s, uint64_t *stamp, struct err *e)
{
    struct store_stamp runs, newest, tags;
    bool ok =
        read_stamp(s, sql_select(s, e, "SELECT id, state, name, ended_at, rewound, note, place FROM run", BIND_NONE), 0,
                   &runs, e) &&
        read_stamp(s,
                   sql_select(s, e,
                              "SELECT (SELECT id || ' ' || at FROM event ORDER BY id DESC LIMIT 1),"
                              " (SELECT count(*) || ' ' || total(id) FROM evaluation WHERE " EVALUATION_VISIBLE ")",
                              BIND_NONE),
                   0, &newest, e) &&
        read_stamp(s, sql_select(s, e, "SELECT run_id, tag FROM tag ORDER BY run_id, tag", BIND_NONE), 0, &tags, e);
    *stamp = ok ? (runs.rows * 31 + newest.rows) * 31 + tags.rows : 0;
    return ok;
}

bool store_dataset_stamp(struct store *s, uint64_t *stamp, struct err *e)
{
    struct store_stamp all;
    bool ok =
        read_stamp(s, sql_select(s, e, "SELECT id, name, pack, digest, created_at FROM dataset ORDER BY id", BIND_NONE),
                   0, &all, e);
    *stamp = all.rows;
    return ok;
}
