#include "app/differences.h"

#include "views/differ.h"

struct taker {
    void (*take)(void *ctx, const char *name, const char *value);
    void *ctx;
};

static void give(void *ctx, const struct setting *row, const char *value)
{
    const struct taker *t = ctx;
    t->take(t->ctx, row->name, value);
}

bool differences_each(const struct settings *s, const char *preset,
                      void (*take)(void *ctx, const char *name, const char *value), void *ctx)
{
    struct settings base;
    struct taker t = { take, ctx };
    settings_init(&base);
    if (*preset && !settings_preset(&base, preset, NULL)) return false;
    differ_each(&base, s, give, &t);
    return true;
}
