/* What the user arranged: read when a screen opens, written some time after it changed, so that no key waits for the
 * disk while ten workers commit. What cannot be written, since another program has the store, waits for the next
 * second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/setting.h"
#include "views/workbench/inside.h"

/* Milliseconds: keys wait meanwhile, so it is short, and tried again; the last time they need not. */
enum { WRITE_PATIENCE = 5, LAST_PATIENCE = 2000 };

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

static void forget_all(struct desk *d)
{
    while (d->inside->remembered) {
        struct remembered *r = d->inside->remembered;
        d->inside->remembered = r->next;
        free(r->value);
        free(r);
    }
}

static bool write_all(struct desk *d, struct err *e)
{
    bool ok = true;
    if (!store_begin(d->store, STORE_NORMAL, e)) return false;
    for (const struct remembered *r = d->inside->remembered; ok && r; r = r->next) {
        char name[96];
        snprintf(name, sizeof name, "screen.%s", r->key);
        ok = store_setting_set(d->store, name, r->value, e);
    }
    if (ok) return store_commit(d->store, e);
    store_rollback(d->store);
    return false;
}

bool remember_write(struct desk *d)
{
    struct err e;
    if (!d->inside->remembered) return true;
    store_set_patience(d->store, WRITE_PATIENCE);
    bool ok = write_all(d, &e);
    store_set_patience(d->store, STORE_PATIENCE);
    if (ok)
        forget_all(d);
    else if (e.code != ERR_LOCKED && !d->inside->gone && !d->inside->remember_told)
        desk_warn(d, "what is arranged here cannot be kept for the next time: %s", e.msg);
    d->inside->remember_told = !ok && e.code != ERR_LOCKED;
    return ok;
}

void remember_close(struct desk *d)
{
    struct err e;
    if (d->inside->remembered && !d->inside->gone) {
        store_set_patience(d->store, LAST_PATIENCE);
        if (!write_all(d, &e)) fprintf(stderr, "mlvicx: what was arranged is not kept for the next time: %s\n", e.msg);
        store_set_patience(d->store, STORE_PATIENCE);
    }
    forget_all(d);
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
