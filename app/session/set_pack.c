#include "app/session/set_pack.h"

#include "store/database/files.h"

bool set_pack_open(const struct store *s, const struct store_dataset *d, struct pack **out, struct err *e)
{
    char path[STORE_PATH];
    const struct pack_identity identity = {
        .set = d->name,
        .digest = d->digest,
        .count = d->count,
        .size = d->size,
        .channels = d->channels,
        .attached = store_pack_is_attached(d->pack),
    };
    *out = NULL;
    int fd = store_pack_open(s, d->pack, path, e);
    return (fd >= 0 && pack_take_as(fd, path, &identity, out, e)) || err_wrap(e, "data set %s", d->name);
}
