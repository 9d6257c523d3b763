/* The request as importers of every kind need it: the value of an option, whether to continue, where the pack is
 * written. */
#include "engine/data/import/common/import_common.h"

#include <string.h>

enum { LISTED = 1024 }; /* files or rows between two checks whether to continue */

const char *import_value(const struct import_config *c, const char *name)
{
    for (size_t i = 0; i < c->value_count; i++)
        if (!strcmp(c->values[i].name, name)) return c->values[i].value;
    return NULL;
}

bool import_goes_on(const struct import_config *c, size_t done, struct err *e)
{
    struct import_progress p = { "listing", done, 0, 0, 0 };
    if (!done || done % LISTED || !c->progress || c->progress(c->ctx, &p)) return true;
    return err_set(e, ERR_INTERRUPTED, "import of %s stopped; nothing was kept", c->name);
}

bool import_pack_begin(const struct import_config *c, const char *packs, const struct dataset *d,
                       struct pack_writer **out, struct err *e)
{
    return c->into ? pack_writer_create_in(out, c->into, d->name, d->size, d->channels, e)
                   : pack_writer_create(out, packs, d->name, d->size, d->channels, e);
}
