#include "app/json.h"

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
    for (const char *p = s; *p;) {
        size_t n = text_sequence(p);
        if (n)
            text_append(&t, p, n);
        else
            text_add(&t, "\xef\xbf\xbd");
        p += n ? n : 1;
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

int app_print_json(const struct app *app, json_t *value)
{
    struct err e;
    char *out = value ? json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) : NULL;
    json_decref(value);
    if (!out) {
        err_set(&e, ERR_MEMORY, "JSON: memory ran out");
        return app_fail(app, &e);
    }
    puts(out);
    free(out);
    return app_finish(app);
}
