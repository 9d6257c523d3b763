/* Tables for papers: columns are described once, rows are given once, and come out as Markdown, LaTeX, CSV or HTML.
 *
 *     struct sheet s;
 *     sheet_begin(&s, SHEET_LATEX, columns, "linear probe on 668 images");
 *     sheet_text(&s, "Mass"), sheet_number(&s, 0.717, 0.66, 0.77), sheet_count(&s, 81);
 *     sheet_end(&s, &e) ...
 *
 * Three of the formats are for readers: numbers are rounded as their column says, an interval stands behind its number.
 * CSV is for programs: every digit, an interval in columns of its own, names without blanks. Texts are escaped for the
 * format that they go to, so that no name of a class can end a cell or begin a command. */
#ifndef MLVICX_APP_SHEET_H
#define MLVICX_APP_SHEET_H

#include <stdint.h>

#include "app/cli/command.h"
#include "engine/base/text.h"

enum sheet_format { SHEET_MARKDOWN, SHEET_LATEX, SHEET_CSV, SHEET_HTML, SHEET_FORMATS };
/** "markdown", "latex", "csv", "html". */
extern const char *const sheet_format_names[SHEET_FORMATS];
bool sheet_format_parse(const char *word, enum sheet_format *format);
/** The row of --format in the table of a command's options. */
#define SHEET_OPTION                                                                                                   \
    {                                                                                                                  \
        "format", 0, OPTION_TEXT, "F", "a table for a paper: markdown, latex, csv or html", 0, 0                       \
    }
/** The format that --format asks for; `*given` false, and the format unchanged, without it. ERR_USAGE for another word,
 * or beside --json. */
bool sheet_asked(const struct app *app, const struct arguments *a, enum sheet_format *format, bool *given,
                 struct err *e);

enum sheet_kind {
    SHEET_TEXT,
    SHEET_COUNT,    /* whole numbers */
    SHEET_NUMBER,   /* with `digits` decimals */
    SHEET_SIGNED,   /* the same with its sign */
    SHEET_INTERVAL, /* SHEET_NUMBER with an interval */
    SHEET_CHANGE,   /* SHEET_SIGNED with an interval */
    SHEET_P         /* a probability: four decimals, the smallest as "<.0001" */
};
struct sheet_column {
    const char *name;  /* in CSV: "auc", with an interval also "auc_lo" and "auc_hi" */
    const char *title; /* elsewhere: "AUC"; NULL: the column is in CSV alone */
    enum sheet_kind kind;
    int digits;
};

/** Private. A failed allocation sets out.broken, which sheet_end reports. */
struct sheet {
    enum sheet_format format;
    const struct sheet_column *columns; /* borrowed, ended by one without name */
    int count, at;                      /* columns, and the one that comes next */
    bool any;                           /* a cell of this row is written */
    struct text out;
};

/** Begin with the heads; `caption` (borrowed for the call) stands above, except in CSV. */
void sheet_begin(struct sheet *s, enum sheet_format format, const struct sheet_column *columns, const char *caption);
/** The next cell, from left to right, row by row, of the kind of its column. NaN, or a negative
 * count: nothing in CSV, a dash elsewhere.
 * lo and hi count where the column has an interval; NaN there leaves the number alone. */
void sheet_text(struct sheet *s, const char *text);
void sheet_count(struct sheet *s, int64_t value);
void sheet_number(struct sheet *s, double value, double lo, double hi);
/** Close the table, after whole rows: `s->out` is complete. ERR_MEMORY when memory ran out. */
bool sheet_end(struct sheet *s, struct err *e);
void sheet_clear(struct sheet *s); /* fine on a zeroed struct */

#endif
