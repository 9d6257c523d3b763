#include "store/setting.h"

#include <math.h>
#include <stdlib.h>

#include "store/database/column.h"

/* The first column of the only row as owned text, the second (if any) as a number. */
static bool read_text(struct store *s, const char *table, sqlite3_stmt *q, char **text, double *number, struct err *e)
{
    *text = NULL;
    if (!q) return false;
    enum sql_result r = sql_step(s, q, e);
    if (r != SQL_ROW) return r == SQL_END;
    struct columns c = column_begin(s, q, table, 1, e);
    if (number) *number = column_number(&c, 1);
    *text = column_text(&c, 0, COLUMN_LONG);
    sql_release(s, q);
    if (column_end(&c)) return true;
    free(*text);
    *text = NULL;
    return false;
}

bool store_setting_get(struct store *s, const char *key, char **value, struct err *e)
{
    return read_text(s, "setting", sql_select(s, e, "SELECT value FROM setting WHERE key = ?", BIND(TEXT(key))), value,
                     NULL, e);
}

bool store_setting_set(struct store *s, const char *key, const char *value, struct err *e)
{
    if (!store_begin(s, STORE_NORMAL, e)) return false;
    bool ok =
        value ? sql_run(s, e, "INSERT OR REPLACE INTO setting(key, value) VALUES(?,?)", BIND(TEXT(key), TEXT(value)))
              : sql_run(s, e, "DELETE FROM setting WHERE key = ?", BIND(TEXT(key)));
    return sql_end(s, ok, e);
}

bool store_autotune_get(struct store *s, const char *cpu, const char *shape, char **choice, double *figure,
                        struct err *e)
{
    *figure = NAN;
    return read_text(s, "autotune",
                     sql_select(s, e, "SELECT choice, figure FROM autotune WHERE cpu = ? AND shape = ?",
                                BIND(TEXT(cpu), TEXT(shape))),
                     choice, figure, e);
}

bool store_autotune_set(struct store *s, const char *cpu, const char *shape, const char *choice, double figure,
                        struct err *e)
{
    if (!store_begin(s, STORE_NORMAL, e)) return false;
    return sql_end(s,
                   sql_run(s, e, "INSERT OR REPLACE INTO autotune(cpu, shape, choice, figure) VALUES(?,?,?,?)",
                           BIND(TEXT(cpu), TEXT(shape), TEXT(choice), REAL(figure))),
                   e);
}
