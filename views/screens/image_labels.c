#include "engine/base/text.h"
#include "views/screens/image_labels.h"

#include <stdio.h>

#include "views/analysis/format.h"

/* A background that shows the share, and a text colour that is readable on it. */
static unsigned heat_style(const struct theme *theme, double share)
{
    if (!theme_has_map(theme) || !(share > 0)) return share >= 0.5 ? INK_NORMAL | STYLE_BOLD : INK_NORMAL;
    return (unsigned)(share > 0.6 ? INK_GREY0 : INK_GREY0 + 255) | STYLE_PAPER(theme_map(share));
}

static void draw_together(const struct theme *theme, const struct store_counts *n, const struct area *a, int top)
{
    int columns = (a->w - 16) / 6;
    area_text(a, 0, 1, INK_STRONG, "Found together");
    area_text(a, 0, 17, INK_DIM, "images with both; darker to lighter: share of the row's class");
    for (int j = 0; j < columns && j < (int)n->classes; j++) area_field(a, 1, 16 + 6 * j, 5, 1, INK_DIM, n->names[j]);
    for (int i = 0; i + top < (int)n->classes && i + 2 < a->h; i++) {
        size_t row = (size_t)(i + top), k = n->classes;
        area_field(a, i + 2, 1, 14, -1, INK_NORMAL, n->names[row]);
        for (int j = 0; j < columns && j < (int)n->classes; j++) {
            int64_t both = n->together[row * k + (size_t)j], own = n->together[row * k + row];
            char text[FORMAT_SIZE];
            snprintf(text, sizeof text, "%lld ", (long long)both);
            bool self = (size_t)j == row;
            area_field(a, i + 2, 16 + 6 * j, 6, 1,
                       self ? INK_DIM : heat_style(theme, own ? (double)both / (double)own : 0), text);
        }
    }
}

void image_labels_draw(const struct area *a, const struct theme *theme, const struct store_counts *n, int top)
{
    if (!n || n->classes == 0) {
        area_text(a, 0, 1, INK_DIM, "this data set has no labels");
        return;
    }
    area_printf(a, 0, 1, INK_DIM, "%-22s %7s %7s %7s %7s  share of labelled", "class", "train", "val", "test", "none");
    int rows = (int)n->classes, y = 1, most = a->h > 12 ? a->h - 8 : a->h - 1;
    for (int i = top; i < rows && y < most; i++, y++) {
        const int64_t *p = n->positives[i], *m = n->negatives[i];
        double positive = 0, all = 0;
        for (int s = 0; s < STORE_SPLIT_COUNT; s++) positive += (double)p[s], all += (double)(p[s] + m[s]);
        area_field(a, y, 1, 22, -1, INK_NORMAL, n->names[i]);
        area_printf(a, y, 24, INK_NORMAL, "%7lld %7lld %7lld %7lld", (long long)p[STORE_SPLIT_TRAIN],
                    (long long)p[STORE_SPLIT_VAL], (long long)p[STORE_SPLIT_TEST], (long long)p[STORE_SPLIT_NONE]);
        if (all <= 0) continue;
        area_printf(a, y, 56, INK_STRONG, "%5.1f %%", 100 * positive / all);
        int bar = (int)(positive / all * (a->w - 66) + 0.5);
        if (a->w > 70 && bar > 0) area_fill(a, y, 65, 1, bar, 0x2588, INK_SERIES(i));
    }
    int x = 1 + area_part(a, y, 1, INK_DIM, "%lld %s, %lld in more than one split", (long long)n->patients,
                          text_number(n->patients, "patient", "patients"), (long long)n->shared_patients);
    area_part(a, y++, x, INK_DIM, "; %lld %s labelled", (long long)n->labelled,
              text_number(n->labelled, "image", "images"));
    struct area rest = area_sub(a, y + 1, 0, a->h - y - 1, a->w);
    if (rest.h > 3) draw_together(theme, n, &rest, top);
}
