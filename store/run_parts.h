/* What reading and writing the rows of runs share; private to this folder. */
#ifndef MLVICX_STORE_RUN_PARTS_H
#define MLVICX_STORE_RUN_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"

/** The error for an id that no run has. Returns false. */
bool run_missing(int64_t id, struct err *e);

#endif
