#include "views/screens/checkpoint_rows.h"

#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "store/database/files.h"
#include "store/metric.h"
#include "store/probe.h"
#include "views/workbench/message.h"
#include "views/workbench/news.h"
#include "views/workbench/workbench.h"

static const char *const metrics[NUMBERS] = {
    "loss", STORE_PROBE_METRIC, STORE_PROBE_SECOND, "z.rankme_ratio", "d.rankme_ratio", "epoch", STORE_VALIDATION_METRIC
};

const struct checkpoint_order checkpoint_orders[COLUMNS] = {
    [COLUMN_MARK] = { -1, false },
    [COLUMN_STEP] = { -1, true },
    [COLUMN_EPOCH] = { NUMBER_EPOCH, true },
    [COLUMN_AGE] = { -1, false },
    [COLUMN_SIZE] = { -1, false },
    [COLUMN_KEPT] = { -1, false },
    [COLUMN_DIGEST] = { -1, false },
    [COLUMN_LOSS] = { NUMBER_LOSS, false },
    [COLUMN_AUC] = { NUMBER_AUC, true },
    [COLUMN_KNN] = { NUMBER_KNN, true },
    [COLUMN_RANK_G] = { NUMBER_RANK_G, true },
    [COLUMN_RANK_L] = { NUMBER_RANK_L, true },
};

/* ---- reading ------------------------------------------------------------------------------------------------ */

static double sort_value(const struct checkpoint_row *r, int column)
{
    int number = checkpoint_orders[column].number;
    if (number >= 0) return r->value[number];
    switch (column) {
    case COLUMN_AGE:
        return -r->file.created_at;
    case COLUMN_SIZE:
        return (double)r->file.bytes;
    case COLUMN_DIGEST:
        return r->digest;
    case COLUMN_MARK:
        return r->file.pinned;
    default:
        return (double)r->file.step;
    }
}

static bool before(const struct checkpoints *c, const struct checkpoint_row *a, const struct checkpoint_row *b)
{
    int column = c->table.sort < 0 ? COLUMN_STEP : c->table.sort;
    int order = 0;
    if (column == COLUMN_KEPT)
        order = strcmp(a->file.reason, b->file.reason);
    else {
        double x = sort_value(a, column), y = sort_value(b, column);
        if (isnan(x) != isnan(y)) return isnan(y); /* rows without a value are last in either order */
        order = (x > y) - (x < y);
    }
    if (order == 0) return a->file.step > b->file.step;
    return c->table.down ? order > 0 : order < 0;
}

void checkpoint_rows_sort(struct checkpoints *c)
{
    int64_t chosen = c->count > 0 && c->table.chosen < c->count ? c->rows[c->table.chosen].file.step : -1;
    for (int i = 1; i < c->count; i++) { /* few rows */
        struct checkpoint_row r = c->rows[i];
        int at = i;
        for (; at > 0 && before(c, &r, &c->rows[at - 1]); at--) c->rows[at] = c->rows[at - 1];
        c->rows[at] = r;
    }
    for (int i = 0; i < c->count; i++)
        if (c->rows[i].file.step == chosen) c->table.chosen = i;
}

/* A file that was rewritten counts as another file, even if its digest is the same. */
static bool same_file(const struct store_checkpoint *a, const struct store_checkpoint *b)
{
    return a->step == b->step && a->created_at == b->created_at && !strcmp(a->sha256, b->sha256);
}

static enum digest_state digest_known(const struct checkpoint_row *rows, int count, const struct store_checkpoint *file)
{
    for (int i = 0; i < count; i++)
        if (same_file(&rows[i].file, file)) return rows[i].digest;
    return DIGEST_UNVERIFIED;
}

bool checkpoint_rows_read(struct workbench *wb, struct checkpoints *c, struct err *e)
{
    struct store_checkpoints list;
    if (!store_checkpoint_newest(wb->store, wb->selection.run, CHECKPOINTS_MOST, &list, &c->older, e)) return false;
    struct checkpoint_row *rows = calloc(list.count + 1, sizeof *rows);
    bool ok = rows || err_set(e, ERR_MEMORY, "checkpoints: memory ran out");
    c->total = 0;
    for (size_t i = 0; ok && i < list.count; i++) {
        rows[i].file = list.rows[i];
        rows[i].digest = digest_known(c->rows, c->count, &list.rows[i]);
        c->total += (double)list.rows[i].bytes;
        ok = store_metric_latest(wb->store, wb->selection.run, list.rows[i].step, metrics, NUMBERS, rows[i].value, NULL,
                                 e);
    }
    ok = ok && store_checkpoint_validated(wb->store, wb->selection.run, &c->validated, e);
    for (size_t i = 0; ok && c->validated && i < list.count; i++) rows[i].value[NUMBER_AUC] = rows[i].value[NUMBER_OWN];
    ok = ok && store_checkpoint_best(wb->store, wb->selection.run, &c->best, e);
    if (ok) {
        int64_t chosen = c->count > 0 && c->table.chosen < c->count ? c->rows[c->table.chosen].file.step : -1;
        free(c->rows);
        c->rows = rows;
        c->count = (int)list.count;
        for (int i = 0; i < c->count; i++)
            if (rows[i].file.step == chosen) c->table.chosen = i;
        checkpoint_rows_sort(c);
        if (chosen < 0) c->table.chosen = 0;
    } else
        free(rows);
    store_checkpoints_clear(&list);
    return ok;
}

/* ---- digests, a piece at a time ------------------------------------------------------------------------------- */

struct checkpoint_row *checkpoint_at(struct checkpoints *c, int64_t step)
{
    for (int i = 0; i < c->count; i++)
        if (c->rows[i].file.step == step) return &c->rows[i];
    return NULL;
}

static void stop_reading(struct checkpoints *c)
{
    digest_end(c->pieces);
    c->pieces = NULL;
    c->reading = -1;
}

/* The next one that waits. */
static bool begin_reading(struct workbench *wb, struct checkpoints *c)
{
    char path[STORE_PATH];
    struct err e;
    for (int i = 0; i < c->count; i++) {
        struct checkpoint_row *r = &c->rows[i];
        if (r->digest != DIGEST_WAITING) continue;
        int fd = store_checkpoint_open(wb->store, wb->selection.run, r->file.path, path, &e);
        if (fd < 0 || !digest_take(&c->pieces, fd, path, &e)) {
            r->digest = DIGEST_MISSING;
            message_fail(wb, &e);
            continue;
        }
        c->reading = r->file.step;
        c->read_share = 0;
        snprintf(c->wanted, sizeof c->wanted, "%s", r->file.sha256);
        return true;
    }
    return false;
}

/* Reads for a few milliseconds; true if the screen must be redrawn. */
bool checkpoint_digest_go_on(struct workbench *wb, struct checkpoints *c)
{
    enum { PIECE = 1 << 20 };
    const double slice = 0.015;
    double begun = clock_seconds();
    char hex[DIGEST_HEX_SIZE];
    struct err e;
    if (!c->pieces && !begin_reading(wb, c)) return false;
    struct checkpoint_row *r = checkpoint_at(c, c->reading);
    if (r && r->digest != DIGEST_WAITING) r = NULL; /* rewritten since: not the file that is being read */
    bool done = r == NULL, ok = true;
    while (ok && !done && clock_seconds() - begun < slice) {
        ok = digest_more(c->pieces, PIECE, &done, hex, &e);
        if (r->file.bytes > 0) c->read_share += (double)PIECE / (double)r->file.bytes;
    }
    if (!ok) message_fail(wb, &e);
    if (!ok || done) {
        if (r) r->digest = ok && !strcmp(hex, c->wanted) ? DIGEST_OK : DIGEST_DAMAGED;
        stop_reading(c);
    }
    news_more(wb);
    return true;
}

void checkpoint_rows_drop(struct checkpoints *c)
{
    stop_reading(c);
    free(c->rows);
    c->rows = NULL;
    c->count = 0;
}

struct checkpoint_row *checkpoint_chosen(struct checkpoints *c)
{
    return c->table.chosen >= 0 && c->table.chosen < c->count ? &c->rows[c->table.chosen] : NULL;
}
