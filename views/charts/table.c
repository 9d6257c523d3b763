#include "views/charts/table.h"

#include <string.h>

#include "views/charts/scroll.h"

void table_init(struct table *t, const struct table_column *columns, int count)
{
    *t = (struct table){ .columns = columns, .count = count < TABLE_COLUMNS ? count : TABLE_COLUMNS, .sort = -1 };
    for (int i = 0; i < t->count; i++) t->least[i] = columns[i].least, t->want[i] = columns[i].want;
}

/* ---- layout ---------------------------------------------------------------------------------------------- */

/* Screen columns that the shown ones take at least, with a blank between two. */
static int taken(const struct table *t, const bool *shown)
{
    int sum = -1;
    for (int i = 0; i < t->count; i++)
        if (shown[i]) sum += t->least[i] + 1;
    return sum;
}

static int least_wanted(const struct table *t, const bool *shown)
{
    int found = -1;
    for (int i = 0; i < t->count; i++)
        if (shown[i] && t->columns[i].rank > 0 && (found < 0 || t->columns[i].rank >= t->columns[found].rank))
            found = i;
    return found;
}

/* What is left goes to those that want more, by rank. */
static void widen(struct table *t, const bool *shown, int left)
{
    for (int rank = 0; left > 0 && rank < 100; rank++)
        for (int i = 0; i < t->count; i++) {
            if (!shown[i] || t->columns[i].rank != rank) continue;
            int more = t->want[i] - t->w[i];
            more = more < 0 ? 0 : more > left ? left : more;
            t->w[i] += more;
            left -= more;
        }
}

void table_layout(struct table *t, int width)
{
    bool shown[TABLE_COLUMNS];
    int skip = t->skip, gone, x = 0;
    t->more = false;
    for (int i = 0; i < t->count; i++) {
        shown[i] = !t->hidden[i];
        if (shown[i] && t->columns[i].rank > 0 && skip > 0) shown[i] = false, skip--;
    }
    while (taken(t, shown) > width && (gone = least_wanted(t, shown)) >= 0) shown[gone] = false, t->more = true;
    for (int i = 0; i < t->count; i++) t->w[i] = shown[i] ? t->least[i] : 0;
    widen(t, shown, width - taken(t, shown));
    for (int i = 0; i < t->count; i++) {
        t->x[i] = x;
        if (t->w[i]) x += t->w[i] + 1;
    }
}

/* ---- drawing --------------------------------------------------------------------------------------------- */

/* Titles; the sorted one has an arrow where there is room, and is underlined in any case. */
static void draw_head(const struct table *t, const struct area *line)
{
    area_fill(line, 0, 0, 1, line->w, ' ', INK_DIM);
    for (int i = 0; i < t->count; i++) {
        if (!t->w[i]) continue;
        bool sorted = i == t->sort;
        unsigned style = sorted ? INK_ACCENT | STYLE_UNDERLINE : INK_DIM;
        int w = t->w[i], words = text_columns(t->columns[i].title);
        if (!sorted || words >= w) {
            area_field(line, 0, t->x[i], w, t->columns[i].align, style, words > w ? "" : t->columns[i].title);
            if (words > w) {
                struct area cut = area_sub(line, 0, t->x[i], 1, w);
                area_text(&cut, 0, 0, style, t->columns[i].title);
            }
            continue;
        }
        int at = t->columns[i].align > 0 ? t->x[i] + w - words - 1 : t->x[i];
        area_text(line, 0, at, style, t->columns[i].title);
        area_put(line, 0, at + words, t->down ? 0x25bc : 0x25b2, INK_ACCENT);
    }
    if (t->skip > 0) area_put(line, 0, 0, 0x25c0, INK_ACCENT);
    if (t->more) area_put(line, 0, line->w - 1, 0x25b6, INK_ACCENT);
}

void table_draw(struct table *t, const struct area *a, int rows, table_cell *cell, table_heading *heading, void *ctx)
{
    int head = a->h >= 3;
    t->rows = rows;
    const int before = t->body;
    t->body = a->h - head;
    t->height = a->h;
    table_layout(t, a->w - 1); /* the last column of the head says that there is more */
    if (t->chosen >= rows) t->chosen = rows - 1;
    if (t->chosen < 0) t->chosen = 0;
    t->top = scroll_top(t->top, before, t->body, rows, t->chosen);
    struct area line = area_sub(a, 0, 0, 1, a->w);
    if (head) draw_head(t, &line);
    for (int i = 0; i < t->body && t->top + i < rows; i++) {
        int row = t->top + i;
        unsigned style = row == t->chosen ? INK_NORMAL | STYLE_PAPER(INK_CHOSEN) : INK_NORMAL;
        line = area_sub(a, head + i, 0, 1, a->w);
        if (heading && heading(ctx, row, &line)) continue;
        area_fill(&line, 0, 0, 1, line.w, ' ', style);
        for (int c = 0; c < t->count; c++) {
            struct area field = area_sub(&line, 0, t->x[c], 1, t->w[c]);
            if (t->w[c] && field.w > 0) cell(ctx, row, c, &field, style);
        }
    }
    /* the last column of the rows says that there are others */
    struct area body = area_sub(a, head, 0, t->body, a->w);
    scroll_marks(&body, t->top, rows);
}

/* ---- moving ---------------------------------------------------------------------------------------------- */

int table_page(const struct table *t)
{
    return t->body > 1 ? t->body - 1 : 1;
}

void table_scroll(struct table *t, int by)
{
    int most = 0;
    for (int i = 0; i < t->count; i++) most += !t->hidden[i] && t->columns[i].rank > 0;
    if (by > 0 && !t->more) return;
    t->skip += by;
    if (t->skip > most - 1) t->skip = most - 1;
    if (t->skip < 0) t->skip = 0;
}

void table_sort(struct table *t, int column, bool down_first)
{
    t->down = t->sort == column ? !t->down : down_first;
    t->sort = column;
}

void table_at(const struct table *t, int y, int x, int *row, int *column)
{
    int head = t->height >= 3;
    *row = *column = -1;
    if (y >= head) {
        int at = t->top + y - head;
        if (y < t->height && at < t->rows) *row = at;
        return;
    }
    for (int i = 0; head && i < t->count; i++)
        if (t->w[i] && x >= t->x[i] && x <= t->x[i] + t->w[i]) *column = i;
}

int table_find(const struct table *t, const char *name)
{
    for (int i = 0; i < t->count; i++)
        if (!strcmp(t->columns[i].name, name)) return i;
    return -1;
}
