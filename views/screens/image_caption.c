#include "views/screens/image_caption.h"

#include <stdio.h>
#include <string.h>

#include "views/terminal/canvas.h"

/* The first `count` names, and how many more there are. */
static bool join(const struct image_set *v, const int8_t *labels, int count, int all, int columns, char *out,
                 size_t size)
{
    size_t used = 0;
    int said = 0;
    for (size_t c = 0; c < v->data.classes_count && said < count; c++)
        if (labels[c] == 1 && used < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s", said++ ? ", " : "", v->data.classes[c]);
    if (count < all && used < size) used += (size_t)snprintf(out + used, size - used, " +%d", all - count);
    return used < size && text_columns(out) <= columns;
}

const char *image_caption(const struct image_set *v, uint32_t image, int columns, char *out, size_t size)
{
    size_t n = v->data.classes_count;
    const int8_t *labels = v->data.labels ? v->data.labels + (size_t)image * n : NULL;
    int all = 0;
    for (size_t c = 0; labels && c < n; c++) all += labels[c] == 1;
    for (int count = all; count > 0; count--)
        if (join(v, labels, count, all, columns, out, size)) return out;
    if (all < 2) return image_set_labels(v, image, out, size);
    snprintf(out, size, "%d labels", all);
    return out;
}
