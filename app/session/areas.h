/* Words about areas under the curve: which classes have none, and why. */
#ifndef MLVICX_APP_AREAS_H
#define MLVICX_APP_AREAS_H

#include "engine/base/text.h"
#include "engine/evaluate/auc.h"

/** Append one line that names the classes [count] without an area, with the reason; nothing where each has one.
 * `scored` says which images were scored, such as "test". */
void areas_lacking(const struct auc *classes, const char *const *names, int count, const char *scored,
                   struct text *out);
/** The same where something else than the training labels may leave a class untaught: `why`, such as "its classifier
 * was not taught it". */
void areas_lacking_of(const struct auc *classes, const char *const *names, int count, const char *scored,
                      const char *why, struct text *out);

/** "0.9591" with `digits` decimals, or "-" where it is undefined. Fills and returns out. */
const char *areas_text(double area, int digits, char out[16]);

#endif
