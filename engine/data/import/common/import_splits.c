/* Splits from a table, which replace those that a set has or would get. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/pool.h"
#include "engine/base/text.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/tables/file_names.h"

enum { NAME = 4096 }; /* bytes of a path */

struct splitting {
    struct dataset *d;
    struct file_names names;
    bool *given; /* [images] */
    size_t unknown, rows;
};

static bool read_row(struct splitting *s, const struct csv *t, int image, int split, struct err *e)
{
    struct file_match m;
    enum dataset_split to;
    char name[NAME];
    const char *cell = csv_field(t, image);
    if (*cell == '\'') cell++; /* so that no spreadsheet reads it as a formula */
    snprintf(name, sizeof name, "%.*s", NAME - 1, cell);
    text_clean(name);
    if (!import_split(t, split, &to, e) || !file_names_find(&s->names, name, &m, e)) return false;
    s->rows++;
    s->unknown += !m.files;
    if (!m.files) return true;
    if (m.files > 1)
        return err_set(e, ERR_DATA, "%s: line %zu: %.200s may be %.200s or %.200s", csv_path(t), csv_line(t), name,
                       s->d->images[m.file].path, s->d->images[m.second].path);
    struct dataset_image *found = &s->d->images[m.file];
    if (s->given[m.file] && found->split != to)
        return err_set(e, ERR_DATA, "%s: line %zu: %.200s is in %s here and in %s before", csv_path(t), csv_line(t),
                       found->path, dataset_split_names[to], dataset_split_names[found->split]);
    found->split = to;
    s->given[m.file] = true;
    return true;
}

static bool read_table(struct splitting *s, const struct import_config *c, struct csv *t, struct err *e)
{
    int image, split;
    uint32_t none = 0;
    if (!csv_need(t, "image", &image, e) || !csv_need(t, "split", &split, e)) return false;
    while (csv_next(t, e))
        if (!import_goes_on(c, s->rows, e) || !read_row(s, t, image, split, e)) return false;
    if (e->code != ERR_OK) return false;
    if (s->unknown == s->rows)
        return err_set(e, ERR_DATA, "%s: none of its %zu %s in the set", csv_path(t), s->rows,
                       text_number(s->rows, "image is", "images is"));
    for (uint32_t i = 0; i < s->d->count; i++) {
        if (s->given[i]) continue;
        s->d->images[i].split = SPLIT_NONE;
        none++;
    }
    return import_table_tell(t, s->d, e) &&
           dataset_add_remark(s->d, e, "splits are those of %.200s (--splits), whatever else is said of them",
                              csv_path(t)) &&
           dataset_add_count(s->d, none, "image does not stand there and is in no split",
                             "images do not stand there and are in no split", e) &&
           dataset_add_count(s->d, s->unknown, "image of the table of splits is not in the set",
                             "images of the table of splits are not in the set", e);
}

bool import_apply_splits(const struct import_config *c, struct dataset *d, struct err *e)
{
    const char *path = import_value(c, "splits");
    struct splitting s = { .d = d };
    struct pool texts = { 0 };
    struct csv *t = NULL;
    if (!path) return true;
    const char **paths = malloc((d->count + 1) * sizeof *paths);
    s.given = calloc(d->count + 1, sizeof *s.given);
    bool ok = paths && s.given;
    for (uint32_t i = 0; ok && i < d->count; i++) {
        char *shown = pool_text(&texts, d->images[i].path, NULL);
        paths[i] = shown;
        ok = shown != NULL;
        if (ok) text_clean(shown); /* as such a table is written */
    }
    if (!ok) err_set(e, ERR_MEMORY, "no memory");
    ok = ok && import_table_open(c, path, &t, e) && file_names_init(&s.names, paths, d->count, e) &&
         read_table(&s, c, t, e);
    csv_close(t);
    file_names_clear(&s.names);
    free(s.given);
    free(paths);
    pool_clear(&texts);
    return ok;
}
