#include "engine/data/tables/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "engine/data/tables/table_text.h"

enum { MAX_ROW = 1 << 20, MAX_FIELDS = 4096, CHUNK = 1 << 16, MAX_BLANK = 1 << 20, TRIED_ROWS = 200 };

/* One row: all fields in one buffer, each NUL-terminated. */
struct row {
    struct text bytes;
    size_t *starts;
    size_t count, room;
};

struct csv {
    char *path;
    struct table_text *text;
    char chunk[CHUNK];
    int have, next;
    struct err failed; /* of reading the text */
    char separator;
    size_t line, row_line; /* line being read; line where the current row begins */
    size_t needed;         /* fields of a row: those of the header, without unnamed ones at its end */
    struct row header, row;
};

static void row_clear(struct row *r)
{
    text_clear(&r->bytes);
    free(r->starts);
    *r = (struct row){ 0 };
}

static const char *row_field(const struct row *r, size_t i)
{
    return i < r->count ? r->bytes.data + r->starts[i] : "";
}

void csv_close(struct csv *t)
{
    if (!t) return;
    table_text_close(t->text);
    row_clear(&t->header);
    row_clear(&t->row);
    free(t->path);
    free(t);
}

static bool fill(struct csv *t)
{
    t->next = 0;
    t->have = t->failed.code == ERR_OK ? table_text_read(t->text, t->chunk, CHUNK, &t->failed) : 0;
    if (t->have < 0) t->have = 0;
    return t->have > 0;
}

/* Next byte, -1 at the end or on failure. */
static int next_byte(struct csv *t)
{
    if (t->next == t->have && !fill(t)) return -1;
    return (unsigned char)t->chunk[t->next++];
}

static int peek_byte(struct csv *t)
{
    int c = next_byte(t);
    if (c >= 0) t->next--;
    return c;
}

static bool read_error(const struct csv *t, struct err *e)
{
    if (e) *e = t->failed;
    return false;
}

static bool begin_field(const struct csv *t, struct row *r, struct err *e)
{
    if (r->count == r->room) {
        size_t room = r->room ? r->room * 2 : 32;
        size_t *p = room <= MAX_FIELDS ? realloc(r->starts, room * sizeof *p) : NULL;
        if (!p) return err_set(e, ERR_FORMAT, "%s: line %zu: more than %d fields", t->path, t->row_line, MAX_FIELDS);
        r->starts = p;
        r->room = room;
    }
    r->starts[r->count++] = r->bytes.length;
    return true;
}

/* Ends the field: outer blanks are removed (tables of this kind do not use them), a NUL is appended. */
static void end_field(struct row *r)
{
    size_t start = r->starts[r->count - 1], end = r->bytes.length;
    char *s = r->bytes.data;
    while (end > start && (s[end - 1] == ' ' || s[end - 1] == '\t')) end--;
    while (start < end && (s[start] == ' ' || s[start] == '\t')) start++;
    r->starts[r->count - 1] = start;
    r->bytes.length = end;
    text_append(&r->bytes, "", 1);
}

/* Reads the content of a quoted field up to the closing quote; the opening one has been read. */
static bool read_quoted(struct csv *t, struct row *r, struct err *e)
{
    size_t from = t->line;
    for (;;) {
        int c = next_byte(t);
        if (c < 0 || r->bytes.length > MAX_ROW)
            return t->failed.code != ERR_OK
                       ? read_error(t, e)
                       : err_set(e, ERR_FORMAT, "%s: line %zu: the quote that opens here is not closed", t->path, from);
        if (c == '"' && peek_byte(t) != '"') return true;
        if (c == '"') next_byte(t);
        if (c == '\n') t->line++;
        char b = (char)c;
        text_append(&r->bytes, &b, 1);
    }
}

/* Reads one line of fields. Returns 1, 0 at the end, -1 on an error. */
static int read_row(struct csv *t, struct row *r, struct err *e)
{
    r->count = 0;
    r->bytes.length = 0;
    t->row_line = t->line;
    if (peek_byte(t) < 0) return t->failed.code != ERR_OK ? (read_error(t, e), -1) : 0;
    if (!begin_field(t, r, e)) return -1;
    bool start = true; /* the field is still empty: a quote here opens it */
    for (;;) {
        int c = next_byte(t);
        if (c == '\r' && (peek_byte(t) == '\n' || peek_byte(t) < 0)) continue;
        if (c < 0 || c == '\n' || c == t->separator) {
            end_field(r);
            start = true;
            if (c == t->separator) {
                if (!begin_field(t, r, e)) return -1;
                continue;
            }
            t->line++;
            if (c < 0 && t->failed.code != ERR_OK) return read_error(t, e), -1;
            if (r->bytes.broken) return err_set(e, ERR_MEMORY, "%s: no memory", t->path), -1;
            return 1;
        }
        if (c == '"' && start) {
            if (!read_quoted(t, r, e)) return -1;
            start = false;
            continue;
        }
        if (r->bytes.length > MAX_ROW)
            return err_set(e, ERR_FORMAT, "%s: line %zu: longer than %d bytes; not a table?", t->path, t->row_line,
                           MAX_ROW),
                   -1;
        if (c != ' ' && c != '\t') start = false;
        char b = (char)c;
        text_append(&r->bytes, &b, 1);
    }
}

/* ---- the separator ---- */

/* Fields of the row that begins at text[*at], if split by `separator`; *at moves past it. 0: the text ends inside
 * the row. */
static size_t fields_of(const char *text, size_t n, size_t *at, char separator)
{
    size_t fields = 1, i = *at;
    bool quoted = false, start = true;
    for (; i < n; i++) {
        char c = text[i];
        if (quoted) {
            if (c == '"') quoted = false; /* a doubled quote continues the field */
        } else if (c == '"' && (start || text[i - 1] == '"')) {
            quoted = true;
        } else if (c == '\n') {
            *at = i + 1;
            return fields;
        } else {
            fields += c == separator;
        }
        start = c == separator || (start && (c == ' ' || c == '\t'));
    }
    *at = n;
    return 0;
}

/* How well a separator explains the first rows: the number of header fields if all rows have as many, with a bonus
 * that exceeds any count. 0: the header does not contain it. */
static size_t explains(const char *text, size_t n, char separator)
{
    size_t at = 0, header = fields_of(text, n, &at, separator);
    if (!header) { /* a header without an end */
        for (size_t i = 0; i < n; i++) header += text[i] == separator;
        return header;
    }
    bool alike = true;
    for (int row = 0; alike && row < TRIED_ROWS && at < n; row++) {
        size_t from = at, fields = fields_of(text, n, &at, separator);
        bool blank = text[from] == '\n' || text[from] == '\r';
        alike = !fields || blank || fields == header;
    }
    return header < 2 ? 0 : header + (alike ? 2 * MAX_FIELDS : 0);
}

/* The separator: from a first line "sep=;", as Excel writes it, else the one that explains the first rows best. */
static void find_separator(struct csv *t)
{
    static const char candidates[] = { ',', ';', '\t', '|' };
    size_t best = 0;
    char chosen = ',';
    if (!fill(t)) return;
    bool told = t->have >= 6 && !memcmp(t->chunk, "sep=", 4) && (t->chunk[5] == '\n' || t->chunk[5] == '\r');
    if (told) {
        t->separator = t->separator ? t->separator : t->chunk[4];
        t->next = t->chunk[5] == '\r' ? 7 : 6;
        t->line = 2;
    }
    for (size_t i = 0; !told && i < sizeof candidates; i++) {
        size_t n = t->separator ? 0 : explains(t->chunk, (size_t)t->have, candidates[i]);
        if (n <= best) continue;
        best = n;
        chosen = candidates[i];
    }
    if (!t->separator) t->separator = chosen;
}

static bool read_header(struct csv *t, struct err *e)
{
    find_separator(t);
    int got = read_row(t, &t->header, e);
    if (got < 0) return false;
    if (!got) return err_set(e, ERR_FORMAT, "%s: the table is empty; expected a header line", t->path);
    t->needed = t->header.count;
    while (t->needed > 1 && !*row_field(&t->header, t->needed - 1)) t->needed--;
    return true;
}

bool csv_open_as(const char *path, char separator, struct csv **out, struct err *e)
{
    struct csv *t = calloc(1, sizeof *t);
    *out = NULL;
    if (!t) return err_set(e, ERR_MEMORY, "%s: no memory", path);
    t->line = 1;
    t->separator = separator;
    if (asprintf(&t->path, "%s%s", path, access(path, F_OK) && !text_ends(path, ".gz") ? ".gz" : "") < 0)
        t->path = NULL;
    bool ok = t->path != NULL;
    if (!ok)
        err_set(e, ERR_MEMORY, "%s: no memory", path);
    else if (access(t->path, F_OK))
        ok = err_set(e, ERR_NOT_FOUND, "%s: no such file", path);
    else
        ok = table_text_open(t->path, &t->text, e) && read_header(t, e);
    if (!ok) {
        csv_close(t);
        return false;
    }
    *out = t;
    return true;
}

bool csv_open(const char *path, struct csv **out, struct err *e)
{
    return csv_open_as(path, 0, out, e);
}

char csv_separator(const struct csv *t)
{
    return t->separator;
}

const char *csv_encoding(const struct csv *t)
{
    return table_text_encoding(t->text);
}

const char *csv_path(const struct csv *t)
{
    return t->path;
}

size_t csv_columns(const struct csv *t)
{
    return t->header.count;
}

const char *csv_column_name(const struct csv *t, size_t column)
{
    return row_field(&t->header, column);
}

int csv_find(const struct csv *t, const char *name)
{
    for (size_t i = 0; i < t->header.count; i++)
        if (!strcmp(row_field(&t->header, i), name)) return (int)i;
    for (size_t i = 0; i < t->header.count; i++)
        if (text_same(row_field(&t->header, i), name)) return (int)i;
    return -1;
}

/* Another column with the same name as `column`; -1: none. */
static int namesake(const struct csv *t, int column)
{
    for (size_t i = 0; i < t->header.count; i++)
        if ((int)i != column && !strcmp(row_field(&t->header, i), row_field(&t->header, (size_t)column))) return (int)i;
    return -1;
}

bool csv_want(const struct csv *t, const char *name, int *column, struct err *e)
{
    *column = csv_find(t, name);
    int other = *column < 0 ? -1 : namesake(t, *column);
    if (other < 0) return true;
    return err_set(e, ERR_FORMAT, "%s: columns %d and %d are both named '%.60s'; rename one of them", t->path,
                   *column + 1, other + 1, csv_column_name(t, (size_t)*column));
}

bool csv_need(const struct csv *t, const char *name, int *column, struct err *e)
{
    if (!csv_want(t, name, column, e)) return false;
    if (*column >= 0) return true;
    struct text found = { 0 };
    for (size_t i = 0; i < t->header.count && found.length < 300; i++) {
        const char *c = row_field(&t->header, i);
        if (*c) text_printf(&found, "%s'%.60s'", found.length ? ", " : "", c);
    }
    err_set(e, ERR_FORMAT, "%s: no column '%s'; found: %.320s", t->path, name, text_str(&found));
    text_clear(&found);
    return false;
}

static bool is_blank(const struct row *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (*row_field(r, i)) return false;
    return true;
}

/* If a row is narrower, or has fields beyond the header's, its fields may be in the wrong columns. */
static bool check_width(const struct csv *t, struct err *e)
{
    size_t used = t->row.count;
    while (used > t->header.count && !*row_field(&t->row, used - 1)) used--;
    if (used >= t->needed && used <= t->header.count) return true;
    return err_set(e, ERR_FORMAT,
                   "%s: line %zu: has %zu %s, its header %zu; a separator inside a field (a decimal comma?) needs "
                   "quotes, another separator --separator",
                   t->path, t->row_line, used, text_number(used, "field", "fields"), t->needed);
}

bool csv_next(struct csv *t, struct err *e)
{
    e->code = ERR_OK;
    for (int blank = 0; blank < MAX_BLANK; blank++) {
        int got = read_row(t, &t->row, e);
        if (got <= 0) return false;
        if (!is_blank(&t->row)) return check_width(t, e);
    }
    return err_set(e, ERR_FORMAT, "%s: line %zu: %d empty lines in a row; not a table?", t->path, t->line, MAX_BLANK);
}

size_t csv_line(const struct csv *t)
{
    return t->row_line;
}

const char *csv_field(const struct csv *t, int column)
{
    return column < 0 ? "" : row_field(&t->row, (size_t)column);
}

bool csv_number(const struct csv *t, int column, double *out)
{
    char text[64];
    const char *s = csv_field(t, column), *comma = strchr(s, ',');
    if (text_to_double(s, out)) return true;
    if (!comma || strchr(s, '.') || strchr(comma + 1, ',') || strlen(s) >= sizeof text) return false;
    strcpy(text, s);
    text[comma - s] = '.';
    return text_to_double(text, out);
}
