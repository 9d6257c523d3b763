/* A table on screen: columns that give way as the width shrinks, a chosen row, a sorted column.
 *
 * The table knows no data. The screen owns the rows, in the order they are shown, and draws one cell when asked; the
 * table lays out columns, scrolls, and tells what a click meant. Layout is a pure function of widths. */
#ifndef MLVICX_VIEWS_TABLE_H
#define MLVICX_VIEWS_TABLE_H

#include <stdbool.h>

#include "views/terminal/canvas.h"

enum { TABLE_COLUMNS = 24 };

struct table_column {
    const char *name;  /* what the store and menus call it: "auc"                                 */
    const char *title; /* in the head                                                             */
    int least, want;   /* columns of the screen; a table may change both in its own lists         */
    int align;         /* of the title, < 0 left, > 0 right                                       */
    int rank;          /* how early it goes when there is no room: 0 never, else the highest first */
};

/** Plain; table_init fills it. */
struct table {
    const struct table_column *columns; /* borrowed */
    int count;
    int least[TABLE_COLUMNS], want[TABLE_COLUMNS];
    bool hidden[TABLE_COLUMNS];
    int sort; /* a column; -1: as it comes */
    bool down;
    int chosen, top; /* rows */
    int skip;        /* columns scrolled out on the left, those of rank 0 not counted */
    int rows;        /* of the last table_draw, with its height below */
    int height, body;
    int x[TABLE_COLUMNS], w[TABLE_COLUMNS]; /* of the last layout; w 0: not shown */
    bool more;                              /* columns that did not fit            */
};

void table_init(struct table *t, const struct table_column *columns, int count);

/** Fill x and w for `width` columns of the screen: those of the highest rank go first, then each gets its least width,
 *  then what is left goes to those that want more, the lowest rank first. */
void table_layout(struct table *t, int width);

/** Draws the cell of a row in its area; `style` has the paper of the row. */
typedef void table_cell(void *ctx, int row, int column, const struct area *cell, unsigned style);
/** Draws a whole row that is no row of cells (a heading between groups) and returns true; may be NULL. */
typedef bool table_heading(void *ctx, int row, const struct area *line);

/** Head and rows. Keeps the chosen row in sight. */
void table_draw(struct table *t, const struct area *a, int rows, table_cell *cell, table_heading *heading, void *ctx);

/** Rows of a page, for page keys. */
int table_page(const struct table *t);
/** Scroll sideways, as far as there are columns. */
void table_scroll(struct table *t, int by);
/** Sort by a column; the one that is sorted by already turns round. */
void table_sort(struct table *t, int column, bool down_first);
/** What lies at y, x of the drawn area: a row (*row), a column's head (*column), or -1 for each. */
void table_at(const struct table *t, int y, int x, int *row, int *column);
/** Column by name; -1. */
int table_find(const struct table *t, const char *name);

#endif
