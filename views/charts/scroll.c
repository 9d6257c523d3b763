#include "views/charts/scroll.h"

int scroll_top(int top, int before, int height, int rows, int chosen)
{
    if (height < 1) return 0;
    if (chosen >= 0 && height > before) top = 0;
    if (top > rows - height) top = rows - height;
    if (chosen >= 0 && chosen >= top + height) top = chosen - height + 1;
    if (chosen >= 0 && chosen < top) top = chosen;
    return top < 0 ? 0 : top;
}

void scroll_marks(const struct area *a, int top, int rows)
{
    if (a->h < 2) return;
    if (top > 0) area_put(a, 0, a->w - 1, 0x25b2, INK_ACCENT);
    if (top + a->h < rows) area_put(a, a->h - 1, a->w - 1, 0x25bc, INK_ACCENT);
}
