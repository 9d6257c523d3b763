#include "views/analysis/differences.h"

#include <string.h>

bool differences_same(const struct settings *a, const struct settings *b, const struct setting *row)
{
    char x[SETTINGS_TEXT], y[SETTINGS_TEXT];
    settings_get(a, row, x);
    settings_get(b, row, y);
    return !strcmp(x, y);
}

int differences_each(const struct settings *from, const struct settings *to,
                     void (*each)(void *ctx, const struct setting *row, const char *value), void *ctx)
{
    struct settings now = *from;
    size_t n;
    int count = 0;
    const struct setting *rows = settings_table(&n);
    for (size_t i = 0; i < n; i++) {
        char value[SETTINGS_TEXT];
        if (differences_same(&now, to, &rows[i])) continue;
        settings_get(to, &rows[i], value);
        settings_set(&now, rows[i].name, value, NULL);
        each(ctx, &rows[i], value);
        count++;
    }
    return count;
}

int differences_from_preset(const char *preset, const struct settings *to,
                            void (*each)(void *ctx, const struct setting *row, const char *value), void *ctx)
{
    struct settings from;
    settings_init(&from);
    return !*preset || settings_preset(&from, preset, NULL) ? differences_each(&from, to, each, ctx) : 0;
}
