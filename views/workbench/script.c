/* Scripts: keys and commands from a file, on a canvas without a terminal. Tests and reports of faults replay them.
 *
 * A line is keys (`q`, `2vv<enter>`; `:` begins a command instead, but while a question is asked only :save-display);
 * blank lines and lines that begin with '#' are skipped. Time stands still between two lines unless a command says
 * otherwise (:wait, :clock). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/reading.h"
#include "views/workbench/inside.h"
#include "views/terminal/keys.h"

bool script_open(struct desk *d, const char *path, struct err *e)
{
    struct script *s = &d->inside->script;
    s->text = file_read_given(path, 1 << 20, e);
    if (!s->text) return false;
    s->at = s->text;
    return true;
}

void script_close(struct desk *d)
{
    free(d->inside->script.text);
    d->inside->script = (struct script){ 0 };
}

static void keys(struct desk *d, const char *line)
{
    for (int key; (key = keys_next(&line));) {
        if (key < 0) {
            desk_warn(d, "there is no such key; <enter>, <esc>, <up>, <page-up>, <ctrl-l>, <f1> ...");
            d->inside->script.failed = true;
            return;
        }
        desk_after(d, desk_key(d, key));
        desk_draw(d);
        if (d->inside->quit) return;
    }
}

bool script_step(struct desk *d)
{
    struct script *s = &d->inside->script;
    char line[2048];
    if (!*s->at) return false;
    size_t n = strcspn(s->at, "\n");
    snprintf(line, sizeof line, "%.*s", (int)n, s->at);
    s->at += n + (s->at[n] == '\n');
    s->line++;
    if (!line[0] || line[0] == '#') return true;
    if (line[0] == ':' && (!d->inside->modal.kind || !strncmp(line, ":save-display ", 14)))
        desk_after(d, commands_run(d, line + 1));
    else
        keys(d, line);
    do {
        desk_tick(d, false);
    } while (d->inside->hurry);
    desk_draw(d);
    return !s->failed;
}
