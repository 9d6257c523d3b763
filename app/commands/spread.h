/* The mean, the least and the most of some values, such as areas of several draws; one that is undefined (NaN) leaves
 * the others alone. */
#ifndef MLVICX_APP_SPREAD_H
#define MLVICX_APP_SPREAD_H

/** Zero-initialise; least and most mean something once count is above 0. */
struct spread {
    int count;
    double sum, least, most;
};
void spread_add(struct spread *s, double x);
/** NaN of none. */
double spread_mean(const struct spread *s);

#endif
