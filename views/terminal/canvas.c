#include "views/terminal/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* ---- characters ---------------------------------------------------------------------------------------- */

uint32_t text_decode(const char **p)
{
    uint32_t ch = 0;
    if (!**p) return 0;
    size_t length = text_letter(*p, strnlen(*p, 4), &ch);
    *p += length ? length : 1;
    return length ? ch : 0xfffd;
}

void text_add_char(struct text *t, uint32_t ch)
{
    char out[4];
    size_t n;
    if (ch < 0x80) {
        out[0] = (char)ch, n = 1;
    } else if (ch < 0x800) {
        out[0] = (char)(0xc0 | ch >> 6), n = 2;
    } else if (ch < 0x10000) {
        out[0] = (char)(0xe0 | ch >> 12), n = 3;
    } else {
        out[0] = (char)(0xf0 | ch >> 18), n = 4;
    }
    for (size_t i = 1; i < n; i++) out[i] = (char)(0x80 | (ch >> (6 * (n - 1 - i)) & 0x3f));
    text_append(t, out, n);
}

int char_columns(uint32_t ch)
{
    if (ch < 0x300) return 1; /* below that the result does not depend on the locale */
    int n = wcwidth((wchar_t)ch);
    return n < 0 ? 1 : n;
}

int text_columns(const char *utf8)
{
    int n = 0;
    for (uint32_t ch; (ch = text_decode(&utf8));) n += text_steers(ch) ? 1 : char_columns(ch);
    return n;
}

/* ASCII substitutes for the characters that screens use. */
static uint32_t ascii_twin(uint32_t ch)
{
    static const struct {
        uint32_t ch;
        char twin;
    } twins[] = {
        { 0x2500, '-' }, { 0x2502, '|' }, { 0x250c, '+' }, { 0x2510, '+' }, { 0x2514, '+' }, { 0x2518, '+' },
        { 0x251c, '+' }, { 0x2524, '+' }, { 0x252c, '+' }, { 0x2534, '+' }, { 0x253c, '+' }, { 0x2550, '=' },
        { 0x2591, '.' }, { 0x2592, ':' }, { 0x2593, '#' }, { 0x2588, '#' }, { 0x2580, '"' }, { 0x2584, '_' },
        { 0x25b2, '^' }, { 0x25bc, 'v' }, { 0x25b6, '>' }, { 0x25c0, '<' }, { 0x25cf, 'o' }, { 0x25cb, 'o' },
        { 0x25a0, 'x' }, { 0x2016, '"' }, { 0x2713, '+' }, { 0x2717, '!' }, { 0x2026, '~' }, { 0x00b7, '.' },
        { 0x2022, '*' }, { 0x00d7, 'x' }, { 0x2192, '>' }, { 0x2190, '<' }, { 0x2191, '^' }, { 0x2193, 'v' },
        { 0x03bb, 'l' }, { 0x03c1, 'r' }, { 0x03c3, 's' }, { 0x03b1, 'a' }, { 0x2212, '-' }, { 0x00b1, '~' },
        { 0x2260, '!' }, { 0x2264, '<' }, { 0x2265, '>' }, { 0x2605, '*' }, { 0x2666, '*' }, { 0x25c6, '*' },
        { 0x258f, '|' }, { 0x2595, '|' }, { 0x2504, '-' }, { 0x2506, ':' },
    };
    if (ch < 0x7f) return ch;
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++)
        if (twins[i].ch == ch) return (uint32_t)twins[i].twin;
    if (ch >= 0x2581 && ch <= 0x2587) return (uint32_t) "_.-=+*#"[ch - 0x2581]; /* rising blocks */
    if (ch >= 0x2589 && ch <= 0x258f) return '#';
    if (ch > 0x2800 && ch <= 0x28ff) return '*';
    return ch == 0x2800 ? ' ' : '?';
}

/* ---- the grid ------------------------------------------------------------------------------------------ */

bool canvas_resize(struct canvas *c, int h, int w)
{
    h = h < 1 ? 1 : h;
    w = w < 1 ? 1 : w;
    struct cell *cells = malloc((size_t)h * w * sizeof *cells);
    if (!cells) return false;
    free(c->cells);
    c->cells = cells;
    c->h = h;
    c->w = w;
    canvas_blank(c);
    return true;
}

static void drop_overlays(struct canvas *c)
{
    for (int i = 0; i < c->overlay_count; i++) free(c->overlays[i].rgb);
    c->overlay_count = 0;
}

void canvas_clear(struct canvas *c)
{
    drop_overlays(c);
    free(c->overlays);
    free(c->cells);
    *c = (struct canvas){ .ascii = c->ascii, .plain = c->plain };
}

void canvas_blank(struct canvas *c)
{
    drop_overlays(c);
    for (int i = 0; i < c->h * c->w; i++) c->cells[i] = (struct cell){ .ch = ' ' };
}

void canvas_styled(const struct canvas *c, struct text *out,
                   void (*sgr)(const void *ctx, unsigned style, struct text *out), const void *ctx)
{
    for (int y = 0; y < c->h; y++) {
        const struct cell *row = c->cells + (size_t)y * c->w;
        int end = c->w;
        unsigned worn = 0;
        while (end > 0 && row[end - 1].ch == ' ' && (!sgr || !row[end - 1].style)) end--;
        for (int x = 0; x < end; x++) {
            if (row[x].ch == 0) continue;
            if (sgr && row[x].style != worn) sgr(ctx, worn = row[x].style, out);
            text_add_char(out, row[x].ch);
            if (row[x].combining) text_add_char(out, row[x].combining);
        }
        if (sgr && worn) sgr(ctx, 0, out);
        text_append(out, "\n", 1);
    }
}

void canvas_text(const struct canvas *c, struct text *out)
{
    canvas_styled(c, out, NULL, NULL);
}

/* ---- areas --------------------------------------------------------------------------------------------- */

struct area canvas_area(struct canvas *c)
{
    return (struct area){ c, 0, 0, c->h, c->w };
}

struct area area_sub(const struct area *a, int y, int x, int h, int w)
{
    int top = y < 0 ? 0 : y, left = x < 0 ? 0 : x;
    int bottom = y + h < a->h ? y + h : a->h, right = x + w < a->w ? x + w : a->w;
    return (struct area){ a->canvas, a->y + top, a->x + left, bottom > top ? bottom - top : 0,
                          right > left ? right - left : 0 };
}

static struct cell *cell_at(const struct area *a, int y, int x)
{
    if (y < 0 || x < 0 || y >= a->h || x >= a->w) return NULL;
    return a->canvas->cells + (size_t)(a->y + y) * a->canvas->w + a->x + x;
}

/* A wide character of which one half is overwritten loses the other half too. */
static void mend(const struct area *a, int y, int x)
{
    struct canvas *c = a->canvas;
    struct cell *row = c->cells + (size_t)(a->y + y) * c->w;
    int at = a->x + x;
    if (row[at].ch == 0 && at > 0) row[at - 1].ch = ' ';
    if (at + 1 < c->w && row[at + 1].ch == 0) row[at + 1].ch = ' ';
}

static void put_wide(const struct area *a, int y, int x, uint32_t ch, int columns, unsigned style)
{
    struct cell *cell = cell_at(a, y, x);
    if (!cell) return;
    if (a->canvas->ascii) ch = ascii_twin(ch);
    if (a->canvas->ascii && columns == 2) ch = '?';
    if (columns == 2 && x + 1 >= a->w) ch = ' ', columns = 1; /* no room for both halves */
    mend(a, y, x);
    *cell = (struct cell){ .ch = ch, .style = style };
    if (columns == 2) {
        mend(a, y, x + 1);
        cell[0].ch = ch;
        cell[1] = (struct cell){ .ch = a->canvas->ascii ? ' ' : 0, .style = style };
    }
}

void area_put(const struct area *a, int y, int x, uint32_t ch, unsigned style)
{
    put_wide(a, y, x, ch, char_columns(ch) == 2 ? 2 : 1, style);
}

void area_fill(const struct area *a, int y, int x, int h, int w, uint32_t ch, unsigned style)
{
    for (int i = 0; i < h; i++)
        for (int j = 0; j < w; j++) area_put(a, y + i, x + j, ch, style);
}

void area_restyle(const struct area *a, int y, int x, int h, int w, unsigned style, bool keep_ink)
{
    for (int i = 0; i < h; i++)
        for (int j = 0; j < w; j++) {
            struct cell *cell = cell_at(a, y + i, x + j);
            if (!cell) continue;
            cell->style = keep_ink
                              ? (cell->style & ~(unsigned)STYLE_PAPER(INK_MASK)) | (style & STYLE_PAPER(INK_MASK)) |
                                    (style & ~(unsigned)(STYLE_PAPER(INK_MASK) | INK_MASK))
                              : style;
        }
}

/* FNV-1a over words of eight bytes, and the bytes that are left. */
uint64_t canvas_key(const uint8_t *bytes, size_t n)
{
    const uint64_t prime = 0x100000001b3;
    uint64_t key = 0xcbf29ce484222325;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        key = (key ^ word) * prime;
        key ^= key >> 29;
    }
    for (; i < n; i++) key = (key ^ bytes[i]) * prime;
    return key;
}

bool area_overlay(const struct area *a, const uint8_t *rgb, int height, int width, enum overlay_haste haste)
{
    struct canvas *c = a->canvas;
    size_t n = (size_t)height * (size_t)width * 3;
    if (c->pictures != PICTURES_PIXELS || c->overlay_count == OVERLAYS_MOST || a->h < 1 || a->w < 1 || n < 3)
        return false;
    if (!c->overlays) c->overlays = calloc(OVERLAYS_MOST, sizeof *c->overlays);
    uint8_t *copy = c->overlays ? malloc(n) : NULL;
    if (!copy) return false;
    memcpy(copy, rgb, n);
    c->overlays[c->overlay_count++] =
        (struct overlay){ a->y,   a->x,  a->h, a->w,
                          height, width, copy, canvas_key(rgb, n) ^ (uint64_t)height << 32 ^ (uint64_t)width,
                          haste };
    for (int y = 0; y < a->h; y++)
        for (int x = 0; x < a->w; x++) cell_at(a, y, x)->overlay = (uint8_t)c->overlay_count;
    return true;
}

void area_above(const struct area *a, int y, int x, uint32_t ch, unsigned style)
{
    struct cell *cell = cell_at(a, y, x);
    uint8_t overlay = cell ? cell->overlay : 0;
    area_put(a, y, x, ch, style);
    if (overlay) cell->overlay = overlay, cell->above = true;
}

int area_text(const struct area *a, int y, int x, unsigned style, const char *utf8)
{
    int at = x;
    for (uint32_t ch; (ch = text_decode(&utf8));) {
        int columns = text_steers(ch) ? 1 : char_columns(ch);
        if (text_steers(ch) || ch == 0xfffd) ch = '?';
        if (columns == 0) {
            struct cell *before = at > x ? cell_at(a, y, at - 1) : NULL;
            if (before && before->ch == 0 && at - 1 > x) before = cell_at(a, y, at - 2);
            if (before && !a->canvas->ascii) before->combining = ch;
            continue;
        }
        put_wide(a, y, at, ch, columns, style);
        at += columns;
    }
    return at - x;
}

int area_printf(const struct area *a, int y, int x, unsigned style, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return area_text(a, y, x, style, line);
}

int area_part(const struct area *a, int y, int x, unsigned style, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    int columns = text_columns(line);
    return x + columns <= a->w ? area_text(a, y, x, style, line) : columns;
}

void area_field(const struct area *a, int y, int x, int w, int align, unsigned style, const char *utf8)
{
    if (w <= 0) return;
    struct area field = area_sub(a, y, x, 1, w);
    int columns = text_columns(utf8);
    area_fill(&field, 0, 0, 1, w, ' ', style);
    if (columns > w) {
        struct area cut = area_sub(&field, 0, 0, 1, w - 1);
        area_text(&cut, 0, 0, style, utf8);
        area_put(&field, 0, w - 1, 0x2026, style);
        return;
    }
    area_text(&field, 0, align < 0 ? 0 : align > 0 ? w - columns : (w - columns) / 2, style, utf8);
}

int area_wrap(const struct area *a, int y, int x, int h, int w, unsigned style, const char *utf8)
{
    int lines = 0;
    if (w < 1) return 0;
    while (*utf8) {
        const char *end = utf8, *blank = NULL, *p = utf8;
        int columns = 0;
        while (*p && *p != '\n') { /* as much as fits, up to the last blank */
            const char *next = p;
            uint32_t ch = text_decode(&next);
            columns += text_steers(ch) ? 1 : char_columns(ch);
            if (columns > w) break;
            if (ch == ' ' && *next != '%') blank = p;
            p = next;
            end = p;
        }
        if (*p && *p != '\n' && blank && blank > utf8) end = blank;
        if (end == utf8 && *p && *p != '\n') text_decode(&end); /* wider than the line */
        if (lines < h) {
            char line[1024];
            snprintf(line, sizeof line, "%.*s", (int)(end - utf8), utf8);
            struct area cut = area_sub(a, y + lines, x, 1, w);
            area_text(&cut, 0, 0, style, line);
        }
        lines++;
        utf8 = end;
        while (*utf8 == ' ') utf8++;
        if (*utf8 == '\n') utf8++;
    }
    return lines;
}

struct area area_frame(const struct area *a, unsigned style, const char *title, unsigned title_style)
{
    int h = a->h, w = a->w;
    if (h < 2 || w < 2) return *a;
    area_fill(a, 0, 1, 1, w - 2, 0x2500, style);
    area_fill(a, h - 1, 1, 1, w - 2, 0x2500, style);
    area_fill(a, 1, 0, h - 2, 1, 0x2502, style);
    area_fill(a, 1, w - 1, h - 2, 1, 0x2502, style);
    area_put(a, 0, 0, 0x250c, style);
    area_put(a, 0, w - 1, 0x2510, style);
    area_put(a, h - 1, 0, 0x2514, style);
    area_put(a, h - 1, w - 1, 0x2518, style);
    if (title && *title && w > 6) {
        struct area top = area_sub(a, 0, 2, 1, w - 4);
        int n = text_columns(title);
        area_put(&top, 0, 0, ' ', style);
        area_field(&top, 0, 1, n < w - 6 ? n : w - 6, -1, title_style, title);
        area_put(&top, 0, (n < w - 6 ? n : w - 6) + 1, ' ', style);
    }
    return area_sub(a, 1, 1, h - 2, w - 2);
}

void area_rule(const struct area *a, int y, unsigned style)
{
    area_fill(a, y, 0, 1, a->w, 0x2500, style);
}
