#include "engine/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_clear(struct text *t)
{
    free(t->data);
    *t = (struct text){ 0 };
}

static bool reserve(struct text *t, size_t extra)
{
    if (t->broken) return false;
    if (t->length + extra + 1 <= t->room) return true;
    size_t room = t->room ? t->room : 64;
    while (room < t->length + extra + 1) room *= 2;
    char *data = realloc(t->data, room);
    if (!data) {
        t->broken = true;
        return false;
    }
    t->data = data;
    t->room = room;
    return true;
}

void text_append(struct text *t, const char *bytes, size_t n)
{
    if (!reserve(t, n)) return;
    if (n) memcpy(t->data + t->length, bytes, n);
    t->length += n;
    t->data[t->length] = '\0';
}

void text_add(struct text *t, const char *s)
{
    text_append(t, s, strlen(s));
}

void text_printf(struct text *t, const char *format, ...)
{
    va_list ap, again;
    va_start(ap, format);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    if (n > 0 && reserve(t, (size_t)n)) {
        vsnprintf(t->data + t->length, (size_t)n + 1, format, again);
        t->length += (size_t)n;
    }
    va_end(again);
}

const char *text_str(const struct text *t)
{
    return t->data ? t->data : "";
}

void text_clean(char *s)
{
    for (unsigned char *p = (unsigned char *)s; *p; p++) {
        if (*p < 0x20 || *p == 0x7f) *p = '?';
        if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) p[0] = p[1] = '?';
    }
}

const char *text_advice(const char *line, size_t *reason)
{
    const char *found = strstr(line, TEXT_TRY);
    if (reason) *reason = found ? (size_t)(found - line) : strlen(line);
    return found ? found + strlen(TEXT_TRY) : NULL;
}

size_t text_distance(const char *a, const char *b)
{
    enum { MOST = 128 };
    size_t n = strlen(b), row[MOST + 1];
    if (n > MOST) n = MOST;
    for (size_t j = 0; j <= n; j++) row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t best = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            if (row[j + 1] + 1 < best) best = row[j + 1] + 1;
            if (row[j] + 1 < best) best = row[j] + 1;
            row[j + 1] = best;
        }
    }
    return row[n];
}

const char *text_nearest(const char *word, size_t n, const char *(*name)(const void *ctx, size_t i), const void *ctx)
{
    const char *best = NULL;
    size_t least = SIZE_MAX, length = strlen(word);
    for (size_t i = 0; i < n; i++) {
        const char *s = name(ctx, i);
        size_t d = 2 * text_distance(word, s), longer = strlen(s) > length ? strlen(s) : length;
        const char *last = strrchr(s, '.'); /* `lr` means `optim.lr` */
        if (last && !strcmp(last + 1, word))
            d = 1;
        else if (d > longer)
            continue;
        else if (length && !strncmp(s, word, length))
            d = d ? d - 1 : 0;
        if (d < least) {
            least = d;
            best = s;
        }
    }
    return best;
}

bool text_to_int(const char *s, int64_t *out)
{
    char *end;
    errno = 0;
    long long v = strtoll(s, &end, 10);
    if (end == s || *end || errno || isspace((unsigned char)s[0])) return false;
    *out = v;
    return true;
}

bool text_to_double(const char *s, double *out)
{
    char *end;
    errno = 0;
    double v = strtod(s, &end);
    if (end == s || *end || isspace((unsigned char)s[0]) || (errno == ERANGE && isinf(v))) return false;
    *out = v;
    return true;
}

char *text_copy(const char *s)
{
    if (!s) return NULL;
    size_t n = strlen(s) + 1;
    char *p = malloc(n);
    if (p) memcpy(p, s, n);
    return p;
}

bool text_same(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) return false;
    return *a == *b;
}

bool text_ends(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && text_same(s + n - m, suffix);
}

const char *text_bytes(double bytes, char *out)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    size_t u = 0;
    while (bytes >= 1024 && u < 4) bytes /= 1024, u++;
    snprintf(out, 16, bytes < 10 && u ? "%.1f %s" : "%.0f %s", bytes, units[u]);
    return out;
}
