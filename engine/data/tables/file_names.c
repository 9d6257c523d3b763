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

/* The path in the form used for comparison; owned. */
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

/* Number of whole components that both paths end in; `*left_written`, `*left_path`: whether components remain in
 * front of them. */
static size_t common_parts(const char *written, const char *path, bool *left_written, bool *left_path)
{
    size_t w = strlen(written), p = strlen(path), parts = 0;
    for (;;) {
        size_t i = w, j = p;
        while (i && j && written[i - 1] != '/' && written[i - 1] == path[j - 1]) i--, j--;
        if ((i && written[i - 1] != '/') || (j && path[j - 1] != '/')) break;
        parts++;
        while (i && written[i - 1] == '/') i--;
        w = i;
        p = j ? j - 1 : 0;
        if (!w || !p) break;
    }
    *left_written = w > 0;
    *left_path = p > 0;
    return parts;
}

/* Is `path` the end of `written` byte for byte, or the other way round? */
static bool same_bytes(const char *written, const char *path)
{
    size_t w = strlen(written), p = strlen(path), n = w < p ? w : p;
    return !memcmp(written + w - n, path + p - n, n);
}

static const char *without_dots(const char *written)
{
    while (written[0] == '.' && (written[1] == '/' || written[1] == '\\')) written += 2;
    return written;
}

bool file_name_relate(const char *name, const char *path, enum file_relation *out, struct err *e)
{
    struct file_name a, b;
    bool left_name, left_path;
    if (!row_init(&a, without_dots(name), 0, e)) return false;
    bool ok = row_init(&b, without_dots(path), 0, e);
    if (ok) {
        size_t parts = common_parts(a.key, b.key, &left_name, &left_path);
        *out = !parts || (left_name && left_path) ? FILE_OTHER : left_name ? FILE_LONGER : FILE_SAME;
        row_clear(&b);
    }
    row_clear(&a);
    return ok;
}

bool file_names_find(const struct file_names *n, const char *written, struct file_match *m, struct err *e)
{
    struct file_name name;
    size_t best = 0;
    *m = (struct file_match){ 0 };
    written = without_dots(written);
    if (!row_init(&name, written, 0, e)) return false;
    size_t first = first_of(n, name.stem), same = 0;
    for (size_t i = first; i < n->count && !strcmp(n->rows[i].stem, name.stem); i++, same++) {
        const struct file_name *r = &n->rows[i];
        bool left_written, left_path, ending = !strcmp(r->ending, name.ending);
        size_t parts = common_parts(name.key, r->key, &left_written, &left_path);
        bool exact = !left_written && !left_path, complete = !left_written || !left_path;
        size_t score = parts * 8 + 4 * exact + 2 * ending + same_bytes(written, n->paths[r->file]);
        if (score == best && m->files++ == 1) m->second = r->file;
        if (score <= best) continue;
        best = score;
        *m = (struct file_match){ r->file, 1, 0, parts, !left_written && ending, complete };
    }
    if (same > 1 && !m->complete) *m = (struct file_match){ 0 };
    row_clear(&name);
    return true;
}
