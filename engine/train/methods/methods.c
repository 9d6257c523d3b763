#include "engine/train/methods/methods.h"

#define METHOD_DECLARE(name, defaults) extern const struct method REAL_NAME(method_##name);
METHODS(METHOD_DECLARE)

const struct method *method_table(enum method_kind kind)
{
#define METHOD_POINTER(name, defaults) &REAL_NAME(method_##name),
    static const struct method *const list[METHOD_COUNT] = { METHODS(METHOD_POINTER) };
    return list[kind];
}
