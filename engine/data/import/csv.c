#include "engine/data/import/csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "engine/base/reading.h"
#include "engine/base/text.h"

enum { MAX_ROW = 1 << 20, MAX_FIELDS = 4096, CHUNK = 1 << 16, MAX_BLANK = 1 << 20 };

/* One row: all fields in one buffer, each with its NUL. */
struct row {
    struct text bytes;
    size_t *starts;
    size_t count, room;
};

struct csv {
    char *path;
    gzFile file;
    unsigned char chunk[CHUNK];
    int have, next;
    bool read_failed;
    size_t line, row_line; /* line being read; where the current row begins */
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
    if (t->file) gzclose_r(t->file);
    row_clear(&t->header);
    row_clear(&t->row);
    free(t->path);
    free(t);
}

/* Next byte, -1 at the end or on failure. */
static int next_byte(struct csv *t)
{
    if (t->next == t->have) {
        t->have = gzread(t->file, t->chunk, CHUNK);
        t->next = 0;
        if (t->have <= 0) {
            int code; /* compressed data that end early read as an end */
            gzerror(t->file, &code);
            t->read_failed = t->have < 0 || code == Z_BUF_ERROR;
            t->have = 0;
            return -1;
        }
    }
    return t->chunk[t->next++];
}

static int peek_byte(struct csv *t)
{
    int c = next_byte(t);
    if (c >= 0) t->next--;
    return c;
}

static bool read_error(const struct csv *t, struct err *e)
{
    int code;
    const char *why = gzerror(t->file, &code);
    if (code == Z_ERRNO) return err_errno(e, "%s", t->path);
    if (code == Z_BUF_ERROR) why = "the compressed data end early";
    return err_set(e, ERR_FORMAT, "%s: line %zu: %s", t->path, t->line, why);
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

/* End the field: outer blanks go (none are meant in the tables of this field), a NUL is appended. */
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

/* A quoted field's content up to the closing quote; the opening one is taken already. */
static bool read_quoted(struct csv *t, struct row *r, struct err *e)
{
    size_t from = t->line;
    for (;;) {
        int c = next_byte(t);
        if (c < 0 || r->bytes.length > MAX_ROW)
            return t->read_failed
                       ? read_error(t, e)
                       : err_set(e, ERR_FORMAT, "%s: line %zu: the quote that opens here is not closed", t->path, from);
        if (c == '"' && peek_byte(t) != '"') return true;
        if (c == '"') next_byte(t);
        if (c == '\n') t->line++;
        if (c == '\0')
            return err_set(e, ERR_FORMAT, "%s: line %zu: a zero byte: this is not a text table (UTF-16?)", t->path,
                           t->line);
        char b = (char)c;
        text_append(&r->bytes, &b, 1);
    }
}

/* Read one line of fields. Returns 1, 0 at the end, -1 on an error. */
static int read_row(struct csv *t, struct row *r, struct err *e)
{
    r->count = 0;
    r->bytes.length = 0;
    t->row_line = t->line;
    if (peek_byte(t) < 0) return t->read_failed ? (read_error(t, e), -1) : 0;
    if (!begin_field(t, r, e)) return -1;
    bool start = true; /* nothing of this field yet: a quote here opens it */
    for (;;) {
        int c = next_byte(t);
        if (c == '\r' && (peek_byte(t) == '\n' || peek_byte(t) < 0)) continue;
        if (c < 0 || c == '\n' || c == ',') {
            end_field(r);
            start = true;
            if (c == ',') {
                if (!begin_field(t, r, e)) return -1;
                continue;
            }
            t->line++;
            if (c < 0 && t->read_failed) return read_error(t, e), -1;
            if (r->bytes.broken) return err_set(e, ERR_MEMORY, "%s: no memory", t->path), -1;
            return 1;
        }
        if (c == '"' && start) {
            if (!read_quoted(t, r, e)) return -1;
            start = false;
            continue;
        }
        if (c == '\0')
            return err_set(e, ERR_FORMAT, "%s: line %zu: a zero byte: this is not a text table (UTF-16?)", t->path,
                           t->line),
                   -1;
        if (r->bytes.length > MAX_ROW)
            return err_set(e, ERR_FORMAT, "%s: line %zu: longer than %d bytes; not a table?", t->path, t->row_line,
                           MAX_ROW),
                   -1;
        if (c != ' ' && c != '\t') start = false;
        char b = (char)c;
        text_append(&r->bytes, &b, 1);
    }
}

static size_t count_of(const char *s, char c)
{
    size_t n = 0;
    for (; *s; s++) n += *s == c;
    return n;
}

/* The first line, without byte order mark; a table separated by ';' or tabs shows itself as one column that has them.
 */
static bool read_header(struct csv *t, struct err *e)
{
    static const unsigned char mark[3] = { 0xEF, 0xBB, 0xBF };
    if (peek_byte(t) == mark[0] && t->have - t->next >= 3 && !memcmp(t->chunk + t->next, mark, 3)) t->next += 3;
    int got = read_row(t, &t->header, e);
    if (got < 0) return false;
    if (!got) return err_set(e, ERR_FORMAT, "%s: the table is empty; expected a header line", t->path);
    const char *first = row_field(&t->header, 0);
    for (const char *other = ";\t"; *other; other++)
        if (t->header.count == 1 && count_of(first, *other))
            return err_set(e, ERR_FORMAT, "%s: columns are separated by %s, expected ','; save it with commas", t->path,
                           *other == ';' ? "';'" : "tabs");
    return true;
}

/* Of a regular file: tables are read more than once, and a pipe tells only once what is in it. */
static bool open_table(struct csv *t, const char *path, struct err *e)
{
    struct stat st;
    if (stat(t->path, &st)) return err_set(e, ERR_NOT_FOUND, "%s: no such file", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_NOT_FOUND, "%s: is %s, not a table%s", path, file_kind(st.st_mode),
                       S_ISFIFO(st.st_mode) ? "; a table is read more than once: save it to a file" : "");
    int fd = file_open_regular(t->path, NULL, e);
    if (fd < 0) return false;
    if ((t->file = gzdopen(fd, "rb"))) return true;
    close(fd);
    return err_set(e, ERR_MEMORY, "%s: no memory", path);
}

bool csv_open(const char *path, struct csv **out, struct err *e)
{
    struct csv *t = calloc(1, sizeof *t);
    *out = NULL;
    if (!t) return err_set(e, ERR_MEMORY, "%s: no memory", path);
    t->line = 1;
    if (asprintf(&t->path, "%s%s", path, access(path, F_OK) && !text_ends(path, ".gz") ? ".gz" : "") < 0)
        t->path = NULL;
    bool ok = t->path != NULL;
    if (!ok) {
        err_set(e, ERR_MEMORY, "%s: no memory", path);
    } else {
        ok = open_table(t, path, e) && read_header(t, e);
    }
    if (!ok) {
        csv_close(t);
        return false;
    }
    *out = t;
    return true;
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

bool csv_need(const struct csv *t, const char *name, int *column, struct err *e)
{
    *column = csv_find(t, name);
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

bool csv_next(struct csv *t, struct err *e)
{
    e->code = ERR_OK;
    for (int blank = 0; blank < MAX_BLANK; blank++) {
        int got = read_row(t, &t->row, e);
        if (got <= 0) return false;
        if (t->row.count > 1 || *row_field(&t->row, 0)) return true;
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
