/* What an import that can be continued keeps beside its pack: the journal, and the name that the pack had before. */
#include "config.h"

#include "engine/data/import/import.h"

#include <stdio.h>
#include <string.h>

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
