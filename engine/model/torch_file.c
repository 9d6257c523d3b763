/* The archive is read from a mapping, so that a file that is cut meanwhile is told, not died of. Tensors come in the
 * order of their storages, so keeping the last storage reads each of them once. */
#include "config.h"

#include "engine/model/torch_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/text.h"

static bool begins(const unsigned char *head, size_t n, const char *magic, size_t length)
{
    return n >= length && !memcmp(head, magic, length);
}

static bool is_pickle(const unsigned char *head, size_t n)
{
    return n >= 2 && head[0] == 0x80 && head[1] >= 1 && head[1] <= 5 && (n < 8 || head[7]);
}

static bool is_tar(const unsigned char *head, size_t n)
{
    return n >= 262 && !memcmp(head + 257, "ustar", 5);
}

bool torch_file_is(const unsigned char *head, size_t n)
{
    return begins(head, n, "PK\3\4", 4) || is_pickle(head, n) || is_tar(head, n);
}

bool torch_file_modern(const unsigned char *head, size_t n, const char *path, struct err *e)
{
    if (begins(head, n, "PK\3\4", 4)) return true;
    return err_set(e, ERR_UNSUPPORTED,
                   "%s: the form that PyTorch wrote before 1.6 (%s); convert it: python3 -c \"import torch; "
                   "torch.save(torch.load('OLD.pth', map_location='cpu'), 'NEW.pth')\"",
                   path, is_tar(head, n) ? "a tar" : "a bare pickle");
}

#ifdef HAVE_ZIP

#include <zip.h>

enum { MOST_RECORDS = 1 << 18, ARCHIVE_NAME = 512 };
static const uint64_t most_storage = (uint64_t)4 << 30; /* bytes */

struct torch_file {
    struct mapping map;
    zip_t *zip;
    char *path, *folder;  /* the second with its slash */
    unsigned char *bytes; /* of the pickle */
    struct pickle pickle;
    struct torch_tensors tensors;
    bool big_endian;
    char key[TORCH_KEY];    /* of the storage that is kept */
    unsigned char *storage; /* [stored]; NULL: none is */
    size_t stored;
};

const char *torch_file_libzip(void)
{
    return zip_libzip_version();
}

/* Index of the record FOLDER/name, -1. */
static zip_int64_t locate(const struct torch_file *f, const char *name)
{
    char full[ARCHIVE_NAME + TORCH_KEY + 8];
    snprintf(full, sizeof full, "%s%s", f->folder, name);
    return zip_name_locate(f->zip, full, 0);
}

/* Unpack a record whole: `size` bytes, or with SIZE_MAX as many as it has, up to `most`. The caller frees. */
static unsigned char *unpack(struct torch_file *f, zip_int64_t index, size_t *size, uint64_t most, struct err *e)
{
    zip_stat_t st;
    const char *name = zip_get_name(f->zip, (zip_uint64_t)index, 0);
    if (!name) name = "?";
    if (zip_stat_index(f->zip, (zip_uint64_t)index, 0, &st) || !(st.valid & ZIP_STAT_SIZE))
        return err_set(e, ERR_FORMAT, "%s: record %s: %s", f->path, name, zip_strerror(f->zip)), NULL;
    if (*size != SIZE_MAX && st.size != *size)
        return err_set(e, ERR_FORMAT, "%s: record %s has %llu bytes where its tensors need %zu", f->path, name,
                       (unsigned long long)st.size, *size),
               NULL;
    if (st.size > most)
        return err_set(e, ERR_UNSUPPORTED, "%s: record %s unpacks to %llu bytes, more than %llu", f->path, name,
                       (unsigned long long)st.size, (unsigned long long)most),
               NULL;
    unsigned char *out = malloc((size_t)st.size + 1), more;
    if (!out) return err_set(e, ERR_MEMORY, "%s: no memory for record %s", f->path, name), NULL;
    zip_file_t *file = zip_fopen_index(f->zip, (zip_uint64_t)index, 0);
    uint64_t got = 0;
    zip_int64_t n = 1;
    while (file && got < st.size && n > 0) {
        n = zip_fread(file, out + got, st.size - got);
        if (n > 0) got += (uint64_t)n;
    }
    /* the end is where libzip compares the checksum */
    bool ok = file && got == st.size && zip_fread(file, &more, 1) == 0;
    if (!ok)
        err_set(e, ERR_FORMAT, "%s: record %s: %s", f->path, name,
                file ? zip_file_strerror(file) : zip_strerror(f->zip));
    if (file) zip_fclose(file);
    if (!ok) return free(out), NULL;
    *size = (size_t)st.size;
    return out;
}

/* The one record that ends in "/data.pkl" names the folder of all others. */
static zip_int64_t find_pickle(struct torch_file *f, struct err *e)
{
    static const char suffix[] = "/data.pkl";
    zip_int64_t n = zip_get_num_entries(f->zip, 0), found = -1;
    if (n > MOST_RECORDS) return err_set(e, ERR_UNSUPPORTED, "%s: more than %d records", f->path, MOST_RECORDS), -1;
    for (zip_int64_t i = 0; i < n; i++) {
        const char *name = zip_get_name(f->zip, (zip_uint64_t)i, 0);
        size_t length = name ? strlen(name) : 0;
        if (length < sizeof suffix || length >= ARCHIVE_NAME || strcmp(name + length + 1 - sizeof suffix, suffix))
            continue;
        if (found >= 0) return err_set(e, ERR_FORMAT, "%s: two pickles in one archive", f->path), -1;
        found = i;
        if (!(f->folder = text_copy(name))) return err_set(e, ERR_MEMORY, "%s: no memory", f->path), -1;
        f->folder[length + 2 - sizeof suffix] = '\0';
    }
    if (found < 0) return err_set(e, ERR_UNSUPPORTED, "%s: a zip archive without the data.pkl of PyTorch", f->path), -1;
    if (locate(f, "constants.pkl") >= 0)
        return err_set(e, ERR_UNSUPPORTED,
                       "%s: a program of TorchScript; torch.save(torch.jit.load(FILE).state_dict(), 'NEW.pth') makes "
                       "weights of it",
                       f->path),
               -1;
    return found;
}

static bool read_order(struct torch_file *f, struct err *e)
{
    zip_int64_t at = locate(f, "byteorder");
    size_t size = SIZE_MAX;
    if (at < 0) return true;
    unsigned char *text = unpack(f, at, &size, 64, e);
    if (!text) return false;
    f->big_endian = size == 3 && !memcmp(text, "big", 3);
    bool known = f->big_endian || (size == 6 && !memcmp(text, "little", 6));
    free(text);
    return known || err_set(e, ERR_UNSUPPORTED, "%s: its record byteorder is neither little nor big", f->path);
}

static bool open_archive(struct torch_file *f, struct err *e)
{
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *source = zip_source_buffer_create(f->map.data, f->map.size, 0, &why);
    f->zip = source ? zip_open_from_source(source, ZIP_RDONLY, &why) : NULL;
    if (!f->zip) {
        err_set(e, ERR_FORMAT, "%s: not a whole zip archive: %s", f->path, zip_error_strerror(&why));
        if (source) zip_source_free(source);
    }
    zip_error_fini(&why);
    return f->zip != NULL;
}

bool torch_file_take(struct torch_file **out, int fd, const char *path, struct err *e)
{
    struct torch_file *f = calloc(1, sizeof *f);
    size_t size = SIZE_MAX;
    *out = NULL;
    if (!f) {
        close(fd);
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    }
    f->path = text_copy(path);
    bool ok = mapping_take(&f->map, fd, path, e) && (f->path || err_set(e, ERR_MEMORY, "%s: no memory", path)) &&
              open_archive(f, e);
    zip_int64_t at = ok ? find_pickle(f, e) : -1;
    ok = at >= 0 && (f->bytes = unpack(f, at, &size, PICKLE_MOST_BYTES, e)) && read_order(f, e) &&
         pickle_read(&f->pickle, f->bytes, size, path, e) && torch_tensors_find(&f->tensors, &f->pickle, path, e);
    pickle_clear(&f->pickle);
    free(f->bytes);
    f->bytes = NULL;
    ok = ok && torch_file_check(f, e);
    if (ok)
        *out = f;
    else
        torch_file_close(f);
    return ok;
}

void torch_file_close(struct torch_file *f)
{
    if (!f) return;
    if (f->zip) zip_discard(f->zip);
    torch_tensors_clear(&f->tensors);
    mapping_close(&f->map);
    free(f->storage);
    free(f->folder);
    free(f->path);
    free(f);
}

const struct torch_tensors *torch_file_tensors(const struct torch_file *f)
{
    return &f->tensors;
}

static bool load_storage(struct torch_file *f, const struct torch_tensor *t, struct err *e)
{
    char name[TORCH_KEY + 8];
    size_t size = t->numbers * t->width;
    if (f->storage && f->stored == size && !strcmp(f->key, t->key)) return true;
    free(f->storage);
    snprintf(name, sizeof name, "data/%s", t->key);
    zip_int64_t at = locate(f, name);
    f->storage = NULL;
    if (at < 0) return err_set(e, ERR_FORMAT, "%s: record %s of tensor %s is missing", f->path, name, t->name);
    if (!(f->storage = unpack(f, at, &size, most_storage, e))) return false;
    memcpy(f->key, t->key, sizeof f->key);
    f->stored = size;
    return true;
}

/* Gather up to this many numbers at a time, in the order and byte order of safetensors, which knows their types. */
enum { GATHERED = 1024 };

bool torch_file_read(struct torch_file *f, const struct torch_tensor *t, float *out, struct err *e)
{
    unsigned char numbers[GATHERED * 8];
    int64_t index[TENSORS_MAX_DIMS] = { 0 }, place = t->offset;
    if (t->what)
        return err_set(e, ERR_UNSUPPORTED, "%s: %s is %s, not a tensor; nothing of a file is executed", f->path,
                       t->name, t->what);
    if (t->type == TENSORS_OTHER || t->type == TENSORS_I64)
        return err_set(e, ERR_UNSUPPORTED, "%s: %s is not of a float type", f->path, t->name);
    if (!load_storage(f, t, e)) return false;
    for (size_t done = 0; done < t->count;) {
        size_t n = t->count - done < GATHERED ? t->count - done : GATHERED;
        for (size_t i = 0; i < n; i++) {
            const unsigned char *from = f->storage + (size_t)place * t->width;
            unsigned char *to = numbers + i * t->width;
            for (size_t b = 0; b < t->width; b++) to[b] = from[f->big_endian ? t->width - 1 - b : b];
            int d = t->dims - 1;
            while (d >= 0 && ++index[d] == t->shape[d]) { /* carry */
                place -= (t->shape[d] - 1) * t->stride[d];
                index[d--] = 0;
            }
            if (d >= 0) place += t->stride[d];
        }
        tensors_read(&(struct tensors_entry){ .type = t->type, .count = n, .data = numbers }, out + done);
        done += n;
    }
    return true;
}

bool torch_file_check(const struct torch_file *f, struct err *e)
{
    return mapping_check(&f->map, f->path, e);
}

#else

const char *torch_file_libzip(void)
{
    return NULL;
}

bool torch_file_take(struct torch_file **out, int fd, const char *path, struct err *e)
{
    *out = NULL;
    close(fd);
    return err_set(e, ERR_UNSUPPORTED,
                   "%s: a file of torch.save, which this build cannot read (libzip was not there); save it as "
                   "safetensors",
                   path);
}

void torch_file_close(struct torch_file *f)
{
    (void)f;
}

const struct torch_tensors *torch_file_tensors(const struct torch_file *f)
{
    (void)f;
    static const struct torch_tensors none;
    return &none;
}

bool torch_file_read(struct torch_file *f, const struct torch_tensor *t, float *out, struct err *e)
{
    (void)f, (void)t, (void)out;
    return err_set(e, ERR_INTERNAL, "no libzip");
}

bool torch_file_check(const struct torch_file *f, struct err *e)
{
    (void)f, (void)e;
    return true;
}

#endif
