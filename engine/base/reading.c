#include "engine/base/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/text.h"

enum { CHUNK = 1 << 16, WAIT_MILLISECONDS = 100, WRITER_WAITS = 100 };

const char *file_kind(mode_t mode)
{
    return S_ISDIR(mode)                    ? "a directory"
           : S_ISFIFO(mode)                 ? "a pipe"
           : S_ISSOCK(mode)                 ? "a socket"
           : S_ISCHR(mode) || S_ISBLK(mode) ? "a device"
                                            : "something else";
}

static bool check_regular(const char *path, const struct stat *st, struct err *e)
{
    return S_ISREG(st->st_mode) || err_set(e, ERR_IO, "%s: is %s, not a regular file", path, file_kind(st->st_mode));
}

/* Asked by name first, since opening a device may do something, and again of what was opened. */
int file_open_regular(const char *path, struct stat *st, struct err *e)
{
    struct stat own;
    if (!st) st = &own;
    if (stat(path, st)) return err_errno(e, "%s", path), -1;
    if (!check_regular(path, st, e)) return -1;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return err_errno(e, "%s", path), -1;
    if (fstat(fd, st) ? !err_errno(e, "%s", path) : check_regular(path, st, e)) return fd;
    close(fd);
    return -1;
}

FILE *file_stream_regular(const char *path, struct stat *st, struct err *e)
{
    int fd = file_open_regular(path, st, e);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "rb");
    if (fd >= 0 && !f) {
        err_errno(e, "%s", path);
        close(fd);
    }
    return f;
}

bool file_check_text(const char *path, const char *bytes, size_t n, struct err *e)
{
    const char *zero = memchr(bytes, '\0', n);
    int line = 1;
    for (const char *p = bytes; zero && p < zero; p++) line += *p == '\n';
    return !zero || err_set(e, ERR_FORMAT, "%s: line %d: a zero byte: this is not text (UTF-16?)", path, line);
}

/* All of a pipe, or of a file, which has `begun` from the start. Without waiting, 0 bytes of a pipe mean that no one
 * has it open for writing (no one any more, or no one yet), EAGAIN that someone has. A signal that is caught ends a
 * wait. */
static bool read_all(int fd, bool begun, const char *path, size_t most, struct text *t, struct err *e)
{
    char chunk[CHUNK];
    for (int waits = 0;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno != EAGAIN) return err_errno(e, "%s", path);
        if (n == 0 && begun) return true;
        begun |= n != 0;
        if (n > 0) text_append(t, chunk, (size_t)n);
        if (t->length > most)
            return err_set(e, ERR_FORMAT, "%s: more than the %zu bytes expected of such a file", path, most);
        if (n > 0) continue;
        if (!begun && waits++ == WRITER_WAITS)
            return err_set(e, ERR_IO, "%s: a pipe that nobody writes to; name a file", path);
        if (poll(&p, 1, begun ? -1 : WAIT_MILLISECONDS) < 0) return err_errno(e, "%s", path);
        begun |= (p.revents & POLLHUP) != 0;
    }
}

char *file_read_given(const char *path, size_t most, struct err *e)
{
    struct stat st;
    struct text t = { 0 };
    const char *source = strcmp(path, "-") ? path : "/dev/stdin";
    if (stat(source, &st)) return err_errno(e, "%s", path), NULL;
    bool pipe = S_ISFIFO(st.st_mode);
    if (!pipe && !check_regular(path, &st, e)) return NULL;
    int fd = open(source, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return err_errno(e, "%s", path), NULL;
    text_add(&t, ""); /* an empty file is an empty text */
    bool ok = read_all(fd, !pipe, path, most, &t, e) && file_check_text(path, text_str(&t), t.length, e);
    close(fd);
    if (ok && !t.broken) return t.data;
    if (ok) err_set(e, ERR_MEMORY, "%s: no memory to read it", path);
    text_clear(&t);
    return NULL;
}
