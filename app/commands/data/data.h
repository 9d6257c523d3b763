/* What the commands of the data family share. */
#ifndef MLVICX_APP_DATA_H
#define MLVICX_APP_DATA_H

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "store/dataset.h"

extern const struct command command_data_import; /* `demo` runs it */
extern const struct command command_data_rm;     /* a test does */

/** The object of `data list`; NULL when memory ran out. */
json_t *data_json(const struct store_dataset *d);
/** "334 images, 256 px grey" into out (>= 96 bytes). Returns out. */
const char *data_describe(const struct store_dataset *d, char *out);

/** Progress of pack_verify, `ctx` is the struct app; false when the process is asked to end. */
bool data_verify_progress(void *ctx, uint64_t done, uint64_t total);

#endif
