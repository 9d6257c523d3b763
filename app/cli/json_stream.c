#include "app/cli/json_stream.h"

#include <stdio.h>
#include <string.h>

static void begin_whole(struct json_stream *j)
{
    if (j->first) putchar(j->first);
    j->first = '\0';
}

/* What json_dumps puts before a member: a comma after another one, a line of its own, its key. */
static void begin_member(struct json_stream *j, const char *key)
{
    struct text quoted = { 0 };
    begin_whole(j);
    if (j->depth) printf("%s\n%*s", j->filled ? "," : "", 2 * j->depth, "");
    if (!key) return;
    json_write(&quoted, json_text(key), 0);
    j->broken |= quoted.broken;
    printf("%s: ", text_str(&quoted));
    text_clear(&quoted);
}

void json_stream_open(struct json_stream *j, const char *key, char bracket)
{
    if (!j->depth) {
        j->first = bracket;
    } else {
        begin_member(j, key);
        putchar(bracket);
    }
    j->depth++;
    j->filled = false;
}

void json_stream_put(struct json_stream *j, const char *key, json_t *value)
{
    struct text all = { 0 };
    begin_member(j, key);
    json_write(&all, value, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    j->broken |= all.broken;
    for (const char *p = text_str(&all); *p;) { /* newlines stand between values only */
        size_t n = strcspn(p, "\n");
        fwrite(p, 1, n, stdout);
        p += n;
        if (*p) p++, printf("\n%*s", 2 * j->depth, "");
    }
    text_clear(&all);
    j->filled = true;
}

void json_stream_put_all(struct json_stream *j, json_t *object)
{
    const char *key;
    json_t *value;
    j->broken |= !object;
    json_object_foreach(object, key, value) json_stream_put(j, key, json_incref(value));
    json_decref(object);
}

void json_stream_close(struct json_stream *j, char bracket)
{
    begin_whole(j);
    j->depth--;
    if (j->filled) printf("\n%*s", 2 * j->depth, "");
    putchar(bracket);
    j->filled = true;
}

bool json_stream_good(const struct json_stream *j)
{
    return !j->broken && !ferror(stdout);
}

int json_stream_end(const struct app *app, struct json_stream *j)
{
    struct err e;
    putchar('\n');
    if (!j->broken) return app_finish(app);
    err_set(&e, ERR_MEMORY, "JSON: memory ran out");
    return app_fail(app, &e);
}
