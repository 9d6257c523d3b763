/* What `compare --json` says of the shown run beside the marked ones, as the screen shows it. */
#ifndef MLVICX_VIEWS_DOWNSTREAM_COMPARED_H
#define MLVICX_VIEWS_DOWNSTREAM_COMPARED_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "store/database/store.h"

struct compared_class {
    char name[128];                             /* "mean of findings" for the last */
    double a, b, difference, lo, hi, p, p_holm; /* p by patient; NaN: none */
};
/** One pair. Owned array. */
struct compared_pair {
    char a[STORE_NAME], b[STORE_NAME], verdict[256];
    int images, patients, draws;
    double detectable; /* of the mean */
    struct compared_class *rows;
    int count;
};
/** Zero-initialise. */
struct downstream_compared {
    struct compared_pair *pairs; /* owned */
    int count;
};

/** Take the text that compare printed. ERR_FORMAT for another. */
bool downstream_compared_parse(struct downstream_compared *c, const char *json, struct err *e);
void downstream_compared_clear(struct downstream_compared *c);

#endif
