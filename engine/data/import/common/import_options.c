/* Options of importers: which kinds take them. */
#include <string.h>

#include "engine/data/import/common/import_common.h"

const struct import_option import_options[] = {
#define OPTION_ROW(kind, name, argument, summary) { kind, name, argument, summary },
    IMPORT_OPTION_LIST(OPTION_ROW)
#undef OPTION_ROW
        { 0 },
};

static bool names_kind(const char *list, const char *kind)
{
    size_t n = strlen(kind);
    for (const char *p = list; *p; p += strcspn(p, " "), p += strspn(p, " "))
        if (strcspn(p, " ") == n && !strncmp(p, kind, n)) return true;
    return false;
}

bool import_takes(const char *kind, const char *option)
{
    for (const struct import_option *o = import_options; o->name; o++)
        if (names_kind(o->kind, kind) && !strcmp(o->name, option)) return true;
    return false;
}
