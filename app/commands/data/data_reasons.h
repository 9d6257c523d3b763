/* What an import left out and could not read, by reason, as the commands of the data family tell it. */
#ifndef MLVICX_APP_DATA_REASONS_H
#define MLVICX_APP_DATA_REASONS_H

#include "app/cli/json.h"
#include "engine/base/text.h"
#include "engine/data/dataset.h"

/** List of {reason, count}: files that were not wanted; files that could not be read. NULL when memory ran out. */
json_t *data_left_out_json(const struct dataset *d);
json_t *data_unreadable_json(const struct dataset *d);
/** One line of counts for the files that could not be read, "2 truncated PNG, 1 not an image"; nothing for none. */
void data_unreadable_line(const struct dataset *d, struct text *out);

#endif
