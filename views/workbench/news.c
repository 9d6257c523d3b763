/* Notifications to screens, and requests to the loop. */
#include "views/workbench/news.h"

#include "views/workbench/refresh.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

void news_tell(struct workbench *wb, unsigned news)
{
    for (int i = 0; wb->screens[i]; i++) wb->show->news[i] |= news;
}

void news_more(struct workbench *wb)
{
    wb->refresh->hurry = true;
    wb->show->news[wb->show->reading] |= NEWS_MORE;
}
