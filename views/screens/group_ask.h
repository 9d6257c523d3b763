/* Asks by which settings runs are grouped: one answer for the table of runs and for the curves of Loss. */
#ifndef MLVICX_VIEWS_GROUP_ASK_H
#define MLVICX_VIEWS_GROUP_ASK_H

#include "views/workbench/workbench.h"

/** `done` (returns enum after) is called once the selection has the answer, which may be none. */
void group_ask(struct workbench *wb, unsigned (*done)(struct workbench *wb, void *ctx), void *ctx);

#endif
