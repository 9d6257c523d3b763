/* The list of screens, and finding one by its name. */
#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/workbench/view.h"

const struct view_ops *const views[] = {
#define VIEW(name) &view_##name,
#include "views/views.def"
#undef VIEW
    NULL,
};

int views_index(const char *name)
{
    for (int i = 0; name && views[i]; i++)
        if (!strcmp(views[i]->name, name)) return i;
    return -1;
}

static const char *view_name(const void *ctx, size_t i)
{
    (void)ctx;
    return views[i]->name;
}

bool views_check(const char *name, struct err *e)
{
    if (!name || views_index(name) >= 0) return true;
    size_t n = 0;
    char names[160] = "";
    for (size_t length = 0; views[n]; n++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", n ? " " : "", views[n]->name);
    const char *near = text_nearest(name, n, view_name, NULL);
    return err_set(e, ERR_USAGE, "--view: there is no screen '%s'%s%s; there are: %s", name,
                   near ? ", did you mean " : "", near ? near : "", names);
}
