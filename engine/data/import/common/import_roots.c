/* The folders that an import may read from, and which of them contains a path, with links resolved. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/import/common/import_common.h"

const char *file_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The real path of a folder, which the caller frees; an error tells what is wrong with it. */
static char *real_directory(const char *path, struct err *e)
{
    char *real = realpath(path, NULL);
    if (!real) {
        if (errno == ENOENT)
            err_set(e, ERR_NOT_FOUND, "%s: no such directory", path);
        else
            err_errno(e, "%s", path);
        return NULL;
    }
    if (!file_is_directory(real)) {
        err_set(e, ERR_DATA, "%s: is a file, expected a directory", path);
        free(real);
        return NULL;
    }
    return real;
}

/* The rest of `path` after the folder `root`, "" for the folder itself; NULL if it is not inside. */
static const char *below(const char *root, const char *path)
{
    size_t n = strlen(root);
    while (n && root[n - 1] == '/') n--;
    if (strncmp(root, path, n) || (path[n] && path[n] != '/')) return NULL;
    return path + n + strspn(path + n, "/");
}

/* The path without empty and "." components; ".." is checked elsewhere. False if it does not fit. */
static bool tidy(const char *path, char *out, size_t size)
{
    size_t n = 0;
    if (*path == '/') out[n++] = '/';
    for (const char *p = path; *p;) {
        size_t length = strcspn(p, "/");
        if (length && !(length == 1 && *p == '.')) {
            if (n + length + 2 > size) return false;
            if (n && out[n - 1] != '/') out[n++] = '/';
            memcpy(out + n, p, length);
            n += length;
        }
        p += length + (p[length] == '/');
    }
    out[n] = '\0';
    return true;
}

static bool climbs(const char *path)
{
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");
        if (n == 2 && p[0] == '.' && p[1] == '.') return true;
        p += n + (p[n] == '/');
    }
    return false;
}

bool roots_add(struct import_roots *r, const char *path, struct err *e)
{
    char spelled[PATH_MAX], here[PATH_MAX] = "", joined[2 * PATH_MAX + 2];
    char *real = real_directory(path, e);
    if (!real) return false;
    if (*path != '/' && !getcwd(here, sizeof here)) *here = '\0';
    snprintf(joined, sizeof joined, "%s/%s", here, path);
    struct import_root *p = realloc(r->rows, (r->count + 1) * sizeof *p);
    char *copy = text_copy(tidy(joined, spelled, sizeof spelled) ? spelled : real);
    if (p) r->rows = p;
    if (!p || !copy) {
        free(copy);
        free(real);
        return err_set(e, ERR_MEMORY, "no memory");
    }
    r->rows[r->count++] = (struct import_root){ copy, real };
    return true;
}

bool roots_init(struct import_roots *r, const struct import_config *c, const char *own, struct err *e)
{
    r->follow = c->follow_links;
    if (own && !roots_add(r, own, e)) return false;
    for (size_t i = 0; i < c->value_count; i++)
        if (!strcmp(c->values[i].name, "images") && !roots_add(r, c->values[i].value, e)) return false;
    return true;
}

void roots_clear(struct import_roots *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->rows[i].spelled);
        free(r->rows[i].real);
    }
    free(r->rows);
    *r = (struct import_roots){ 0 };
}

char *roots_common(const struct import_roots *r, struct err *e)
{
    char *base = text_copy(r->rows[0].real);
    for (size_t i = 1; base && i < r->count; i++)
        while (!below(base, r->rows[i].real)) {
            char *slash = strrchr(base, '/');
            slash[slash == base] = '\0'; /* "/" has everything below it */
        }
    if (!base) err_set(e, ERR_MEMORY, "no memory");
    return base;
}

/* The deepest folder that contains `path`, literally. */
static const struct import_root *root_of(const struct import_roots *r, const char *path)
{
    const struct import_root *best = NULL;
    for (size_t i = 0; i < r->count; i++)
        if (below(r->rows[i].real, path) && (!best || strlen(r->rows[i].real) > strlen(best->real))) best = &r->rows[i];
    return best;
}

enum import_place roots_place(const struct import_roots *r, const char *path)
{
    char real[PATH_MAX];
    struct stat st;
    if (!realpath(path, real) || stat(real, &st)) return PLACE_NOWHERE;
    const struct import_root *home = root_of(r, path);
    bool own = home && below(home->real, real), allowed = own || (r->follow && root_of(r, real));
    for (size_t i = 0; i < r->count; i++) allowed |= below(r->rows[i].real, path) && below(r->rows[i].real, real);
    if (!allowed) return PLACE_OUTSIDE;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) return PLACE_NO_FILE;
    return own ? PLACE_OWN : PLACE_OTHER;
}

const char *roots_reason(enum import_place place)
{
    return place == PLACE_OUTSIDE ? "a link that leads out of the folders given; name the one it leads to with --images"
           : place == PLACE_NO_FILE ? "not a regular file"
                                    : "no such file";
}

bool roots_allow(const struct import_roots *r, const char *path, bool *linked, struct err *e)
{
    enum import_place place = roots_place(r, path);
    *linked = place == PLACE_OTHER;
    return place == PLACE_OWN || place == PLACE_OTHER ||
           err_set(e, place == PLACE_NOWHERE ? ERR_NOT_FOUND : ERR_DATA, "%s: %s", path, roots_reason(place));
}

bool roots_refuse(const struct import_roots *r, const char *name, const char *path, struct err *e)
{
    const struct import_root *home = root_of(r, path);
    return err_set(e, ERR_DATA,
                   "%s: a link that leads out of %s; copy the files there, or allow it: --follow-links --images DIR",
                   name, home ? home->real : "the folders given");
}

/* An absolute path, literally or by the real path of its folder. Fills `out` with the root's real path and the rest. */
static bool absolute(const struct import_roots *r, const char *path, char out[PATH_MAX])
{
    char folder[PATH_MAX], real[PATH_MAX];
    const char *rest;
    for (size_t i = 0; i < r->count; i++)
        if ((rest = below(r->rows[i].spelled, path)) || (rest = below(r->rows[i].real, path)))
            return file_join(out, PATH_MAX, r->rows[i].real, rest);
    snprintf(folder, sizeof folder, "%.*s", (int)(file_base(path) - path), path);
    return realpath(folder, real) && root_of(r, real) && file_join(out, PATH_MAX, real, file_base(path));
}

bool roots_find(const struct import_roots *r, const char *written, char out[PATH_MAX], struct err *e)
{
    char path[PATH_MAX];
    struct stat st;
    const char *first = r->rows[0].real;
    if (climbs(written))
        return err_set(e, ERR_DATA, "%s: '..' is not allowed; write the path below %s without it", written, first);
    if (!tidy(written, path, sizeof path)) return err_set(e, ERR_DATA, "%.200s: the path is too long", written);
    if (*path == '/')
        return absolute(r, path, out) || err_set(e, ERR_DATA, "%s: an absolute path; image paths must lie below %s%s",
                                                 written, first, r->count > 1 ? " or another folder of --images" : "");
    for (size_t i = r->count; i-- > 0;)
        if (!file_join(out, PATH_MAX, r->rows[i].real, path))
            return err_set(e, ERR_DATA, "%.200s: the path is too long", written);
    for (size_t i = 0; i < r->count; i++) {
        file_join(out, PATH_MAX, r->rows[i].real, path);
        if (lstat(out, &st) == 0) return true;
    }
    return file_join(out, PATH_MAX, first, path);
}

const char *roots_relative(const char *base, const char *path)
{
    return below(base, path);
}
