/* Scripts: keys and commands from a file, on a canvas without a terminal, for tests and bug reports.
 *
 * A line is keys (`q`, `2vv<enter>`). A line that begins with `:` is a command; while a question is asked, only
 * :save-display is one. Blank lines and lines that begin with '#' are skipped. Time stands still between two lines
 * unless a command says otherwise (:wait, :clock). */
#include "views/workbench/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/reading.h"
#include "views/terminal/keys.h"
#include "views/workbench/command_line.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/dispatch.h"
#include "views/workbench/message.h"
#include "views/workbench/refresh.h"
#include "views/workbench/workbench.h"

bool script_open(struct workbench *wb, const char *path, struct err *e)
{
    struct script *s = wb->script;
    s->text = file_read_given(path, 1 << 20, e);
    if (!s->text) return false;
    s->at = s->text;
    return true;
}

void script_close(struct workbench *wb)
{
    free(wb->script->text);
    *wb->script = (struct script){ 0 };
}

static void keys(struct workbench *wb, const char *line)
{
    for (int key; (key = keys_next(&line));) {
        if (key < 0) {
            message_warn(wb, "there is no such key; <enter>, <esc>, <up>, <page-up>, <ctrl-l>, <f1> ...");
            wb->script->failed = true;
            return;
        }
        refresh_after(wb, dispatch_key(wb, key));
        refresh_draw(wb);
        if (wb->quit) return;
    }
}

bool script_step(struct workbench *wb)
{
    struct script *s = wb->script;
    char line[2048];
    if (!*s->at) return false;
    size_t n = strcspn(s->at, "\n");
    snprintf(line, sizeof line, "%.*s", (int)n, s->at);
    s->at += n + (s->at[n] == '\n');
    s->line++;
    if (!line[0] || line[0] == '#') return true;
    if (line[0] == ':' && (!wb->dialogs->front.kind || !strncmp(line, ":save-display ", 14)))
        refresh_after(wb, command_line_run(wb, line + 1));
    else
        keys(wb, line);
    do {
        refresh_tick(wb, false);
    } while (wb->refresh->hurry);
    refresh_draw(wb);
    return !s->failed;
}
