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

/* Length of the UTF-8 sequence at p, 0 when it is none (overlong forms and surrogates included). */
static size_t sequence(const unsigned char *p)
{
    if (p[0] < 0x80) return 1;
    size_t n = p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (p[0] == 0xe0 && p[1] < 0xa0) return 0;
    if (p[0] == 0xed && p[1] > 0x9f) return 0;
    if (p[0] == 0xf0 && p[1] < 0x90) return 0;
    if (p[0] == 0xf4 && p[1] > 0x8f) return 0;
    return n;
}

json_t *json_text(const char *s)
{
    if (!s) return json_null();
    struct text t = { 0 };
    for (const unsigned char *p = (const unsigned char *)s; *p;) {
        size_t n = sequence(p);
        if (n)
            text_append(&t, (const char *)p, n);
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
