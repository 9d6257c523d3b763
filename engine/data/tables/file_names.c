#include "engine/data/tables/file_names.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/letters.h"
#include "engine/base/text.h"

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the list of file names");
}

size_t file_stem_length(const char *name)
{
    static const char *const endings[] = { ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dcm", ".dicom", ".bmp" };
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (text_ends(name, endings[i]) && n > strlen(endings[i])) return n - strlen(endings[i]);
    return n;
}

/* The path as paths are compared; owned. */
static char *fold(const char *path)
{
    char *slashes = text_copy(path);
    for (char *p = slashes; p && *p; p++)
        if (*p == '\\') *p = '/';
    char *lower = slashes ? text_fold(slashes, strlen(slashes)) : NULL;
    char *apart = lower ? letters_apart(lower, strlen(lower)) : NULL;
    free(slashes);
    free(lower);
    return apart;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void row_clear(struct file_name *r)
{
    free(r->key);
    free(r->ending);
}

static bool row_init(struct file_name *r, const char *path, size_t file, struct err *e)
{
    *r = (struct file_name){ .key = fold(path), .file = file };
    if (!r->key) return no_memory(e);
    r->stem = r->key + (base_of(r->key) - r->key);
    char *end = r->stem + file_stem_length(r->stem);
    r->ending = text_copy(end);
    *end = '\0';
    if (r->ending) return true;
    row_clear(r);
    return no_memory(e);
}

static int compare(const void *a, const void *b)
{
    const struct file_name *x = a, *y = b;
    int c = strcmp(x->stem, y->stem);
    return c ? c : (x->file > y->file) - (x->file < y->file);
}

bool file_names_init(struct file_names *n, const char *const *paths, size_t count, struct err *e)
{
    *n = (struct file_names){ .paths = paths, .rows = calloc(count ? count : 1, sizeof *n->rows) };
    if (!n->rows) return no_memory(e);
    for (; n->count < count; n->count++)
        if (!row_init(&n->rows[n->count], paths[n->count], n->count, e)) {
            file_names_clear(n);
            return false;
        }
    qsort(n->rows, count, sizeof *n->rows, compare);
    return true;
}

void file_names_clear(struct file_names *n)
{
    for (size_t i = 0; i < n->count; i++) row_clear(&n->rows[i]);
    free(n->rows);
    *n = (struct file_names){ 0 };
}

/* The first row with the stem. */
static size_t first_of(const struct file_names *n, const char *stem)
{
    size_t low = 0, high = n->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(n->rows[middle].stem, stem) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whole parts that both paths end in; `*all` when nothing of `written` is left. */
static size_t common_parts(const char *written, const char *path, bool *all)
{
    size_t w = strlen(written), p = strlen(path), parts = 0;
    for (;;) {
        if (w && p && written[w - 1] != '/' && written[w - 1] == path[p - 1]) {
            w--, p--;
            continue;
        }
        bool end_w = !w || written[w - 1] == '/', end_p = !p || path[p - 1] == '/';
        parts += end_w && end_p;
        *all = !w && end_p;
        if (!end_w || !end_p || !w || !p) return parts;
        while (w && written[w - 1] == '/') w--;
        p--;
    }
}

/* Are the bytes of `path` the end of `written`, or the other way round? */
static bool same_bytes(const char *written, const char *path)
{
    size_t w = strlen(written), p = strlen(path), n = w < p ? w : p;
    return !memcmp(written + w - n, path + p - n, n);
}

bool file_names_find(const struct file_names *n, const char *written, struct file_match *m, struct err *e)
{
    struct file_name name;
    size_t best = 0;
    *m = (struct file_match){ 0 };
    while (written[0] == '.' && (written[1] == '/' || written[1] == '\\')) written += 2;
    if (!row_init(&name, written, 0, e)) return false;
    for (size_t i = first_of(n, name.stem); i < n->count && !strcmp(n->rows[i].stem, name.stem); i++) {
        const struct file_name *r = &n->rows[i];
        bool all, ending = !strcmp(r->ending, name.ending);
        size_t parts = common_parts(name.key, r->key, &all);
        bool complete = all && !strcmp(name.key, r->key);
        size_t score = parts * 8 + 4 * complete + 2 * ending + same_bytes(written, n->paths[r->file]);
        if (score == best && m->files++ == 1) m->second = r->file;
        if (score <= best) continue;
        best = score;
        *m = (struct file_match){ r->file, 1, 0, parts, all && ending };
    }
    row_clear(&name);
    return true;
}
