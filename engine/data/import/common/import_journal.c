/* Rows of one size, each with a check sum, behind a header with the plan. Numbers are those of this machine: a journal
 * that another one wrote differs in its mark, and is begun anew. */
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
    uint8_t plan[JOURNAL_PLAN];
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
    char *name;
    FILE *stream;
    off_t taken; /* bytes that are taken over */
    bool adding;
};

static const char magic[8] = "MLVXJRNL";

static uint32_t sum_of(const struct record *r)
{
    return (uint32_t)crc32(0, (const Bytef *)r, offsetof(struct record, sum));
}

static void fill_head(struct head *h, const uint8_t plan[JOURNAL_PLAN])
{
    memset(h, 0, sizeof *h);
    memcpy(h->magic, magic, sizeof magic);
    h->mark = 0x01020304;
    h->row_bytes = sizeof(struct record);
    memcpy(h->plan, plan, JOURNAL_PLAN);
}

/* From here on rows are added; what stands behind the last one that was taken over goes. */
static bool start_adding(struct journal *j, struct err *e)
{
    if (j->adding) return true;
    j->adding = true;
    if (fseeko(j->stream, j->taken, SEEK_SET) == 0 && ftruncate(fileno(j->stream), j->taken) == 0) return true;
    return err_errno(e, "%s/%s: cannot be written", j->dir.path, j->name);
}

static bool begin(struct journal *j, const uint8_t plan[JOURNAL_PLAN], struct err *e)
{
    struct head wanted, found;
    fill_head(&wanted, plan);
    j->taken = sizeof wanted;
    if (fread(&found, sizeof found, 1, j->stream) == 1 && !memcmp(&found, &wanted, sizeof wanted)) return true;
    j->taken = 0;
    if (!start_adding(j, e)) return false;
    j->taken = sizeof wanted;
    return (fwrite(&wanted, sizeof wanted, 1, j->stream) == 1 && fflush(j->stream) == 0) ||
           err_errno(e, "%s/%s: cannot be written", j->dir.path, j->name);
}

bool journal_open(struct journal **out, const struct folder *dir, const char *name, const uint8_t plan[JOURNAL_PLAN],
                  struct err *e)
{
    *out = NULL;
    struct journal *j = calloc(1, sizeof *j);
    if (!j) return err_set(e, ERR_MEMORY, "no memory");
    j->dir = *dir;
    if (asprintf(&j->name, "%.100s.journal", name) < 0) j->name = NULL;
    int fd = j->name ? folder_file(dir, j->name, FOLDER_LOCK, e) : -1;
    if (fd >= 0 && !(j->stream = fdopen(fd, "r+b"))) close(fd);
    if (!j->stream || !begin(j, plan, e)) {
        if (!j->name || (fd >= 0 && !j->stream))
            err_set(e, ERR_MEMORY, "%s/%.100s.journal: no memory", dir->path, name);
        journal_close(j, false);
        return false;
    }
    *out = j;
    return true;
}

bool journal_next(struct journal *j, const struct journal_file *file, struct journal_row *row, bool *changed)
{
    struct record r;
    *changed = false;
    if (j->adding) return false;
    bool read = fread(&r, sizeof r, 1, j->stream) == 1 && r.sum == sum_of(&r);
    if (!read || memcmp(&r.file, file, sizeof *file) || !file->modified) {
        *changed = read && !memcmp(r.file.path, file->path, sizeof file->path);
        start_adding(j, NULL);
        return false;
    }
    *row = (struct journal_row){ .linked = r.linked != 0, .width = r.width, .height = r.height };
    memcpy(row->digest, r.digest, sizeof row->digest - 1);
    j->taken += (off_t)sizeof r;
    return true;
}

void journal_refuse(struct journal *j)
{
    if (j->adding) return;
    j->taken -= (off_t)sizeof(struct record);
    start_adding(j, NULL);
}

bool journal_add(struct journal *j, const struct journal_file *file, const struct journal_row *row, struct err *e)
{
    struct record r;
    memset(&r, 0, sizeof r);
    r.file = *file;
    r.width = row->width;
    r.height = row->height;
    r.linked = row->linked;
    memcpy(r.digest, row->digest, strnlen(row->digest, sizeof row->digest - 1));
    r.sum = sum_of(&r);
    return start_adding(j, e) && ((fwrite(&r, sizeof r, 1, j->stream) == 1 && fflush(j->stream) == 0) ||
                                  err_errno(e, "%s/%s: cannot be written", j->dir.path, j->name));
}

void journal_close(struct journal *j, bool remove)
{
    if (!j) return;
    if (j->stream) fclose(j->stream);
    if (remove) folder_unlink(&j->dir, j->name, NULL);
    free(j->name);
    free(j);
}

uint64_t journal_count(const struct folder *dir, const char *name)
{
    char file[FOLDER_PATH];
    struct head h;
    struct stat st;
    snprintf(file, sizeof file, "%.100s.journal", name);
    int fd = folder_file(dir, file, FOLDER_READ, NULL);
    bool ok = fd >= 0 && read(fd, &h, sizeof h) == (ssize_t)sizeof h && !fstat(fd, &st) &&
              !memcmp(h.magic, magic, sizeof magic) && h.row_bytes > 0;
    if (fd >= 0) close(fd);
    return ok ? ((uint64_t)st.st_size - sizeof h) / h.row_bytes : 0;
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
