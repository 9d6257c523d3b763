/* Notifications to screens (screen.h). */
#ifndef MLVICX_VIEWS_NEWS_H
#define MLVICX_VIEWS_NEWS_H

struct workbench;

/** Notifies all screens: enum news. */
void news_tell(struct workbench *wb, unsigned news);
/** Says that there is more to read than one check allows: the screen gets NEWS_MORE as soon as no key waits. */
void news_more(struct workbench *wb);

#endif
