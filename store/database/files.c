#include "store/database/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "store/database/rows.h"
#include "store/database/sql.h"

/* ---- places ---- */

static const char *const places[] = {
    [STORE_PACKS] = "packs", [STORE_PRESETS] = "presets", [STORE_UNWRITTEN] = "unwritten", [STORE_RUN] = "runs"
};

bool store_folder(const struct store *s, enum store_place place, int64_t run, bool make, struct folder *out,
                  struct err *e)
{
    struct folder runs;
    char number[24];
    if (s->root.fd < 0) {
        *out = (struct folder){ .fd = -1 };
        return err_set(e, ERR_NOT_FOUND, "store %s: there is none", s->dir);
    }
    if (place == STORE_WORKSPACE) {
        *out = s->root;
        out->fd = fcntl(s->root.fd, F_DUPFD_CLOEXEC, 0);
        return out->fd >= 0 || err_errno(e, "store %s", s->dir);
    }
    if (place != STORE_RUN) return folder_enter(&s->root, places[place], make, out, e);
    snprintf(number, sizeof number, "%lld", (long long)run);
    out->fd = -1;
    if (!folder_enter(&s->root, places[place], make, &runs, e)) return false;
    bool ok = folder_enter(&runs, number, make, out, e);
    folder_close(&runs);
    return ok;
}

static int join(const char *dir, enum store_place place, int64_t run, const char *name, char path[STORE_PATH])
{
    enum { DIR = STORE_PATH / 2, NAME = STORE_PATH / 4 };
    if (place == STORE_RUN)
        return snprintf(path, STORE_PATH, "%.*s/runs/%lld/%.*s", DIR, dir, (long long)run, NAME, name);
    return snprintf(path, STORE_PATH, "%.*s/%s%s%.*s", DIR, dir, places[place] ? places[place] : "",
                    places[place] ? "/" : "", NAME, name);
}

/* A location for error messages. */
static void write_path(const struct store *s, enum store_place place, int64_t run, const char *name,
                       char path[STORE_PATH])
{
    join(s->dir, place, run, name, path);
}

bool store_real_path(const struct store *s, enum store_place place, int64_t run, const char *name,
                     char path[STORE_PATH])
{
    return strlen(name) < STORE_PATH / 4 && join(s->real, place, run, name, path) < STORE_PATH;
}

/* ---- files ---- */

int store_file(const struct store *s, enum store_place place, int64_t run, const char *name, enum folder_use use,
               char path[STORE_PATH], struct err *e)
{
    struct folder folder;
    if (path) write_path(s, place, run, name, path);
    if (s->read_only && use != FOLDER_READ) {
        err_set(e, ERR_IO, "store %s: is read-only; nothing was written", s->dir);
        return -1;
    }
    if (!store_folder(s, place, run, false, &folder, e)) return -1;
    int fd = folder_file(&folder, name, use, e), why = errno;
    folder_close(&folder);
    errno = why;
    return fd;
}

bool store_file_is(const struct store *s, enum store_place place, int64_t run, const char *name)
{
    struct folder folder;
    if (!store_folder(s, place, run, false, &folder, NULL)) return false;
    bool is = folder_has(&folder, name);
    folder_close(&folder);
    return is;
}

bool store_file_remove(const struct store *s, enum store_place place, int64_t run, const char *name, struct err *e)
{
    struct folder folder;
    struct err why = { 0 };
    if (!store_folder(s, place, run, false, &folder, &why))
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    bool ok = folder_unlink(&folder, name, e);
    folder_close(&folder);
    return ok;
}

void store_run_drop_folder(const struct store *s, int64_t run)
{
    struct folder runs;
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)run);
    if (!folder_enter(&s->root, places[STORE_RUN], false, &runs, NULL)) return;
    unlinkat(runs.fd, number, AT_REMOVEDIR);
    folder_close(&runs);
}

bool store_run_remove_folder(const struct store *s, int64_t run, struct err *e)
{
    struct folder runs;
    struct err why = { 0 };
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)run);
    if (!folder_enter(&s->root, places[STORE_RUN], false, &runs, &why))
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    bool ok = folder_remove(&runs, number, e);
    folder_close(&runs);
    return ok;
}

bool store_run_keep_folder(const struct store *s, int64_t run, char kept[STORE_PATH], struct err *e)
{
    struct folder runs;
    char number[24], name[32];
    snprintf(number, sizeof number, "%lld", (long long)run);
    snprintf(name, sizeof name, "%lld.kept", (long long)run);
    snprintf(kept, STORE_PATH, "%.*s/runs/%s", STORE_PATH / 2, s->dir, name);
    if (!folder_enter(&s->root, places[STORE_RUN], false, &runs, e)) return false;
    bool ok = folder_rename(&runs, number, name, e);
    folder_close(&runs);
    return ok;
}

bool store_run_folders(const struct store *s, int64_t **ids, size_t *count, struct err *e)
{
    struct folder runs;
    struct err why = { 0 };
    char number[24];
    *ids = NULL;
    *count = 0;
    if (!folder_enter(&s->root, places[STORE_RUN], false, &runs, &why))
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    DIR *d = folder_list(&runs);
    bool ok = true;
    for (struct dirent *entry; ok && d && (entry = readdir(d));) {
        int64_t id;
        if (!text_to_int(entry->d_name, &id)) continue;
        snprintf(number, sizeof number, "%lld", (long long)id);
        if (strcmp(number, entry->d_name)) continue; /* such as 007: of no run */
        ok = rows_grow(ids, *count, sizeof **ids, e);
        if (ok) (*ids)[(*count)++] = id;
    }
    if (d) closedir(d);
    folder_close(&runs);
    if (!ok) {
        free(*ids);
        *ids = NULL;
    }
    return ok;
}

/* ---- names out of rows ---- */

static bool check(const char *what, const char *name, const char *before, const char *after, struct err *e)
{
    size_t n = strlen(name), least = strlen(before) + strlen(after);
    if (folder_name_ok(name) && n > least && !strncmp(name, before, strlen(before)) && text_ends(name, after))
        return true;
    return err_set(e, ERR_FORMAT,
                   "%s: '%.80s' is no name of one (%s*%s); the store was changed by hand, and this file is left alone",
                   what, name, before, after);
}

bool store_checkpoint_name_check(const char *name, struct err *e)
{
    return check("checkpoint", name, "step-", ".safetensors", e);
}

bool store_pack_name_check(const char *name, struct err *e)
{
    return check("pack", name, "", ".pack", e);
}

bool store_pack_is_attached(const char *name)
{
    if (*name != '/' || strlen(name) >= STORE_PATH) return false;
    for (const char *part = name; part; part = strchr(part, '/')) {
        char one[256];
        size_t n = strcspn(++part, "/");
        if (n >= sizeof one) return false;
        snprintf(one, sizeof one, "%.*s", (int)n, part);
        /* a folder may have a dot in front, a pack may not */
        bool last = !part[n], folder = n && strcmp(one, ".") && strcmp(one, "..");
        if (last ? !store_pack_name_check(one, NULL) : !folder) return false;
    }
    return true;
}

/* A pipe or a device is not opened, and a link at the end is not followed: where it leads may change. */
static int open_attached(const char *path, struct err *e)
{
    struct stat st;
    int fd = -1;
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    else if (!access(path, F_OK) || errno == ELOOP)
        return err_set(e, ERR_IO, "%s: the attached pack is no regular file; put the pack back", path), -1;
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) return fd;
    int why = errno;
    if (fd >= 0) close(fd);
    if (why == ENOENT || why == ENOTDIR)
        err_set(e, ERR_NOT_FOUND,
                "%s: the attached pack is gone; put it back, or remove the data set (mlvicx data rm) and attach the "
                "pack where it lies now",
                path);
    else
        err_set(e, ERR_IO, "%s: the attached pack cannot be opened: %s; ask its owner for the right to read it", path,
                strerror(why));
    return -1;
}

int store_pack_open(const struct store *s, const char *name, char path[STORE_PATH], struct err *e)
{
    if (store_pack_is_attached(name)) {
        snprintf(path, STORE_PATH, "%s", name);
        return open_attached(name, e);
    }
    write_path(s, STORE_PACKS, 0, name, path);
    int fd = store_pack_name_check(name, e) ? store_file(s, STORE_PACKS, 0, name, FOLDER_READ, NULL, e) : -1;
    if (fd < 0 && e && e->code == ERR_NOT_FOUND)
        err_set(e, ERR_NOT_FOUND, "%s: the pack is gone; import the data set again", path);
    return fd;
}

int store_checkpoint_open(const struct store *s, int64_t run, const char *name, char path[STORE_PATH], struct err *e)
{
    write_path(s, STORE_RUN, run, name, path);
    return store_checkpoint_name_check(name, e) ? store_file(s, STORE_RUN, run, name, FOLDER_READ, NULL, e) : -1;
}

/* The rest of a path after DIR/runs/, NULL if it begins otherwise. */
static const char *below_runs(const char *dir, const char *path)
{
    char before[STORE_PATH + 8];
    size_t n = (size_t)snprintf(before, sizeof before, "%s/%s/", dir, places[STORE_RUN]);
    return *dir && !strncmp(path, before, n) ? path + n : NULL;
}

static const char *const init_names[] = { STORE_INIT, STORE_INIT_TORCH };
enum { INIT_NAMES = sizeof init_names / sizeof *init_names };

const char *store_init_name(const struct store *s, int64_t run)
{
    for (int i = 0; i < INIT_NAMES; i++)
        if (store_file_is(s, STORE_RUN, run, init_names[i])) return init_names[i];
    return NULL;
}

bool store_init_path(const struct store *s, int64_t run, char path[STORE_PATH])
{
    const char *name = store_init_name(s, run);
    return name && store_run_path(s, run, name, path, NULL);
}

const char *store_weights_of_path(const struct store *s, const char *path, int64_t *run)
{
    char number[24];
    const char *rest = below_runs(s->dir, path);
    if (!rest && !(rest = below_runs(s->real, path))) return NULL;
    int64_t id = strtoll(rest, NULL, 10);
    size_t n = (size_t)snprintf(number, sizeof number, "%lld/", (long long)id); /* neither "007/" nor "7.kept/" is */
    if (strncmp(rest, number, n)) return NULL;
    rest += n;
    bool copy = false;
    for (int i = 0; i < INIT_NAMES; i++) copy = copy || !strcmp(rest, init_names[i]);
    if (!copy && !store_checkpoint_name_check(rest, NULL)) return NULL;
    *run = id;
    return rest;
}
