#include "store/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/bundle.h"
#include "store/database/files.h"
#include "store/database/rows.h"
#include "store/database/sql.h"

static const char before[] = "eval-", after[] = ".db";

struct rows {
    const struct store_evaluation *rows;
    size_t count;
};

static bool fill(struct store *bundle, void *ctx, struct err *e)
{
    const struct rows *r = ctx;
    return store_evaluation_insert_all(bundle, r->rows, r->count, e);
}

bool store_kept_write(const struct store *s, struct store_kept *k, const struct store_evaluation *rows, size_t count,
                      struct err *e)
{
    uint64_t random;
    struct rows all = { rows, count };
    sqlite3_randomness(sizeof random, &random);
    if (!*k->name) snprintf(k->name, sizeof k->name, "%s%016llx%s", before, (unsigned long long)random, after);
    snprintf(k->path, sizeof k->path, "%.*s/unwritten/%s", STORE_PATH / 2, s->dir, k->name);
    return store_bundle_write_at(s, &(struct bundle_at){ STORE_UNWRITTEN, 0, k->name }, fill, &all, e);
}

void store_kept_drop(const struct store *s, const struct store_kept *k)
{
    if (*k->name) store_file_remove(s, STORE_UNWRITTEN, 0, k->name, NULL);
}

/* ---- taking ---- */

/* What belongs to a run in the trash waits, since the run may come back. */
static bool can_be_taken(struct store *s, const struct store_evaluation *v, struct err *e)
{
    int64_t trashed;
    return sql_integer(s, e, &trashed, 0, "SELECT 1 FROM trash WHERE id = ? AND NOT gone", BIND(INT(v->run_id))) &&
           (!trashed ||
            err_set(e, ERR_CONFLICT, "run %lld: is in the trash; its evaluation waits", (long long)v->run_id));
}

/* Whether its run still exists, and no equally new figure of the same kind. */
static bool is_wanted(struct store *s, const struct store_evaluation *v, bool *wanted, struct err *e)
{
    int64_t run = 1, newer;
    if (!can_be_taken(s, v, e)) return false;
    bool ok = (!v->run_id || sql_integer(s, e, &run, 0, "SELECT 1 FROM run WHERE id = ?", BIND(INT(v->run_id)))) &&
              sql_integer(s, e, &newer, 0,
                          "SELECT 1 FROM evaluation WHERE run_id IS nullif(?,0) AND init = ? AND step = ? AND task = ?"
                          " AND protocol = ? AND context = ? AND fraction = ? AND seed = ? AND split = ?"
                          " AND settings = ? AND size = ? AND (run_id IS NOT NULL OR weights = ?)"
                          " AND created_at >= ?",
                          BIND(INT(v->run_id), TEXT(v->init), INT(v->step), TEXT(v->task), TEXT(v->protocol),
                               INT(v->context), REAL(v->fraction), INT(v->seed), TEXT(v->split), TEXT(v->settings),
                               INT(v->size), TEXT(v->weights), REAL(v->created_at)));
    *wanted = ok && run && !newer;
    return ok;
}

/* The rows of a list from `first` on that belong to one encoder, step and task. */
static size_t alike(const struct store_evaluations *list, size_t first, size_t count)
{
    const struct store_evaluation *a = &list->rows[first];
    size_t n = 1;
    for (; first + n < count; n++) {
        const struct store_evaluation *b = a + n;
        if (a->run_id != b->run_id || a->step != b->step || strcmp(a->init, b->init) || strcmp(a->task, b->task)) break;
    }
    return n;
}

static bool take_rows(struct store *s, struct store_evaluations *list, struct err *e)
{
    size_t wanted = 0; /* these are moved to the front; the others follow, so that all of them are freed */
    for (size_t i = 0; i < list->count; i++) {
        bool is;
        if (!is_wanted(s, &list->rows[i], &is, e)) return false;
        struct store_evaluation row = list->rows[i];
        if (!is) continue;
        list->rows[i] = list->rows[wanted];
        list->rows[wanted++] = row;
    }
    for (size_t i = 0, n; i < wanted; i += n) {
        n = alike(list, i, wanted);
        if (!store_evaluation_insert_all(s, list->rows + i, n, e)) return false;
    }
    return true;
}

/* The list with the predictions of each row. */
static bool read_whole(struct store *bundle, struct store_evaluations *list, struct err *e)
{
    if (!store_evaluation_list(bundle, -1, list, e)) return false;
    for (size_t i = 0; i < list->count; i++) {
        struct store_prediction *rows;
        if (!store_prediction_read(bundle, list->rows[i].id, &rows, &list->rows[i].predictions_count, e)) return false;
        list->rows[i].predictions = rows;
    }
    return true;
}

static bool take(struct store *s, const char *name, struct err *e)
{
    struct store *bundle;
    struct store_evaluations list;
    if (!store_bundle_open(s, &(struct bundle_at){ STORE_UNWRITTEN, 0, name }, &bundle, e)) return false;
    bool ok = read_whole(bundle, &list, e);
    store_close(bundle);
    ok = ok && take_rows(s, &list, e);
    for (size_t i = 0; i < list.count; i++) free((void *)(uintptr_t)list.rows[i].predictions);
    store_evaluations_clear(&list);
    return ok && store_file_remove(s, STORE_UNWRITTEN, 0, name, e);
}

/* Collects the names first, because the folder changes while files are removed. */
static bool list_names(const struct store *s, char (**names)[32], size_t *count, struct err *e)
{
    struct folder folder;
    struct err why = { 0 };
    *names = NULL;
    *count = 0;
    if (!store_folder(s, STORE_UNWRITTEN, 0, false, &folder, &why))
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    DIR *d = folder_list(&folder);
    bool ok = true;
    for (struct dirent *entry; ok && d && (entry = readdir(d));) {
        const char *name = entry->d_name;
        if (strncmp(name, before, strlen(before)) || !text_ends(name, after) || strlen(name) >= sizeof **names)
            continue;
        ok = rows_grow(names, *count, sizeof **names, e);
        if (ok) strcpy((*names)[(*count)++], name);
    }
    if (d) closedir(d);
    folder_close(&folder);
    return ok;
}

void store_kept_take(struct store *s, size_t *taken, size_t *left, struct err *why)
{
    char(*names)[32];
    size_t count;
    struct err e;
    *taken = *left = 0;
    if (s->read_only) return;
    if (!list_names(s, &names, &count, why)) *left = 1;
    for (size_t i = 0; i < count; i++) {
        if (take(s, names[i], &e)) {
            ++*taken;
        } else if (!(*left)++) {
            *why = e;
        }
    }
    free(names);
}
