#include "views/views.h"

const struct view_ops *const views[] = {
#define VIEW(name) &view_##name,
#include "views/views.def"
#undef VIEW
    NULL,
};
