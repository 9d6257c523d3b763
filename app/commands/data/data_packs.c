#include "app/commands/data/data_packs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/temporary.h"
#include "engine/base/text.h"
#include "engine/data/import/import.h"
#include "store/database/files.h"

/* How long the part of a pack waits for its import to be continued. */
static const double part_seconds = 7 * 24 * 3600;

bool data_pack_unrecorded(struct store *s, const struct folder *packs, const char *pack, struct err *e)
{
    char part[PACK_NAME_SIZE];
    bool kept = false;
    if (import_part(packs, pack, part)) return store_dataset_put_pack_aside(s, pack, part, &kept, e) && kept;
    store_dataset_drop_pack(s, pack, e);
    return false;
}

static bool is_aged(int dir, const char *name, double age)
{
    struct stat st;
    return age <= 0 || (!fstatat(dir, name, &st, 0) && clock_wall() - (double)st.st_mtime > age);
}

/* Rows half written and half removed, packs that no row names, temporaries. What may still be at work on another
 * machine, whose locks are not seen here, is left alone until it is `age` seconds old. */
static bool sweep(struct store *s, const struct folder *packs, double age, struct err *e)
{
    struct err why = { 0 };
    if (!store_dataset_sweep(s, age, e)) return false;
    DIR *d = folder_list(packs);
    for (struct dirent *entry; !why.code && d && (entry = readdir(d));) {
        const char *name = entry->d_name;
        bool part = text_ends(name, ".part") || text_ends(name, ".journal");
        if (part && is_aged(dirfd(d), name, part_seconds)) folder_unlink(packs, name, NULL);
        if (text_ends(name, ".pack") && is_aged(dirfd(d), name, age)) data_pack_unrecorded(s, packs, name, &why);
    }
    if (d) closedir(d);
    temporary_sweep_in(packs, "", ".pack");
    return !why.code || err_set(e, why.code, "%s", why.msg);
}

int data_packs_enter(struct store *s, const struct folder *packs, struct err *e)
{
    int fd = folder_file(packs, "lock", FOLDER_LOCK, e);
    if (fd < 0) return -1;
    /* on a file system without locks no one is seen, so that only what is old is tidied up */
    bool alone = flock(fd, LOCK_EX | LOCK_NB) == 0, lockless = !alone && errno != EWOULDBLOCK && errno != EINTR;
    bool ok = true;
    if (alone || lockless) ok = sweep(s, packs, lockless || store_is_network(s) ? TEMPORARY_DAY : 0, e);
    if (ok && !lockless && flock(fd, LOCK_SH)) ok = err_errno(e, "%s/lock: cannot be locked", packs->path);
    if (ok) return fd;
    close(fd);
    return -1;
}

/* From its rows on a pack is safe; just before, a removal of a set of the same name and content may have taken it. */
bool data_pack_stays(struct store *s, const char *pack, const char *name, int64_t id, struct err *e)
{
    if (store_file_is(s, STORE_PACKS, 0, pack)) return true;
    store_dataset_remove(s, id, NULL);
    return err_set(e, ERR_CONFLICT, "data set %s: its pack was removed meanwhile; import it again", name);
}
