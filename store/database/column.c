#include "store/database/column.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"

enum { SHOWN = 24 }; /* bytes of a value that an error shows */
#define MEASURED_MOST 1e100

/* One line of UTF-8? */
static bool is_name(const char *p)
{
    uint32_t letter;
    for (size_t n; *p; p += n) {
        n = text_letter(p, strnlen(p, 4), &letter);
        if (!n || (unsigned char)*p < 0x20 || *p == 0x7f) return false;
    }
    return true;
}

/* ---- errors ---- */

/* The value as an error shows it. */
static void show(sqlite3_stmt *q, int column, char out[SHOWN + 32])
{
    switch (sqlite3_column_type(q, column)) {
    case SQLITE_NULL:
        snprintf(out, SHOWN + 32, "nothing");
        return;
    case SQLITE_BLOB:
        snprintf(out, SHOWN + 32, "a blob of %d bytes", sqlite3_column_bytes(q, column));
        return;
    default:
        break;
    }
    const char *quote = sqlite3_column_type(q, column) == SQLITE_TEXT ? "'" : "";
    const char *text = (const char *)sqlite3_column_text(q, column);
    size_t bytes = (size_t)sqlite3_column_bytes(q, column), n = 0;
    uint32_t letter;
    for (size_t k;
         text && n < bytes && text[n] && (k = text_letter(text + n, bytes - n, &letter)) > 0 && n + k <= SHOWN;)
        n += k;
    snprintf(out, SHOWN + 32, "%s%.*s%s%s", quote, (int)n, text ? text : "", n < bytes ? "..." : "", quote);
}

void column_refuse(struct columns *c, int column, const char *expected)
{
    char value[SHOWN + 32];
    if (!c->ok) return;
    c->ok = false;
    show(c->q, column, value);
    err_set(c->e, ERR_FORMAT, "store %s: table %s, row %lld: %s is %s, not %s; restore a copy of the store", c->s->dir,
            c->table, (long long)c->row, sqlite3_column_name(c->q, column), value, expected);
}

struct columns column_begin(const struct store *s, sqlite3_stmt *q, const char *table, int64_t row, struct err *e)
{
    return (struct columns){ .s = s, .q = q, .table = table, .row = row, .e = e, .ok = true };
}

bool column_end(const struct columns *c)
{
    return c->ok;
}

/* ---- numbers ---- */

int64_t column_integer(struct columns *c, int column, int64_t least, int64_t most)
{
    char expected[80];
    int64_t x = sqlite3_column_int64(c->q, column);
    if (sqlite3_column_type(c->q, column) == SQLITE_INTEGER && x >= least && x <= most) return x;
    if (least == most)
        snprintf(expected, sizeof expected, "%lld", (long long)least);
    else
        snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)least, (long long)most);
    column_refuse(c, column, expected);
    return 0;
}

int64_t column_integer_or(struct columns *c, int column, int64_t least, int64_t most, int64_t otherwise)
{
    return sqlite3_column_type(c->q, column) == SQLITE_NULL ? otherwise : column_integer(c, column, least, most);
}

int64_t column_step(struct columns *c, int column)
{
    return column_integer(c, column, 0, STORE_STEP_MOST);
}

bool column_bool(struct columns *c, int column)
{
    return column_integer(c, column, 0, 1) != 0;
}

double column_real(struct columns *c, int column, double least, double most)
{
    char expected[80];
    int type = sqlite3_column_type(c->q, column);
    double x = sqlite3_column_double(c->q, column);
    if ((type == SQLITE_FLOAT || type == SQLITE_INTEGER) && x >= least && x <= most) return x;
    snprintf(expected, sizeof expected, "a number from %.12g to %.12g", least, most);
    column_refuse(c, column, expected);
    return 0;
}

double column_number(struct columns *c, int column)
{
    int type = sqlite3_column_type(c->q, column);
    if (type == SQLITE_NULL) return NAN;
    double x = sqlite3_column_double(c->q, column);
    if (type != SQLITE_FLOAT && type != SQLITE_INTEGER) column_refuse(c, column, "a number");
    return fabs(x) <= MEASURED_MOST ? x : (double)NAN;
}

double column_time(struct columns *c, int column)
{
    if (sqlite3_column_type(c->q, column) == SQLITE_NULL) return 0;
    return column_real(c, column, 0, COLUMN_TIME_MOST);
}

/* ---- text and bytes ---- */

const char *column_peek(struct columns *c, int column, size_t most, size_t *bytes)
{
    char expected[64];
    *bytes = 0;
    if (sqlite3_column_type(c->q, column) == SQLITE_NULL) return NULL;
    if (sqlite3_column_type(c->q, column) == SQLITE_TEXT) {
        const unsigned char *text = sqlite3_column_text(c->q, column);
        size_t n = (size_t)sqlite3_column_bytes(c->q, column);
        if (text && n <= most && !memchr(text, '\0', n)) {
            *bytes = n;
            return (const char *)text;
        }
    }
    snprintf(expected, sizeof expected, "text of at most %zu bytes", most);
    column_refuse(c, column, expected);
    return NULL;
}

void column_word(struct columns *c, int column, char *out, size_t size)
{
    size_t n;
    const char *text = column_peek(c, column, size - 1, &n);
    snprintf(out, size, "%s", text ? text : "");
}

void column_name(struct columns *c, int column, char *out, size_t size)
{
    size_t n;
    const char *text = column_peek(c, column, size - 1, &n);
    bool fits = !text || is_name(text);
    if (!fits) column_refuse(c, column, "one line of text in UTF-8");
    snprintf(out, size, "%s", text && fits ? text : "");
}

char *column_text(struct columns *c, int column, size_t most)
{
    size_t n;
    const char *text = column_peek(c, column, most, &n);
    char *copy = c->ok ? text_copy(text ? text : "") : NULL;
    if (c->ok && !copy) {
        c->ok = false;
        err_set(c->e, ERR_MEMORY, "store: no memory for a row of table %s", c->table);
    }
    return copy;
}

const void *column_blob(struct columns *c, int column, size_t most, size_t *bytes)
{
    char expected[64];
    const void *data = sqlite3_column_blob(c->q, column);
    size_t n = (size_t)sqlite3_column_bytes(c->q, column);
    *bytes = 0;
    if (sqlite3_column_type(c->q, column) != SQLITE_BLOB || n > most) {
        snprintf(expected, sizeof expected, "a blob of at most %zu bytes", most);
        column_refuse(c, column, expected);
        return "";
    }
    *bytes = data ? n : 0;
    return data ? data : "";
}

int column_choice(struct columns *c, int column, const char *const *words, int n)
{
    size_t bytes;
    const char *text = column_peek(c, column, COLUMN_LINE, &bytes);
    for (int i = 0; text && i < n; i++)
        if (!strcmp(words[i], text)) return i;
    column_refuse(c, column, "one of the words that it may be");
    return 0;
}
