#include "config.h"

#include "app/cli/help.h"

#include <ctype.h>
#include <string.h>

#include "app/cli/json.h"
#include "app/cli/options.h"
#include "engine/base/settings.h"
#include "engine/base/text.h"

void help_usage(FILE *out)
{
    fputs("usage: mlvicx [COMMAND] [OPTIONS]\n"
          "       mlvicx                          open the workbench, in a terminal\n"
          "       mlvicx demo                     generate images, train on them, score the encoder\n"
          "       mlvicx data import KIND PATH --name N\n"
          "       mlvicx train --data N\n"
          "       mlvicx runs\n"
          "       mlvicx --help | COMMAND --help | --help-keys | --version\n",
          out);
}

/* A row of a table: its text, which follows two or more blanks, is continued below itself. */
static void print_row(const char *row)
{
    const char *name = row + strspn(row, " "), *text = strstr(name, "  ");
    if (text) text += strspn(text, " ");
    int column = (int)((text ? text : name) - row);
    printf("%.*s", column, row);
    options_wrap(column, column, row + column);
}

/* Lines that begin with a blank are rows; others are sentences, whose line breaks are those of the source. */
static void print_details(const char *text)
{
    struct text flow = { 0 };
    printf("\n");
    for (size_t n; *text; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        if (n && *text != ' ') {
            text_printf(&flow, "%s%.*s", flow.length ? " " : "", (int)n, text);
            continue;
        }
        options_wrap(0, 0, text_str(&flow));
        text_clear(&flow);
        text_printf(&flow, "%.*s", (int)n, text);
        if (n)
            print_row(text_str(&flow));
        else
            printf("\n");
        text_clear(&flow);
    }
    options_wrap(0, 0, text_str(&flow));
    text_clear(&flow);
}

int help_all(const struct command *const *commands, const char *family)
{
    const char *details = NULL;
    struct text left = { 0 };
    printf("mlvicx: self-supervised learning on chest X-rays, in a terminal\n\n");
    for (int i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        if (strncmp(c->name, family, strlen(family))) continue;
        if (!strcmp(c->name, family)) details = c->details;
        text_clear(&left);
        text_printf(&left, "%s %s", c->name, c->arguments);
        printf("  ");
        if (left.length > 34) {
            options_wrap(2, 8, text_str(&left));
            printf("%37s", "");
        } else {
            printf("%-35s", text_str(&left));
        }
        options_wrap(37, 37, c->summary);
    }
    text_clear(&left);
    if (details) print_details(details);
    printf("\nOptions of every command:\n");
    options_print(options_global);
    printf("\nInstead of a command:\n"
           "  %-26s %s\n  %-26s %s\n",
           "   --help-keys", "list all settings of a run", "   --version",
           "show version, build, kernel sets, libraries and limits");
    printf("\nRUN is an id, a name, an unambiguous prefix of a name, @last or @best. STEP is a number,\n"
           "last, or best: the checkpoint with the highest probe AUC.\n"
           "Exit status: 0 success, 1 failure, 2 usage error, 130 interrupted after a clean stop.\n");
    return 0;
}

int help_command(const struct command *c)
{
    struct text line = { 0 };
    text_printf(&line, "%s %s", c->name, c->arguments);
    printf("usage: mlvicx ");
    options_wrap(14, 14, text_str(&line));
    text_clear(&line);
    text_printf(&line, "%c%s.", toupper((unsigned char)c->summary[0]), c->summary + 1);
    printf("\n");
    options_wrap(0, 0, text_str(&line));
    text_clear(&line);
    if (c->details) print_details(c->details);
    if (c->options && c->options->name) {
        printf("\nOptions:\n");
        options_print(c->options);
    }
    printf("\nOptions of every command:\n");
    options_print(options_global);
    return 0;
}

static const char *const type_names[] = { "int", "float", "bool", "choice", "text" };

static void range_text(const struct setting *row, char *out, size_t size)
{
    out[0] = '\0';
    if (row->type == SETTING_INT || row->type == SETTING_FLOAT)
        snprintf(out, size, "%.10g to %.10g", row->min, row->max);
    if (row->type == SETTING_BOOL) snprintf(out, size, "on | off");
    for (size_t i = 0; row->words && row->words[i]; i++) {
        size_t n = strlen(out);
        snprintf(out + n, size - n, "%s%s", i ? " | " : "", row->words[i]);
    }
}

static json_t *key_json(const struct setting *row, const struct settings *s)
{
    bool number = row->type == SETTING_INT || row->type == SETTING_FLOAT;
    json_t *words = row->words ? json_array() : json_null();
    for (size_t i = 0; row->words && row->words[i]; i++) json_array_append_new(words, json_text(row->words[i]));
    return json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:s,s:s,s:b}", "name", row->name, "type", type_names[row->type],
                     "default", json_setting(s, row), "min", number ? json_number(row->min) : json_null(), "max",
                     number ? json_number(row->max) : json_null(), "words", words, "unit", row->unit, "help", row->help,
                     "live", row->change == SETTING_LIVE);
}

int help_keys(const struct app *app)
{
    struct settings s;
    size_t n;
    const struct setting *rows = settings_table(&n);
    settings_init(&s);
    settings_preset(&s, SETTINGS_PRESET, NULL);
    json_t *list = app->json ? json_array() : NULL;
    if (!app->json)
        printf("Settings of a run: --set KEY=VALUE, or KEY = VALUE in a --config file ([section] headers allowed).\n"
               "Defaults are those of preset " SETTINGS_PRESET ". Keys marked * may be changed in a live run.\n\n");
    for (size_t i = 0; i < n; i++) {
        char value[SETTINGS_TEXT], range[192];
        if (app->json) {
            json_array_append_new(list, key_json(&rows[i], &s));
            continue;
        }
        settings_get(&s, &rows[i], value);
        range_text(&rows[i], range, sizeof range);
        printf("%c %-34s = %-12s %s%s%s%s%s%s\n", rows[i].change == SETTING_LIVE ? '*' : ' ', rows[i].name, value,
               rows[i].help, *range ? " (" : "", range, *range && *rows[i].unit ? " " : "", *range ? rows[i].unit : "",
               *range ? ")" : "");
    }
    return app->json ? app_print_json(app, list) : app_finish(app);
}
