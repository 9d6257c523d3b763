#include "views/screens/runs/runs_saved.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"
#include "views/workbench/preferences.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

/* The preferences that an arrangement is made of. Those saved by older versions lack the last one. */
static const char *const parts[] = { "runs.columns_hidden", "runs.sort",   "runs.down",
                                     "runs.group",          "runs.filter", "group" };
enum { PARTS = sizeof parts / sizeof parts[0], GROUP = PARTS - 1, LINE = 1000 };

static void slot_key(int slot, char out[32])
{
    snprintf(out, 32, "runs.saved.%d", slot);
}

/* A slot holds "name\tvalue\t..."; an empty one is free. */
static void read_names(struct workbench *wb, struct runs_saved *s)
{
    s->count = 0;
    for (int slot = 0; slot < SAVED_MOST; slot++) {
        char key[32];
        slot_key(slot, key);
        const char *line = preference_get(wb, key, "");
        size_t n = strcspn(line, "\t");
        if (!line[n] || !n) continue;
        s->slots[s->count] = slot;
        snprintf(s->names[s->count++], SAVED_NAME, "%.*s", (int)n, line);
    }
}

static int find_slot(const struct runs_saved *s, const char *name)
{
    bool taken[SAVED_MOST] = { false };
    for (int i = 0; i < s->count; i++) {
        if (!strcmp(s->names[i], name)) return s->slots[i];
        taken[s->slots[i]] = true;
    }
    for (int slot = 0; slot < SAVED_MOST; slot++)
        if (!taken[slot]) return slot;
    return -1;
}

static unsigned keep(struct workbench *wb, void *ctx, const char *text)
{
    struct runs_saved *s = ctx;
    struct text line = { 0 };
    char name[SAVED_NAME], key[32];
    snprintf(name, sizeof name, "%s", text);
    for (char *p = name; *p; p++)
        if ((unsigned char)*p < ' ') *p = ' ';
    if (!*name) return AFTER_DRAW;
    int slot = find_slot(s, name);
    text_printf(&line, "%s", name);
    for (int i = 0; i < PARTS; i++) text_printf(&line, "\t%s", preference_get(wb, parts[i], ""));
    slot_key(slot, key);
    if (slot < 0)
        message_warn(wb, "%d arrangements are saved already; forget one", SAVED_MOST);
    else if (line.length > LINE)
        message_warn(wb, "this filter is too long to be saved");
    else {
        preference_set(wb, key, text_str(&line));
        message_say(wb, "saved: %s", name);
    }
    text_clear(&line);
    return AFTER_DRAW;
}

static unsigned take(struct workbench *wb, struct runs_saved *s, int i)
{
    char key[32], line[LINE + 1], *at = line;
    slot_key(s->slots[i], key);
    snprintf(line, sizeof line, "%s", preference_get(wb, key, ""));
    strsep(&at, "\t");
    for (int p = 0; p < PARTS; p++) {
        const char *value = strsep(&at, "\t");
        if (p != GROUP)
            preference_set(wb, parts[p], value ? value : "");
        else if (value)
            show_group(wb, value); /* of charts, too */
    }
    message_say(wb, "%s", s->names[i]);
    return s->taken(wb, s->ctx);
}

static unsigned chosen(struct workbench *wb, void *ctx, int row)
{
    struct runs_saved *s = ctx;
    char key[32];
    if (row < s->count) return take(wb, s, row);
    if (row == s->count) {
        dialog_ask(wb, &(struct dialog_question){ .label = "name of the arrangement: ", .done = keep, .ctx = s });
    } else {
        slot_key(s->slots[row - s->count - 1], key);
        preference_set(wb, key, "");
        message_say(wb, "forgotten: %s", s->names[row - s->count - 1]);
    }
    return AFTER_DRAW;
}

unsigned runs_saved_ask(struct workbench *wb, struct runs_saved *s)
{
    char forget[SAVED_MOST][SAVED_NAME + 16];
    const char *rows[2 * SAVED_MOST + 2] = { NULL };
    int n = 0;
    read_names(wb, s);
    for (int i = 0; i < s->count; i++) rows[n++] = s->names[i];
    rows[n++] = "save filter, order and columns as they are ...";
    for (int i = 0; i < s->count; i++) {
        snprintf(forget[i], sizeof forget[i], "forget %s", s->names[i]);
        rows[n++] = forget[i];
    }
    dialog_choose(wb, "saved arrangements", rows, 0, chosen, s);
    return AFTER_DRAW;
}
