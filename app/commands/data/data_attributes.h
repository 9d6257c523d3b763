/* What is known of the persons and exposures of a set, as `data show` tells it. */
#ifndef MLVICX_DATA_ATTRIBUTES_H
#define MLVICX_DATA_ATTRIBUTES_H

#include <jansson.h>

#include "store/dataset.h"

/** [{name, images, values: [{value, train, val, test, none}]}]; owned, NULL when memory ran out. */
json_t *data_attributes_json(const struct store_attribute_counts *c);
/** A line for each name: its values with how many images have them, or how many values there are. */
void data_attributes_print(const struct store_attribute_counts *c);

#endif
