/* Which evaluation of a run the exports mean that are about one: options that they share. */
#ifndef MLVICX_APP_EXPORT_WANTED_H
#define MLVICX_APP_EXPORT_WANTED_H

#include "app/commands/export/export.h"
#include "views/analysis/predictions.h"

/** --task, --protocol, --labels, --draw, --context, --size and the step; what is not given is left open, but for the
 * task: the run's own data set. Borrows from the arguments. */
bool export_wanted(const struct export_request *r, struct predictions_wanted *w, struct err *e);
enum { EXPORT_CLASS = 512 };
/** The name that --class gives, borrowed; without it the only class of the task, in `only`, or an error that names its
 * classes. */
bool export_class(const struct export_request *r, const struct predictions_wanted *w, char only[EXPORT_CLASS],
                  const char **class, struct err *e);
/** --size is a plain number: a side of the images that were scored, and not WIDTHxHEIGHT of a picture. */
bool export_is_image_size(const char *word);
/** Say on standard error whose predictions they are: protocol, size, settings, draw, step, and whether others differ
 * from them in size or settings alone. */
void export_note_predictions(const struct app *app, const char *task, const struct predictions *p);

#endif
