#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/import_parts.h"

const char *file_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *file_real_directory(const char *path, struct err *e)
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

/* Does the real path `inner` lie in the real directory `root`? */
static bool is_below(const char *root, const char *inner)
{
    size_t n = strlen(root);
    if (!strcmp(root, "/")) return true;
    return !strncmp(root, inner, n) && (inner[n] == '/' || inner[n] == '\0');
}

bool file_stays_inside(const char *root, const char *relative, struct err *e)
{
    if (*relative == '/')
        return err_set(e, ERR_DATA, "%s: an absolute path; image paths must lie below %s", relative, root);
    for (const char *p = relative; *p;) {
        size_t n = strcspn(p, "/");
        if (n == 2 && p[0] == '.' && p[1] == '.')
            return err_set(e, ERR_DATA, "%s: leads out of %s ('..' is not allowed)", relative, root);
        p += n + (p[n] == '/');
    }
    char path[PATH_MAX], real[PATH_MAX];
    if (!file_join(path, sizeof path, root, relative))
        return err_set(e, ERR_DATA, "%.200s: the path is too long", relative);
    if (realpath(path, real) && !is_below(root, real))
        return err_set(e, ERR_DATA, "%s: a link that leads out of %s; copy the files there instead", relative, root);
    return true;
}

static bool add(struct file_list *l, const char *relative, struct err *e)
{
    if (l->count == l->room) {
        size_t room = l->room ? l->room * 2 : 64;
        char **p = realloc(l->paths, room * sizeof *p);
        if (!p) return err_set(e, ERR_MEMORY, "no memory for the list of files");
        l->paths = p;
        l->room = room;
    }
    if (!(l->paths[l->count] = text_copy(relative))) return err_set(e, ERR_MEMORY, "no memory for the list of files");
    l->count++;
    return true;
}

static bool is_image(const char *name)
{
    return text_ends(name, ".png") || text_ends(name, ".jpg") || text_ends(name, ".jpeg");
}

/* Look at one entry of a folder; links are followed inside the root only, and only to files, so that no cycle can form.
 */
static bool visit(struct file_list *l, const char *root, const char *relative, int depth, struct err *e);

static bool walk(struct file_list *l, const char *root, const char *relative, int depth, struct err *e)
{
    char path[PATH_MAX], inner[PATH_MAX];
    if (depth > 64 || !file_join(path, sizeof path, root, relative))
        return err_set(e, ERR_DATA, "%s: folders nest too deeply", root);
    DIR *dir = opendir(path);
    if (!dir) return err_errno(e, "%s", path);
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') continue;
        int n = snprintf(inner, sizeof inner, "%s%s%s", relative, *relative ? "/" : "", entry->d_name);
        ok = n < (int)sizeof inner ? visit(l, root, inner, depth, e)
                                   : err_set(e, ERR_DATA, "%s: a path below it is too long", root);
    }
    closedir(dir);
    return ok;
}

static bool visit(struct file_list *l, const char *root, const char *relative, int depth, struct err *e)
{
    char path[PATH_MAX];
    struct stat st;
    if (!file_join(path, sizeof path, root, relative))
        return err_set(e, ERR_DATA, "%s: a path below it is too long", root);
    if (lstat(path, &st)) return err_errno(e, "%s", path);
    if (S_ISLNK(st.st_mode)) {
        if (stat(path, &st)) return !is_image(path) || add(l, relative, e); /* dangling: told as unreadable */
        if (!S_ISDIR(st.st_mode) && !is_image(path)) return true;
        if (!file_stays_inside(root, relative, e)) return false;
        if (S_ISDIR(st.st_mode)) return true; /* what it points to is found where it lies */
    }
    if (S_ISDIR(st.st_mode)) return walk(l, root, relative, depth + 1, e);
    if (text_ends(relative, ".dcm")) l->dicom++;
    return !is_image(relative) || add(l, relative, e);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool file_list_init(struct file_list *l, const char *root, struct err *e)
{
    *l = (struct file_list){ 0 };
    if (!walk(l, root, "", 0, e)) {
        file_list_clear(l);
        return false;
    }
    if (l->count) qsort(l->paths, l->count, sizeof *l->paths, compare);
    return true;
}

void file_list_clear(struct file_list *l)
{
    for (size_t i = 0; i < l->count; i++) free(l->paths[i]);
    free(l->paths);
    *l = (struct file_list){ 0 };
}
