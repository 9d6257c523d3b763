#include "app/commands/export_chunk.h"

#include <stdlib.h>
#include <string.h>

bool export_chunk_init(struct export_chunk *c, const struct store_metrics *m, struct err *e)
{
    c->value = malloc(EXPORT_CHUNK * (m->count + 1) * sizeof *c->value);
    c->has = malloc(EXPORT_CHUNK * (m->count + 1) * sizeof *c->has);
    return (c->value && c->has) || err_set(e, ERR_MEMORY, "export: memory ran out");
}

bool export_chunk_read(struct export_chunk *c, struct store *s, int64_t run, const struct store_metrics *m,
                       int64_t first, struct err *e)
{
    memset(c->has, 0, EXPORT_CHUNK * m->count * sizeof *c->has);
    for (size_t k = 0; k < m->count; k++) {
        struct store_points points;
        if (!store_points_read(s, run, m->rows[k].id, first, first + EXPORT_CHUNK - 1, &points, e)) return false;
        for (size_t i = 0; i < points.count; i++) {
            size_t at = (size_t)(points.rows[i].step - first) * m->count + k;
            c->value[at] = points.rows[i].value;
            c->has[at] = true;
        }
        store_points_clear(&points);
    }
    return true;
}

void export_chunk_clear(struct export_chunk *c)
{
    free(c->value);
    free(c->has);
    *c = (struct export_chunk){ 0 };
}
