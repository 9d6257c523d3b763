#include "views/screens/image_filter.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/workbench.h"

static unsigned filtered(struct workbench *wb, void *ctx, const char *text)
{
    struct image_filter *f = ctx;
    snprintf(f->text, sizeof f->text, "%s", text);
    f->changed(wb, f->ctx);
    return AFTER_DRAW | AFTER_READ;
}

static bool count_fits(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size)
{
    const struct image_filter *f = ctx;
    int n = 0;
    (void)wb;
    for (size_t i = 0; i < f->set->data.images_count; i++) n += image_set_fits(f->set, (uint32_t)i, text);
    snprintf(remark, size, "%d %s", n, text_number(n, "image", "images"));
    return n > 0;
}

static const char *complete_class(struct workbench *wb, void *ctx, const char *text, int i)
{
    static char line[512]; /* borrowed until the next call */
    const struct image_filter *f = ctx;
    const char *blank = strrchr(text, ' '), *word = blank ? blank + 1 : text;
    (void)wb;
    for (size_t c = 0; c < f->set->data.classes_count; c++) {
        if (strncasecmp(f->set->data.classes[c], word, strlen(word)) || i-- > 0) continue;
        snprintf(line, sizeof line, "%.*s%s", (int)(word - text), text, f->set->data.classes[c]);
        return line;
    }
    return NULL;
}

void image_filter_ask(struct image_filter *f, struct workbench *wb)
{
    dialog_ask(wb, &(struct dialog_question){ .label = "/",
                                              .initial = f->text,
                                              .history = "images",
                                              .done = filtered,
                                              .complete = complete_class,
                                              .check = count_fits,
                                              .ctx = f });
}
