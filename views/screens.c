#include "views/screens.h"

const struct screen *const screens[] = {
#define SCREEN(name) &screen_##name,
#include "views/screens.def"
#undef SCREEN
    NULL,
};
