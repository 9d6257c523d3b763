/* A trial import for its report: its pack is discarded. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/data/import/import.h"

bool import_check(const struct import_config *c, struct dataset **out, struct err *e)
{
    const char *base = getenv("TMPDIR");
    char dir[512], pack[1024];
    *out = NULL;
    snprintf(dir, sizeof dir, "%.400s/mlvicx-check-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(dir)) return err_errno(e, "%s", dir);
    bool ok = import_run(c, dir, out, e);
    if (ok && file_join(pack, sizeof pack, dir, (*out)->pack)) unlink(pack);
    rmdir(dir);
    return ok;
}
