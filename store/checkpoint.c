#include "store/checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/database/column.h"
#include "store/database/files.h"
#include "store/database/rows.h"
#include "store/probe.h"

void store_checkpoints_clear(struct store_checkpoints *c)
{
    free(c->rows);
    *c = (struct store_checkpoints){ 0 };
}

const char *store_checkpoint_why(const struct store_checkpoint *c)
{
    return c->given_up ? "given up" : c->pinned ? "pinned" : c->reason;
}

/* A new checkpoint replaces those that were given up for it. One at step 0, or one that is saved again, is not new. */
static bool replace_given_up(struct store *s, int64_t run, struct err *e)
{
    return sql_run(s, e, "DELETE FROM checkpoint WHERE run_id = ? AND given_up = 1 AND NOT pinned", BIND(INT(run))) &&
           sql_run(s, e, "UPDATE checkpoint SET given_up = 2 WHERE run_id = ? AND given_up = 1", BIND(INT(run)));
}

static bool insert(struct store *s, int64_t run, const struct store_checkpoint *row, struct err *e)
{
    int64_t again;
    return sql_integer(s, e, &again, 0, "SELECT 1 FROM checkpoint WHERE run_id = ? AND step = ? AND given_up = 0",
                       BIND(INT(run), INT(row->step))) &&
           sql_run(s, e,
                   "INSERT INTO checkpoint(run_id, step, path, bytes, sha256, pinned, reason, created_at)"
                   " VALUES(?,?,?,?,?,?,?,?) ON CONFLICT(run_id, step) DO UPDATE SET path = excluded.path,"
                   " bytes = excluded.bytes, sha256 = excluded.sha256, reason = excluded.reason,"
                   " pinned = max(pinned, excluded.pinned), created_at = excluded.created_at, given_up = 0",
                   BIND(INT(run), INT(row->step), TEXT(row->path), INT(row->bytes), TEXT(row->sha256), INT(row->pinned),
                        TEXT(row->reason), REAL(row->created_at > 0 ? row->created_at : clock_wall()))) &&
           (again || row->step == 0 || replace_given_up(s, run, e));
}

bool store_checkpoint_insert(struct store *s, int64_t run, const struct store_checkpoint *row, struct err *e)
{
    if (!store_checkpoint_name_check(row->path, e) || !store_begin(s, STORE_FULL, e)) return false;
    return sql_end(s, insert(s, run, row, e), e);
}

bool store_checkpoint_restore_given_up(struct store *s, int64_t run, struct err *e)
{
    if (!store_begin(s, STORE_FULL, e)) return false;
    return sql_end(
        s, sql_run(s, e, "UPDATE checkpoint SET given_up = 0 WHERE run_id = ? AND given_up = 1", BIND(INT(run))), e);
}

static bool read_row(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    (void)context;
    struct store_checkpoint *row = out;
    struct columns c = column_begin(s, q, "checkpoint", sqlite3_column_int64(q, 0), e);
    row->step = column_step(&c, 0);
    column_name(&c, 1, row->path, sizeof row->path);
    row->bytes = column_integer(&c, 2, 0, STORE_STEP_MOST);
    column_name(&c, 3, row->sha256, sizeof row->sha256);
    row->pinned = column_bool(&c, 4);
    column_name(&c, 5, row->reason, sizeof row->reason);
    row->created_at = column_time(&c, 6);
    row->given_up = (enum store_given_up)column_integer(&c, 7, STORE_KEPT, STORE_GIVEN_UP_PIN);
    return column_end(&c);
}

#define SELECT_CHECKPOINT                                                                                              \
    "SELECT step, path, bytes, sha256, pinned, reason, created_at, given_up FROM checkpoint WHERE run_id = ?"

static bool read_rows(struct store *s, sqlite3_stmt *q, const struct row_reader *reader, struct store_checkpoints *out,
                      struct err *e)
{
    *out = (struct store_checkpoints){ 0 };
    if (rows_read(s, q, reader, e)) return true;
    store_checkpoints_clear(out);
    return false;
}

bool store_checkpoint_list(struct store *s, int64_t run, struct store_checkpoints *out, struct err *e)
{
    const struct row_reader reader = ROW_LIST(out, read_row, false);
    return read_rows(s, sql_select(s, e, SELECT_CHECKPOINT " ORDER BY step", BIND(INT(run))), &reader, out, e);
}

bool store_checkpoint_newest(struct store *s, int64_t run, size_t most, struct store_checkpoints *out, int64_t *older,
                             struct err *e)
{
    const struct row_reader reader = ROW_LIST(out, read_row, false);
    sqlite3_stmt *q = sql_select(s, e, "SELECT * FROM (" SELECT_CHECKPOINT " ORDER BY step DESC LIMIT ?) ORDER BY step",
                                 BIND(INT(run), INT((int64_t)most)));
    if (!read_rows(s, q, &reader, out, e)) return false;
    if (sql_integer(s, e, older, 0, "SELECT count(*) FROM checkpoint WHERE run_id = ?", BIND(INT(run)))) {
        *older -= (int64_t)out->count;
        return true;
    }
    store_checkpoints_clear(out);
    return false;
}

bool store_checkpoint_page(struct store *s, int64_t run, struct store_cursor *at, struct store_checkpoints *out,
                           struct err *e)
{
    const struct row_reader reader = ROW_PAGE(out, read_row, at, 0);
    return read_rows(s,
                     sql_select(s, e, SELECT_CHECKPOINT " AND step > coalesce(?, -9e999) ORDER BY step",
                                BIND(INT(run), ROWS_BEHIND(at))),
                     &reader, out, e);
}

/* That of the best epoch, if the run has a number for it. */
static bool find_standing(struct store *s, int64_t run, int64_t *step, struct err *e)
{
    bool validated;
    *step = STORE_NEWEST;
    if (!store_checkpoint_validated(s, run, &validated, e)) return false;
    return !validated || store_checkpoint_best(s, run, step, e);
}

bool store_checkpoint_find(struct store *s, int64_t run, int64_t step, struct store_checkpoint *out, struct err *e)
{
    struct store_checkpoints all;
    if (step == STORE_STANDING && !find_standing(s, run, &step, e)) return false;
    if (!store_checkpoint_list(s, run, &all, e)) return false;
    const struct store_checkpoint *found = NULL;
    for (size_t i = 0; i < all.count; i++) {
        const struct store_checkpoint *c = &all.rows[i];
        bool newer = !found || found->given_up || !c->given_up;
        if (step < 0 ? newer : c->step == step) found = c;
    }
    if (found) {
        *out = *found;
    } else if (!all.count) {
        err_set(e, ERR_NOT_FOUND, "run %lld: it has no checkpoint yet", (long long)run);
    } else {
        struct text list = { 0 };
        for (size_t i = all.count > 12 ? all.count - 12 : 0; i < all.count; i++)
            text_printf(&list, "%s%lld", list.length ? ", " : "", (long long)all.rows[i].step);
        err_set(e, ERR_NOT_FOUND, "run %lld: no checkpoint at step %lld; there are %s%s", (long long)run,
                (long long)step, all.count > 12 ? "... " : "", text_str(&list));
        text_clear(&list);
    }
    store_checkpoints_clear(&all);
    return found != NULL;
}

bool store_checkpoint_pin(struct store *s, int64_t run, int64_t step, bool pinned, struct err *e)
{
    int changed;
    if (!store_begin(s, STORE_FULL, e)) return false;
    bool ok = sql_change(s, e, &changed, "UPDATE checkpoint SET pinned = ? WHERE run_id = ? AND step = ?",
                         BIND(INT(pinned), INT(run), INT(step)));
    if (ok && !changed)
        ok = err_set(e, ERR_NOT_FOUND, "run %lld: no checkpoint at step %lld", (long long)run, (long long)step);
    return sql_end(s, ok, e);
}

bool store_checkpoint_remove(struct store *s, int64_t run, int64_t step, struct err *e)
{
    if (!store_begin(s, STORE_FULL, e)) return false;
    return sql_end(s, sql_run(s, e, "DELETE FROM checkpoint WHERE run_id = ? AND step = ?", BIND(INT(run), INT(step))),
                   e);
}

bool store_checkpoint_validated(struct store *s, int64_t run, bool *validated, struct err *e)
{
    int64_t found;
    bool ok = sql_integer(s, e, &found, 0, "SELECT " STORE_PROBE_VALIDATED("?1"), BIND(INT(run)));
    *validated = ok && found;
    return ok;
}

/* Of equal ones the oldest: it is nearest to its probe. */
bool store_checkpoint_best(struct store *s, int64_t run, int64_t *step, struct err *e)
{
    return sql_integer(
        s, e, step, -1,
        "SELECT step FROM (SELECT c.step AS step, " STORE_PROBE_VALUE(
            "?1",
            "c.step") " AS auc FROM checkpoint c"
                      " WHERE c.run_id = ?1 AND c.given_up = 0) WHERE auc IS NOT NULL ORDER BY auc DESC, step LIMIT 1",
        BIND(INT(run)));
}

bool store_checkpoint_spare(struct store *s, int64_t run, int64_t keep, struct store_checkpoints *out, struct err *e)
{
    int64_t best;
    if (!store_checkpoint_best(s, run, &best, e) || !store_checkpoint_list(s, run, out, e)) return false;
    size_t n = 0, newest = keep < 1 ? 1 : (size_t)keep, count = 0;
    for (size_t i = 0; i < out->count; i++)
        if (out->rows[i].given_up == STORE_KEPT) out->rows[count++] = out->rows[i];
    out->count = count;
    for (size_t i = 0; i < out->count; i++) {
        const struct store_checkpoint *c = &out->rows[i];
        if (c->pinned || c->step == best || !strcmp(c->reason, "epoch") || i + newest >= out->count) continue;
        out->rows[n++] = *c;
    }
    out->count = n;
    return true;
}
