/* Classes that mean that nothing was found: scored apart from findings. */
#ifndef MLVICX_DATA_NOTHING_H
#define MLVICX_DATA_NOTHING_H

#include <stdbool.h>

/** Whether a class of this name means "nothing" ("No Finding", "normal", "[]" ...), in any case and spelling. */
bool class_means_nothing(const char *name);

#endif
