#include "store/database/schema.h"

#include <stdio.h>
#include <string.h>

#include "store/database/metric_table.h"
#include "store/database/shape.h"
#include "store/database/sql.h"

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
    if (!sql_read_begin(s, &own, e)) return false;
    bool ok = schema_version(s, version, e) &&
              (*version > store_schema_version() ? too_new(s, *version, store_schema_version(), e)
                                                 : shape_check(s, *version, e));
    sql_read_end(s, own);
    return ok;
}

bool metric_renew(struct store *s, const char *name, const char *unit, const char *help, struct err *e)
{
    return sql_run(s, e,
                   "INSERT INTO metric(name, unit, help) VALUES(?,?,?) ON CONFLICT(name) DO UPDATE"
                   " SET unit = excluded.unit, help = excluded.help",
                   BIND(TEXT(name), TEXT(unit), TEXT(help)));
}

/* Add the rows of the metric table that are not there yet and renew units and help of the others. */
static bool renew_metrics(struct store *s, struct err *e)
{
    size_t count;
    const struct metric_row *rows = metric_table(&count);
    for (size_t i = 0; i < count; i++) {
        char name[64];
        for (int k = 0; metric_row_name(&rows[i], k, name, sizeof name); k++)
            if (!metric_renew(s, name, rows[i].unit, rows[i].help, e)) return false;
    }
    return true;
}

/* A name that the migration gives to something of ours may be that of a table or an index which someone keeps there.
 */
static bool name_free(struct store *s, int version, const char *name, struct err *e)
{
    enum { FREE, TABLE, INDEX };
    int64_t is;
    if (!sql_integer(s, e, &is, FREE,
                     "SELECT CASE type WHEN 'table' THEN 1 ELSE 2 END FROM sqlite_schema WHERE name = ? COLLATE NOCASE",
                     BIND(TEXT(name))))
        return false;
    if (is == TABLE)
        return err_set(e, ERR_CONFLICT,
                       "store %s: version %d needs the name of a table of your own; rename that: sqlite3 mlvicx.db "
                       "'ALTER TABLE %s RENAME TO own_%s'",
                       s->dir, version, name, name);
    if (is == INDEX)
        return err_set(e, ERR_CONFLICT,
                       "store %s: version %d needs the name of an index of your own; drop that: sqlite3 mlvicx.db "
                       "'DROP INDEX %s'",
                       s->dir, version, name);
    return true;
}

/* Whether the migration itself removes the view that has the name. */
static bool replaces(const struct migration *m, const char *name)
{
    char drop[96];
    snprintf(drop, sizeof drop, "DROP VIEW %s;", name);
    return strstr(m->sql, drop) != NULL;
}

static bool names_free(struct store *s, const struct migration *m, struct err *e)
{
    static const char create[] = "CREATE ", unique[] = "UNIQUE ";
    for (const char *p = m->sql; (p = strstr(p, create));) {
        char name[64];
        p += strlen(create);
        if (!strncmp(p, unique, strlen(unique))) p += strlen(unique);
        p = strchr(p, ' ') + 1; /* behind TABLE, INDEX or VIEW */
        snprintf(name, sizeof name, "%.*s", (int)strcspn(p, " ("), p);
        if (!replaces(m, name) && !name_free(s, m->version, name, e)) return false;
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
        ok = names_free(s, m, e) && sql_execute(s, m->sql, doing, e) && sql_execute(s, pragma, doing, e) &&
             renew_metrics(s, e);
    }
    return sql_end(s, ok, e);
}

/* The names that any of the migrations from here on needs, before the first one changes anything; with the version in
 * one look at the store, since another process may be making the very same tables. */
static bool names_of_all_free(struct store *s, const struct migration *list, int count, int *version, struct err *e)
{
    bool own;
    if (!sql_read_begin(s, &own, e)) return false;
    bool ok = schema_version(s, version, e);
    for (int i = 0; ok && i < count; i++)
        if (list[i].version > *version) ok = names_free(s, &list[i], e);
    sql_read_end(s, own);
    return ok;
}

bool schema_upgrade(struct store *s, const struct migration *list, int count, struct err *e)
{
    int version, newest = list[count - 1].version;
    if (!names_of_all_free(s, list, count, &version, e)) return false;
    if (version > newest) return too_new(s, version, newest, e);
    for (int i = 0; i < count; i++)
        if (list[i].version > version && !apply(s, &list[i], e)) return false;
    return true;
}
