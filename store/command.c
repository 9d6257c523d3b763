#include "store/command.h"

#include <stdlib.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/database/column.h"
#include "store/database/rows.h"

#define ORDER   "evaluate"
#define COLUMNS "id, run_id, verb, argument, asked_at, taken_at, done_at, step, result"

static bool read_row(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    (void)context;
    struct store_command *c = out;
    *c = (struct store_command){ .id = sqlite3_column_int64(q, 0) };
    struct columns row = column_begin(s, q, "command", c->id, e);
    bool answered = sqlite3_column_type(q, 8) != SQLITE_NULL;
    c->run_id = column_integer(&row, 1, 1, INT64_MAX);
    column_name(&row, 2, c->verb, sizeof c->verb);
    c->argument = column_text(&row, 3, COLUMN_LINE);
    c->asked_at = column_time(&row, 4);
    c->taken_at = column_time(&row, 5);
    c->done_at = column_time(&row, 6);
    c->step = column_integer_or(&row, 7, 0, STORE_STEP_MOST, -1);
    if (answered) c->result = column_text(&row, 8, COLUMN_LINE);
    if (column_end(&row)) return true;
    store_command_clear(c);
    return false;
}

const struct store_unanswered *store_command_unanswered(enum store_state state)
{
    static const struct store_unanswered rows[STORE_STATE_COUNT] = {
        [STORE_QUEUED] = { "waits for its turn", "", "starts it now" },
        [STORE_FINISHED] = { "is finished", " --set optim.epochs=N", "trains it further" },
        [STORE_STOPPED] = { "is stopped", "", "goes on with it" },
        [STORE_FAILED] = { "has failed, its log says why", "", "goes on from its newest checkpoint" },
        [STORE_LOST] = { "is lost: its worker has ended", "", "goes on from its newest checkpoint" },
        [STORE_UNKNOWN] = { "may go on or not: nobody can tell from what is read here", "", NULL },
    };
    return state < STORE_STATE_COUNT && rows[state].why ? &rows[state] : NULL;
}

void store_command_clear(struct store_command *c)
{
    free(c->argument);
    free(c->result);
    *c = (struct store_command){ 0 };
}

void store_commands_clear(struct store_commands *c)
{
    for (size_t i = 0; i < c->count; i++) store_command_clear(&c->rows[i]);
    free(c->rows);
    *c = (struct store_commands){ 0 };
}

bool store_command_insert(struct store *s, int64_t run, const char *verb, const char *argument, int64_t *id,
                          struct err *e)
{
    if (!store_begin(s, STORE_FULL, e)) return false;
    bool ok = sql_run(s, e, "INSERT INTO command(run_id, verb, argument, asked_at) VALUES(?,?,?,?)",
                      BIND(INT(run), TEXT(verb), TEXT(argument ? argument : ""), REAL(clock_wall())));
    if (ok && id) *id = sqlite3_last_insert_rowid(s->db);
    return sql_end(s, ok, e);
}

/* A damaged row gives a command without a verb, which the worker answers as such: it must not end a run. */
static bool get_waiting(struct store *s, int64_t run, int64_t id, struct store_command *out, struct err *e)
{
    struct err why;
    if (store_command_get(s, id, out, &why)) return true;
    if (why.code != ERR_FORMAT) return err_set(e, why.code, "%s", why.msg);
    *out = (struct store_command){ .id = id, .run_id = run, .argument = text_copy("") };
    return out->argument || err_set(e, ERR_MEMORY, "command %lld: no memory to take it", (long long)id);
}

bool store_command_take(struct store *s, int64_t run, int64_t step, struct store_command *out, bool *any, struct err *e)
{
    static const char waiting[] = "SELECT min(id) FROM command WHERE run_id = ? AND taken_at IS NULL"
                                  " AND verb <> '" ORDER "'";
    int64_t id;
    *any = false;
    if (!sql_integer(s, e, &id, 0, waiting, BIND(INT(run)))) return false;
    if (!id) return true; /* the usual case takes no lock */
    if (!store_begin(s, STORE_FULL, e)) return false;
    bool ok = sql_integer(s, e, &id, 0, waiting, BIND(INT(run))) &&
              (!id || (sql_run(s, e, "UPDATE command SET taken_at = ?, step = ? WHERE id = ?",
                               BIND(REAL(clock_wall()), INT(step), INT(id))) &&
                       get_waiting(s, run, id, out, e)));
    if (!sql_end(s, ok, e)) {
        if (ok && id) store_command_clear(out);
        return false;
    }
    *any = id != 0;
    return true;
}

bool store_order_insert(struct store *s, int64_t run, const char *argument, struct err *e)
{
    int64_t same = 0;
    if (!store_begin(s, STORE_FULL, e)) return false;
    bool ok = sql_integer(s, e, &same, 0,
                          "SELECT count(*) FROM command WHERE run_id = ? AND verb = '" ORDER "' AND argument = ?"
                          " AND done_at IS NULL",
                          BIND(INT(run), TEXT(argument))) &&
              (same || store_command_insert(s, run, ORDER, argument, NULL, e));
    return sql_end(s, ok, e);
}

bool store_order_take(struct store *s, int64_t run, int64_t step, int64_t after, struct store_command *out, bool *any,
                      struct err *e)
{
    static const char next[] = "SELECT min(id) FROM command WHERE run_id = ? AND id > ? AND done_at IS NULL"
                               " AND verb = '" ORDER "'";
    int64_t id;
    *any = false;
    if (!sql_integer(s, e, &id, 0, next, BIND(INT(run), INT(after)))) return false;
    if (!id) return true;
    if (!store_begin(s, STORE_FULL, e)) return false;
    bool ok = sql_run(s, e, "UPDATE command SET taken_at = coalesce(taken_at, ?), step = ? WHERE id = ?",
                      BIND(REAL(clock_wall()), INT(step), INT(id))) &&
              get_waiting(s, run, id, out, e);
    if (!sql_end(s, ok, e)) {
        if (ok) store_command_clear(out);
        return false;
    }
    return *any = true;
}

bool store_order_taken(struct store *s, int64_t run, bool *taken, struct err *e)
{
    int64_t count = 0;
    bool ok =
        sql_integer(s, e, &count, 0,
                    "SELECT count(*) FROM command WHERE run_id = ? AND verb = '" ORDER "' AND taken_at IS NOT NULL",
                    BIND(INT(run)));
    *taken = count > 0;
    return ok;
}

bool store_command_answer(struct store *s, int64_t id, const char *result, struct err *e)
{
    if (!store_begin(s, STORE_FULL, e)) return false;
    int changed;
    bool ok = sql_change(s, e, &changed, "UPDATE command SET done_at = ?, result = ? WHERE id = ?",
                         BIND(REAL(clock_wall()), TEXT(result), INT(id)));
    if (ok && !changed) ok = err_set(e, ERR_NOT_FOUND, "command %lld: there is none", (long long)id);
    return sql_end(s, ok, e);
}

bool store_command_get(struct store *s, int64_t id, struct store_command *out, struct err *e)
{
    sqlite3_stmt *q = sql_select(s, e, "SELECT " COLUMNS " FROM command WHERE id = ?", BIND(INT(id)));
    if (!q) return false;
    enum sql_result r = sql_step(s, q, e);
    if (r == SQL_END) return err_set(e, ERR_NOT_FOUND, "command %lld: there is none", (long long)id);
    if (r == SQL_ERROR) return false;
    bool ok = read_row(s, q, out, NULL, e);
    sql_release(s, q);
    return ok;
}

bool store_command_void(struct store *s, int64_t run, double before, int64_t *count, struct err *e)
{
    int changed = 0;
    if (!store_begin(s, STORE_FULL, e)) return false;
    double now = clock_wall();
    bool ok = sql_change(s, e, &changed,
                         "UPDATE command SET taken_at = coalesce(taken_at, ?1), done_at = ?1,"
                         " result = 'void: asked before the worker started'"
                         " WHERE run_id = ?2 AND done_at IS NULL AND asked_at < ?3 AND verb <> '" ORDER "'",
                         BIND(REAL(now), INT(run), REAL(before)));
    if (count) *count = changed;
    return sql_end(s, ok, e);
}

static bool read_list(struct store *s, sqlite3_stmt *q, const struct row_reader *reader, struct store_commands *out,
                      struct err *e)
{
    *out = (struct store_commands){ 0 };
    if (rows_read(s, q, reader, e)) return true;
    store_commands_clear(out);
    return false;
}

bool store_command_replay(struct store *s, int64_t run, int64_t step, struct store_commands *out, struct err *e)
{
    const struct row_reader reader = ROW_LIST(out, read_row, false);
    return read_list(s,
                     sql_select(s, e,
                                "SELECT " COLUMNS " FROM command WHERE run_id = ? AND verb = 'set' AND step >= ?"
                                " AND (result = 'ok' OR result LIKE 'ok:%') ORDER BY step, id",
                                BIND(INT(run), INT(step))),
                     &reader, out, e);
}

/* One row per key: `key=`, up to the start of the value, is the common part of two assignments of a setting. */
static bool inherit_rows(struct store *s, int64_t from, int64_t to, int64_t step, const char *const *sets,
                         struct err *e)
{
    if (!sql_run(s, e,
                 "INSERT INTO command(run_id, verb, argument, asked_at, taken_at, done_at, step, result)"
                 " SELECT ?, verb, argument, asked_at, taken_at, done_at, step, result FROM command WHERE run_id = ?"
                 " AND verb = 'set' AND step >= 0 AND (result = 'ok' OR result LIKE 'ok:%') ORDER BY step, id",
                 BIND(INT(to), INT(from))))
        return false;
    for (; *sets; sets++)
        if (!sql_run(s, e,
                     "DELETE FROM command WHERE run_id = ?1 AND step > ?2"
                     " AND substr(argument, 1, instr(argument, '=')) = substr(?3, 1, instr(?3, '='))",
                     BIND(INT(to), INT(step), TEXT(*sets))) ||
            !sql_run(s, e,
                     "INSERT INTO command(run_id, verb, argument, asked_at, taken_at, done_at, step, result)"
                     " VALUES(?1, 'set', ?2, ?3, ?3, ?3, ?4, '" STORE_COMMAND_WITH_FORK "')",
                     BIND(INT(to), TEXT(*sets), REAL(clock_wall()), INT(step))))
            return false;
    return true;
}

bool store_command_inherit(struct store *s, int64_t from, int64_t to, int64_t step, const char *const *sets,
                           struct err *e)
{
    if (!store_begin(s, STORE_FULL, e)) return false;
    return sql_end(s, inherit_rows(s, from, to, step, sets, e), e);
}

#define SELECT_ALL "SELECT " COLUMNS " FROM command WHERE run_id = ?"

bool store_command_list(struct store *s, int64_t run, struct store_commands *out, struct err *e)
{
    const struct row_reader reader = ROW_LIST(out, read_row, false);
    return read_list(s, sql_select(s, e, SELECT_ALL " ORDER BY id", BIND(INT(run))), &reader, out, e);
}

bool store_command_page(struct store *s, int64_t run, struct store_cursor *at, struct store_commands *out,
                        struct err *e)
{
    const struct row_reader reader = ROW_PAGE(out, read_row, at, 0);
    return read_list(
        s, sql_select(s, e, SELECT_ALL " AND id > coalesce(?, -9e999) ORDER BY id", BIND(INT(run), ROWS_BEHIND(at))),
        &reader, out, e);
}
