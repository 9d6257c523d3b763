#include "store/queue.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/text.h"
#include "store/event.h"
#include "store/lock.h"
#include "store/database/rows.h"
#include "store/setting.h"
#include "store/database/sql.h"

static const char current_key[] = "queue.current";

static bool read_id(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    (void)s, (void)context, (void)e;
    *(int64_t *)out = sqlite3_column_int64(q, 0);
    return true;
}

/* Ids of the queued runs, in order; `*ids` is owned. */
static bool waiting(struct store *s, int64_t **ids, size_t *count, struct err *e)
{
    *ids = NULL;
    *count = 0;
    sqlite3_stmt *q =
        sql_select(s, e, "SELECT id FROM run WHERE state = 'queued' AND place IS NOT NULL ORDER BY place", BIND_NONE);
    const struct row_reader reader = { .read = read_id, .rows = ids, .count = count, .size = sizeof **ids };
    if (rows_read(s, q, &reader, e)) return true;
    free(*ids);
    *ids = NULL;
    *count = 0;
    return false;
}

static bool read_run(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    (void)context;
    return store_run_get(s, sqlite3_column_int64(q, 0), out, e);
}

bool store_queue_page(struct store *s, struct store_cursor *at, struct store_runs *out, struct err *e)
{
    *out = (struct store_runs){ 0 };
    const struct row_reader reader = ROW_PAGE(out, read_run, at, 1);
    if (rows_read(s,
                  sql_select(s, e,
                             "SELECT id, place, config, resolved, note FROM run WHERE state = 'queued' AND place IS NOT"
                             " NULL AND place > coalesce(?, -9e999) ORDER BY place",
                             BIND(ROWS_BEHIND(at))),
                  &reader, e))
        return true;
    store_runs_clear(out);
    return false;
}

bool store_queue_first(struct store *s, int64_t *run, struct err *e)
{
    return sql_integer(s, e, run, 0,
                       "SELECT id FROM run WHERE state = 'queued' AND place IS NOT NULL ORDER BY place LIMIT 1",
                       BIND_NONE);
}

static bool refuse(struct store *s, int64_t id, const char *what, struct err *e)
{
    struct store_run row;
    if (!store_run_get(s, id, &row, e)) return false;
    err_set(e, ERR_CONFLICT, "run %s: is %s%s; mlvicx queue shows what waits", row.name,
            store_state_name(store_run_state(s, &row)), what);
    store_run_clear(&row);
    return false;
}

static bool last_place(struct store *s, int64_t *place, struct err *e)
{
    return sql_integer(s, e, place, 0, "SELECT max(place) FROM run", BIND_NONE) &&
           (*place < STORE_STEP_MOST ||
            err_set(e, ERR_FORMAT, "store %s: a run waits at place %lld; restore a copy of the store", s->dir,
                    (long long)*place));
}

bool store_queue_add(struct store *s, int64_t run, struct err *e)
{
    struct store_run row;
    int changed = 0;
    int64_t place;
    if (!store_begin(s, STORE_FULL, e)) return false;
    bool ok = store_run_get(s, run, &row, e), may = false;
    if (ok) {
        enum store_state state = store_run_state(s, &row);
        may = state != STORE_RUNNING && state != STORE_PAUSED && state != STORE_FINISHED && !row.place;
        ok = !may || store_lock_known(s, &row, e);
        store_run_clear(&row);
    }
    if (ok && may)
        ok = last_place(s, &place, e) &&
             sql_change(s, e, &changed,
                        "UPDATE run SET state = 'queued', pid = NULL, ended_at = NULL, place = ? WHERE id = ?",
                        BIND(INT(place + 1), INT(run)));
    else if (ok)
        ok = refuse(s, run, " and cannot be queued", e);
    return sql_end(s, ok, e);
}

/* Numbers the runs in the order of ids[count]. */
static bool renumber(struct store *s, const int64_t *ids, size_t count, struct err *e)
{
    int64_t base;
    if (!last_place(s, &base, e)) return false;
    for (int round = 0; round < 2; round++) /* first above all others, since a place is unique */
        for (size_t i = 0; i < count; i++)
            if (!sql_run(s, e, "UPDATE run SET place = ? WHERE id = ?",
                         BIND(INT((round == 0 ? base : 0) + (int64_t)i + 1), INT(ids[i]))))
                return false;
    return true;
}

/* Moves ids[at] by `by` places; the others close the gap. */
static void shift(int64_t *ids, size_t count, size_t at, int by)
{
    int64_t moved = ids[at], to = (int64_t)at + by;
    if (to < 0) to = 0;
    if (to >= (int64_t)count) to = (int64_t)count - 1;
    for (; (int64_t)at > to; at--) ids[at] = ids[at - 1];
    for (; (int64_t)at < to; at++) ids[at] = ids[at + 1];
    ids[at] = moved;
}

bool store_queue_move(struct store *s, int64_t run, int by, struct err *e)
{
    int64_t *ids = NULL;
    size_t count, at = 0;
    if (!store_begin(s, STORE_FULL, e)) return false;
    bool ok = waiting(s, &ids, &count, e);
    while (ok && at < count && ids[at] != run) at++;
    if (ok && at == count) {
        ok = refuse(s, run, " and does not wait in the queue", e);
    } else if (ok) {
        shift(ids, count, at, by);
        ok = renumber(s, ids, count, e);
    }
    free(ids);
    return sql_end(s, ok, e);
}

bool store_queue_drop(struct store *s, int64_t run, struct err *e)
{
    static const struct store_event event = { .severity = STORE_INFO,
                                              .kind = "queue",
                                              .text = "taken out of the queue" };
    int changed = 0;
    if (!store_begin(s, STORE_FULL, e)) return false;
    bool ok = sql_change(s, e, &changed,
                         "UPDATE run SET state = 'stopped', place = NULL"
                         " WHERE id = ? AND state = 'queued' AND place IS NOT NULL",
                         BIND(INT(run)));
    if (ok && !changed) ok = refuse(s, run, " and does not wait in the queue", e);
    ok = ok && store_event_insert(s, run, &event, e);
    return sql_end(s, ok, e);
}

bool store_queue_current(struct store *s, int64_t *run, struct err *e)
{
    char *text;
    *run = 0;
    if (!store_setting_get(s, current_key, &text, e)) return false;
    if (text && !text_to_int(text, run)) *run = 0;
    free(text);
    return true;
}

bool store_queue_set_current(struct store *s, int64_t run, struct err *e)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)run);
    return store_setting_set(s, current_key, run ? text : NULL, e);
}
