#include "app/cli/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"

json_t *json_number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *json_text(const char *s)
{
    if (!s) return json_null();
    struct text t = { 0 };
    for (size_t left = strlen(s), n; left; s += n, left -= n) {
        uint32_t letter;
        n = text_letter(s, left, &letter);
        text_add(&t, n ? "" : "\xef\xbf\xbd");
        text_append(&t, s, n);
        if (!n) n = 1;
    }
    json_t *value = json_string(text_str(&t));
    text_clear(&t);
    return value;
}

json_t *json_time(double wall)
{
    char out[CLOCK_ISO_SIZE];
    return isfinite(wall) && wall != 0 ? json_string(clock_iso(wall, out)) : json_null();
}

json_t *json_count(int64_t n)
{
    return n < 0 ? json_null() : json_integer(n);
}

json_t *json_setting(const struct settings *s, const struct setting *row)
{
    const void *place = (const char *)s + row->offset;
    char text[SETTINGS_TEXT];
    switch (row->type) {
    case SETTING_INT:
        return json_integer(*(const int64_t *)place);
    case SETTING_FLOAT:
        return json_number(*(const double *)place);
    case SETTING_BOOL:
        return json_boolean(*(const bool *)place);
    default:
        settings_get(s, row, text);
        return json_text(text);
    }
}

void json_write(struct text *t, json_t *value, size_t flags)
{
    char *all = value ? json_dumps(value, flags | JSON_ENCODE_ANY) : NULL;
    json_decref(value);
    t->broken |= !all;
    uint32_t letter = 0;
    for (const char *p = all; p && *p;) {
        size_t n = text_letter(p, strnlen(p, 4), &letter);
        if (letter >= 0x7f && text_steers(letter)) /* below stand newlines between values, and nothing else */
            text_printf(t, "\\u%04x", (unsigned)letter);
        else
            text_append(t, p, n);
        p += n ? n : 1;
    }
    free(all);
}

int app_print_json(const struct app *app, json_t *value)
{
    struct err e;
    struct text out = { 0 };
    json_write(&out, value, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    if (!out.broken) puts(text_str(&out));
    bool broken = out.broken;
    text_clear(&out);
    if (!broken) return app_finish(app);
    err_set(&e, ERR_MEMORY, "JSON: memory ran out");
    return app_fail(app, &e);
}
