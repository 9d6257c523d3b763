/* Drawing of what lies behind one class on Downstream: a curve with its numbers, the worst mistakes as pictures; and of
 * the comparison of marked runs. */
#ifndef MLVICX_VIEWS_DOWNSTREAM_CLASS_H
#define MLVICX_VIEWS_DOWNSTREAM_CLASS_H

#include "views/screens/downstream_panes.h"

/** The curve of v->pane, of every run that has one. In a small area its number alone. */
void downstream_class_curve(const struct downstream_panes *v, const struct area *a);
/** Fills v->page and keeps v->first within the list. */
void downstream_class_mistakes(struct downstream_panes *v, const struct workbench *wb, const struct area *a);
void downstream_class_compared(struct downstream_panes *v, const struct area *a);

#endif
