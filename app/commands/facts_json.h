#ifndef MLVICX_APP_FACTS_JSON_H
#define MLVICX_APP_FACTS_JSON_H

#include <jansson.h>

#include "views/analysis/facts.h"

/** The object that `runs --json` lists. */
json_t *facts_json(const struct run_facts *f);

#endif
