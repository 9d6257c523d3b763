#include "engine/data/tables/label_list.h"

#include <string.h>

#include "engine/base/text.h"

typedef bool (*taker)(void *ctx, const char *s, size_t length, struct err *e);

static void trim(const char **s, size_t *n)
{
    while (*n && (**s == ' ' || **s == '\t' || **s == '\n' || **s == '\r')) ++*s, --*n;
    while (*n && strchr(" \t\r\n", (*s)[*n - 1])) --*n;
}

bool label_list_brackets(const char *cell)
{
    size_t n = strlen(cell);
    trim(&cell, &n);
    return n >= 2 && cell[0] == '[' && cell[n - 1] == ']';
}

/* Is one bracket of a list there without the other? "Mass [left]" and "[left] mass" are no lists. */
static bool is_cut(const char *s)
{
    size_t n = strlen(s);
    trim(&s, &n);
    if (!n || (*s == '[') == (s[n - 1] == ']')) return n == 1 && *s == '[';
    if (*s == '[') return (n > 1 && strchr("'\"", s[1])) || !memchr(s, ']', n);
    return strchr("'\"", *s) || !memchr(s, '[', n);
}

static bool damaged(const char *cell, struct err *e)
{
    return err_set(e, ERR_FORMAT,
                   "the list of labels is damaged: a bracket or quote of it has no other: %.80s; mend the cell", cell);
}

/* The end of a quoted part: the quote that closes it, `end` if none does. */
static const char *closing(const char *p, const char *end, char quote)
{
    for (; p < end && *p != quote; p++) p += *p == '\\' && p + 1 < end;
    return p;
}

static bool each_in_brackets(const char *cell, taker take, void *ctx, struct err *e)
{
    const char *s = strchr(cell, '[') + 1, *end = strrchr(cell, ']');
    while (s < end) {
        if (strchr(" \t\r\n,", *s)) {
            s++;
            continue;
        }
        bool quoted = *s == '\'' || *s == '"';
        const char *from = s + quoted, *to = quoted ? closing(from, end, *s) : from;
        if (quoted && (to >= end || (to + 1 < end && !strchr(" \t\r\n,", to[1])))) return damaged(cell, e);
        if (!quoted)
            while (to < end && *to != ',') to++;
        size_t n = (size_t)(to - from);
        s = to + quoted;
        trim(&from, &n);
        if (n && !take(ctx, from, n, e)) return false;
    }
    return true;
}

static bool each_between(const char *s, const char *separator, taker take, void *ctx, struct err *e)
{
    size_t step = strlen(separator);
    for (;;) {
        const char *end = strstr(s, separator), *from = s;
        size_t n = end ? (size_t)(end - s) : strlen(s);
        trim(&from, &n);
        if (n && !take(ctx, from, n, e)) return false;
        if (!end) return true;
        s = end + step;
    }
}

bool label_list_each(const char *cell, const char *separator, taker take, void *ctx, struct err *e)
{
    if (is_cut(cell)) return damaged(cell, e);
    return label_list_brackets(cell) ? each_in_brackets(cell, take, ctx, e)
                                     : each_between(cell, separator, take, ctx, e);
}
