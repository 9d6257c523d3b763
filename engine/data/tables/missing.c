#include "engine/data/tables/missing.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *word;
    enum missing means;
} words[] = {
    { "", MISSING_EMPTY },          { "nan", MISSING_EMPTY },         { "na", MISSING_EMPTY },
    { "n/a", MISSING_EMPTY },       { "n.a.", MISSING_EMPTY },        { "#n/a", MISSING_EMPTY },
    { "<na>", MISSING_EMPTY },      { "null", MISSING_EMPTY },        { "nil", MISSING_EMPTY },
    { "unknown", MISSING_UNKNOWN }, { "unk", MISSING_UNKNOWN },       { "?", MISSING_UNKNOWN },
    { "missing", MISSING_UNKNOWN }, { "not known", MISSING_UNKNOWN }, { "not available", MISSING_UNKNOWN },
};

static void trim(const char **s, size_t *n)
{
    while (*n && strchr(" \t\r\n", **s)) ++*s, --*n;
    while (*n && strchr(" \t\r\n", (*s)[*n - 1])) --*n;
}

static bool is_word(const char *s, size_t n, const char *word)
{
    return strlen(word) == n && !strncasecmp(s, word, n);
}

enum missing missing_word(const char *s, size_t length)
{
    trim(&s, &length);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is_word(s, length, words[i].word)) return words[i].means;
    return MISSING_NOT;
}

bool missing_person(const char *id)
{
    static const char *const nobody[] = { "none", "-", "--", "anonymous", "anonymized", "anonymised" };
    size_t n = strlen(id);
    bool met = missing_word(id, n) != MISSING_NOT;
    trim(&id, &n);
    for (size_t i = 0; i < sizeof nobody / sizeof nobody[0] && !met; i++) met = is_word(id, n, nobody[i]);
    return met;
}
