/* What an axis over a run counts: steps, epochs, images or time; of the shown run and of the marked ones. */
#ifndef MLVICX_VIEWS_X_AXES_H
#define MLVICX_VIEWS_X_AXES_H

#include "views/analysis/comparison.h"
#include "views/analysis/format.h"
#include "views/analysis/series.h"

/** "step", "epoch", "images", "time". */
extern const char *const x_kind_names[X_KINDS];

/** A unit of time: "s", "min", "h" or "days", and how many seconds it has. */
struct x_time {
    const char *name;
    double seconds;
};
/** The unit in which an axis that ends after `seconds` of training is read best; NaN: "s". */
const struct x_time *x_time_of(double seconds);

/** Of one run. Zero-initialise. */
struct x_scale {
    enum x_kind kind;
    double images;             /* of a step */
    const struct x_time *time; /* its unit (x_scales_agree); NULL: seconds */
    struct series series;      /* its epochs or seconds by step */
};

/** Read what is new for steps first..last; `columns` as in series.h. `*changed` is set if an x has changed. */
bool x_scale_read(struct x_scale *x, struct store *s, enum x_kind kind, const struct compared_run *r, int64_t first,
                  int64_t last, int columns, bool *changed, struct err *e);
void x_scale_clear(struct x_scale *x);
/** Gives what is compared one unit of time: that of the longest. Returns whether it has changed for any of them. */
bool x_scales_agree(struct x_scale *x, int count);
/** What its axis counts: "step", "epoch", "images", or the unit of time. */
const char *x_scale_unit(const struct x_scale *x);
/** The x of a step as text: "epoch 3.2", "12.8k images", "4.1 min"; "" where it is not known. Fills and returns out. */
const char *x_scale_text(const struct x_scale *x, double step, char out[FORMAT_SIZE]);
/** The x of a step; NaN where it is not known. */
double x_scale_at(const struct x_scale *x, double step);
/** The step of first..last that is nearest to an x from below; -1 where it is not known. */
int64_t x_scale_step(const struct x_scale *x, int64_t first, int64_t last, double at);

/** Of all that are compared, over their whole length: for charts that show the whole. Zero-initialise. */
struct x_axes {
    enum x_kind kind;
    struct comparison of; /* not read where x is the step */
    struct x_scale scale[1 + SELECTION_MARKS];
};

bool x_axes_read(struct x_axes *x, const struct selection *sel, bool *changed, struct err *e);
void x_axes_clear(struct x_axes *x);
/** The x of a step of the run at a place: 0 the shown one, n the n-th mark. NaN where it is not known. */
double x_axes_at(const struct x_axes *x, int place, double step);
/** What the axis counts (x_scale_unit). */
const char *x_axes_unit(const struct x_axes *x);

#endif
