/* The user's layout: read when a screen opens, and written some time after a change, so that no key waits for the
 * disk while ten workers commit. If it cannot be written because another program locks the store, it is tried again
 * every second. */
#include "views/workbench/preferences.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/setting.h"
#include "views/workbench/message.h"
#include "views/workbench/store_access.h"
#include "views/workbench/workbench.h"

/* Milliseconds: keys wait meanwhile, so it is short and tried again; the last attempt may wait longer. */
enum { WRITE_TIMEOUT = 5, LAST_PATIENCE = 2000 };

static struct preference *find(struct workbench *wb, const char *key)
{
    for (struct preference *r = wb->preferences->waiting; r; r = r->next)
        if (!strcmp(r->key, key)) return r;
    return NULL;
}

const char *preference_get(struct workbench *wb, const char *key, const char *otherwise)
{
    char name[96], *value = NULL;
    const struct preference *waiting = find(wb, key);
    if (waiting) {
        snprintf(wb->preferences->value, sizeof wb->preferences->value, "%s", waiting->value);
        return wb->preferences->value;
    }
    snprintf(name, sizeof name, "screen.%s", key);
    if (!store_setting_get(wb->store, name, &value, NULL) || !value) return otherwise;
    snprintf(wb->preferences->value, sizeof wb->preferences->value, "%s", value);
    free(value);
    return wb->preferences->value;
}

void preference_set(struct workbench *wb, const char *key, const char *value)
{
    struct preference *r = find(wb, key);
    char *copy = wb->read_only ? NULL : text_copy(value);
    if (!copy) return;
    if (!r) {
        r = calloc(1, sizeof *r);
        if (!r) {
            free(copy);
            return;
        }
        snprintf(r->key, sizeof r->key, "%s", key);
        r->next = wb->preferences->waiting;
        wb->preferences->waiting = r;
    }
    free(r->value);
    r->value = copy;
}

static void forget_all(struct workbench *wb)
{
    while (wb->preferences->waiting) {
        struct preference *r = wb->preferences->waiting;
        wb->preferences->waiting = r->next;
        free(r->value);
        free(r);
    }
}

static bool write_all(struct workbench *wb, struct err *e)
{
    bool ok = true;
    if (!store_begin(wb->store, STORE_NORMAL, e)) return false;
    for (const struct preference *r = wb->preferences->waiting; ok && r; r = r->next) {
        char name[96];
        snprintf(name, sizeof name, "screen.%s", r->key);
        ok = store_setting_set(wb->store, name, r->value, e);
    }
    if (ok) return store_commit(wb->store, e);
    store_rollback(wb->store);
    return false;
}

bool preferences_write(struct workbench *wb)
{
    struct err e;
    if (!wb->preferences->waiting) return true;
    store_set_lock_timeout(wb->store, WRITE_TIMEOUT);
    bool ok = write_all(wb, &e);
    store_set_lock_timeout(wb->store, STORE_LOCK_TIMEOUT);
    if (ok)
        forget_all(wb);
    else if (e.code != ERR_LOCKED && !wb->access->gone && !wb->preferences->told)
        message_warn(wb, "what is arranged here cannot be kept for the next time: %s", e.msg);
    wb->preferences->told = !ok && e.code != ERR_LOCKED;
    return ok;
}

void preferences_close(struct workbench *wb)
{
    struct err e;
    if (wb->preferences->waiting && !wb->access->gone) {
        store_set_lock_timeout(wb->store, LAST_PATIENCE);
        if (!write_all(wb, &e)) fprintf(stderr, "mlvicx: what was arranged is not kept for the next time: %s\n", e.msg);
        store_set_lock_timeout(wb->store, STORE_LOCK_TIMEOUT);
    }
    forget_all(wb);
}

int64_t preference_get_int(struct workbench *wb, const char *key, int64_t otherwise)
{
    int64_t value;
    const char *text = preference_get(wb, key, NULL);
    return text && text_to_int(text, &value) ? value : otherwise;
}

void preference_set_int(struct workbench *wb, const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    preference_set(wb, key, text);
}
