#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/import/import_csv.h"

/* The folders to which paths are relative, and the folder that contains all of them, to which the set's paths are
 * relative. */
bool table_files_init(struct table_files *f, const struct import_config *c, const char *table, struct dataset *d,
                      struct err *e)
{
    *f = (struct table_files){ .c = c, .d = d };
    bool ok = roots_init(c->roots, c, NULL, e);
    if (ok && !c->roots->count) {
        size_t n = (size_t)(file_base(table) - table);
        char *dir = n ? strndup(table, n) : text_copy(".");
        ok = dir ? roots_add(c->roots, dir, e) : err_set(e, ERR_MEMORY, "no memory");
        free(dir);
    }
    char *base = ok ? roots_common(c->roots, e) : NULL;
    if (!base) return false;
    free(d->source);
    d->source = base;
    return true;
}

void table_files_clear(struct table_files *f)
{
    for (size_t i = 0; i < f->count; i++) free(f->paths[i]);
    free(f->paths);
    file_names_clear(&f->names);
    *f = (struct table_files){ 0 };
}

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the list of files");
}

/* The files below one root, as paths below d->source. */
static bool add_root(struct table_files *f, size_t root, struct err *e)
{
    struct file_list l;
    char full[PATH_MAX];
    if (!file_list_below(&l, f->c, root, true, e)) return false;
    char **paths = realloc(f->paths, (f->count + l.count + 1) * sizeof *paths);
    bool ok = paths != NULL;
    if (ok) f->paths = paths;
    for (size_t i = 0; ok && i < l.count; i++) {
        if (!file_join(full, sizeof full, f->c->roots->rows[root].real, l.paths[i])) continue;
        ok = (f->paths[f->count] = text_copy(roots_relative(f->d->source, full))) != NULL;
        f->count += ok;
    }
    file_list_clear(&l);
    return ok || no_memory(e);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All files of all roots; a file in several roots counts once. */
static bool list_all(struct table_files *f, struct err *e)
{
    f->listed = true;
    for (size_t i = 0; i < f->c->roots->count; i++)
        if (!add_root(f, i, e)) return false;
    if (f->count) qsort(f->paths, f->count, sizeof *f->paths, compare);
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (n && !strcmp(f->paths[n - 1], f->paths[i]))
            free(f->paths[i]);
        else
            f->paths[n++] = f->paths[i];
    }
    f->count = n;
    return file_names_init(&f->names, (const char *const *)f->paths, f->count, e);
}

/* By the end of its path. */
static bool find_loose(struct table_files *f, const char *written, struct table_file *out, struct err *e)
{
    struct file_match m;
    if (!f->listed && !list_all(f, e)) return false;
    if (!file_names_find(&f->names, written, &m, e)) return false;
    if (m.files > 1) return import_tell_several(f->d, written, f->paths[m.file], f->paths[m.second], e);
    if (!m.files) {
        f->d->absent++;
        return true;
    }
    out->parts = m.parts;
    snprintf(out->path, sizeof out->path, "%s", f->paths[m.file]);
    return true;
}

/* Does a path of this machine lead outside all permitted folders? A path of another machine does not exist here. */
static bool is_elsewhere(const char *written)
{
    struct stat st;
    return *written == '/' && lstat(written, &st) == 0;
}

bool table_files_find(struct table_files *f, const char *written, struct table_file *out, struct err *e)
{
    char full[PATH_MAX];
    struct err why;
    const struct import_roots *roots = f->c->roots;
    *out = (struct table_file){ .parts = SIZE_MAX };
    if (!roots_find(roots, written, full, &why)) {
        if (*written == '/' && why.code == ERR_DATA && !strstr(written, "..") && !is_elsewhere(written))
            return find_loose(f, written, out, e);
        if (e) *e = why;
        return false;
    }
    const char *relative = roots_relative(f->d->source, full);
    enum import_place place = roots_place(roots, full);
    if (place == PLACE_OUTSIDE && !roots->follow) return roots_refuse(roots, written, full, e);
    if (place == PLACE_OUTSIDE || place == PLACE_NO_FILE)
        return dataset_add_unreadable(f->d, relative, roots_reason(place), e);
    if (place == PLACE_NOWHERE || !file_exists(full)) return find_loose(f, written, out, e);
    snprintf(out->path, sizeof out->path, "%s", relative);
    return true;
}
