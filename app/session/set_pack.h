/* The pack of a data set: in the store's folder, or attached from elsewhere. */
#ifndef MLVICX_APP_SET_PACK_H
#define MLVICX_APP_SET_PACK_H

#include "engine/base/err.h"
#include "engine/data/pack.h"
#include "store/dataset.h"

/** Opens the pack that the row `d` names, and no other (pack_take_as). `*out` is the caller's. Errors name the file and
 * begin with the data set. */
bool set_pack_open(const struct store *s, const struct store_dataset *d, struct pack **out, struct err *e);

#endif
