#ifndef MLVICX_APP_SUMMARY_JSON_H
#define MLVICX_APP_SUMMARY_JSON_H

#include <jansson.h>

#include "views/analysis/facts.h"

/** The object that `runs --json` lists. */
json_t *summary_json(const struct run_facts *f);

#endif
