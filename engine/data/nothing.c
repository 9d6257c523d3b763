#include "engine/data/nothing.h"

#include <string.h>

#include "engine/base/text.h"

/* As they read with blanks for '_' and '-'. Version 7 of the store knows the same words. */
static const char *const words[] = { "no finding", "no findings",  "nofinding",      "normal",
                                     "healthy",    "none",         "nothing",        "negative",
                                     "no disease", "unremarkable", "no abnormality", "[]" };

bool class_means_nothing(const char *name)
{
    char plain[32];
    size_t n = strlen(name);
    if (n >= sizeof plain) return false;
    for (size_t i = 0; i <= n; i++) plain[i] = name[i] == '_' || name[i] == '-' ? ' ' : name[i];
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_alike(plain, n, words[i])) return true;
    return false;
}
