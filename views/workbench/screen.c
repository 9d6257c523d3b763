/* Finding a screen by its name. */
#include "views/workbench/screen.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"

int screen_index(const struct screen *const *screens, const char *name)
{
    for (int i = 0; name && screens[i]; i++)
        if (!strcmp(screens[i]->name, name)) return i;
    return -1;
}

static const char *screen_name(const void *ctx, size_t i)
{
    return ((const struct screen *const *)ctx)[i]->name;
}

bool screen_check(const struct screen *const *screens, const char *name, struct err *e)
{
    if (!name || screen_index(screens, name) >= 0) return true;
    size_t n = 0;
    char names[160] = "";
    for (size_t length = 0; screens[n]; n++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", n ? " " : "", screens[n]->name);
    const char *near = text_nearest(name, n, screen_name, screens);
    return err_set(e, ERR_USAGE, "--screen: there is no screen '%s'%s%s; there are: %s", name,
                   near ? ", did you mean " : "", near ? near : "", names);
}
