#include "app/cli/table.h"

#include <langinfo.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "engine/base/text.h"

/* One character at s: its bytes and its columns. What is no character of the locale counts as one column. */
static size_t letter(const char *s, int *columns)
{
    wchar_t wide;
    mbstate_t state = { 0 };
    size_t n = mbrtowc(&wide, s, strnlen(s, MB_LEN_MAX), &state);
    *columns = 1;
    if (n == 0 || n > 16) return 1;
    int width = wcwidth(wide);
    *columns = width < 0 ? 1 : width;
    return n;
}

int table_width(const char *s)
{
    int width = 0, columns;
    while (*s) {
        s += letter(s, &columns);
        width += columns;
    }
    return width;
}

/* Bytes of `s` that fit into `width` columns; `*used` filled with the columns that they take. */
static size_t fitting(const char *s, int width, int *used)
{
    size_t n = 0;
    *used = 0;
    while (s[n]) {
        int columns;
        size_t bytes = letter(s + n, &columns);
        if (*used + columns > width) break;
        *used += columns;
        n += bytes;
    }
    return n;
}

int table_terminal(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO)) return 0;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool table_unicode(void)
{
    return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/* What of `s` fits into `width` columns: all of it, or its beginning and a mark that there is more. Returns the
 * columns. */
static int append_fitting(struct text *line, const char *s, int width)
{
    int used;
    size_t n = fitting(s, width, &used);
    bool cut = s[n] != 0;
    if (cut) n = fitting(s, width - 1, &used);
    text_append(line, s, n);
    if (cut) text_add(line, table_unicode() ? "\u2026" : "~");
    return used + cut;
}

static void append_cell(struct text *line, const char *cell, const struct table_column *column, int width, bool last)
{
    if (column->right) {
        int used = table_width(cell);
        text_printf(line, "%*s", used < width ? width - used : 0, "");
        append_fitting(line, cell, width);
    } else {
        int used = append_fitting(line, cell, width);
        if (!last) text_printf(line, "%*s", width - used, "");
    }
}

static void print_row(const struct table *t, char *const *cells, const int *widths, size_t columns, int terminal)
{
    struct text line = { 0 }, shown = { 0 };
    for (size_t c = 0; c < columns; c++) {
        if (c) text_add(&line, "  ");
        append_cell(&line, cells ? cells[c] : t->columns[c].title, &t->columns[c], widths[c], c + 1 == columns);
    }
    size_t n = line.length;
    while (n && text_str(&line)[n - 1] == ' ') n--;
    text_append(&shown, text_str(&line), n);
    text_clear(&line);
    if (terminal) {
        append_fitting(&line, text_str(&shown), terminal);
        puts(text_str(&line));
    } else {
        puts(text_str(&shown));
    }
    text_clear(&line);
    text_clear(&shown);
}

static size_t columns_of(const struct table *t)
{
    size_t columns = 0;
    while (columns < TABLE_COLUMNS && t->columns[columns].title) columns++;
    return columns;
}

static void forget_cells(struct table *t)
{
    for (size_t i = 0; i < t->count; i++) free(t->cells[i]);
    t->count = t->bytes = 0;
}

void table_print(struct table *t)
{
    int *widths = t->widths, terminal = table_terminal();
    size_t columns = columns_of(t);
    for (size_t c = 0; c < columns && !t->begun; c++) widths[c] = table_width(t->columns[c].title);
    for (size_t i = 0; i < t->count; i++) {
        int width = table_width(t->cells[i]), most = t->columns[i % columns].most;
        if (most && width > most) width = most;
        if (width > widths[i % columns]) widths[i % columns] = width;
    }
    if (!t->begun) print_row(t, NULL, widths, columns, terminal);
    for (size_t i = 0; i + columns <= t->count; i += columns) print_row(t, t->cells + i, widths, columns, terminal);
    t->begun = true;
    forget_cells(t);
}

/* Whether as many rows are waiting as are printed at once. */
static bool row_ends(const struct table *t)
{
    size_t columns = columns_of(t);
    return t->count % columns == 0 && (t->count >= TABLE_ROWS * columns || t->bytes >= TABLE_BYTES);
}

void table_add(struct table *t, const char *format, ...)
{
    if ((t->count >= TABLE_ROWS || t->bytes >= TABLE_BYTES) && row_ends(t)) table_print(t);
    if (t->count == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        char **cells = realloc(t->cells, room * sizeof *cells);
        if (!cells) {
            t->broken = true;
            return;
        }
        t->cells = cells;
        t->room = room;
    }
    va_list ap;
    va_start(ap, format);
    char *cell = NULL;
    if (vasprintf(&cell, format, ap) < 0) cell = NULL;
    va_end(ap);
    if (!cell) {
        t->broken = true;
        return;
    }
    text_clean(cell);
    t->cells[t->count++] = cell;
    t->bytes += strlen(cell);
}

void table_number(struct table *t, double x, int digits)
{
    if (isnan(x))
        table_add(t, "-");
    else
        table_add(t, "%.*g", digits, x);
}

void table_clear(struct table *t)
{
    forget_cells(t);
    free(t->cells);
    *t = (struct table){ .columns = t->columns };
}
