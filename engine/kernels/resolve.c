/* Which set runs: what was wished for, what the environment overrules, what this CPU can do. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "engine/kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

const char *const kernel_set_names[KERNELS_COUNT + 1] = {
    "auto", "avx512", "avx2", "portable", "naive", "naive64", NULL
};

const char *const conv_direction_names[CONV_DIRECTIONS + 1] = { "forward", "data", "weights", NULL };

static const char *set_name(const void *ctx, size_t i)
{
    (void)ctx;
    return kernel_set_names[i];
}

static bool always(void)
{
    return true;
}

#ifdef MLVICX_X86
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

/* In order of preference. */
static const struct {
    enum kernel_set set;
    bool (*runs)(void);
} sets[] = {
#ifdef MLVICX_X86
    { KERNELS_AVX512, has_avx512 }, { KERNELS_AVX2, has_avx2 },
#endif
    { KERNELS_PORTABLE, always },   { KERNELS_NAIVE, always },  { KERNELS_NAIVE64, always },
};

static bool named_set(const char *name, enum kernel_set *set, struct err *e)
{
    for (int i = 0; i < KERNELS_COUNT; i++) {
        if (strcmp(name, kernel_set_names[i]) == 0) {
            *set = (enum kernel_set)i;
            return true;
        }
    }
    const char *near = text_nearest(name, KERNELS_COUNT, set_name, NULL);
    return err_set(e, ERR_CONFIG,
                   "MLVICX_KERNELS: %s is no kernel set%s%s; there are auto, avx512, avx2, portable, naive, naive64",
                   name, near ? ", did you mean " : "", near ? near : "");
}

bool kernels_resolve(enum kernel_set wanted, enum kernel_set *found, struct err *e)
{
    const char *name = getenv("MLVICX_KERNELS");
    if (name && *name && !named_set(name, &wanted, e)) return false;
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        if ((wanted == KERNELS_AUTO || wanted == sets[i].set) && sets[i].runs()) {
            *found = sets[i].set;
            return true;
        }
    }
    return err_set(e, ERR_UNSUPPORTED, "kernels: this CPU has no %s; try kernels=auto", kernel_set_names[wanted]);
}
