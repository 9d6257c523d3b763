#include "config.h"

#include "app/cli/help.h"

#include <ctype.h>
#include <string.h>

#include "app/cli/json.h"
#include "app/cli/options.h"
#include "engine/base/settings.h"

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

int help_all(const struct command *const *commands, const char *family)
{
    const char *details = NULL;
    printf("mlvicx: self-supervised learning on chest X-rays, in a terminal\n\n");
    for (int i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        if (strncmp(c->name, family, strlen(family))) continue;
        if (!strcmp(c->name, family)) details = c->details;
        char left[256];
        snprintf(left, sizeof left, "%s %s", c->name, c->arguments);
        printf("  %s%s%-*s", left, strlen(left) > 34 ? "\n" : "", strlen(left) > 34 ? 37 : 35 - (int)strlen(left), "");
        options_wrap(37, c->summary);
    }
    if (details) printf("\n%s\n", details);
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
    printf("usage: mlvicx %s%s%s\n\n%c%s.\n", c->name, *c->arguments ? " " : "", c->arguments,
           toupper((unsigned char)c->summary[0]), c->summary + 1);
    if (c->details) printf("\n%s\n", c->details);
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
    json_t *list = app->json ? json_array() : NULL;
    if (!app->json)
        printf("Settings of a run: --set KEY=VALUE, or KEY = VALUE in a --config file ([section] headers allowed).\n"
               "Defaults are those of preset small. Keys marked * may be changed in a live run.\n\n");
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
