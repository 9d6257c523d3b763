#include "engine/base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "engine/base/folder.h"
#include "engine/base/reading.h"
#include "engine/base/target.h"
#include "engine/base/temporary.h"
#include "engine/base/text.h"

/* `f` NULL: it could not be opened, and `e` says why. It is closed. */
static char *read_text(FILE *f, const char *path, size_t most, struct err *e)
{
    char *out = NULL;
    struct stat st;
    if (!f) return NULL;
    if (fstat(fileno(f), &st)) {
        err_errno(e, "%s", path);
    } else if (!S_ISREG(st.st_mode)) {
        err_set(e, ERR_IO, "%s: is %s, not a regular file", path, file_kind(st.st_mode));
    } else if ((size_t)st.st_size > most) {
        err_set(e, ERR_FORMAT, "%s: %zu bytes, more than the %zu expected of such a file", path, (size_t)st.st_size,
                most);
    } else if (!(out = malloc((size_t)st.st_size + 1))) {
        err_set(e, ERR_MEMORY, "%s: no memory to read it", path);
    } else {
        size_t n = fread(out, 1, (size_t)st.st_size, f);
        bool ok = ferror(f) ? err_errno(e, "%s", path) : file_check_text(path, out, n, e);
        if (!ok) {
            free(out);
            out = NULL;
        } else {
            out[n] = '\0';
        }
    }
    fclose(f);
    return out;
}

char *file_read_text(const char *path, size_t most, struct err *e)
{
    return read_text(file_stream_regular(path, NULL, e), path, most, e);
}

char *file_take_text(int fd, const char *path, size_t most, struct err *e)
{
    FILE *f = fdopen(fd, "rb");
    if (!f) {
        err_errno(e, "%s", path);
        close(fd);
    }
    return read_text(f, path, most, e);
}

/* A file that is there keeps who may read it, also where it is another's and this is root. What cannot be kept of its
 * group is not given to ours instead. */
static void keep_access(int fd, const struct stat *old)
{
    struct stat st;
    mode_t mode = old->st_mode & 0777;
    bool other = fstat(fd, &st) == 0 && (st.st_uid != old->st_uid || st.st_gid != old->st_gid);
    if (other && fchown(fd, old->st_uid, old->st_gid) && st.st_gid != old->st_gid && fchown(fd, (uid_t)-1, old->st_gid))
        mode &= ~(mode_t)S_IRWXG;
    fchmod(fd, mode); /* fails only where modes mean nothing */
}

/* The temporary `fd` of a writer whose path is known; `old`: what it replaces and is to be like, or NULL. */
static bool begin(struct file_writer *w, int fd, const struct stat *old, const char *path, struct err *e)
{
    if (fd < 0) {
        file_abandon(w);
        return false;
    }
    if (old) keep_access(fd, old);
    w->stream = fdopen(fd, "wb");
    if (!w->stream) {
        err_errno(e, "%s: cannot be written", path);
        close(fd);
        file_abandon(w);
        return false;
    }
    return true;
}

bool file_begin(struct file_writer *w, const char *path, struct err *e)
{
    return file_begin_as(w, path, FILE_OF_STORE, e);
}

bool file_begin_as(struct file_writer *w, const char *path, enum file_use use, struct err *e)
{
    struct stat old;
    char place[TARGET_PATH];
    bool there = false;
    *w = (struct file_writer){ 0 };
    if (!(use == FILE_OF_USER ? target_find(path, place, &old, &there, e) : target_check(path, place, e))) return false;
    w->path = strdup(place);
    if (!w->path) return err_set(e, ERR_MEMORY, "%s: no memory", path);
    temporary_sweep_beside(place);
    int fd = temporary_create(place, use == FILE_OF_USER && !there ? 0666 : 0600, &w->temporary, e);
    return begin(w, fd, there ? &old : NULL, path, e);
}

bool file_begin_in(struct file_writer *w, const struct folder *f, const char *name, struct err *e)
{
    *w = (struct file_writer){ 0 };
    if (!folder_check(f, name, e)) return false;
    if (asprintf(&w->path, "%s/%s", f->path, name) < 0) {
        w->path = NULL;
        return err_set(e, ERR_MEMORY, "%s: no memory", name);
    }
    w->folder = malloc(sizeof *w->folder);
    if (w->folder) *w->folder = *f;
    if (w->folder) w->folder->fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);
    if (!w->folder || w->folder->fd < 0) {
        err_set(e, ERR_MEMORY, "%s: no memory, or too many open files", w->path);
        file_abandon(w);
        return false;
    }
    temporary_sweep_in(f, name, "");
    int fd = temporary_create_in(f, name, &w->temporary, e);
    if (fd >= 0) fchmod(fd, 0600); /* whatever the umask */
    return begin(w, fd, NULL, w->path, e);
}

static bool begin_part(struct file_writer *w, const struct folder *f, const char *name, const char *part, int fd)
{
    w->stream = fdopen(fd, "r+b");
    if (!w->stream) close(fd);
    w->folder = malloc(sizeof *w->folder);
    if (w->folder) *w->folder = *f;
    if (w->folder) w->folder->fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);
    if (asprintf(&w->path, "%s/%s", f->path, name) < 0) w->path = NULL;
    if (asprintf(&w->temporary, "%s/%s", f->path, part) < 0) w->temporary = NULL;
    return w->stream && w->folder && w->folder->fd >= 0 && w->path && w->temporary;
}

/* Opens and locks the part; once more where it was removed in between. */
static int open_part(const struct folder *f, const char *part, bool *taken, struct err *e)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    for (;;) {
        struct stat st;
        int fd = folder_file(f, part, FOLDER_LOCK, e);
        if (fd < 0) return -1;
        *taken = fcntl(fd, F_OFD_SETLK, &whole) != 0;
        if (!*taken && (fstat(fd, &st) || st.st_nlink)) return fd;
        close(fd);
        if (*taken) return -1;
    }
}

bool file_begin_part(struct file_writer *w, const struct folder *f, const char *name, const char *part, bool *taken,
                     struct err *e)
{
    *w = (struct file_writer){ 0 };
    *taken = false;
    int fd = folder_check(f, name, e) ? open_part(f, part, taken, e) : -1;
    if (fd < 0) return false;
    if (begin_part(w, f, name, part, fd)) return true;
    file_leave_part(w);
    return err_set(e, ERR_MEMORY, "%s/%s: no memory, or too many open files", f->path, part);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Sets errno. */
static bool give_name(const struct file_writer *w)
{
    if (w->folder) return folder_rename(w->folder, last_part(w->temporary), last_part(w->path), NULL);
    return rename(w->temporary, w->path) == 0 && file_sync_directory_of(w->path);
}

void file_put(struct file_writer *w, const void *bytes, size_t n)
{
    if (!w->failed && n && fwrite(bytes, 1, n, w->stream) != n) w->failed = errno ? errno : EIO;
}

bool file_sync_directory_of(const char *path)
{
    char *copy = strdup(path);
    if (!copy) return false;
    char *slash = strrchr(copy, '/');
    const char *dir = slash == copy ? "/" : slash ? copy : ".";
    if (slash && slash != copy) *slash = '\0';
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    if (fd < 0) return false;
    bool ok = fsync(fd) == 0 || errno == EINVAL; /* some file systems cannot sync a directory */
    close(fd);
    return ok;
}

static void release(struct file_writer *w)
{
    if (w->folder) folder_close(w->folder);
    free(w->folder);
    free(w->path);
    free(w->temporary);
    *w = (struct file_writer){ 0 };
}

bool file_commit(struct file_writer *w, struct err *e)
{
    bool ok = !w->failed && fflush(w->stream) == 0 && fsync(fileno(w->stream)) == 0;
    if (!ok) {
        if (w->failed) errno = w->failed;
        err_errno(e, "%s: cannot be written", w->path);
        file_abandon(w);
        return false;
    }
    int closed = fclose(w->stream);
    w->stream = NULL;
    if (closed || !give_name(w)) {
        err_errno(e, "%s: cannot be written", w->path);
        file_abandon(w);
        return false;
    }
    release(w);
    return true;
}

void file_abandon(struct file_writer *w)
{
    if (w->stream) fclose(w->stream);
    if (w->temporary && w->folder)
        folder_unlink(w->folder, last_part(w->temporary), NULL);
    else if (w->temporary)
        unlink(w->temporary);
    release(w);
}

void file_leave_part(struct file_writer *w)
{
    if (w->stream) fclose(w->stream);
    release(w);
}

bool file_write_text(const char *path, const struct text *t, enum file_use use, struct err *e)
{
    struct file_writer w;
    if (t->broken) return err_set(e, ERR_MEMORY, "%s: memory ran out", path);
    if (!file_begin_as(&w, path, use, e)) return false;
    file_put(&w, t->data, t->length);
    return file_commit(&w, e);
}

bool file_make_directories(const char *dir, struct err *e)
{
    return file_make_directories_as(dir, 0700, e);
}

bool file_make_directories_as(const char *dir, mode_t mode, struct err *e)
{
    char *copy = strdup(dir);
    if (!copy) return err_set(e, ERR_MEMORY, "%s: no memory", dir);
    bool ok = true;
    for (char *p = copy + 1; ok; p++) {
        if (*p && *p != '/') continue;
        char c = *p;
        *p = '\0';
        struct stat st;
        bool hidden = stat(copy, &st) && errno == EACCES; /* below a folder that is closed to us: it may be there */
        if (hidden)
            ok = err_errno(e, "%s", dir);
        else if (mkdir(copy, mode) && errno != EEXIST)
            ok = err_errno(e, "%s: cannot be created", copy);
        *p = c;
        if (!c) break;
    }
    if (ok && !file_is_directory(dir)) ok = err_set(e, ERR_IO, "%s: is not a directory", dir);
    free(copy);
    return ok;
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool file_is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

double file_free_bytes(const char *path)
{
    struct statvfs v;
    return statvfs(path, &v) ? -1.0 : (double)v.f_bavail * (double)v.f_frsize;
}

bool file_join(char *out, size_t size, const char *dir, const char *name)
{
    size_t n = strlen(dir);
    int written = snprintf(out, size, "%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name);
    return written >= 0 && (size_t)written < size;
}

static void to_hex(const uint8_t digest[SHA256_DIGEST_SIZE], char hex[DIGEST_HEX_SIZE])
{
    for (int i = 0; i < SHA256_DIGEST_SIZE; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void digest_bytes(const void *bytes, size_t n, char hex[DIGEST_HEX_SIZE])
{
    struct sha256_ctx ctx;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&ctx);
    sha256_update(&ctx, n, bytes);
    sha256_digest(&ctx, sizeof digest, digest);
    to_hex(digest, hex);
}

struct digest_pieces {
    FILE *file;
    struct sha256_ctx ctx;
    char path[4096]; /* for errors */
    unsigned char buffer[1 << 16];
};

/* `file` NULL: it could not be opened, and `e` says why. */
static bool digest_open(struct digest_pieces **out, FILE *file, const char *path, struct err *e)
{
    struct digest_pieces *d = file ? malloc(sizeof *d) : NULL;
    *out = NULL;
    if (!file) return false;
    if (!d) {
        fclose(file);
        return err_set(e, ERR_MEMORY, "%s: memory ran out", path);
    }
    d->file = file;
    snprintf(d->path, sizeof d->path, "%s", path);
    sha256_init(&d->ctx);
    *out = d;
    return true;
}

bool digest_begin(struct digest_pieces **out, const char *path, struct err *e)
{
    return digest_open(out, file_stream_regular(path, NULL, e), path, e);
}

bool digest_take(struct digest_pieces **out, int fd, const char *path, struct err *e)
{
    FILE *file = fdopen(fd, "rb");
    if (file) {
        rewind(file);
    } else {
        err_errno(e, "%s", path);
        close(fd);
    }
    return digest_open(out, file, path, e);
}

bool digest_more(struct digest_pieces *d, size_t most, bool *done, char hex[DIGEST_HEX_SIZE], struct err *e)
{
    *done = false;
    for (size_t n; most > 0; most -= n) {
        size_t want = most < sizeof d->buffer ? most : sizeof d->buffer;
        n = fread(d->buffer, 1, want, d->file);
        sha256_update(&d->ctx, n, d->buffer);
        if (n == want) continue;
        if (ferror(d->file)) return err_errno(e, "%s", d->path);
        uint8_t digest[SHA256_DIGEST_SIZE];
        sha256_digest(&d->ctx, sizeof digest, digest);
        to_hex(digest, hex);
        *done = true;
        return true;
    }
    return true;
}

void digest_end(struct digest_pieces *d)
{
    if (!d) return;
    fclose(d->file);
    free(d);
}

bool digest_file(const char *path, char hex[DIGEST_HEX_SIZE], struct err *e)
{
    struct digest_pieces *d;
    bool done;
    if (!digest_begin(&d, path, e)) return false;
    bool ok = digest_more(d, SIZE_MAX, &done, hex, e);
    digest_end(d);
    return ok;
}
