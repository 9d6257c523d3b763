#include "app/differences.h"

#include <stddef.h>
#include <string.h>

bool differences_each(const struct settings *s, const char *preset,
                      void (*take)(void *ctx, const char *name, const char *value), void *ctx)
{
    struct settings base;
    size_t n;
    const struct setting *rows = settings_table(&n);
    settings_init(&base);
    if (*preset && !settings_preset(&base, preset, NULL)) return false;
    for (size_t i = 0; i < n; i++) {
        char own[SETTINGS_TEXT], other[SETTINGS_TEXT];
        settings_get(s, &rows[i], own);
        settings_get(&base, &rows[i], other);
        if (strcmp(own, other)) take(ctx, rows[i].name, own);
    }
    return true;
}
