/* A condition is KEY:WORD, NUMBER-NAME with a comparison, or a piece of text that the name, note or tags contain. */
#include "views/analysis/filter.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/metric.h"

enum { CONDITION_TEXT = 128, MOST_CONDITIONS = 32 };

enum term_kind { TERM_TEXT_IN, TERM_WORD, TERM_NUMBER };
enum comparison { LESS, LESS_EQUAL, MORE, MORE_EQUAL, EQUAL, UNEQUAL };

struct condition {
    enum term_kind kind;
    int word; /* row of `words`       */
    enum comparison compare;
    double number;
    char text[CONDITION_TEXT]; /* lower case; of a number its name */
};

struct filter {
    struct condition conditions[MOST_CONDITIONS];
    int count;
};

/* ---- words ---- */

static bool has_state(const struct run_summary *f, const char *word)
{
    return !strcmp(store_state_name(f->state), word);
}

static bool is_word(const char *value, const char *word)
{
    return text_same(value, word);
}

static bool has_data(const struct run_summary *f, const char *word)
{
    return is_word(f->run.dataset, word);
}

static bool has_name(const struct run_summary *f, const char *word)
{
    return !strncasecmp(f->run.name, word, strlen(word));
}

static bool has_preset(const struct run_summary *f, const char *word)
{
    return is_word(f->run.preset, word);
}

static bool has_method(const struct run_summary *f, const char *word)
{
    return is_word(f->run.method, word);
}

static bool has_tag(const struct run_summary *f, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = f->run.tags; *p;) {
        size_t length = strcspn(p, " ");
        if (length == n && !strncasecmp(p, word, n)) return true;
        p += length + (p[length] == ' ');
    }
    return false;
}

static bool has_verdict(const struct run_summary *f, const char *word)
{
    for (int i = SUMMARY_VERDICT_GLOBAL; i <= SUMMARY_VERDICT_LOCAL; i++) {
        const char *verdict = run_summary_verdict(f->value[i]);
        if (is_word(verdict ? verdict : "unknown", word)) return true;
    }
    return false;
}

static const struct {
    const char *key;
    bool (*has)(const struct run_summary *f, const char *word);
} words[] = {
    { "state", has_state },   { "data", has_data },     { "tag", has_tag },         { "name", has_name },
    { "preset", has_preset }, { "method", has_method }, { "verdict", has_verdict },
};
enum { WORDS = sizeof words / sizeof words[0] };

static const char *word_key(const void *ctx, size_t i)
{
    (void)ctx;
    return words[i].key;
}

/* ---- parsing ---- */

static bool parse_word(struct condition *t, const char *text, size_t key, struct err *e)
{
    char name[CONDITION_TEXT];
    enum store_state state;
    snprintf(name, sizeof name, "%.*s", (int)key, text);
    t->kind = TERM_WORD;
    snprintf(t->text, sizeof t->text, "%s", text + key + 1);
    for (t->word = 0; t->word < WORDS; t->word++)
        if (!strcmp(words[t->word].key, name)) break;
    if (t->word == WORDS) {
        const char *near = text_nearest(name, WORDS, word_key, NULL);
        return err_set(e, ERR_USAGE,
                       "filter %s: no such key%s%s; there are state, data, tag, name, preset, method, verdict", text,
                       near ? "; did you mean " : "", near ? near : "");
    }
    if (words[t->word].has == has_state && !store_state_parse(t->text, &state))
        return err_set(e, ERR_USAGE,
                       "filter %s: a state is queued, running, paused, finished, stopped, failed, lost or unknown",
                       text);
    return true;
}

static bool parse_number(struct condition *t, const char *text, size_t name, struct err *e)
{
    static const struct {
        const char *sign;
        enum comparison compare;
    } signs[] = { { "<=", LESS_EQUAL }, { ">=", MORE_EQUAL }, { "!=", UNEQUAL }, { "==", EQUAL },
                  { "<", LESS },        { ">", MORE },        { "=", EQUAL } };
    t->kind = TERM_NUMBER;
    snprintf(t->text, sizeof t->text, "%.*s", (int)name, text);
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t n = strlen(signs[i].sign);
        if (strncmp(text + name, signs[i].sign, n)) continue;
        t->compare = signs[i].compare;
        if (text_to_double(text + name + n, &t->number)) return true;
        break;
    }
    return err_set(e, ERR_USAGE, "filter %s: expected NAME, one of < <= > >= = !=, and a number, such as auc>0.7",
                   text);
}

static bool parse_condition(struct condition *t, const char *text, struct err *e)
{
    *t = (struct condition){ 0 };
    size_t key = strcspn(text, ":<>=!");
    if (text[key] == ':') return parse_word(t, text, key, e);
    if (text[key] && key > 0) return parse_number(t, text, key, e);
    snprintf(t->text, sizeof t->text, "%s", text);
    return true;
}

struct filter *filter_create(const char *text, struct err *e)
{
    struct filter *f = calloc(1, sizeof *f);
    if (!f) {
        err_set(e, ERR_MEMORY, "filter: memory ran out");
        return NULL;
    }
    for (const char *p = text; *p;) {
        char condition[CONDITION_TEXT];
        size_t space = strspn(p, " \t\n"), n = strcspn(p + space, " \t\n");
        p += space;
        if (!n) break;
        bool ok = f->count < MOST_CONDITIONS && n < sizeof condition;
        snprintf(condition, sizeof condition, "%.*s", (int)n, p);
        if (!ok)
            err_set(e, ERR_USAGE, "filter: more than %d conditions, or one longer than %d letters", MOST_CONDITIONS,
                    CONDITION_TEXT - 1);
        if (!ok || !parse_condition(&f->conditions[f->count], condition, e)) {
            filter_destroy(f);
            return NULL;
        }
        f->count++;
        p += n;
    }
    return f;
}

void filter_destroy(struct filter *f)
{
    free(f);
}

/* ---- matching ---- */

/* Numbers by the names that --json shows, then metrics by their own. */
static bool number_of(struct store *s, const struct run_summary *f, const char *name, double *out, struct err *e)
{
    const struct {
        const char *name;
        int64_t value;
    } own[] = { { "id", f->run.id },
                { "step", f->run.step },
                { "steps", f->run.steps },
                { "epochs", f->run.epochs },
                { "seed", f->run.seed } };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (strcmp(own[i].name, name)) continue;
        *out = (double)own[i].value;
        return true;
    }
    for (int i = 0; i < SUMMARY_VERDICT_GLOBAL; i++) {
        if (strcmp(run_summary_name(i), name)) continue;
        *out = f->value[i];
        return true;
    }
    int64_t id;
    if (!store_metric_id(s, name, &id, e)) {
        e->code = ERR_USAGE;
        return err_wrap(e, "filter");
    }
    return store_metric_latest(s, f->run.id, -1, &name, 1, out, NULL, e);
}

static bool compare(double x, enum comparison how, double y)
{
    switch (how) {
    case LESS:
        return x < y;
    case LESS_EQUAL:
        return x <= y;
    case MORE:
        return x > y;
    case MORE_EQUAL:
        return x >= y;
    case EQUAL:
        return x == y;
    default:
        return !isnan(x) && x != y;
    }
}

static bool match_condition(const struct condition *t, struct store *s, const struct run_summary *f, bool *fits,
                            struct err *e)
{
    double x;
    switch (t->kind) {
    case TERM_WORD:
        *fits = words[t->word].has(f, t->text);
        return true;
    case TERM_NUMBER:
        if (!number_of(s, f, t->text, &x, e)) return false;
        *fits = compare(x, t->compare, t->number);
        return true;
    default:
        *fits = strcasestr(f->run.name, t->text) || strcasestr(f->run.note, t->text) ||
                strcasestr(f->run.tags, t->text) || strcasestr(f->run.dataset, t->text);
        return true;
    }
}

bool filter_match(const struct filter *f, struct store *s, const struct run_summary *run, bool *fits, struct err *e)
{
    *fits = true;
    for (int i = 0; i < f->count && *fits; i++)
        if (!match_condition(&f->conditions[i], s, run, fits, e)) return false;
    return true;
}
