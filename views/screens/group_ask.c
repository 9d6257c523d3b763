#include "views/screens/group_ask.h"

#include <stdio.h>
#include <string.h>

#include "views/analysis/group.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"
#include "views/workbench/show.h"

/* Who asked. One question is open at a time. */
struct asked {
    unsigned (*done)(struct workbench *wb, void *ctx);
    void *ctx;
};

static bool check(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size)
{
    struct err e = { 0 };
    (void)wb, (void)ctx;
    bool ok = group_check(text, &e);
    snprintf(remark, size, "%s", ok ? "" : e.msg);
    return ok;
}

/* Settings whose name, or its last part, begins as the last word does. */
static const char *complete(struct workbench *wb, void *ctx, const char *text, int wanted)
{
    static char line[DIALOG_TEXT]; /* borrowed until the next call */
    const char *word = strrchr(text, ' ') ? strrchr(text, ' ') + 1 : text;
    size_t count, n = strlen(word);
    const struct setting *rows = settings_table(&count);
    (void)wb, (void)ctx;
    for (size_t i = 0; i < count; i++) {
        const char *point = strrchr(rows[i].name, '.');
        bool begins = !strncmp(rows[i].name, word, n) || (point && !strncmp(point + 1, word, n));
        if (!begins || wanted-- > 0) continue;
        snprintf(line, sizeof line, "%.*s%s", (int)(word - text), text, rows[i].name);
        return line;
    }
    return NULL;
}

static unsigned answered(struct workbench *wb, void *ctx, const char *text)
{
    const struct asked *asked = ctx;
    struct err e;
    if (!group_check(text, &e)) return message_fail(wb, &e), AFTER_DRAW;
    show_group(wb, text);
    return asked->done(wb, asked->ctx);
}

void group_ask(struct workbench *wb, unsigned (*done)(struct workbench *wb, void *ctx), void *ctx)
{
    static struct asked asked; /* until the answer */
    asked = (struct asked){ done, ctx };
    dialog_ask(wb, &(struct dialog_question){ .label = "group by settings (Tab completes): ",
                                              .initial = wb->selection.group,
                                              .history = "group",
                                              .done = answered,
                                              .complete = complete,
                                              .check = check,
                                              .ctx = &asked,
                                              .select = true });
}
