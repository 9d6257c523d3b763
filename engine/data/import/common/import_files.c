/* The files below a folder: images by their names, and links as far as they may be followed. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/data/images/image.h"
#include "engine/data/import/common/import_common.h"
#include "engine/data/reasons.h"

enum { DEPTH_MOST = 64, LINKED_MOST = 100000 }; /* depth of folders; folders entered through links */

/* One walk; `above` are the folders that it is in, by their identity, so that links cannot lead it in a circle. */
struct walk {
    struct file_list *list;
    const struct import_config *config;
    const struct import_roots *roots;
    const char *root;
    bool lenient; /* links that lead outside are left out, whether links are followed or not */
    size_t seen;
    struct {
        dev_t device;
        ino_t file;
    } above[DEPTH_MOST + 1];
    size_t linked;
};

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the list of files");
}

static bool add(struct file_list *l, const char *relative, struct err *e)
{
    if (l->count == l->room) {
        size_t room = l->room ? l->room * 2 : 64;
        char **p = realloc(l->paths, room * sizeof *p);
        if (!p) return no_memory(e);
        l->paths = p;
        l->room = room;
    }
    if (!(l->paths[l->count] = pool_text(&l->texts, relative, NULL))) return no_memory(e);
    l->count++;
    return true;
}

/* A file that is reported and not read. */
static bool leave(struct file_list *l, const char *relative, enum import_place place, struct err *e)
{
    struct file_left *p = realloc(l->left, (l->left_count + 1) * sizeof *p);
    if (!p) return no_memory(e);
    l->left = p;
    if (!(p[l->left_count].path = pool_text(&l->texts, relative, NULL))) return no_memory(e);
    p[l->left_count++].place = place;
    return true;
}

static bool is_picture(const char *name)
{
    static const char *const ends[] = { ".png", ".jpg", ".jpeg", ".tif", ".tiff" };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (text_ends(name, ends[i])) return true;
    return false;
}

static bool is_image(const char *name)
{
    return is_picture(name) || dicom_is_name(name);
}

/* An image by its name, in a compressed file: it is listed, and refused with that reason when it is read. */
static bool is_packed(const char *path)
{
    static const char *const ends[] = { ".gz", ".bz2", ".xz", ".zst", ".zip" };
    char inner[PATH_MAX];
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (!text_ends(path, ends[i])) continue;
        snprintf(inner, sizeof inner, "%.*s", (int)(strlen(path) - strlen(ends[i])), path);
        return is_image(inner);
    }
    return false;
}

/* Is it an image? DICOM files are counted if this program cannot read them. DICOM files are often named by a number,
 * so files of any name are opened; one that cannot be opened is listed, and reported when it is read. */
static bool takes(struct walk *w, const char *path)
{
    if (is_picture(path) || is_packed(path)) return true;
    bool dicom = dicom_is_name(path) || image_is_dicom(path);
    if (!dicom && access(path, R_OK) && errno == EACCES && dicom_supported()) return true;
    if (!dicom) {
        other_files_count(&w->list->others, path);
        return false;
    }
    w->list->dicom += !dicom_supported();
    return dicom_supported();
}

static bool is_circle(const struct walk *w, const struct stat *st, int depth)
{
    for (int i = 0; i < depth; i++)
        if (w->above[i].device == st->st_dev && w->above[i].file == st->st_ino) return true;
    return false;
}

/* An entry whose name begins with a dot, and that would otherwise be read. */
static bool is_hidden(int dir, const char *name)
{
    struct stat st;
    if (!strcmp(name, ".") || !strcmp(name, "..")) return false;
    return is_image(name) || (fstatat(dir, name, &st, 0) == 0 && S_ISDIR(st.st_mode));
}

/* Does the walk reach the folder `path` without a link? That other roots contain it does not count. */
static bool is_walked(const struct walk *w, const char *path)
{
    char real[PATH_MAX];
    const char *rest = realpath(path, real) ? roots_relative(w->root, real) : NULL;
    return rest && *rest != '.' && !strstr(rest, "/.");
}

static bool visit(struct walk *w, const char *relative, int depth, struct err *e);

static bool enter(struct walk *w, const char *relative, const struct stat *st, int depth, struct err *e)
{
    char path[PATH_MAX], inner[PATH_MAX];
    if (depth > DEPTH_MOST || !file_join(path, sizeof path, w->root, relative))
        return err_set(e, ERR_DATA, "%s: folders nest too deeply", w->root);
    if (is_circle(w, st, depth)) {
        w->list->circles++;
        return true;
    }
    w->above[depth].device = st->st_dev;
    w->above[depth].file = st->st_ino;
    DIR *dir = opendir(path);
    if (!dir) return err_errno(e, "%s", path);
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') {
            w->list->hidden += is_hidden(dirfd(dir), entry->d_name);
            continue;
        }
        int n = snprintf(inner, sizeof inner, "%s%s%s", relative, *relative ? "/" : "", entry->d_name);
        ok = n < (int)sizeof inner ? visit(w, inner, depth, e)
                                   : err_set(e, ERR_DATA, "%s: a path below it is too long", w->root);
    }
    closedir(dir);
    return ok;
}

/* Handles a link to a folder. A folder that the walk reaches anyway is not read twice. */
static bool visit_linked_folder(struct walk *w, const char *relative, const char *path, const struct stat *st,
                                int depth, struct err *e)
{
    if (!is_circle(w, st, depth + 1) && is_walked(w, path)) {
        w->list->inner++;
        return true;
    }
    if (++w->linked > LINKED_MOST)
        return err_set(e, ERR_DATA, "%s: more than %d links to folders", w->root, LINKED_MOST);
    return enter(w, relative, st, depth + 1, e);
}

static bool visit_link(struct walk *w, const char *relative, const char *path, int depth, struct err *e)
{
    struct stat st;
    if (stat(path, &st)) /* dangling: reported as unreadable, as an image when it is read */
        return is_image(path) ? add(w->list, relative, e) : leave(w->list, relative, PLACE_NOWHERE, e);
    if (!S_ISDIR(st.st_mode) && !takes(w, path)) return true;
    enum import_place place = roots_place(w->roots, path);
    if (place == PLACE_OUTSIDE && !w->roots->follow && !w->lenient) return roots_refuse(w->roots, relative, path, e);
    if (place != PLACE_OWN && place != PLACE_OTHER) return leave(w->list, relative, place, e);
    if (S_ISDIR(st.st_mode)) return visit_linked_folder(w, relative, path, &st, depth, e);
    return add(w->list, relative, e);
}

static bool visit(struct walk *w, const char *relative, int depth, struct err *e)
{
    char path[PATH_MAX];
    struct stat st;
    if (!file_join(path, sizeof path, w->root, relative))
        return err_set(e, ERR_DATA, "%s: a path below it is too long", w->root);
    if (!import_goes_on(w->config, w->seen++, e)) return false;
    if (lstat(path, &st)) return err_errno(e, "%s", path);
    if (S_ISLNK(st.st_mode)) return visit_link(w, relative, path, depth, e);
    if (S_ISDIR(st.st_mode)) return enter(w, relative, &st, depth + 1, e);
    if (!takes(w, path)) return true;
    return S_ISREG(st.st_mode) ? add(w->list, relative, e) : leave(w->list, relative, PLACE_NO_FILE, e);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_left(const void *a, const void *b)
{
    return strcmp(((const struct file_left *)a)->path, ((const struct file_left *)b)->path);
}

bool file_list_below(struct file_list *l, const struct import_config *c, size_t root, bool lenient, struct err *e)
{
    struct walk w = {
        .list = l, .lenient = lenient, .config = c, .roots = c->roots, .root = c->roots->rows[root].real
    };
    struct stat st;
    *l = (struct file_list){ 0 };
    if (stat(w.root, &st) ? !err_errno(e, "%s", w.root) : !enter(&w, "", &st, 0, e)) {
        file_list_clear(l);
        return false;
    }
    if (l->count) qsort(l->paths, l->count, sizeof *l->paths, compare);
    if (l->left_count) qsort(l->left, l->left_count, sizeof *l->left, compare_left);
    return true;
}

void file_list_clear(struct file_list *l)
{
    pool_clear(&l->texts);
    free(l->paths);
    free(l->left);
    *l = (struct file_list){ 0 };
}

static void tell_others(const struct file_list *l, const char *root, struct err *e)
{
    char list[200];
    if (other_files_list(&l->others, list, sizeof list))
        err_set(e, ERR_DATA, "%s: no PNG, JPEG, TIFF or DICOM image there, but %s; convert images to PNG", root, list);
    else
        err_set(e, ERR_DATA, "%s: no PNG, JPEG, TIFF or DICOM image there", root);
}

/* Why there is none. */
static void tell_empty(const struct file_list *l, const char *root, struct err *e)
{
    if (l->left_count)
        err_set(e, ERR_DATA, "%s: none of its %zu %s can be read; the first: %s: %s", root, l->left_count,
                text_number(l->left_count, "image", "images"), l->left[0].path, roots_reason(l->left[0].place));
    else if (l->dicom)
        err_set(e, ERR_UNSUPPORTED,
                "%s: %zu DICOM %s, which this mlvicx was built without; convert to PNG, or build it with libgdcm-dev",
                root, l->dicom, text_number(l->dicom, "file", "files"));
    else
        tell_others(l, root, e);
}

bool file_list_tell(const struct file_list *l, struct dataset *d, struct err *e)
{
    for (size_t i = 0; i < l->left_count; i++)
        if (!dataset_add_unreadable(d, l->left[i].path, roots_reason(l->left[i].place), e)) return false;
    return other_files_tell(&l->others, d, e) &&
           reasons_leave_told(
               d, l->dicom, "DICOM", "DICOM file was left out, which this mlvicx was built without; convert it to PNG",
               "DICOM files were left out, which this mlvicx was built without; convert them to PNG", e) &&
           reasons_leave_told(d, l->circles, "folder that a link leads back into",
                              "folder that a link leads back into was left out",
                              "folders that links lead back into were left out", e) &&
           dataset_add_count(d, l->inner, "link to a folder was not followed, since its images are read where they lie",
                             "links to folders were not followed, since their images are read where they lie", e) &&
           reasons_leave_told(d, l->hidden, "hidden",
                              "hidden image or folder (its name begins with a dot) was left out",
                              "hidden images and folders (their names begin with a dot) were left out", e);
}

bool import_tell_several(struct dataset *d, const char *written, const char *one, const char *other, struct err *e)
{
    struct text reason = { 0 };
    text_printf(&reason, "the table does not tell which file it is: %.200s or %.200s", one, other);
    bool ok = dataset_add_unreadable(d, written, text_str(&reason), e);
    text_clear(&reason);
    return ok;
}

bool import_tell_absent(struct dataset *d, struct err *e)
{
    return dataset_add_count(d, d->absent, "image of the table is not here", "images of the table are not here", e);
}

/* The files of the first root. */
static bool find_files(const struct import_config *c, struct dataset *d, struct file_list *l, struct err *e)
{
    free(d->source);
    if (!(d->source = text_copy(c->roots->rows[0].real))) return no_memory(e);
    if (!file_list_below(l, c, 0, false, e)) return false;
    if (l->count) return true;
    tell_empty(l, c->path, e);
    file_list_clear(l);
    return false;
}

bool import_find_files(const struct import_config *c, struct dataset *d, struct file_list *l, struct err *e)
{
    return roots_init(c->roots, c, c->path, e) && find_files(c, d, l, e);
}

bool import_find_own_files(const struct import_config *c, struct dataset *d, struct file_list *l, struct err *e)
{
    char real[PATH_MAX];
    c->roots->follow = c->follow_links;
    if (!roots_add(c->roots, c->path, e)) return false;
    /* those outside are where links may lead */
    for (size_t i = 0; c->follow_links && i < c->value_count; i++) {
        const char *path = c->values[i].value;
        if (strcmp(c->values[i].name, "images") || !realpath(path, real)) continue;
        if (!roots_relative(c->roots->rows[0].real, real) && !roots_add(c->roots, path, e)) return false;
    }
    return find_files(c, d, l, e);
}

bool import_tell_unreadable(struct dataset *d, uint32_t i, const char *message, struct err *e)
{
    char path[4096];
    const char *reason = message;
    if (file_join(path, sizeof path, d->source, d->images[i].path)) {
        text_clean(path);
        size_t n = strlen(path);
        if (!strncmp(message, path, n) && message[n] == ':') reason = message + n + 1 + (message[n + 1] == ' ');
    }
    return dataset_add_unreadable(d, d->images[i].path, reason, e);
}

bool import_refuse_unreadable(const struct dataset *d, uint32_t count, struct err *e)
{
    return err_set(e, ERR_DATA, "%s: none of its %u %s can be read; the first: %s: %s", d->source, count,
                   text_number(count, "image", "images"), d->unreadable[0].path, d->unreadable[0].reason);
}
