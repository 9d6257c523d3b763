#ifndef MLVICX_APP_RUN_SUMMARY_JSON_H
#define MLVICX_APP_RUN_SUMMARY_JSON_H

#include <jansson.h>

#include "views/analysis/run_summary.h"

/** The object that `runs --json` lists. */
json_t *run_summary_json(const struct run_summary *f);

#endif
