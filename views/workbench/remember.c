/* What the user arranged: read when a screen opens, written some time after it changed, so that no key waits for the
 * disk while ten workers commit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/setting.h"
#include "views/workbench/inside.h"

static struct remembered *find(struct desk *d, const char *key)
{
    for (struct remembered *r = d->inside->remembered; r; r = r->next)
        if (!strcmp(r->key, key)) return r;
    return NULL;
}

const char *desk_recall(struct desk *d, const char *key, const char *otherwise)
{
    char name[96], *value = NULL;
    const struct remembered *waiting = find(d, key);
    if (waiting) {
        snprintf(d->inside->recalled, sizeof d->inside->recalled, "%s", waiting->value);
        return d->inside->recalled;
    }
    snprintf(name, sizeof name, "screen.%s", key);
    if (!store_setting_get(d->store, name, &value, NULL) || !value) return otherwise;
    snprintf(d->inside->recalled, sizeof d->inside->recalled, "%s", value);
    free(value);
    return d->inside->recalled;
}

void desk_remember(struct desk *d, const char *key, const char *value)
{
    struct remembered *r = find(d, key);
    char *copy = d->read_only ? NULL : text_copy(value);
    if (!copy) return;
    if (!r) {
        r = calloc(1, sizeof *r);
        if (!r) {
            free(copy);
            return;
        }
        snprintf(r->key, sizeof r->key, "%s", key);
        r->next = d->inside->remembered;
        d->inside->remembered = r;
    }
    free(r->value);
    r->value = copy;
}

void remember_write(struct desk *d)
{
    if (!d->inside->remembered) return;
    bool begun = store_begin(d->store, STORE_NORMAL, NULL);
    while (d->inside->remembered) {
        struct remembered *r = d->inside->remembered;
        char name[96];
        snprintf(name, sizeof name, "screen.%s", r->key);
        if (begun) store_setting_set(d->store, name, r->value, NULL);
        d->inside->remembered = r->next;
        free(r->value);
        free(r);
    }
    if (begun) store_commit(d->store, NULL);
}

int64_t desk_recall_int(struct desk *d, const char *key, int64_t otherwise)
{
    int64_t value;
    const char *text = desk_recall(d, key, NULL);
    return text && text_to_int(text, &value) ? value : otherwise;
}

void desk_remember_int(struct desk *d, const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    desk_remember(d, key, text);
}
