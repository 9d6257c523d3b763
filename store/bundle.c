#include "store/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/temporary.h"
#include "store/checkpoint.h"
#include "store/database/column.h"
#include "store/command.h"
#include "store/evaluation.h"
#include "store/event.h"
#include "store/database/guard.h"
#include "store/leftovers.h"
#include "store/metric.h"
#include "store/database/rows.h"
#include "store/database/schema.h"
#include "store/setting.h"
#include "store/database/sql.h"

/* ---- the file ---- */

/* A handle on a database in a file of its own. Its rows reference nothing, and it has no roll-ups. */
static bool open_file(const struct store *of, const struct bundle_at *at, const struct folder *folder, bool fresh,
                      struct store **out, struct err *e)
{
    enum { FLAGS = SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW };
    char path[STORE_PATH];
    const char *name = at->name;
    *out = NULL;
    if (!store_real_path(of, at->place, at->run, name, path))
        return err_set(e, ERR_IO, "%s: the path is too long", name);
    if (!store_database_check(folder, name, e)) return false;
    struct store *s = store_allocate();
    if (!s) return err_set(e, ERR_MEMORY, "%s: no memory", path);
    snprintf(s->dir, sizeof s->dir, "%s", path);
    s->bundle = true;
    int count, version, rc = sqlite3_open_v2(path, &s->db, FLAGS, NULL);
    bool ok = rc == SQLITE_OK || (s->db ? sql_fail(s, e, "opening") : err_set(e, ERR_MEMORY, "%s: no memory", path));
    const struct migration *list = schema_migrations(&count);
    ok = ok && store_database_same(s, folder, name, e) && guard_database(s, e);
    /* if the writer is killed, the file is useless anyway */
    if (ok && fresh) sqlite3_exec(s->db, "PRAGMA journal_mode = MEMORY", NULL, NULL, NULL);
    ok = ok && leftovers_keep(s, true, e) && schema_known(s, &version, e) && schema_upgrade(s, list, count, e);
    if (!ok) {
        store_close(s);
        return false;
    }
    *out = s;
    return true;
}

/* Metrics get the numbers that they have in `s`, as far as its handle knows them. */
static bool number_metrics(struct store *bundle, const struct store *s, struct err *e)
{
    bool ok = sql_run(bundle, e, "DELETE FROM metric", BIND_NONE);
    for (size_t i = 0; ok && i < s->metric_count; i++)
        ok = sql_run(bundle, e, "INSERT INTO metric(id, name, unit, help) VALUES(?,?,'','')",
                     BIND(INT(s->metrics[i].id), TEXT(s->metrics[i].name)));
    bundle->metric_count = 0;
    return ok;
}

/* A point whose metric has no name would be lost silently. */
static bool check_named(struct store *bundle, struct err *e)
{
    int64_t nameless;
    return sql_integer(bundle, e, &nameless, 0,
                       "SELECT 1 FROM point WHERE metric_id NOT IN (SELECT id FROM metric) LIMIT 1", BIND_NONE) &&
           (!nameless || err_set(e, ERR_FORMAT, "%s: holds points without the name of their metric", bundle->dir));
}

/* Writes to a temporary file beside it, which is renamed at the end. */
static bool write_in(const struct store *s, const struct bundle_at *at, const struct folder *folder,
                     store_bundle_fill *fill, void *ctx, struct err *e)
{
    char *path;
    struct store *bundle;
    temporary_sweep_in(folder, at->name, "");
    int fd = temporary_create_in(folder, at->name, &path, e);
    if (fd < 0) return false;
    close(fd); /* which also releases the lock for which SQLite would wait */
    const char *temporary = strrchr(path, '/') + 1;
    bool ok = open_file(s, &(struct bundle_at){ at->place, at->run, temporary }, folder, true, &bundle, e);
    if (ok) {
        ok = store_begin(bundle, STORE_FULL, e) &&
             sql_end(bundle, number_metrics(bundle, s, e) && fill(bundle, ctx, e) && check_named(bundle, e), e);
        store_close(bundle);
    }
    ok = ok && folder_rename(folder, temporary, at->name, e);
    if (!ok) folder_unlink(folder, temporary, NULL);
    free(path);
    return ok;
}

bool store_bundle_write_at(const struct store *s, const struct bundle_at *at, store_bundle_fill *fill, void *ctx,
                           struct err *e)
{
    struct folder folder;
    if (!store_folder(s, at->place, at->run, at->place != STORE_RUN, &folder, e)) return false;
    bool ok = write_in(s, at, &folder, fill, ctx, e);
    folder_close(&folder);
    return ok;
}

bool store_bundle_write(const struct store *s, int64_t run, const char *name, store_bundle_fill *fill, void *ctx,
                        struct err *e)
{
    return store_bundle_write_at(s, &(struct bundle_at){ STORE_RUN, run, name }, fill, ctx, e);
}

bool store_bundle_open(const struct store *s, const struct bundle_at *at, struct store **out, struct err *e)
{
    struct folder folder;
    if (!store_folder(s, at->place, at->run, false, &folder, e)) return false;
    bool ok = open_file(s, at, &folder, false, out, e);
    folder_close(&folder);
    return ok;
}

/* ---- copying a run's rows from one database to another ---- */

struct copy {
    struct store *from, *to;
    int64_t run, after; /* rows of steps above `after`; -1: all */
};

/* Points of one metric, a few thousand at a time if `to` is a store that others write to. */
static bool copy_metric(const struct copy *c, const struct store_metric *m, struct err *e)
{
    struct store_points points;
    int64_t metric;
    if (!store_metric_id(c->to, m->name, &metric, e)) return false;
    if (!store_points_read(c->from, c->run, m->id, c->after + 1, INT64_MAX, &points, e)) return false;
    for (size_t i = 0; i < points.count; i++) points.rows[i].metric = metric;
    bool ok = true;
    for (size_t at = 0; ok && at < points.count; at += BATCH_AT_ONCE) {
        size_t n = points.count - at < BATCH_AT_ONCE ? points.count - at : BATCH_AT_ONCE;
        ok = store_points_append(c->to, c->run, &(struct store_batch){ .rows = points.rows + at, .count = n }, e);
    }
    store_points_clear(&points);
    return ok;
}

static bool copy_points(const struct copy *c, struct err *e)
{
    struct store_metrics metrics;
    if (!store_metric_list(c->from, c->run, &metrics, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < metrics.count; i++) ok = copy_metric(c, &metrics.rows[i], e);
    store_metrics_clear(&metrics);
    return ok;
}

static bool copy_snapshot(struct store *from, sqlite3_stmt *q, void *none, void *context, struct err *e)
{
    (void)none;
    const struct copy *c = context;
    struct columns row = column_begin(from, q, "snapshot", c->run, e);
    int64_t step = column_step(&row, 0), rows = column_integer(&row, 3, 1, INT32_MAX),
            cols = column_integer(&row, 4, 1, INT32_MAX);
    char level[16], kind[16];
    size_t bytes;
    column_name(&row, 1, level, sizeof level);
    column_name(&row, 2, kind, sizeof kind);
    const void *data = column_blob(&row, 5, COLUMN_BLOB, &bytes);
    return column_end(&row) && store_begin(c->to, STORE_NORMAL, e) &&
           sql_end(
               c->to,
               sql_run(c->to, e,
                       "INSERT OR REPLACE INTO snapshot(run_id, step, level, kind, rows, cols, data)"
                       " VALUES(?,?,?,?,?,?,?)",
                       BIND(INT(c->run), INT(step), TEXT(level), TEXT(kind), INT(rows), INT(cols), BLOB(data, bytes))),
               e);
}

/* Snapshots in their stored, compressed form. */
static bool copy_snapshots(const struct copy *c, struct err *e)
{
    sqlite3_stmt *q =
        sql_select(c->from, e,
                   "SELECT step, level, kind, rows, cols, data FROM snapshot WHERE run_id = ? AND step > ?"
                   " ORDER BY step",
                   BIND(INT(c->run), INT(c->after)));
    struct copy context = *c;
    const struct row_reader reader = { .read = copy_snapshot, .context = &context };
    return rows_read(c->from, q, &reader, e);
}

/* The events that already exist, each as a hash (FNV-1a: Fowler, Noll, Vo). A run may have one per step, so the
 * hashes are sorted instead of querying one by one. */
struct there {
    uint64_t *rows;
    size_t count;
};

static uint64_t number_of(const struct store_event *v)
{
    char head[64];
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    snprintf(head, sizeof head, "%lld %a ", (long long)v->step, v->at);
    const char *const parts[] = { head, v->kind, " ", v->text };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (const char *p = parts[i]; *p; p++) hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    return hash;
}

static bool add_there(void *ctx, const struct store_event *v, struct err *e)
{
    struct there *there = ctx;
    if (!rows_grow(&there->rows, there->count, sizeof *there->rows, e)) return false;
    there->rows[there->count++] = number_of(v);
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct event_copy {
    const struct copy *copy;
    const struct there *there;
    bool derived_only;
};

static bool copy_event(void *ctx, const struct store_event *v, struct err *e)
{
    const struct event_copy *c = ctx;
    uint64_t number = number_of(v);
    if (v->step <= c->copy->after || (c->derived_only && !v->derived)) return true;
    if (c->there->count && bsearch(&number, c->there->rows, c->there->count, sizeof number, compare_numbers))
        return true;
    return store_event_insert(c->copy->to, c->copy->run, v, e);
}

/* Events that a rewind removes (in a bundle of unwritten rows: all); one that exists already is not duplicated. */
static bool copy_events(const struct copy *c, bool derived_only, struct err *e)
{
    struct there there = { 0 };
    struct event_copy of = { c, &there, derived_only };
    bool ok = store_event_each(c->to, c->run, add_there, &there, e);
    if (there.count) qsort(there.rows, there.count, sizeof *there.rows, compare_numbers);
    ok = ok && store_event_each(c->from, c->run, copy_event, &of, e);
    free(there.rows);
    return ok;
}

static bool copy_evaluations(const struct copy *c, struct err *e)
{
    struct store_evaluations list;
    if (!store_evaluation_list(c->from, c->run, &list, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < list.count; i++) {
        struct store_prediction *predictions;
        size_t n;
        if (list.rows[i].step <= c->after) continue;
        ok = store_prediction_read(c->from, list.rows[i].id, &predictions, &n, e);
        if (!ok) break;
        ok = store_evaluation_insert(c->to, &list.rows[i], predictions, n, NULL, e);
        free(predictions);
    }
    store_evaluations_clear(&list);
    return ok;
}

static bool copy_checkpoints(const struct copy *c, struct err *e)
{
    struct store_checkpoints list;
    if (!store_checkpoint_list(c->from, c->run, &list, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < list.count; i++) ok = store_checkpoint_insert(c->to, c->run, &list.rows[i], e);
    store_checkpoints_clear(&list);
    return ok;
}

/* ---- live settings ----
 *
 * Going back makes the settings after its step void, and what is set afterwards belongs to the new try. A bundle knows
 * the numbers of the first, and the greatest number that a command had. */

static const char last_command[] = "command.last";

static bool note_commands(const struct copy *c, struct err *e)
{
    struct store_commands sets;
    int64_t last;
    if (!sql_integer(c->from, e, &last, 0, "SELECT max(id) FROM command", BIND_NONE) ||
        !store_command_replay(c->from, c->run, c->after + 1, &sets, e))
        return false;
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)last);
    bool ok = store_setting_set(c->to, last_command, text, e);
    for (size_t i = 0; ok && i < sets.count; i++)
        ok = sql_run(c->to, e,
                     "INSERT INTO command(id, run_id, verb, argument, asked_at, result) VALUES(?,?,'set','',0,?)",
                     BIND(INT(sets.rows[i].id), INT(c->run), TEXT(sets.rows[i].result)));
    store_commands_clear(&sets);
    return ok;
}

static bool restore_commands(const struct copy *c, struct err *e)
{
    struct store_commands sets;
    int64_t last;
    if (!sql_integer(c->from, e, &last, -1, "SELECT CAST(value AS INTEGER) FROM setting WHERE key = ?",
                     BIND(TEXT(last_command))))
        return false;
    if (last < 0) return true; /* for rows that could not be written: nothing was given up */
    if (!store_command_list(c->from, c->run, &sets, e)) return false;
    bool ok = store_begin(c->to, STORE_FULL, e);
    if (ok) {
        ok = sql_run(c->to, e,
                     "UPDATE command SET result = 'void: nothing was saved after the run went back' WHERE run_id = ?"
                     " AND id > ? AND verb = 'set' AND result LIKE 'ok%'",
                     BIND(INT(c->run), INT(last)));
        for (size_t i = 0; ok && i < sets.count; i++)
            ok = sql_run(c->to, e, "UPDATE command SET result = ? WHERE id = ? AND run_id = ?",
                         BIND(TEXT(sets.rows[i].result), INT(sets.rows[i].id), INT(c->run)));
        ok = sql_end(c->to, ok, e);
    }
    store_commands_clear(&sets);
    return ok;
}

/* ---- both ways ---- */

static bool fill_given_up(struct store *bundle, void *ctx, struct err *e)
{
    struct copy *c = ctx;
    c->to = bundle;
    return copy_points(c, e) && copy_snapshots(c, e) && copy_events(c, true, e) && copy_evaluations(c, e) &&
           note_commands(c, e);
}

bool store_bundle_give_up(struct store *s, int64_t run, int64_t step, struct err *e)
{
    struct copy c = { .from = s, .run = run, .after = step };
    int64_t any;
    /* then the handle knows all names */
    return store_metric_id(s, "loss", &any, e) && store_bundle_write(s, run, BUNDLE_GIVEN_UP, fill_given_up, &c, e);
}

bool store_bundle_merge(struct store *s, int64_t run, const char *name, struct err *e)
{
    struct copy c = { .to = s, .run = run, .after = -1 };
    if (!store_bundle_open(s, &(struct bundle_at){ STORE_RUN, run, name }, &c.from, e)) return false;
    bool ok = check_named(c.from, e) && copy_points(&c, e) && copy_snapshots(&c, e) && copy_events(&c, false, e) &&
              copy_evaluations(&c, e) && copy_checkpoints(&c, e) && restore_commands(&c, e);
    store_close(c.from);
    return ok;
}
