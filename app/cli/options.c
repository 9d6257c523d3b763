/* One pass over argv. Tables say what exists; nothing here knows a command. */
#include "app/cli/options.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/settings.h"
#include "engine/base/text.h"

const struct option_row options_global[] = {
    { "store", 0, OPTION_TEXT, "DIR", "workspace (else $MLVICX_HOME, $XDG_DATA_HOME/mlvicx, ~/.local/share/mlvicx)", 0,
      0 },
    { "trust-store", 0, OPTION_FLAG, NULL, "also write to a store that others own or may write to", 0, 0 },
    { "json", 0, OPTION_FLAG, NULL, "print one JSON value on stdout", 0, 0 },
    { "quiet", 'q', OPTION_FLAG, NULL, "no progress and no notices", 0, 0 },
    { "help", 'h', OPTION_FLAG, NULL, "show help", 0, 0 },
    { 0 },
};

static const struct option_row *find_in(const struct option_row *rows, const char *arg)
{
    if (!rows) return NULL;
    bool is_long = arg[1] == '-';
    size_t n = is_long ? strcspn(arg + 2, "=") : 0;
    for (; rows->name; rows++) {
        if (rows->type == OPTION_DASH) continue;
        if (is_long && strlen(rows->name) == n && !strncmp(rows->name, arg + 2, n)) return rows;
        if (!is_long && rows->letter && rows->letter == arg[1]) return rows;
    }
    return NULL;
}

const struct option_row *options_find(const char *arg, const struct option_row *options)
{
    if (arg[0] != '-' || !arg[1]) return NULL;
    const struct option_row *row = find_in(options, arg);
    return row ? row : find_in(options_global, arg);
}

/* The names of both tables as one list, for the nearest one. */
struct names {
    const char *name[128];
    size_t n;
};

static void names_add(struct names *names, const struct option_row *rows)
{
    for (; rows && rows->name && names->n < sizeof names->name / sizeof names->name[0]; rows++)
        names->name[names->n++] = rows->name;
}

static const char *names_get(const void *ctx, size_t i)
{
    return ((const struct names *)ctx)->name[i];
}

/* The setting that someone means by `word`, an option that `options` lack (`epochs`: `optim.epochs`); NULL: none, or
 * the command takes no settings. */
static const char *setting_meant(const char *word, const struct option_row *options)
{
    if (!find_in(options, "--set")) return NULL;
    size_t rows, n = strlen(word);
    const struct setting *table = settings_table(&rows);
    for (size_t i = 0; i < rows; i++) {
        const char *name = table[i].name, *last = strrchr(name, '.');
        bool same = last && strlen(last + 1) == n;
        for (size_t k = 0; same && k < n; k++) same = last[1 + k] == word[k] || (last[1 + k] == '_' && word[k] == '-');
        if (same || !strcmp(name, word)) return name;
    }
    return NULL;
}

static bool unknown(const char *arg, const struct option_row *options, struct err *e)
{
    struct names names = { .n = 0 };
    names_add(&names, options);
    names_add(&names, options_global);
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(arg, "="), arg);
    const char *key = arg[1] == '-' ? setting_meant(word + 2, options) : NULL;
    if (key) return err_set(e, ERR_USAGE, "%s: no such option; it is a setting, written %s=VALUE", word, key);
    const char *near = arg[1] == '-' ? text_nearest(word + 2, names.n, names_get, &names) : NULL;
    return err_set(e, ERR_USAGE, "%s: no such option; %s%s", word, near ? "did you mean --" : "see --help",
                   near ? near : "");
}

/* The setting whose range an option has; NULL: it has its own, or none. */
static const struct setting *setting_of(const struct option_row *row)
{
    if (row->type != OPTION_SETTING) return NULL;
    const struct setting *s = settings_find(row->value, NULL);
    assert(s && (s->type == SETTING_INT || s->type == SETTING_FLOAT));
    return s;
}

static void range_of(const struct option_row *row, double *min, double *max)
{
    const struct setting *s = setting_of(row);
    *min = s && s->min > row->min ? s->min : row->min;
    *max = s ? s->max : row->max;
}

static bool check_value(const struct option_row *row, const char *value, struct err *e)
{
    const struct setting *s = setting_of(row);
    int64_t whole;
    double number, min, max;
    if (row->type == OPTION_INT || (s && s->type == SETTING_INT)) {
        if (!text_to_int(value, &whole))
            return err_set(e, ERR_USAGE, "--%s: '%s' is not a whole number", row->name, value);
        number = (double)whole;
    } else if (row->type == OPTION_FLOAT || s) {
        if (!text_to_double(value, &number))
            return err_set(e, ERR_USAGE, "--%s: '%s' is not a number", row->name, value);
    } else {
        return true;
    }
    range_of(row, &min, &max);
    bool ranged = min != 0 || max != 0;
    if (ranged && !(number >= min && number <= max))
        return err_set(e, ERR_USAGE, "--%s: %s is out of range %.10g to %.10g", row->name, value, min, max);
    return true;
}

/* Take the option at argv[*i], and its value from the same or the next word. */
static bool read_option(int argc, char *const *argv, int *i, const struct option_row *row, struct arguments *a,
                        struct err *e)
{
    const char *arg = argv[*i], *value = NULL;
    bool is_long = arg[1] == '-';
    if (is_long) {
        const char *equals = strchr(arg, '=');
        value = equals ? equals + 1 : NULL;
    } else if (arg[2]) {
        value = arg + 2;
    }
    if (row->type == OPTION_FLAG) {
        if (value) return err_set(e, ERR_USAGE, "%s: takes no value", arg);
    } else {
        if (!value && *i + 1 >= argc)
            return err_set(e, ERR_USAGE, "--%s: a value is missing; give --%s %s", row->name, row->name, row->value);
        if (!value) value = argv[++*i];
        if (!check_value(row, value, e)) return false;
    }
    a->given[a->given_count++] = (struct given){ row, value };
    return true;
}

/* -TAG where such words are allowed; -q stays the option that it is. */
static bool is_dash_word(const char *arg, const struct option_row *options)
{
    if (arg[1] == '-' || (!arg[2] && options_find(arg, options))) return false;
    for (; options && options->name; options++)
        if (options->type == OPTION_DASH) return true;
    return false;
}

bool options_parse(int argc, char *const *argv, const struct option_row *options, struct arguments *a, struct err *e)
{
    size_t room = argc > 0 ? (size_t)argc : 1;
    *a = (struct arguments){ 0 };
    a->words = calloc(room, sizeof *a->words);
    a->given = calloc(room, sizeof *a->given);
    if (!a->words || !a->given) return err_set(e, ERR_MEMORY, "command line: memory ran out");
    bool only_words = false;
    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i];
        if (only_words || arg[0] != '-' || !arg[1] || is_dash_word(arg, options)) {
            a->words[a->word_count++] = arg;
        } else if (!strcmp(arg, "--")) {
            only_words = true;
        } else {
            const struct option_row *row = options_find(arg, options);
            if (!row) return unknown(arg, options, e);
            if (!read_option(argc, argv, &i, row, a, e)) return false;
        }
    }
    return true;
}

void arguments_clear(struct arguments *a)
{
    free(a->words);
    free(a->given);
    *a = (struct arguments){ 0 };
}

int arguments_count(const struct arguments *a)
{
    return a->word_count;
}

const char *arguments_word(const struct arguments *a, int i)
{
    return i >= 0 && i < a->word_count ? a->words[i] : NULL;
}

const char *arguments_nth(const struct arguments *a, const char *option, int i)
{
    for (int k = 0; k < a->given_count; k++)
        if (!strcmp(a->given[k].row->name, option) && i-- == 0) return a->given[k].value ? a->given[k].value : "";
    return NULL;
}

bool arguments_has(const struct arguments *a, const char *option)
{
    return arguments_nth(a, option, 0) != NULL;
}

const char *arguments_text(const struct arguments *a, const char *option, const char *otherwise)
{
    const char *found = otherwise;
    for (int i = 0; arguments_nth(a, option, i); i++) found = arguments_nth(a, option, i);
    return found;
}

int64_t arguments_int(const struct arguments *a, const char *option, int64_t otherwise)
{
    const char *text = arguments_text(a, option, NULL);
    int64_t value = otherwise;
    return text && text_to_int(text, &value) ? value : otherwise;
}

double arguments_float(const struct arguments *a, const char *option, double otherwise)
{
    const char *text = arguments_text(a, option, NULL);
    double value = otherwise;
    return text && text_to_double(text, &value) ? value : otherwise;
}

void options_wrap(int at, int column, const char *help)
{
    enum { WIDTH = 100 };
    for (help += strspn(help, " "); *help; at = column) {
        size_t room = (size_t)(WIDTH - at), n = strlen(help);
        if (n > room) {
            for (n = room; n && help[n] != ' ';) n--;
            if (!n) n = strcspn(help, " ");
        }
        printf("%.*s\n", (int)n, help);
        help += n + strspn(help + n, " ");
        if (*help) printf("%*s", column, "");
    }
}

void options_print(const struct option_row *options)
{
    struct text left = { 0 }, help = { 0 };
    for (; options && options->name; options++) {
        if (options->type == OPTION_DASH) {
            printf("      %-22s %s\n", options->name, options->help);
            continue;
        }
        text_clear(&left);
        text_clear(&help);
        text_printf(&left, "%c%c%c --%s%s%s", options->letter ? '-' : ' ', options->letter ? options->letter : ' ',
                    options->letter ? ',' : ' ', options->name, options->value ? " " : "",
                    setting_of(options) ? "N"
                    : options->value    ? options->value
                                        : "");
        char range[64] = "";
        double min, max;
        if (setting_of(options)) {
            range_of(options, &min, &max);
            snprintf(range, sizeof range, ", %.10g to %.10g", min, max);
        }
        text_printf(&help, "%s%s", options->help, range);
        printf("  %-26s ", text_str(&left));
        int column = left.length > 26 ? (int)left.length + 3 : 29;
        options_wrap(column, column, text_str(&help));
    }
    text_clear(&left);
    text_clear(&help);
}
