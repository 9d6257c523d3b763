/* A flat list of rows, searched by key: there are a few dozen, and they are asked for when a network is built. */
#include "engine/model/tuning.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char line_start[] = "# autotune ", line_middle[] = " = ";

void tuning_shape(const char *set, int threads, int direction, const struct conv_shape *s, char out[TUNING_SHAPE])
{
    snprintf(out, TUNING_SHAPE, "%s %d %s %dx%dx%dx%d-%d %d/%d/%d", set, threads, conv_direction_names[direction], s->n,
             s->h, s->w, s->c, s->k, s->r, s->stride, s->pad);
}

static const struct tuning_row *find(const struct tuning *t, const char *shape)
{
    for (size_t i = 0; t && i < t->count; i++)
        if (!strcmp(t->rows[i].shape, shape)) return &t->rows[i];
    return NULL;
}

bool tuning_add(struct tuning *t, const char *shape, const char *variant, struct err *e)
{
    if (find(t, shape)) return true;
    struct tuning_row *rows = realloc(t->rows, (t->count + 1) * sizeof *rows);
    if (!rows) return err_set(e, ERR_MEMORY, "autotune: no memory");
    t->rows = rows;
    struct tuning_row *row = &rows[t->count++];
    *row = (struct tuning_row){ .figure = NAN };
    snprintf(row->shape, sizeof row->shape, "%s", shape);
    snprintf(row->variant, sizeof row->variant, "%s", variant);
    return true;
}

const char *tuning_variant(const struct tuning *t, const char *shape)
{
    const struct tuning_row *row = find(t, shape);
    return row && *row->variant ? row->variant : NULL;
}

void tuning_write(const struct tuning *t, struct text *out)
{
    for (size_t i = 0; i < t->count; i++)
        if (*t->rows[i].variant)
            text_printf(out, "%s%s%s%s\n", line_start, t->rows[i].shape, line_middle, t->rows[i].variant);
}

bool tuning_read(struct tuning *t, const char *text, struct err *e)
{
    for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        if (strncmp(line, line_start, strlen(line_start))) continue;
        const char *shape = line + strlen(line_start), *end = line + strcspn(line, "\n");
        const char *middle = strstr(shape, line_middle);
        if (!middle || middle >= end) continue;
        const char *variant = middle + strlen(line_middle);
        char key[TUNING_SHAPE], value[TUNING_VARIANT];
        if (snprintf(key, sizeof key, "%.*s", (int)(middle - shape), shape) >= (int)sizeof key) continue;
        if (snprintf(value, sizeof value, "%.*s", (int)(end - variant), variant) >= (int)sizeof value) continue;
        if (!tuning_add(t, key, value, e)) return false;
    }
    return true;
}

void tuning_clear(struct tuning *t)
{
    free(t->rows);
    *t = (struct tuning){ 0 };
}
