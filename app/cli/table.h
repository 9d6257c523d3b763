/* Text in columns: aligned by display width, clean, and cut to the terminal where the output is one. */
#ifndef MLVICX_APP_TABLE_H
#define MLVICX_APP_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct table_column {
    const char *title;
    bool right; /* numbers stand to the right */
    int most;   /* widest that a cell may be; 0: any */
};

enum { TABLE_COLUMNS = 32, TABLE_ROWS = 1024, TABLE_BYTES = 1 << 22 };

/** Zero-initialise except for `columns`, which is borrowed and ends with a column without title. */
struct table {
    const struct table_column *columns;
    char **cells; /* owned, row by row */
    size_t count, room, bytes;
    int widths[TABLE_COLUMNS]; /* of what is printed */
    bool begun;                /* titles are printed */
    bool broken;               /* memory ran out     */
};

/** Adds the next cell, from left to right, row by row. After TABLE_ROWS rows, or TABLE_BYTES, the waiting rows are
 * printed. So a table of any length needs limited memory, and its columns are as wide as its first rows require. */
void table_add(struct table *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** A number with `digits` significant digits, "-" for NaN. */
void table_number(struct table *t, double x, int digits);
/** Print titles, and the rows that are not printed yet, on stdout. Control characters are replaced, lines are cut to
 * the terminal's width. */
void table_print(struct table *t);
void table_clear(struct table *t);

/** Columns on the terminal that `s` takes. */
int table_width(const char *s);
/** Columns of the terminal on stdout; 0 when it is none. */
int table_terminal(void);
/** True if the locale is UTF-8, so that block characters may be printed. */
bool table_unicode(void);

#endif
