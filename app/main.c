/* The program: finds the command, parses its options, runs it. register.c lists the commands. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/command.h"
#include "app/cli/fault.h"
#include "app/cli/help.h"
#include "app/cli/options.h"
#include "app/cli/process.h"
#include "app/commands/workbench.h"
#include "app/register.h"
#include "app/session/blas.h"
#include "app/session/fit.h"
#include "engine/base/text.h"

/* Options that stand in the place of a command. */
static const struct {
    const char *option;
    int (*run)(const struct app *app);
} specials[] = {
    { "--version", help_version },
    { "--help-keys", help_keys },
};

static const struct option_row special_options[] = {
    { "version", 0, OPTION_FLAG, NULL, "version, build, kernel sets, libraries, limits of this job", 0, 0 },
    { "help-keys", 0, OPTION_FLAG, NULL, "list all settings of a run", 0, 0 },
    { 0 },
};

static const char *command_name(const void *ctx, size_t i)
{
    return ((const struct command *const *)ctx)[i]->name;
}

/* How many words of argv[0..argc), from `at` on, spell the name of the command; 0 if they do not. */
static int spelled(const struct command *c, int argc, char *const *argv)
{
    const char *name = c->name;
    int n = 0;
    for (; *name; n++) {
        size_t length = strcspn(name, " ");
        if (n >= argc || strlen(argv[n]) != length || strncmp(argv[n], name, length)) return 0;
        name += length + (name[length] == ' ');
    }
    return n;
}

/* True when `word` begins the name of a command of two words, as "data" does. */
static bool is_family(const char *word)
{
    size_t n = strlen(word);
    for (int i = 0; register_commands[i]; i++)
        if (!strncmp(register_commands[i]->name, word, n) && register_commands[i]->name[n] == ' ') return true;
    return false;
}

/* What other programs call our commands. */
static const struct {
    const char *theirs, *ours;
} synonyms[] = {
    { "cancel", "stop" },      { "datasets", "data list" }, { "delete", "rm" },   { "import", "data import" },
    { "info", "show" },        { "kill", "stop" },          { "list", "runs" },   { "ls", "runs" },
    { "merge", "data merge" }, { "open", "attach" },        { "ps", "runs" },     { "remove", "rm" },
    { "run", "train" },        { "score", "eval" },         { "start", "train" }, { "status", "runs" },
    { "test", "eval" },        { "undo", "restore" },
};

/* The command that someone means by `given`, or NULL. */
static const char *meant(const char *given, size_t count)
{
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (!strcmp(synonyms[i].theirs, given)) return synonyms[i].ours;
    return text_nearest(given, count, command_name, register_commands);
}

static const struct command *find_command(int argc, char *const *argv, int *words, struct err *e)
{
    size_t count = 0;
    for (; register_commands[count]; count++) {
        *words = spelled(register_commands[count], argc, argv);
        if (*words) return register_commands[count];
    }
    char given[128];
    bool two = is_family(argv[0]);
    if (two && argc < 2) {
        err_set(e, ERR_USAGE, "%s: what of it is missing; see mlvicx %s --help", argv[0], argv[0]);
        return NULL;
    }
    snprintf(given, sizeof given, "%s%s%s", argv[0], two ? " " : "", two ? argv[1] : "");
    const char *near = meant(given, count);
    err_set(e, ERR_USAGE, "%s: no such command; %s%s", given, near ? "did you mean " : "see mlvicx --help",
            near ? near : "");
    return NULL;
}

static bool check_words(const struct command *c, const struct arguments *a, struct err *e)
{
    int n = arguments_count(a);
    if (n < c->least)
        return err_set(e, ERR_USAGE, "%s: too few words; usage: mlvicx %s %s", c->name, c->name, c->arguments);
    if (c->most >= 0 && n > c->most)
        return err_set(e, ERR_USAGE, "%s: '%s' is one word too many; usage: mlvicx %s %s", c->name,
                       arguments_word(a, c->most), c->name, c->arguments);
    return true;
}

/* Global options may precede the command: skips them and notes whether help was requested. Returns the index of the
 * first word, or of an option that stands for a command. */
static int first_word(int argc, char *const *argv)
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        const struct option_row *row = options_find(argv[i], NULL);
        if (!row || !strcmp(row->name, "help")) break;
        if (row->type != OPTION_FLAG && !strchr(argv[i], '=')) i++;
    }
    return i < argc ? i : argc;
}

static void read_globals(struct app *app, const struct arguments *a)
{
    if (arguments_has(a, "store")) app->dir = arguments_text(a, "store", NULL);
    app->trust |= arguments_has(a, "trust-store");
    app->json |= arguments_has(a, "json");
    app->quiet |= arguments_has(a, "quiet");
}

static bool parse_globals(struct app *app, int argc, char *const *argv, struct err *e)
{
    struct arguments a;
    bool ok = options_parse(argc, argv, NULL, &a, e);
    if (ok) read_globals(app, &a);
    arguments_clear(&a);
    return ok;
}

static int run_command(struct app *app, const struct command *c, int argc, char *const *argv)
{
    struct arguments a;
    struct err e;
    int status;
    if (!options_parse(argc, argv, c->options, &a, &e)) {
        status = app_fail(app, &e);
    } else {
        read_globals(app, &a);
        if (arguments_has(&a, "help"))
            status = help_command(c);
        else if (!check_words(c, &a, &e))
            status = app_fail(app, &e);
        else
            status = c->run(app, &a);
    }
    arguments_clear(&a);
    int finished = app_finish(app);
    return status ? status : finished;
}

/* Options of attach may stand before its name, which is taken out; before another command's name they are an error. */
static bool drop_attach(int *argc, char **argv, int at, struct err *e)
{
    int i = at;
    for (; i < *argc && argv[i][0] == '-'; i++) {
        const struct option_row *row = options_find(argv[i], command_attach.options);
        if (row && row->type != OPTION_FLAG && !strchr(argv[i], '=')) i++;
    }
    if (i >= *argc) return true;
    if (!strcmp(argv[i], command_attach.name)) {
        memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof *argv);
        --*argc;
        return true;
    }
    for (int k = 0; register_commands[k]; k++)
        if (spelled(register_commands[k], *argc - i, argv + i))
            return err_set(e, ERR_USAGE,
                           "%s: the workbench has this option, mlvicx %s has not; options of a command stand behind it",
                           argv[at], register_commands[k]->name);
    return true;
}

static int dispatch(struct app *app, int argc, char **argv)
{
    struct err e;
    int at = first_word(argc, argv), words = 0;
    if (!parse_globals(app, at - 1, argv + 1, &e)) return app_fail(app, &e);
    bool own = at < argc && options_find(argv[at], command_attach.options) != options_find(argv[at], NULL);
    if (at == argc || own) {
        if (!own && !workbench_possible()) return help_usage(stderr), 2;
        if (own && !drop_attach(&argc, argv, at, &e)) return app_fail(app, &e);
        return run_command(app, &command_attach, argc - 1, argv + 1);
    }
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
        if (strcmp(argv[at], specials[i].option)) continue;
        if (!parse_globals(app, argc - at - 1, argv + at + 1, &e)) return app_fail(app, &e);
        return specials[i].run(app);
    }
    if (argv[at][0] == '-') {
        struct arguments a; /* what is left is --help or an unknown option */
        bool ok = options_parse(1, argv + at, special_options, &a, &e);
        arguments_clear(&a);
        return ok ? help_all(app->commands, "") : app_fail(app, &e);
    }
    if (is_family(argv[at]) && at + 1 < argc && (!strcmp(argv[at + 1], "--help") || !strcmp(argv[at + 1], "-h")))
        return help_all(app->commands, argv[at]);
    const struct command *c = find_command(argc - at, argv + at, &words, &e);
    if (!c) return app_fail(app, &e);
    return run_command(app, c, argc - at - words, argv + at + words);
}

int main(int argc, char **argv)
{
    fault_catch();
    process_catch(PROCESS_BEGINS);
    blas_map_buffers(1); /* take the room that early.c has checked before anything else does */
    struct app app = { .commands = register_commands, .terminal = isatty(STDERR_FILENO) };
    setlocale(LC_CTYPE, "");
    struct err e;
    int status = fit_begin(&e) ? dispatch(&app, argc, argv) : app_fail(&app, &e);
    store_close(app.store);
    return status;
}
