#include "views/workbench/advice.h"

#include <stdio.h>
#include <string.h>

#include "views/workbench/alarm_line.h"
#include "views/workbench/message.h"
#include "views/workbench/notice.h"
#include "views/workbench/run_control.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

/* The next word at *p, without what ends a statement behind it; false at the end. `*ends`: a statement ended. */
static bool next_word(const char **p, char *out, size_t size, bool *ends)
{
    *p += strspn(*p, " ");
    size_t n = strcspn(*p, " "), length = n;
    if (!n) return false;
    while (length > 0 && strchr(":;,.)", (*p)[length - 1])) length--;
    *ends = length < n;
    size_t first = **p == '(' && length > 1;
    snprintf(out, size, "%.*s", (int)(length - first), *p + first);
    *p += n;
    return true;
}

bool advice_parse(const char *text, struct advice *out)
{
    char word[SETTINGS_TEXT];
    size_t reason;
    bool ends;
    const char *p = notice_advice(text, &reason);
    *out = (struct advice){ 0 };
    while (p && !out->row && next_word(&p, word, sizeof word, &ends))
        if (strchr(word, '.')) out->row = settings_find(word, NULL);
    if (!out->row) return false;
    struct settings s;
    settings_init(&s);
    if (!ends && next_word(&p, word, sizeof word, &ends) && settings_set(&s, out->row->name, word, NULL))
        snprintf(out->value, sizeof out->value, "%s", word);
    return true;
}

/* Whether the line shows the alarm of the shown run, not that of any live one: on a screen about it, and on the list
 * that it is chosen in unless the other one is worse. */
static bool of_shown(const struct workbench *wb)
{
    const struct screen *v = wb->screens[wb->show->current];
    const struct alarms *a = wb->alarms;
    if (!wb->selection.run || !a->text[0]) return false;
    if (v->needs_run) return true;
    return v->chooses_run && !(a->elsewhere[0] && a->elsewhere_ink == INK_BAD && a->ink != INK_BAD);
}

const char *advice_alarm(const struct workbench *wb, int64_t *run, unsigned *ink)
{
    const struct alarms *a = wb->alarms;
    bool own = of_shown(wb);
    *run = own ? wb->selection.run : a->elsewhere[0] ? a->elsewhere_run : 0;
    if (ink) *ink = own ? a->ink : a->elsewhere_ink;
    return own ? a->text : a->elsewhere;
}

int64_t advice_run(const struct workbench *wb)
{
    int64_t run;
    advice_alarm(wb, &run, NULL);
    return run;
}

unsigned advice_on_follow(struct workbench *wb, void *state, int argument)
{
    struct advice advice;
    char text[sizeof wb->alarms->elsewhere];
    int64_t run;
    (void)state, (void)argument;
    snprintf(text, sizeof text, "%s", advice_alarm(wb, &run, NULL));
    if (!run) {
        message_say(wb, "no run asks for anything");
        return AFTER_DRAW;
    }
    show_run(wb, run);
    if (!advice_parse(text, &advice)) {
        message_say(wb, "run %lld: this names no setting to change", (long long)run);
        return AFTER_DRAW;
    }
    return run_control_fill(wb, advice.row, advice.value);
}
