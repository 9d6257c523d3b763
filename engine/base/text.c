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

size_t text_letter(const char *s, size_t n, uint32_t *letter)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *u = (const unsigned char *)s;
    size_t length = u[0] < 0x80                   ? 1
                    : u[0] >= 0xC2 && u[0] < 0xE0 ? 2
                    : u[0] >= 0xE0 && u[0] < 0xF0 ? 3
                    : u[0] >= 0xF0 && u[0] < 0xF5 ? 4
                                                  : 0;
    if (!length || length > n) return 0;
    uint32_t c = length == 1 ? u[0] : u[0] & (0x7FU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((u[i] & 0xC0) != 0x80) return 0;
        c = c << 6 | (u[i] & 0x3F);
    }
    if (c < least[length] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return 0;
    *letter = c;
    return length;
}

bool text_steers(uint32_t letter)
{
    static const uint32_t ranges[][2] = {
        { 0, 0x1F },        { 0x7F, 0x9F },     { 0x61C, 0x61C }, /* the last: Arabic letter mark */
        { 0x200E, 0x200F }, { 0x2028, 0x202E }, { 0x2066, 0x2069 },
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (letter >= ranges[i][0] && letter <= ranges[i][1]) return true;
    return false;
}

static void replace(char *s, bool strays)
{
    for (size_t left = strlen(s), length; left; s += length, left -= length) {
        uint32_t c;
        length = text_letter(s, left, &c);
        bool bad = length ? text_steers(c) : strays;
        if (!length) length = 1;
        if (bad) memset(s, '?', length);
    }
}

void text_clean(char *s)
{
    replace(s, true);
}

void text_tame(char *s)
{
    replace(s, false);
}

void text_cell(struct text *t, const char *s)
{
    char *clean = text_copy(s);
    if (!clean) {
        t->broken = true;
        return;
    }
    text_clean(clean);
    bool formula = *clean && strchr("=+-@", *clean), quoted = strpbrk(clean, ",;\"") || *clean == ' ' || *clean == '#';
    if (quoted) text_add(t, "\"");
    if (formula) text_add(t, "'");
    for (const char *p = clean; *p; p++) text_append(t, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1);
    if (quoted) text_add(t, "\"");
    free(clean);
}

void text_comment(struct text *t, const char *s)
{
    char *clean = text_copy(s);
    if (!clean) {
        t->broken = true;
        return;
    }
    text_clean(clean);
    bool begins = false; /* of a cell nothing but blanks and quotes was there yet */
    for (const char *p = clean; *p; p++) {
        if (begins && strchr("=+-@", *p)) text_add(t, "'");
        begins = strchr(",;", *p) || (begins && strchr(" \"'", *p));
        text_append(t, p, 1);
    }
    free(clean);
}

const char *text_advice(const char *line, size_t *reason)
{
    const char *found = strstr(line, TEXT_TRY);
    if (reason) *reason = found ? (size_t)(found - line) : strlen(line);
    return found ? found + strlen(TEXT_TRY) : NULL;
}

/* Levenshtein distance. */
static size_t distance(const char *a, const char *b)
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
        size_t d = 2 * distance(word, s), longer = strlen(s) > length ? strlen(s) : length;
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

static char *utf8_put(char *out, uint32_t c)
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

static bool is_blank(uint32_t c)
{
    static const uint32_t blanks[] = { ' ', '\t', '\r', '\n', 0xA0, 0x2007, 0x202F, 0x3000 };
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++)
        if (c == blanks[i]) return true;
    return false;
}

/* One blank for a run of them, none outside; letters in lower case where `lower`. */
static char *squeeze(const char *s, size_t n, bool lower)
{
    /* what "lower case" is must not depend on the user's language; without that locale letters beyond ASCII stay */
    locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    char *out = malloc(2 * n + 1), *to = out; /* a lower-case letter has a byte more at most */
    bool gap = false;
    for (size_t length; out && n; s += length, n -= length) {
        uint32_t c = (unsigned char)*s;
        length = text_letter(s, n, &c);
        bool bad = !length; /* a byte that is of no letter stands for itself */
        if (bad) length = 1;
        if (!bad && is_blank(c)) {
            gap = to > out;
            continue;
        }
        if (gap) *to++ = ' ';
        gap = false;
        if (bad)
            *to++ = (char)c;
        else
            to = utf8_put(to, !lower     ? c
                              : locale   ? (uint32_t)towlower_l((wint_t)c, locale)
                              : c < 0x80 ? (uint32_t)tolower((int)c)
                                         : c);
    }
    if (out) *to = '\0';
    if (locale) freelocale(locale);
    return out;
}

char *text_fold(const char *s, size_t n)
{
    return squeeze(s, n, true);
}

char *text_squeeze(const char *s, size_t n)
{
    return squeeze(s, n, false);
}

bool text_alike(const char *s, size_t n, const char *word)
{
    char *a = text_fold(s, n), *b = text_fold(word, strlen(word));
    bool same = a && b && !strcmp(a, b);
    free(a);
    free(b);
    return same;
}

size_t text_first_words(const char *words, size_t most, size_t *more)
{
    size_t n = 0, shown = 0;
    *more = 0;
    for (const char *p = words; *p; n++) {
        p += strcspn(p, " ");
        if (n < most) shown = (size_t)(p - words);
        p += *p == ' ';
    }
    if (n > most) *more = n - most;
    return shown;
}
