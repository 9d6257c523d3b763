#include "engine/base/mapping.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/reading.h"

enum { PLACES = 64, FREE = 0, TAKEN = 1, WHOLE = 2, BROKEN = 3 };

/* The one table: a signal handler has no context. `state` is set to WHOLE after the rest, and to TAKEN before it
 * changes. */
static struct {
    atomic_int state;
    uintptr_t from;
    size_t size;
} places[PLACES];

static int place_take(const void *data, size_t size)
{
    for (int i = 0; i < PLACES; i++) {
        int expected = FREE;
        if (!atomic_compare_exchange_strong(&places[i].state, &expected, TAKEN)) continue;
        places[i].from = (uintptr_t)data;
        places[i].size = size;
        atomic_store(&places[i].state, WHOLE);
        return i;
    }
    return -1;
}

bool mapping_open(struct mapping *m, const char *path, struct err *e)
{
    *m = (struct mapping){ .place = -1, .file = -1 };
    int fd = file_open_regular(path, NULL, e);
    return fd >= 0 && mapping_take(m, fd, path, e);
}

bool mapping_take(struct mapping *m, int fd, const char *path, struct err *e)
{
    *m = (struct mapping){ .place = -1, .file = -1 };
    struct stat st;
    bool ok = true;
    if (fstat(fd, &st)) {
        ok = err_errno(e, "%s", path);
    } else if (!S_ISREG(st.st_mode)) {
        ok = err_set(e, ERR_IO, "%s: is %s, not a regular file", path, file_kind(st.st_mode));
    } else if (st.st_size > 0) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (p == MAP_FAILED)
            ok = err_errno(e, "%s: cannot be mapped", path);
        else
            *m = (struct mapping){ p, (size_t)st.st_size, place_take(p, (size_t)st.st_size), fd };
    }
    if (!m->data) close(fd);
    return ok;
}

void mapping_close(struct mapping *m)
{
    if (m->data) {
        if (m->place >= 0) atomic_store(&places[m->place].state, TAKEN);
        munmap((void *)(uintptr_t)m->data, m->size);
        if (m->place >= 0) atomic_store(&places[m->place].state, FREE);
        close(m->file);
    }
    *m = (struct mapping){ .place = -1, .file = -1 };
}

bool mapping_check(const struct mapping *m, const char *path, struct err *e)
{
    struct stat st;
    if (!m->data) return true;
    bool broken = m->place >= 0 && atomic_load(&places[m->place].state) == BROKEN;
    if (!broken && fstat(m->file, &st)) return err_errno(e, "%s: cannot be read any more", path);
    if (!broken && (size_t)st.st_size >= m->size) return true;
    return err_set(e, ERR_FORMAT, "%s: was cut or could not be read while it was in use; put the whole file back",
                   path);
}

bool mapping_mend(void *address)
{
    uintptr_t at = (uintptr_t)address;
    long page = sysconf(_SC_PAGESIZE);
    for (int i = 0; i < PLACES; i++) {
        int state = atomic_load(&places[i].state);
        if (state < WHOLE || at < places[i].from || at - places[i].from >= places[i].size) continue;
        int kept = errno;
        void *start = (void *)(at - at % (uintptr_t)page);
        bool ok = mmap(start, (size_t)page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
        errno = kept;
        if (ok) atomic_store(&places[i].state, BROKEN);
        return ok;
    }
    return false;
}
