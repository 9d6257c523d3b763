/* Groups of runs by chosen settings: those with the same values belong together, whatever else differs. */
#ifndef MLVICX_VIEWS_GROUP_H
#define MLVICX_VIEWS_GROUP_H

#include "engine/base/settings.h"
#include "store/database/store.h"

enum { GROUP_KEYS = 160, GROUP_TEXT = 160, GROUP_MOST = 4 };

/** Whether `keys` are at most GROUP_MOST names of settings, blanks between them; "" is fine. */
bool group_check(const char *keys, struct err *e);
/** The values: "optim.lr 0.004 · model.width 64"; `brief`: "lr 0.004, width 64". Fills and returns out. */
const char *group_text(const struct settings *s, const char *keys, bool brief, char out[GROUP_TEXT]);
/** The same of a run; "" if its configuration cannot be read. */
bool group_of_run(struct store *s, int64_t run, const char *keys, char out[GROUP_TEXT], struct err *e);

#endif
