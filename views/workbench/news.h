/* What screens are told (screen.h). */
#ifndef MLVICX_VIEWS_NEWS_H
#define MLVICX_VIEWS_NEWS_H

struct workbench;

/** Tell all screens: enum news. */
void news_tell(struct workbench *wb, unsigned news);
/** There is more to read than one look allows: the screen is told NEWS_MORE as soon as no key waits. */
void news_more(struct workbench *wb);

#endif
