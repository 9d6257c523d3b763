#include "store/schema.h"

#include <stdio.h>

#include "store/metric_table.h"
#include "store/shape.h"
#include "store/sql.h"

bool schema_version(struct store *s, int *version, struct err *e)
{
    int64_t v;
    bool ok = sql_integer(s, e, &v, 0, "PRAGMA user_version", BIND_NONE);
    *version = (int)v;
    return ok;
}

static bool too_new(const struct store *s, int version, int newest, struct err *e)
{
    return err_set(
        e, ERR_UNSUPPORTED,
        "store %s: written by a newer version of mlvicx (store version %d, this one knows %d); update mlvicx", s->dir,
        version, newest);
}

bool schema_known(struct store *s, int *version, struct err *e)
{
    bool own;
    if (!sql_view_begin(s, &own, e)) return false;
    bool ok = schema_version(s, version, e) &&
              (*version > store_schema_version() ? too_new(s, *version, store_schema_version(), e)
                                                 : shape_check(s, *version, e));
    sql_view_end(s, own);
    return ok;
}

/* Add the rows of the metric table that are not there yet and renew units and help of the others. */
static bool renew_metrics(struct store *s, struct err *e)
{
    size_t count;
    const struct metric_row *rows = metric_table(&count);
    for (size_t i = 0; i < count; i++) {
        char name[64];
        for (int k = 0; metric_row_name(&rows[i], k, name, sizeof name); k++)
            if (!sql_run(s, e,
                         "INSERT INTO metric(name, unit, help) VALUES(?,?,?)"
                         " ON CONFLICT(name) DO UPDATE SET unit = excluded.unit, help = excluded.help",
                         BIND(TEXT(name), TEXT(rows[i].unit), TEXT(rows[i].help))))
                return false;
    }
    return true;
}

/* One migration, unless another process was faster. */
static bool apply(struct store *s, const struct migration *m, struct err *e)
{
    if (!store_begin(s, STORE_FULL, e)) return false;
    int version;
    bool ok = schema_version(s, &version, e);
    if (ok && version < m->version) {
        char pragma[48];
        snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", m->version);
        char doing[64];
        snprintf(doing, sizeof doing, "bringing the store to version %d", m->version);
        ok = sql_execute(s, m->sql, doing, e) && sql_execute(s, pragma, doing, e) && renew_metrics(s, e);
    }
    return sql_end(s, ok, e);
}

bool schema_upgrade(struct store *s, const struct migration *list, int count, struct err *e)
{
    int version, newest = list[count - 1].version;
    if (!schema_version(s, &version, e)) return false;
    if (version > newest) return too_new(s, version, newest, e);
    for (int i = 0; i < count; i++)
        if (list[i].version > version && !apply(s, &list[i], e)) return false;
    return true;
}
