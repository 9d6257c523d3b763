#include "app/commands/workbench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/options.h"
#include "engine/base/clock.h"
#include "views/screens.h"
#include "views/terminal/graphics.h"
#include "views/workbench/loop.h"

static const struct option_row options[] = {
    { "screen", 0, OPTION_TEXT, "NAME", "screen to open on: runs, loss, variance ...", 0, 0 },
    { "view", 0, OPTION_TEXT, "NAME", "older name of --screen", 0, 0 },
    { "ascii", 0, OPTION_FLAG, NULL, "draw with ASCII characters only", 0, 0 },
    { "mono", 0, OPTION_FLAG, NULL, "no colours (as NO_COLOR=1)", 0, 0 },
    { "light", 0, OPTION_FLAG, NULL, "colours for a light background", 0, 0 },
    { "dark", 0, OPTION_FLAG, NULL, "colours for a dark background", 0, 0 },
    { "no-mouse", 0, OPTION_FLAG, NULL, "leave the mouse to the terminal", 0, 0 },
    { "graphics", 0, OPTION_TEXT, "HOW",
      "pictures: auto (asks the terminal), none, symbols, sixel or kitty [$MLVICX_GRAPHICS, else auto]", 0, 0 },
    { "script", 0, OPTION_TEXT, "FILE", "keys and :commands from a file; no terminal is needed", 0, 0 },
    { "rows", 0, OPTION_INT, "N", "height of a script's terminal [24]", 1, 1000 },
    { "columns", 0, OPTION_INT, "N", "width of a script's terminal [80]", 1, 1000 },
    { 0 },
};

bool workbench_possible(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* "name\targuments\tsummary" of every command, for the workbench's own command line. */
static const char **verb_lines(const struct command *const *commands)
{
    size_t n = 0;
    while (commands[n]) n++;
    const char **lines = calloc(n + 1, sizeof *lines);
    for (size_t i = 0; i < n && lines; i++) {
        struct text line = { 0 };
        text_printf(&line, "%s\t%s\t%s", commands[i]->name, commands[i]->arguments, commands[i]->summary);
        lines[i] = line.data;
    }
    return lines;
}

static int open_workbench(struct app *app, struct workbench_config *c, const char *graphics)
{
    struct err e;
    if (!graphics) graphics = getenv("MLVICX_GRAPHICS");
    if (!graphics_named(graphics && *graphics ? graphics : NULL, &c->graphics, &e)) return app_fail(app, &e);
    char program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    program[n > 0 ? n : 0] = '\0';
    bool must_exist = c->run || app_store_is_misspelt(app);
    c->store = must_exist ? app_existing_store(app, STORE_ANY, &e) : app_store(app, STORE_ANY, &e);
    if (!c->store) return app_fail(app, &e);
    c->program = program;
    c->screens = screens;
    setenv("MLVICX_ATTENDED", "1", 1); /* a run that is started from here has a user to ask */
    const char **verbs = verb_lines(app->commands);
    c->verbs = verbs;
    bool ok = workbench_run(c, &e);
    for (int i = 0; verbs && verbs[i]; i++) free((char *)verbs[i]);
    free(verbs);
    return ok ? 0 : app_fail(app, &e);
}

int workbench_open(struct app *app, const char *run)
{
    struct workbench_config c = { .run = run, .rows = 24, .columns = 80, .started = clock_seconds() };
    return open_workbench(app, &c, NULL);
}

static int attach(struct app *app, const struct arguments *a)
{
    struct workbench_config c = {
        .run = arguments_word(a, 0),
        .screen = arguments_text(a, "screen", arguments_text(a, "view", NULL)),
        .script = arguments_text(a, "script", NULL),
        .rows = (int)arguments_int(a, "rows", 24),
        .columns = (int)arguments_int(a, "columns", 80),
        .ascii = arguments_has(a, "ascii"),
        .mono = arguments_has(a, "mono"),
        .no_mouse = arguments_has(a, "no-mouse"),
        .background = arguments_has(a, "light")  ? 2
                      : arguments_has(a, "dark") ? 1
                                                 : 0,
        .started = clock_seconds(),
    };
    return open_workbench(app, &c, arguments_text(a, "graphics", NULL));
}

const struct command command_attach = {
    .name = "attach",
    .arguments = "[RUN]",
    .summary = "open the workbench on a run; mlvicx alone opens it on what was shown last",
    .most = 1,
    .options = options,
    .run = attach,
    .details = "Leaving the workbench, losing the connection or killing it does not affect any run.",
};
