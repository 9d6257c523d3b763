#include "store/event.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "store/database/column.h"
#include "store/database/rows.h"

static const char *const severities[] = { "info", "watch", "bad" };

const char *store_severity_name(enum store_severity severity)
{
    return (unsigned)severity < STORE_SEVERITY_COUNT ? severities[severity] : "?";
}

bool store_event_insert(struct store *s, int64_t run, const struct store_event *row, struct err *e)
{
    if (!store_begin(s, STORE_NORMAL, e)) return false;
    return sql_end(
        s,
        sql_run(s, e, "INSERT INTO event(run_id, step, at, severity, kind, text, derived) VALUES(?,?,?,?,?,?,?)",
                BIND(INT(run), INT(row->step), REAL(row->at > 0 ? row->at : clock_wall()), INT(row->severity),
                     TEXT(row->kind), TEXT(row->text ? row->text : ""), INT(row->derived))),
        e);
}

static bool read_row(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    (void)context;
    struct store_event *row = out;
    row->id = sqlite3_column_int64(q, 0);
    struct columns c = column_begin(s, q, "event", row->id, e);
    row->step = column_step(&c, 1);
    row->at = column_time(&c, 2);
    row->severity = (enum store_severity)column_integer(&c, 3, 0, STORE_SEVERITY_COUNT - 1);
    column_name(&c, 4, row->kind, sizeof row->kind);
    row->text = column_text(&c, 5, COLUMN_LONG);
    row->derived = column_bool(&c, 6);
    if (column_end(&c)) return true;
    free((void *)(uintptr_t)row->text);
    return false;
}

/* Rows of a query for id, step, at, severity, kind, text, derived; released. */
static bool read_rows(struct store *s, sqlite3_stmt *q, struct store_events *out, struct err *e)
{
    *out = (struct store_events){ 0 };
    const struct row_reader reader = ROW_LIST(out, read_row, false);
    if (rows_read(s, q, &reader, e)) return true;
    store_events_clear(out);
    return false;
}

static sqlite3_stmt *select_newest(struct store *s, int64_t run, int64_t after, int64_t most, struct err *e)
{
    return sql_select(s, e,
                      "SELECT * FROM (SELECT id, step, at, severity, kind, text, derived FROM event"
                      " WHERE run_id = ? AND id > ? ORDER BY id DESC LIMIT ?) ORDER BY id",
                      BIND(INT(run), INT(after), INT(most)));
}

bool store_event_list(struct store *s, int64_t run, int64_t after, size_t most, struct store_events *out, struct err *e)
{
    return read_rows(s, select_newest(s, run, after, most ? (int64_t)most : -1, e), out, e);
}

bool store_event_page(struct store *s, int64_t run, struct store_cursor *at, struct store_events *out, struct err *e)
{
    *out = (struct store_events){ 0 };
    const struct row_reader reader = ROW_PAGE(out, read_row, at, 0);
    if (rows_read(s,
                  sql_select(s, e,
                             "SELECT id, step, at, severity, kind, text, derived FROM event"
                             " WHERE run_id = ? AND id > coalesce(?, -9e999) ORDER BY id",
                             BIND(INT(run), ROWS_BEHIND(at))),
                  &reader, e))
        return true;
    store_events_clear(out);
    return false;
}

bool store_event_each(struct store *s, int64_t run,
                      bool (*each)(void *ctx, const struct store_event *row, struct err *e), void *ctx, struct err *e)
{
    struct store_cursor at = { 0 };
    bool ok = true;
    while (ok && !at.ended) {
        struct store_events page;
        if (!store_event_page(s, run, &at, &page, e)) return false;
        if (page.unreadable) ok = err_set(e, page.why.code, "%s", page.why.msg);
        for (size_t i = 0; ok && i < page.count; i++) ok = each(ctx, &page.rows[i], e);
        store_events_clear(&page);
    }
    return ok;
}

bool store_event_last(struct store *s, int64_t run, const char *kind, int64_t *step, enum store_severity *severity,
                      struct err *e)
{
    struct store_events list;
    *step = -1;
    *severity = STORE_INFO;
    if (!read_rows(s,
                   sql_select(s, e,
                              "SELECT id, step, at, severity, kind, text, derived FROM event"
                              " WHERE run_id = ? AND kind = ? ORDER BY id DESC LIMIT 1",
                              BIND(INT(run), TEXT(kind))),
                   &list, e))
        return false;
    if (list.count) *step = list.rows[0].step, *severity = list.rows[0].severity;
    store_events_clear(&list);
    return true;
}

/* Linear in the events of the run: a run may have had many alarms. */
bool store_event_open(struct store *s, int64_t run, struct store_events *out, struct err *e)
{
    return read_rows(
        s,
        sql_select(s, e,
                   "WITH ended(kind, id) AS MATERIALIZED (SELECT kind, max(id) FROM event WHERE run_id = ?1"
                   "  AND severity = 0 GROUP BY kind)"
                   " SELECT id, step, at, severity, kind, text, derived FROM event v WHERE run_id = ?1"
                   " AND severity > 0 AND kind <> 'verdict' AND NOT (kind = 'alarm' AND severity = 1 AND derived)"
                   " AND id > coalesce((SELECT max(id) FROM event WHERE run_id = ?1"
                   "  AND kind IN ('finish', 'stop')), 0)"
                   " AND id > CASE WHEN kind LIKE 'alarm.%'"
                   "  THEN coalesce((SELECT id FROM ended WHERE ended.kind = v.kind), 0)"
                   "  ELSE coalesce((SELECT max(id) FROM event WHERE run_id = ?1"
                   "   AND kind IN ('start', 'resume')), 0) END"
                   " ORDER BY severity DESC, id DESC LIMIT 1",
                   BIND(INT(run))),
        out, e);
}

bool store_event_is_alarm(const char *kind)
{
    return !strcmp(kind, "alarm") || !strncmp(kind, "alarm.", 6);
}

void store_events_clear(struct store_events *v)
{
    for (size_t i = 0; i < v->count; i++) free((void *)(uintptr_t)v->rows[i].text);
    free(v->rows);
    *v = (struct store_events){ 0 };
}
