#include "views/screens/runs/runs_compare.h"

#include <stdio.h>

#include "engine/base/text.h"
#include "views/workbench/workbench.h"

enum { NAME = 27, VALUE_LEAST = 8, VALUE_MOST = 20 };

/* Columns of the names, and of the values of a run. */
struct columns {
    int name, value;
};

static struct columns lay(const struct marked *m, int w)
{
    struct columns c = { NAME, 0 };
    if (w - c.name < m->runs * (VALUE_LEAST + 3)) c.name = w / 3;
    c.value = (w - c.name) / m->runs - 1;
    if (c.value > VALUE_MOST) c.value = VALUE_MOST;
    return c;
}

/* Its place among the marks, from 1; 0: the shown run, which is not marked. */
static int place_of(const struct workbench *wb, int64_t run)
{
    for (int mark = 0; mark < wb->selection.mark_count; mark++)
        if (wb->selection.marks[mark] == run) return mark + 1;
    return 0;
}

static void draw_head(const struct marked *m, const struct workbench *wb, const struct area *row, struct columns c)
{
    area_field(row, 0, 0, c.name - 1, -1, INK_STRONG, "what came of them");
    for (int i = 0; i < m->runs; i++) {
        char id[48];
        snprintf(id, sizeof id, "%s%lld", m->run[i] == wb->selection.baseline ? "\u2605 " : "", (long long)m->run[i]);
        area_field(row, 0, c.name + i * (c.value + 1), c.value, 1, INK_SERIES(place_of(wb, m->run[i])) | STYLE_BOLD,
                   id);
    }
}

static void draw_row(const struct marked *m, const struct marked_row *r, const struct area *row, struct columns c)
{
    unsigned ink = r->why >= 0 ? INK_WATCH : INK_DIM;
    area_field(row, 0, 0, c.name - 1, -1, ink, r->name);
    for (int i = 0; i < m->runs; i++) {
        char text[MARKED_VALUE + 2];
        bool best = r->best == i;
        snprintf(text, sizeof text, "%s%s", r->value[i], best ? "*" : "");
        area_field(row, 0, c.name + i * (c.value + 1), c.value, 1,
                   best          ? INK_GOOD | STYLE_BOLD
                   : r->why == i ? INK_WATCH
                                 : INK_NORMAL,
                   text);
    }
    if (r->why >= 0)
        area_part(row, 0, c.name + m->runs * (c.value + 1) + 1, INK_WATCH, "why %lld is %s", (long long)m->run[r->why],
                  m->word[r->why]);
}

void runs_compare_draw(const struct marked *m, const struct workbench *wb, const struct area *a)
{
    if (a->h < 1 || m->runs < 2) return;
    struct columns c = lay(m, a->w);
    int y = 0, differ = m->row_count - m->results;
    struct area row = area_sub(a, y++, 0, 1, a->w);
    draw_head(m, wb, &row, c);
    for (int i = 0; i < m->row_count && y < a->h; i++) {
        if (i == m->results) {
            area_printf(a, y++, 0, INK_STRONG, "%d %s", differ,
                        text_number(differ, "setting differs", "settings differ"));
            if (y >= a->h) return;
        }
        if (y + 1 == a->h && i + 1 < m->row_count) {
            area_printf(a, y, 0, INK_DIM, "and %d more", m->row_count - i);
            return;
        }
        row = area_sub(a, y++, 0, 1, a->w);
        draw_row(m, &m->rows[i], &row, c);
    }
    if (!differ && y < a->h) area_text(a, y, 0, INK_DIM, "their settings are the same");
}
