#include "engine/data/tables/table_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "engine/base/reading.h"
#include "engine/base/text.h"

enum { CHUNK = 1 << 16, LETTER_MOST = 4 };

enum encoding { UTF8, UTF16_LITTLE, UTF16_BIG, WINDOWS };

struct table_text {
    const char *path;
    gzFile file;
    enum encoding encoding;
    bool lone_returns; /* lines end in a carriage return alone */
    size_t line;       /* for errors */
    unsigned char bytes[CHUNK];
    int have, next; /* of bytes */
    bool ended;
};

/* Bytes 0x80 to 0x9F of Windows-1252; 0: none. All other bytes equal their code points. */
static const uint16_t windows_letters[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

/* A file that begins with one of these is not text; the byte order mark of UTF-32 begins like that of UTF-16. */
static const struct {
    const char *start;
    size_t length;
    const char *what;
} no_texts[] = {
    { "PK\3\4", 4, "a workbook or a zip file, not a table; save it as CSV" },
    { "\xD0\xCF\x11\xE0", 4, "a workbook of Excel, not a table; save it as CSV" },
    { "\xFF\xFE\0\0", 4, "encoded as UTF-32; save it as UTF-8" },
    { "\0\0\xFE\xFF", 4, "encoded as UTF-32; save it as UTF-8" },
    { "SQLite format 3", 15, "a database of SQLite, not a table; export it as CSV" },
    { "PAR1", 4, "a Parquet file, not a table of text; save it as CSV" },
    { "{\\rtf", 5, "a document, not a table; save it as CSV" },
    { "%PDF", 4, "a document, not a table; save it as CSV" },
    { "\x1F\x9D", 2, "compressed in a way that is not read; unpack it" },
    { "BZh", 3, "compressed by bzip2; unpack it, or compress it by gzip" },
    { "\xFD"
      "7zXZ",
      5, "compressed by xz; unpack it, or compress it by gzip" },
    { "\x28\xB5\x2F\xFD", 4, "compressed by zstd; unpack it, or compress it by gzip" },
};

const char *table_text_encoding(const struct table_text *t)
{
    return t->encoding == UTF8 ? "UTF-8" : t->encoding == WINDOWS ? "Windows-1252" : "UTF-16";
}

void table_text_close(struct table_text *t)
{
    if (!t) return;
    if (t->file) gzclose_r(t->file);
    free(t);
}

static bool read_error(const struct table_text *t, struct err *e)
{
    int code;
    const char *why = gzerror(t->file, &code);
    if (code == Z_ERRNO) return err_errno(e, "%s", t->path);
    if (code == Z_BUF_ERROR) why = "the compressed data end early";
    return err_set(e, ERR_FORMAT, "%s: line %zu: %s", t->path, t->line, why);
}

/* Moves the remaining bytes to the front and reads on. */
static bool fill(struct table_text *t, struct err *e)
{
    int left = t->have - t->next, code;
    memmove(t->bytes, t->bytes + t->next, (size_t)left);
    t->have = left;
    t->next = 0;
    while (t->have < CHUNK && !t->ended) {
        int n = gzread(t->file, t->bytes + t->have, (unsigned)(CHUNK - t->have));
        if (n > 0) t->have += n;
        if (n > 0) continue;
        gzerror(t->file, &code); /* compressed data that end too early are read as an end of file */
        if (n < 0 || code == Z_BUF_ERROR) return read_error(t, e);
        t->ended = true;
    }
    return true;
}

/* ---- looking over ---- */

struct look {
    size_t feeds, returns, letters, bad; /* line ends of both kinds; letters of two bytes and more, bytes of none */
    size_t bad_line, first_line;         /* of the first of each; first_line: of a letter */
    bool after_return;
};

static void look_at_line_end(struct look *l, unsigned char c)
{
    if (l->after_return && c != '\n') l->returns++;
    l->after_return = c == '\r';
    l->feeds += c == '\n';
}

static bool zero_byte(const struct table_text *t, size_t line, struct err *e)
{
    return err_set(e, ERR_FORMAT, "%s: line %zu: a zero byte: this is not a text table", t->path, line);
}

/* Scans a whole text of single bytes: is it UTF-8? */
static bool look_over(struct table_text *t, struct look *l, struct err *e)
{
    for (;;) {
        if (t->have - t->next < LETTER_MOST && !t->ended && !fill(t, e)) return false;
        if (t->next == t->have) return true;
        const unsigned char *p = t->bytes + t->next;
        t->line = l->feeds + 1;
        if (!*p) return zero_byte(t, t->line, e);
        look_at_line_end(l, *p);
        uint32_t letter;
        size_t n = *p < 0x80 ? 1 : text_letter((const char *)p, (size_t)(t->have - t->next), &letter);
        if (n > 1 && !l->letters++) l->first_line = t->line;
        if (!n && !l->bad++) l->bad_line = t->line;
        t->next += n ? (int)n : 1;
    }
}

static bool begins_no_text(const struct table_text *t, struct err *e)
{
    for (size_t i = 0; i < sizeof no_texts / sizeof no_texts[0]; i++)
        if ((size_t)t->have >= no_texts[i].length && !memcmp(t->bytes, no_texts[i].start, no_texts[i].length)) {
            err_set(e, ERR_UNSUPPORTED, "%s: is %s", t->path, no_texts[i].what);
            return true;
        }
    return false;
}

/* UTF-16 is recognised by its byte order mark, or by a zero in one of the first two bytes. */
static bool is_utf16(struct table_text *t)
{
    const unsigned char *b = t->bytes;
    if (t->have < 2) return false;
    bool mark = (b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF);
    bool little = b[0] == 0xFF || (b[0] && !b[1]), big = b[0] == 0xFE || (!b[0] && b[1]);
    if (!mark && (b[0] != 0) == (b[1] != 0)) return false;
    if (little == big) return false;
    t->encoding = little ? UTF16_LITTLE : UTF16_BIG;
    return true;
}

static bool find_encoding(struct table_text *t, struct err *e)
{
    struct look l = { 0 };
    if (!fill(t, e)) return false;
    if (begins_no_text(t, e)) return false;
    if (is_utf16(t)) return true;
    if (!look_over(t, &l, e)) return false;
    t->encoding = l.bad ? WINDOWS : UTF8;
    t->lone_returns = !l.feeds && l.returns;
    if (l.bad && l.letters)
        return err_set(e, ERR_FORMAT,
                       "%s: line %zu: is UTF-8 and line %zu is not: two encodings in one file; save it as UTF-8",
                       t->path, l.first_line, l.bad_line);
    return true;
}

/* ---- reading ---- */

static bool skip_mark(struct table_text *t)
{
    static const unsigned char utf8[3] = { 0xEF, 0xBB, 0xBF };
    const unsigned char *b = t->bytes;
    if (t->encoding == UTF8 && t->have >= 3 && !memcmp(b, utf8, 3)) t->next = 3;
    if ((t->encoding == UTF16_LITTLE && b[0] == 0xFF && b[1] == 0xFE) ||
        (t->encoding == UTF16_BIG && b[0] == 0xFE && b[1] == 0xFF))
        t->next = 2;
    return true;
}

static bool rewind_text(struct table_text *t, struct err *e)
{
    if (gzrewind(t->file)) return read_error(t, e);
    t->have = t->next = 0;
    t->ended = false;
    t->line = 1;
    return fill(t, e) && skip_mark(t);
}

bool table_text_open(const char *path, struct table_text **out, struct err *e)
{
    struct stat st;
    *out = NULL;
    if (stat(path, &st)) return err_set(e, ERR_NOT_FOUND, "%s: no such file", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_NOT_FOUND, "%s: is %s, not a table%s", path, file_kind(st.st_mode),
                       S_ISFIFO(st.st_mode) ? "; a table is read more than once: save it to a file" : "");
    struct table_text *t = calloc(1, sizeof *t);
    int fd = t ? file_open_regular(path, NULL, e) : -1;
    if (fd >= 0 && !(t->file = gzdopen(fd, "rb"))) close(fd);
    if (!t || (fd >= 0 && !t->file)) {
        free(t);
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    }
    t->path = path;
    t->line = 1;
    if (fd < 0 || !find_encoding(t, e) || !rewind_text(t, e)) {
        table_text_close(t);
        return false;
    }
    *out = t;
    return true;
}

static int put(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (int i = n - 1; i > 0; i--, c >>= 6) to[i] = (char)(0x80 | (c & 0x3F));
    to[0] = (char)((n == 2 ? 0xC0 : n == 3 ? 0xE0 : 0xF0) | c);
    return n;
}

static uint32_t unit(const struct table_text *t, int i)
{
    const unsigned char *p = t->bytes + t->next + 2 * i;
    return t->encoding == UTF16_LITTLE ? (uint32_t)(p[0] | p[1] << 8) : (uint32_t)(p[0] << 8 | p[1]);
}

/* The next UTF-16 code point, if its bytes are there. */
static bool take_utf16(struct table_text *t, uint32_t *c, struct err *e)
{
    int left = t->have - t->next, used = 2;
    bool ok = left >= 2;
    *c = ok ? unit(t, 0) : 0;
    if (ok && *c >= 0xD800 && *c < 0xDC00) {
        uint32_t low = left >= 4 ? unit(t, 1) : 0;
        ok = low >= 0xDC00 && low < 0xE000;
        *c = 0x10000 + ((*c - 0xD800) << 10) + (low - 0xDC00);
        used = 4;
    } else if (ok) {
        ok = *c < 0xD800 || *c >= 0xE000;
    }
    if (!ok) return err_set(e, ERR_FORMAT, "%s: line %zu: no UTF-16, as its first bytes say", t->path, t->line);
    if (!*c) return zero_byte(t, t->line, e);
    t->next += used;
    return true;
}

int table_text_read(struct table_text *t, char *out, int room, struct err *e)
{
    int n = 0;
    while (n + LETTER_MOST <= room) {
        if (t->have - t->next < LETTER_MOST && !t->ended && !fill(t, e)) return -1;
        if (t->next == t->have) break;
        if (t->encoding == UTF8) {
            int take = t->have - t->next < room - n ? t->have - t->next : room - n;
            memcpy(out + n, t->bytes + t->next, (size_t)take);
            t->next += take;
            n += take;
            continue;
        }
        uint32_t c;
        if (t->encoding == WINDOWS) {
            c = t->bytes[t->next++];
            if (c >= 0x80 && c < 0xA0) c = windows_letters[c - 0x80] ? windows_letters[c - 0x80] : 0xFFFD;
        } else if (!take_utf16(t, &c, e)) {
            return -1;
        }
        t->line += c == '\n';
        n += put(out + n, c);
    }
    if (t->lone_returns)
        for (int i = 0; i < n; i++)
            if (out[i] == '\r') out[i] = '\n';
    return n;
}
