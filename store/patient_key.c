#include "store/patient_key.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "store/database/files.h"

/* Under the lock of its file: two imports may need the first key at the same time. */
static bool read_or_draw(int fd, const char *path, uint8_t key[STORE_KEY], struct err *e)
{
    struct stat st;
    if (fstat(fd, &st) || ((st.st_mode & 077) && fchmod(fd, 0600))) return err_errno(e, "%s", path);
    if (st.st_size == STORE_KEY)
        return pread(fd, key, STORE_KEY, 0) == STORE_KEY || err_errno(e, "%s: cannot be read", path);
    if (st.st_size)
        return err_set(e, ERR_FORMAT,
                       "%s: has %lld bytes and not the %d of a key; restore it, or remove it to hash patients anew",
                       path, (long long)st.st_size, STORE_KEY);
    if (getrandom(key, STORE_KEY, 0) != STORE_KEY) return err_errno(e, "%s: no random bytes for a key", path);
    if (pwrite(fd, key, STORE_KEY, 0) == STORE_KEY && !fsync(fd) && file_sync_directory_of(path)) return true;
    err_errno(e, "%s: cannot be written", path);
    (void)!ftruncate(fd, 0);
    return false;
}

bool store_patient_key(const struct store *s, uint8_t key[STORE_KEY], struct err *e)
{
    char path[STORE_PATH];
    int fd = store_file(s, STORE_WORKSPACE, 0, "patient.key", FOLDER_LOCK, path, e);
    if (fd < 0) return false;
    while (flock(fd, LOCK_EX) && errno == EINTR) continue;
    bool ok = read_or_draw(fd, path, key, e);
    close(fd);
    return ok;
}
