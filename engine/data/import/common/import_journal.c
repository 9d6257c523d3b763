/* Rows of one size, each with a check sum, behind a header with the plan. Numbers are those of this machine: a journal
 * that another one wrote differs in its mark, and counts as none. All rows are in memory: 168 bytes of an image. Of
 * several rows of one path the last one counts. */
#include "engine/data/import/common/import_journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/sha2.h>
#include <zlib.h>

struct head {
    char magic[8];
    uint32_t mark, row_bytes;
    char plan[JOURNAL_PLAN];
};

struct record {
    struct journal_file file;
    int32_t width, height;
    uint8_t linked, blank[7];
    char digest[DIGEST_HEX_SIZE + 7]; /* ends with zeros */
    uint32_t sum, last;
};

struct journal {
    struct folder dir;
    char *name, plan[JOURNAL_PLAN];
    FILE *stream;
    off_t whole; /* bytes of the head and the whole rows */
    bool adding;
    struct record *rows;           /* [count] by path */
    const struct record **digests; /* [digest_count] those with pixels, by digest */
    uint32_t count, digest_count;
};

static const char magic[8] = "MLVXJRN2";

static uint32_t sum_of(const struct record *r)
{
    return (uint32_t)crc32(0, (const Bytef *)r, offsetof(struct record, sum));
}

static void fill_head(struct head *h, const char *plan)
{
    memset(h, 0, sizeof *h);
    memcpy(h->magic, magic, sizeof magic);
    h->mark = 0x01020304;
    h->row_bytes = sizeof(struct record);
    memcpy(h->plan, plan, strnlen(plan, JOURNAL_PLAN - 1));
}

static bool is_head(const struct head *h)
{
    return !memcmp(h->magic, magic, sizeof magic) && h->mark == 0x01020304 && h->row_bytes == sizeof(struct record) &&
           !h->plan[JOURNAL_PLAN - 1];
}

/* ---- what it holds ---- */

static int by_path(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    int c = memcmp(x->file.path, y->file.path, sizeof x->file.path);
    return c ? c : (x->last > y->last) - (x->last < y->last);
}

static int by_digest(const void *a, const void *b)
{
    const struct record *x = *(const struct record *const *)a, *y = *(const struct record *const *)b;
    return strcmp(x->digest, y->digest);
}

/* The rows that are whole, in order; `last` becomes the place of each. */
static bool read_rows(struct journal *j, struct err *e)
{
    struct record r;
    size_t room = 0;
    while (fread(&r, sizeof r, 1, j->stream) == 1 && r.sum == sum_of(&r) && !r.digest[sizeof r.digest - 1]) {
        if (j->count == room) {
            struct record *p = realloc(j->rows, (room = room ? 2 * room : 256) * sizeof *p);
            if (!p) return err_set(e, ERR_MEMORY, "%s/%s: no memory", j->dir.path, j->name);
            j->rows = p;
        }
        r.last = j->count;
        j->rows[j->count++] = r;
        j->whole += (off_t)sizeof r;
    }
    return true;
}

static bool settle(struct journal *j, struct err *e)
{
    uint32_t n = 0;
    if (j->count) qsort(j->rows, j->count, sizeof *j->rows, by_path);
    for (uint32_t i = 0; i < j->count; i++) {
        bool again = n && !memcmp(j->rows[n - 1].file.path, j->rows[i].file.path, sizeof j->rows[i].file.path);
        j->rows[again ? n - 1 : n++] = j->rows[i];
    }
    j->count = n;
    j->digests = malloc((n + (size_t)1) * sizeof *j->digests);
    if (!j->digests) return err_set(e, ERR_MEMORY, "%s/%s: no memory", j->dir.path, j->name);
    for (uint32_t i = 0; i < n; i++)
        if (*j->rows[i].digest) j->digests[j->digest_count++] = &j->rows[i];
    if (j->digest_count) qsort(j->digests, j->digest_count, sizeof *j->digests, by_digest);
    return true;
}

static bool load(struct journal *j, struct err *e)
{
    struct head h;
    if (fread(&h, sizeof h, 1, j->stream) == 1 && is_head(&h)) {
        memcpy(j->plan, h.plan, sizeof j->plan);
        j->whole = sizeof h;
        if (!read_rows(j, e)) return false;
    }
    return settle(j, e);
}

bool journal_open(struct journal **out, const struct folder *dir, const char *name, struct err *e)
{
    *out = NULL;
    struct journal *j = calloc(1, sizeof *j);
    if (!j) return err_set(e, ERR_MEMORY, "no memory");
    j->dir = *dir;
    if (asprintf(&j->name, "%.100s.journal", name) < 0) j->name = NULL;
    int fd = j->name ? folder_file(dir, j->name, FOLDER_LOCK, e) : -1;
    if (fd >= 0 && !(j->stream = fdopen(fd, "r+b"))) close(fd);
    if (!j->stream || !load(j, e)) {
        if (!j->name || (fd >= 0 && !j->stream))
            err_set(e, ERR_MEMORY, "%s/%.100s.journal: no memory", dir->path, name);
        journal_close(j, false);
        return false;
    }
    *out = j;
    return true;
}

const char *journal_plan(const struct journal *j)
{
    return j->plan;
}

uint32_t journal_packed(const struct journal *j)
{
    return j->digest_count;
}

enum journal_match journal_find(const struct journal *j, const struct journal_file *file, struct journal_row *row)
{
    struct record key = { .file = *file };
    uint32_t low = 0, high = j->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (memcmp(j->rows[middle].file.path, key.file.path, sizeof key.file.path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct record *r = &j->rows[low];
    if (low == j->count || memcmp(r->file.path, key.file.path, sizeof key.file.path)) return JOURNAL_NONE;
    if (memcmp(&r->file, file, sizeof *file) || !file->modified) return JOURNAL_CHANGED;
    *row = (struct journal_row){ .linked = r->linked != 0, .width = r->width, .height = r->height };
    memcpy(row->digest, r->digest, sizeof row->digest - 1);
    return JOURNAL_SAME;
}

bool journal_knows(const struct journal *j, const char digest[DIGEST_HEX_SIZE])
{
    struct record key = { 0 };
    const struct record *at = &key;
    memcpy(key.digest, digest, DIGEST_HEX_SIZE - 1);
    return j->digest_count && bsearch(&at, j->digests, j->digest_count, sizeof *j->digests, by_digest);
}

/* ---- writing ---- */

static bool failed(const struct journal *j, struct err *e)
{
    return err_errno(e, "%s/%s: cannot be written", j->dir.path, j->name);
}

bool journal_begin(struct journal *j, const char *plan, struct err *e)
{
    struct head h;
    fill_head(&h, plan);
    j->count = j->digest_count = 0;
    j->adding = true;
    j->whole = sizeof h;
    memcpy(j->plan, h.plan, sizeof j->plan);
    return (fseeko(j->stream, 0, SEEK_SET) == 0 && ftruncate(fileno(j->stream), 0) == 0 &&
            fwrite(&h, sizeof h, 1, j->stream) == 1 && fflush(j->stream) == 0) ||
           failed(j, e);
}

/* What stands behind the last whole row goes. */
static bool start_adding(struct journal *j, struct err *e)
{
    if (j->adding) return true;
    j->adding = true;
    return (fseeko(j->stream, j->whole, SEEK_SET) == 0 && ftruncate(fileno(j->stream), j->whole) == 0) || failed(j, e);
}

bool journal_add(struct journal *j, const struct journal_file *file, const struct journal_row *row, struct err *e)
{
    struct record r;
    memset(&r, 0, sizeof r);
    if (!file->modified) return true; /* never looked at: nothing would know it again */
    r.file = *file;
    r.width = row->width;
    r.height = row->height;
    r.linked = row->linked;
    memcpy(r.digest, row->digest, strnlen(row->digest, sizeof row->digest - 1));
    r.sum = sum_of(&r);
    return start_adding(j, e) && ((fwrite(&r, sizeof r, 1, j->stream) == 1 && fflush(j->stream) == 0) || failed(j, e));
}

void journal_close(struct journal *j, bool remove)
{
    if (!j) return;
    if (j->stream) fclose(j->stream);
    if (remove) folder_unlink(&j->dir, j->name, NULL);
    free(j->rows);
    free(j->digests);
    free(j->name);
    free(j);
}

uint64_t journal_count(const struct folder *dir, const char *name, char plan[JOURNAL_PLAN])
{
    char file[FOLDER_PATH];
    struct journal j = { .dir = *dir, .name = file };
    snprintf(file, sizeof file, "%.100s.journal", name);
    int fd = folder_file(dir, file, FOLDER_READ, NULL);
    if (fd >= 0 && !(j.stream = fdopen(fd, "rb"))) close(fd);
    uint64_t n = j.stream && load(&j, NULL) ? j.count : 0;
    memcpy(plan, j.plan, sizeof j.plan);
    if (j.stream) fclose(j.stream);
    free(j.rows);
    free(j.digests);
    return n;
}

void journal_look(const char *path, const char *relative, struct journal_file *file)
{
    struct sha256_ctx ctx;
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct stat st;
    memset(file, 0, sizeof *file);
    sha256_init(&ctx);
    sha256_update(&ctx, strlen(relative), (const uint8_t *)relative);
    sha256_digest(&ctx, sizeof digest, digest);
    memcpy(file->path, digest, sizeof file->path);
    if (stat(path, &st)) return;
    file->bytes = (uint64_t)st.st_size;
    file->inode = (uint64_t)st.st_ino;
    file->modified = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    file->changed = (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
}
