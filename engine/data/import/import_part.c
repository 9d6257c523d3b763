/* What an import that can be continued keeps beside its pack: the journal, and the name that the pack had before. */
#include "config.h"

#include "engine/data/import/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "engine/data/import/common/import_journal.h"

enum { DIGITS = 16 }; /* of the digest, in the name of a pack */

/* NAME of "NAME-DIGEST.pack". */
static bool name_of_pack(const char *pack, char name[PACK_NAME_SIZE])
{
    const char *dash = strrchr(pack, '-');
    if (!dash || dash - pack >= PACK_NAME_SIZE) return false;
    if (strspn(dash + 1, "0123456789abcdef") != DIGITS || strcmp(dash + 1 + DIGITS, ".pack")) return false;
    snprintf(name, PACK_NAME_SIZE, "%.*s", (int)(dash - pack), pack);
    return true;
}

void import_recorded(const struct import_config *c)
{
    char journal[PACK_NAME_SIZE];
    snprintf(journal, sizeof journal, "%.100s.journal", c->name);
    if (c->resume && c->into) folder_unlink(c->into, journal, NULL);
}

bool import_part(const struct folder *packs, const char *pack, char part[PACK_NAME_SIZE])
{
    char name[PACK_NAME_SIZE], journal[PACK_NAME_SIZE];
    if (!name_of_pack(pack, name)) return false;
    snprintf(journal, sizeof journal, "%.100s.journal", name);
    snprintf(part, PACK_NAME_SIZE, "%.100s.part", name);
    return folder_has(packs, journal) && !folder_has(packs, part);
}

/* ---- what is left ---- */

struct listing {
    struct import_left *rows;
    size_t count, room;
};

/* The row of a name; NULL if memory ran out. */
static struct import_left *row_of(struct listing *l, const char *name, size_t n)
{
    for (size_t i = 0; i < l->count; i++)
        if (strlen(l->rows[i].name) == n && !strncmp(l->rows[i].name, name, n)) return &l->rows[i];
    if (l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 8;
        struct import_left *p = realloc(l->rows, room * sizeof *p);
        if (!p) return NULL;
        l->rows = p;
        l->room = room;
    }
    l->rows[l->count] = (struct import_left){ 0 };
    snprintf(l->rows[l->count].name, sizeof l->rows[l->count].name, "%.*s", (int)n, name);
    return &l->rows[l->count++];
}

static void add_file(struct import_left *row, int dir, const char *file)
{
    struct stat st;
    if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW)) return;
    row->bytes += (uint64_t)st.st_size;
    if ((double)st.st_mtime > row->modified) row->modified = (double)st.st_mtime;
}

/* Whether another process holds the part: asked for, not taken. */
static bool is_held(const struct folder *packs, const char *part)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = folder_file(packs, part, FOLDER_READ, NULL);
    bool held = fd >= 0 && !fcntl(fd, F_OFD_GETLK, &whole) && whole.l_type != F_UNLCK;
    if (fd >= 0) close(fd);
    return held;
}

/* The length of NAME in "NAME.part" and "NAME.journal"; 0: another file. */
static size_t name_length(const char *file)
{
    static const char *const endings[] = { ".part", ".journal" };
    for (size_t i = 0; i < 2; i++)
        if (text_ends(file, endings[i])) return strlen(file) - strlen(endings[i]);
    return 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct import_left *)a)->name, ((const struct import_left *)b)->name);
}

/* Packs that belong to what is left, once all names are known. */
static void add_packs(struct listing *l, DIR *dir)
{
    char name[PACK_NAME_SIZE];
    rewinddir(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!name_of_pack(entry->d_name, name)) continue;
        for (size_t i = 0; i < l->count; i++) {
            struct import_left *row = &l->rows[i];
            if (strcmp(row->name, name) || *row->pack) continue;
            add_file(row, dirfd(dir), entry->d_name);
            snprintf(row->pack, sizeof row->pack, "%.*s", PACK_NAME_SIZE - 1, entry->d_name);
        }
    }
}

bool import_left_list(const struct folder *packs, struct import_left **out, size_t *count, struct err *e)
{
    struct listing l = { 0 };
    char part[PACK_NAME_SIZE];
    bool ok = true;
    DIR *dir = folder_list(packs);
    for (struct dirent *entry; ok && dir && (entry = readdir(dir));) {
        size_t n = name_length(entry->d_name);
        if (!n || n >= PACK_NAME_SIZE - sizeof ".journal" || *entry->d_name == '.') continue;
        struct import_left *row = row_of(&l, entry->d_name, n);
        ok = row || err_set(e, ERR_MEMORY, "no memory for what imports left");
        if (ok) add_file(row, dirfd(dir), entry->d_name);
    }
    if (ok && dir) add_packs(&l, dir);
    for (size_t i = 0; ok && i < l.count; i++) {
        struct import_left *row = &l.rows[i];
        snprintf(part, sizeof part, "%.100s.part", row->name);
        if (folder_has(packs, part)) *row->pack = '\0';
        row->images = journal_count(packs, row->name, row->options);
        row->at_work = is_held(packs, part);
    }
    if (dir) closedir(dir);
    if (!ok) free(l.rows);
    if (ok && l.count) qsort(l.rows, l.count, sizeof *l.rows, compare);
    *out = ok ? l.rows : NULL;
    *count = ok ? l.count : 0;
    return ok;
}

bool import_left_remove(const struct folder *packs, const char *name, struct err *e)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char part[PACK_NAME_SIZE], journal[PACK_NAME_SIZE];
    snprintf(part, sizeof part, "%.100s.part", name);
    snprintf(journal, sizeof journal, "%.100s.journal", name);
    int fd = folder_has(packs, part) ? folder_file(packs, part, FOLDER_LOCK, e) : -1;
    if (fd < 0 && folder_has(packs, part)) return false;
    bool ok = fd < 0 || !fcntl(fd, F_OFD_SETLK, &whole) || (errno != EAGAIN && errno != EACCES) ||
              err_set(e, ERR_LOCKED, "import of %s: is at work; stop it first", name);
    ok = ok && folder_unlink(packs, part, e) && folder_unlink(packs, journal, e);
    if (fd >= 0) close(fd);
    return ok;
}
