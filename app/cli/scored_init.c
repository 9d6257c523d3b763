#include "app/cli/scored_init.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/evaluation.h"

/* Which of all encoders fit. */
struct search {
    const char *word, *task;
    bool whole;        /* by the whole name, or by its beginning */
    int found;         /* different names */
    struct text names; /* of them: " init:A, init:B" */
};

static bool is_among(const struct text *names, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = text_str(names); (at = strstr(at, " init:")); at++)
        if (!strncmp(at + strlen(" init:"), name, n) && (!at[strlen(" init:") + n] || at[strlen(" init:") + n] == ','))
            return true;
    return false;
}

static bool fits(const struct search *s, const struct store_evaluation *row)
{
    bool named = s->whole ? !strcmp(row->init, s->word) : !strncmp(row->init, s->word, strlen(s->word));
    return named && (!s->task || !strcmp(row->task, s->task));
}

static void look(struct search *s, const struct store_evaluations *list, struct scored_init *out)
{
    s->found = 0;
    text_clear(&s->names);
    for (size_t i = 0; i < list->count; i++) {
        const struct store_evaluation *row = &list->rows[i];
        if (!fits(s, row)) continue;
        if (!is_among(&s->names, row->init)) {
            text_printf(&s->names, "%s init:%s", s->found++ ? "," : "", row->init);
            snprintf(out->name, sizeof out->name, "%s", row->init);
            snprintf(out->task, sizeof out->task, "%s", row->task);
        }
        if (strcmp(out->task, row->task) != 0) *out->task = '\0';
    }
}

bool scored_init_find(struct app *app, const char *word, const char *task, struct scored_init *out, struct err *e)
{
    const struct search tries[] = { { .word = word, .task = task, .whole = true },
                                    { .word = word, .whole = true },
                                    { .word = word, .task = task },
                                    { .word = word } };
    struct store_evaluations list;
    struct search s = { 0 };
    if (!app_existing_store(app, STORE_READ, e) || !store_evaluation_list(app->store, 0, &list, e)) return false;
    for (size_t i = 0; !s.found && i < sizeof tries / sizeof tries[0]; i++) {
        s = tries[i];
        look(&s, &list, out);
    }
    bool ok = s.found == 1;
    if (s.found > 1)
        err_set(e, ERR_CONFLICT, "init:%s: several encoders begin so:%s; name one", word, text_str(&s.names));
    if (!s.found) {
        s = (struct search){ .word = "" };
        look(&s, &list, out);
        err_set(e, ERR_NOT_FOUND, "init:%s: eval --init has scored no encoder of that name%s%s", word,
                s.found ? "; there are" : "; make one: mlvicx eval --init random|FILE --task DATASET",
                text_str(&s.names));
    }
    text_clear(&s.names);
    store_evaluations_clear(&list);
    return ok;
}
