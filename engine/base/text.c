#include "engine/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

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

size_t text_sequence(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    if (p[0] < 0x80) return 1;
    size_t n = p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (p[0] == 0xe0 && p[1] < 0xa0) return 0;
    if (p[0] == 0xed && p[1] > 0x9f) return 0;
    if (p[0] == 0xf0 && p[1] < 0x90) return 0;
    if (p[0] == 0xf4 && p[1] > 0x8f) return 0;
    return n;
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

/* One character of UTF-8 at s, `*length` bytes of at most n; a byte that begins none stands for itself. */
static unsigned long utf8_next(const char *s, size_t n, size_t *length)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t more = u[0] >= 0xF0 && u[0] < 0xF5   ? 3
                  : u[0] >= 0xE0 && u[0] < 0xF0 ? 2
                  : u[0] >= 0xC2 && u[0] < 0xE0 ? 1
                                                : 0;
    unsigned long c = more ? u[0] & (0x3FU >> more) : u[0];
    *length = 1;
    if (more >= n) return u[0];
    for (size_t i = 1; i <= more; i++) {
        if ((u[i] & 0xC0) != 0x80) return u[0];
        c = c << 6 | (u[i] & 0x3F);
    }
    *length = 1 + more;
    return c;
}

static char *utf8_put(char *out, unsigned long c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

static bool is_blank(unsigned long c)
{
    static const unsigned long blanks[] = { ' ', '\t', '\r', '\n', 0xA0, 0x2007, 0x202F, 0x3000 };
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++)
        if (c == blanks[i]) return true;
    return false;
}

char *text_fold(const char *s, size_t n)
{
    /* what "lower case" is must not depend on the user's language; without that locale letters beyond ASCII stay */
    locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    char *out = malloc(2 * n + 1), *to = out; /* a lower-case letter has a byte more at most */
    bool gap = false;
    for (size_t length; out && n; s += length, n -= length) {
        unsigned long c = utf8_next(s, n, &length);
        if (is_blank(c)) {
            gap = to > out;
            continue;
        }
        if (gap) *to++ = ' ';
        gap = false;
        if (length == 1 && c >= 0x80)
            *to++ = (char)c;
        else
            to = utf8_put(to, locale     ? (unsigned long)towlower_l((wint_t)c, locale)
                              : c < 0x80 ? (unsigned long)tolower((int)c)
                                         : c);
    }
    if (out) *to = '\0';
    if (locale) freelocale(locale);
    return out;
}

bool text_alike(const char *s, size_t n, const char *word)
{
    char *a = text_fold(s, n), *b = text_fold(word, strlen(word));
    bool same = a && b && !strcmp(a, b);
    free(a);
    free(b);
    return same;
}
