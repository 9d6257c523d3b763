/* If a journal names a file, it ends with the path, its length and a sum of its bytes (32 bits each, big-endian),
 * and the eight bytes with which every journal begins. The sum is not checked: an attacker would write that too.
 * Source: readSuperJournal of SQLite's pager.c, https://www.sqlite.org/fileformat2.html#the_rollback_journal. */
#include "store/database/journal.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAIL = 16, MAGIC = 8 };

static const unsigned char magic[MAGIC] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };

bool journal_check(const struct folder *folder, const char *name, struct err *e)
{
    unsigned char tail[TAIL];
    struct stat st;
    int fd = folder_file(folder, name, FOLDER_READ, NULL);
    if (fd < 0) return true; /* missing, or SQLite cannot read it either */
    bool names = fstat(fd, &st) == 0 && st.st_size >= TAIL && pread(fd, tail, TAIL, st.st_size - TAIL) == TAIL &&
                 memcmp(tail + TAIL - MAGIC, magic, MAGIC) == 0;
    close(fd);
    if (!names) return true;
    return err_set(e, ERR_FORMAT,
                   "%s/%s: names another file, which ending that write would remove; mlvicx writes no such journal. "
                   "Restore a copy of the store",
                   folder->path, name);
}
