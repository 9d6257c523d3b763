/* Both schemas are read as rows of sqlite_schema, their statements with blanks, letter case and quotes of names taken
 * away: dumping and restoring changes no more than these. */
#include "store/database/shape.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/database/migrations.h"
#include "store/database/rows.h"
#include "store/database/sql.h"

enum { MOST = 1000 }; /* rows of a schema; ours has some 40 */

struct object {
    char *type, *name, *table, *sql; /* sql: "" where the row has none                                */
    char *parents;                   /* the tables that its foreign keys lead to, each as "NAME\n"     */
};

struct shape {
    struct object *rows;
    size_t count;
};

static void clear_object(struct object *o)
{
    free(o->type);
    free(o->name);
    free(o->table);
    free(o->sql);
    free(o->parents);
}

static void clear(struct shape *h)
{
    for (size_t i = 0; i < h->count; i++) clear_object(&h->rows[i]);
    free(h->rows);
    *h = (struct shape){ 0 };
}

/* ---- reading ---- */

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* A statement as it is compared; owned, NULL when memory ran out. */
static char *normal(const char *sql)
{
    struct text t = { 0 };
    for (const char *p = sql; *p;) {
        char end = *p == '[' ? ']' : *p == '"' || *p == '`' ? *p : '\0';
        size_t n = 1 + strcspn(p + 1, (char[]){ *p == '\'' ? *p : end, '\0' });
        if ((end || *p == '\'') && p[n]) {
            text_append(&t, end ? p + 1 : p, end ? n - 1 : n + 1);
            p += n + 1;
        } else if (isspace((unsigned char)*p)) {
            while (isspace((unsigned char)*p)) p++;
            if (t.length && is_letter(t.data[t.length - 1]) && (is_letter(*p) || strchr("\"`[", *p)) && *p)
                text_append(&t, " ", 1);
        } else {
            text_append(&t, &(char){ (char)tolower((unsigned char)*p++) }, 1);
        }
    }
    char *out = t.broken ? NULL : text_copy(text_str(&t));
    text_clear(&t);
    return out;
}

static char *column(sqlite3_stmt *q, int i)
{
    const char *text = (const char *)sqlite3_column_text(q, i);
    return i != 3 ? text_copy(text ? text : "") : normal(text ? text : "");
}

static bool read_object(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    const struct shape *h = context;
    struct object *o = out;
    if (h->count >= MOST)
        return err_set(e, ERR_FORMAT, "store %s: it holds more than %d tables; this is not a database of mlvicx",
                       s->dir, MOST);
    *o = (struct object){ column(q, 0), column(q, 1), column(q, 2), column(q, 3), column(q, 4) };
    if (o->type && o->name && o->table && o->sql && o->parents) return true;
    clear_object(o);
    return err_set(e, ERR_MEMORY, "store: no memory to open it");
}

static bool read_shape(struct store *s, struct shape *out, struct err *e)
{
    *out = (struct shape){ 0 };
    sqlite3_stmt *q = sql_select(
        s, e,
        "SELECT type, name, tbl_name, sql, CASE type WHEN 'table' THEN"
        " (SELECT group_concat(lower(\"table\") || char(10), '') FROM pragma_foreign_key_list(schema.name)) END"
        " FROM sqlite_schema AS schema",
        BIND_NONE);
    const struct row_reader reader = {
        .read = read_object, .context = out, .rows = &out->rows, .count = &out->count, .size = sizeof *out->rows
    };
    if (rows_read(s, q, &reader, e)) return true;
    clear(out);
    return false;
}

/* What version `version` looks like when it is made anew. */
static bool make_shape(int version, struct shape *out, struct err *e)
{
    int count;
    const struct migration *list = schema_migrations(&count);
    struct store *s = store_allocate();
    if (!s) return err_set(e, ERR_MEMORY, "store: no memory to open it");
    bool ok = sqlite3_open(":memory:", &s->db) == SQLITE_OK || sql_fail(s, e, "opening");
    for (int i = 0; ok && i < count; i++)
        if (list[i].version <= version) ok = sql_execute(s, list[i].sql, "opening", e);
    ok = ok && read_shape(s, out, e);
    store_close(s);
    return ok;
}

/* ---- comparing ---- */

static const struct object *find(const struct shape *h, const char *type, const char *name)
{
    for (size_t i = 0; i < h->count; i++)
        if (!strcmp(h->rows[i].name, name) && (!type || !strcmp(h->rows[i].type, type))) return &h->rows[i];
    return NULL;
}

/* Is it an index on a table of ours, whatever the row says that it is on? */
static bool on_ours(const struct shape *ours, const struct object *o)
{
    char on[96];
    for (size_t i = 0; i < ours->count; i++) {
        if (strcmp(ours->rows[i].type, "table")) continue;
        snprintf(on, sizeof on, " on %s(", ours->rows[i].name);
        if (text_same(ours->rows[i].name, o->table) || strstr(o->sql, on)) return true;
    }
    return false;
}

/* Does it hang on a table of ours? Whoever removes a row there changes rows in it, and computes what it demands of
 * them.
 */
static bool hangs_on_ours(const struct shape *ours, const struct object *o)
{
    for (const char *p = o->parents, *end; (end = strchr(p, '\n')); p = end + 1)
        for (size_t i = 0; i < ours->count; i++)
            if (!strcmp(ours->rows[i].type, "table") && strlen(ours->rows[i].name) == (size_t)(end - p) &&
                !strncmp(ours->rows[i].name, p, (size_t)(end - p)))
                return true;
    return false;
}

/* May an object that we did not make lie there? */
static bool harmless(const struct shape *ours, const struct object *o)
{
    static const struct {
        const char *type, *begins;
        bool on_others_only;
    } kinds[] = {
        { "table", "create table ", false },
        { "index", "create index ", true },
        { "index", "create unique index ", true },
    };
    if (!strcmp(o->type, "index") && !*o->sql) return !strncmp(o->name, "sqlite_autoindex_", 17) && !on_ours(ours, o);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(kinds[i].type, o->type) && !strncmp(o->sql, kinds[i].begins, strlen(kinds[i].begins)))
            return !hangs_on_ours(ours, o) && (!kinds[i].on_others_only || !on_ours(ours, o));
    return false;
}

/* The first object in which `there` differs, NULL: none. */
static const struct object *difference(const struct shape *ours, const struct shape *there, const char **how)
{
    for (size_t i = 0; i < ours->count; i++) {
        const struct object *a = &ours->rows[i], *b = find(there, a->type, a->name);
        *how = b ? "is another" : find(there, NULL, a->name) ? "is something else" : "is missing";
        if (!b || strcmp(a->table, b->table) || strcmp(a->sql, b->sql)) return a;
    }
    for (size_t i = 0; i < there->count; i++) {
        const struct object *o = &there->rows[i];
        const struct object *mine = find(ours, o->type, o->name);
        *how = hangs_on_ours(ours, o) ? "refers to one of mlvicx" : "does not belong there";
        if (mine ? strcmp(mine->sql, o->sql) != 0 : !harmless(ours, o)) return o;
    }
    return NULL;
}

static bool differs(const struct store *s, const struct shape *there, int version, bool *is, struct err *e)
{
    struct shape ours;
    const char *how;
    if (!make_shape(version, &ours, e)) return false;
    const struct object *o = difference(&ours, there, &how);
    *is = o != NULL;
    if (o)
        err_set(e, ERR_FORMAT,
                "store %s: its database is damaged, or not of mlvicx: %s %.60s %s; restore a copy, or choose another "
                "--store",
                s->dir, o->type, o->name, how);
    clear(&ours);
    return true;
}

/* The tables are those of another version: only the number is wrong. */
static bool wrong_number(const struct store *s, int version, int real, struct err *e)
{
    return err_set(e, ERR_FORMAT,
                   "store %s: it says that it is of version %d, but its tables are of version %d; restore a copy, or "
                   "put it right: sqlite3 mlvicx.db 'PRAGMA user_version = %d'",
                   s->dir, version, real, real);
}

static bool compare(const struct store *s, const struct shape *there, int version, struct err *e)
{
    bool is = true;
    if (version > 0 && !differs(s, there, version, &is, e)) return false;
    if (!is) return true;
    for (int v = store_schema_version(); v > 0; v--) {
        struct err other;
        bool too;
        if (v == version) continue;
        if (!differs(s, there, v, &too, &other)) return err_set(e, other.code, "%s", other.msg);
        if (!too) return wrong_number(s, version, v, e);
    }
    if (version > 0) return false;
    return err_set(e, ERR_FORMAT,
                   "store %s: mlvicx.db is a database of something else; move it away or choose another --store",
                   s->dir);
}

bool shape_check(struct store *s, int version, struct err *e)
{
    struct shape there;
    if (!read_shape(s, &there, e)) return false;
    bool ok = (version == 0 && there.count == 0) || compare(s, &there, version, e);
    clear(&there);
    return ok;
}
