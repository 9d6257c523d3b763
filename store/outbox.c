#include "store/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/bundle.h"
#include "store/command.h"
#include "store/database/rows.h"
#include "store/snapshot.h"
#include "store/database/sql.h"

/* ---- putting in ---- */

/* Makes room for one more row of `size` bytes; NULL if memory ran out, which is remembered. */
static void *grow(struct outbox *o, void *rows, size_t *count, size_t size)
{
    if (rows_grow(rows, *count, size, NULL)) return (char *)*(void **)rows + (*count)++ * size;
    o->broken = true;
    return NULL;
}

static char *keep_text(struct outbox *o, const char *text)
{
    char *copy = text_copy(text ? text : "");
    o->broken |= !copy;
    o->bytes += copy ? strlen(copy) : 0;
    return copy;
}

void outbox_snapshot(struct outbox *o, const struct outbox_snapshot *given)
{
    struct outbox_snapshot *row = grow(o, &o->snapshots, &o->snapshot_count, sizeof *o->snapshots);
    if (!row) return;
    size_t bytes = (size_t)given->rows * (size_t)given->cols * sizeof *given->data;
    *row = *given;
    row->data = malloc(bytes + 1);
    if (row->data)
        memcpy(row->data, given->data, bytes);
    else
        o->snapshot_count--, o->broken = true;
    o->bytes += bytes;
}

void outbox_event(struct outbox *o, const struct store_event *given)
{
    struct store_event *row = grow(o, &o->events, &o->event_count, sizeof *o->events);
    if (!row) return;
    *row = *given;
    if (!(row->at > 0)) row->at = clock_wall();
    row->text = keep_text(o, given->text);
    if (!row->text) o->event_count--;
}

/* Fills the copy of an evaluation's scores; false if memory ran out. */
static bool copy_scores(struct store_evaluation *row, const struct store_evaluation *given)
{
    struct store_score *scores = calloc(given->scores_count + 1, sizeof *scores);
    row->scores = scores;
    row->scores_count = 0;
    for (size_t i = 0; scores && i < given->scores_count; i++) {
        scores[i] = given->scores[i];
        scores[i].name = text_copy(given->scores[i].name ? given->scores[i].name : "");
        if (!scores[i].name) return false;
        row->scores_count++;
    }
    return scores != NULL;
}

void outbox_evaluation(struct outbox *o, const struct store_evaluation *given)
{
    struct store_evaluation *row = grow(o, &o->evaluations, &o->evaluation_count, sizeof *o->evaluations);
    if (!row) return;
    *row = *given;
    if (!(row->created_at > 0)) row->created_at = clock_wall();
    row->detail = given->detail ? keep_text(o, given->detail) : NULL;
    o->broken |= !copy_scores(row, given);
    o->bytes += sizeof *row + row->scores_count * sizeof *row->scores;
}

void outbox_checkpoint(struct outbox *o, const struct store_checkpoint *given)
{
    struct store_checkpoint *row = grow(o, &o->checkpoints, &o->checkpoint_count, sizeof *o->checkpoints);
    if (!row) return;
    *row = *given;
    if (!(row->created_at > 0)) row->created_at = clock_wall();
    o->bytes += sizeof *row;
}

void outbox_answer(struct outbox *o, int64_t command, const char *text)
{
    struct outbox_answer *row = grow(o, &o->answers, &o->answer_count, sizeof *o->answers);
    if (!row) return;
    *row = (struct outbox_answer){ command, keep_text(o, text) };
    if (!row->text) o->answer_count--;
}

void outbox_config(struct outbox *o, const char *config, int64_t steps, int64_t epochs)
{
    free(o->config);
    o->config = keep_text(o, config);
    o->steps = steps;
    o->epochs = epochs;
}

void outbox_state(struct outbox *o, enum store_state state)
{
    o->state_changes = true;
    o->state = state;
}

size_t outbox_bytes(const struct outbox *o)
{
    return o->bytes + o->points.count * sizeof *o->points.rows;
}

/* ---- sending ---- */

/* Points first, in portions that let others write. Written points are removed from the batch. */
static bool send_points(struct outbox *o, struct store *s, int64_t run, struct err *e)
{
    while (o->points.count > BATCH_AT_ONCE) {
        struct store_batch part = { .rows = o->points.rows, .count = BATCH_AT_ONCE };
        if (!store_points_append(s, run, &part, e)) return false;
        o->points.count -= BATCH_AT_ONCE;
        memmove(o->points.rows, o->points.rows + BATCH_AT_ONCE, o->points.count * sizeof *o->points.rows);
    }
    return true;
}

/* Snapshots, events and so on: everything that a bundle takes too. */
static bool write_rows(const struct outbox *o, struct store *s, int64_t run, struct err *e)
{
    bool ok = store_points_append(s, run, &o->points, e);
    for (size_t i = 0; ok && i < o->snapshot_count; i++) {
        const struct outbox_snapshot *p = &o->snapshots[i];
        ok = store_snapshot_put(s, &(struct store_snapshot_key){ run, p->step, p->level, p->kind }, p->rows, p->cols,
                                p->data, e);
    }
    for (size_t i = 0; ok && i < o->event_count; i++) ok = store_event_insert(s, run, &o->events[i], e);
    for (size_t i = 0; ok && i < o->evaluation_count; i++)
        ok = store_evaluation_insert(s, &o->evaluations[i], NULL, 0, NULL, e);
    for (size_t i = 0; ok && i < o->checkpoint_count; i++) ok = store_checkpoint_insert(s, run, &o->checkpoints[i], e);
    return ok;
}

static bool write_all(const struct outbox *o, struct store *s, int64_t run, struct err *e)
{
    bool ok = write_rows(o, s, run, e);
    ok = ok && (!o->snapshots_keep || store_snapshot_thin(s, run, o->snapshots_keep, e));
    ok = ok && (!o->config || store_run_update(s, run, o->config, NULL, o->steps, o->epochs, e));
    ok = ok && (!o->state_changes || store_run_set_state(s, run, o->state, e));
    for (size_t i = 0; ok && i < o->answer_count; i++)
        ok = store_command_answer(s, o->answers[i].command, o->answers[i].text, e);
    return ok && store_run_beat(s, run, e);
}

/* Frees the rows, keeps the memory of the points. */
static void empty(struct outbox *o)
{
    for (size_t i = 0; i < o->snapshot_count; i++) free(o->snapshots[i].data);
    for (size_t i = 0; i < o->event_count; i++) free((void *)(uintptr_t)o->events[i].text);
    for (size_t i = 0; i < o->answer_count; i++) free(o->answers[i].text);
    free(o->snapshots);
    free(o->events);
    free(o->answers);
    free(o->checkpoints);
    free(o->config);
    struct store_evaluations evaluations = { .rows = o->evaluations, .count = o->evaluation_count };
    store_evaluations_clear(&evaluations);
    store_batch_reset(&o->points);
    *o = (struct outbox){ .points = o->points };
}

bool outbox_send(struct outbox *o, struct store *s, int64_t run, struct err *e)
{
    if (o->broken) return err_set(e, ERR_MEMORY, "run %lld: memory ran out for what it has to say", (long long)run);
    bool full = o->checkpoint_count || o->answer_count || o->config || o->state_changes;
    if (!send_points(o, s, run, e) || !store_begin(s, full ? STORE_FULL : STORE_NORMAL, e)) return false;
    if (!sql_end(s, write_all(o, s, run, e), e)) return false;
    empty(o);
    return true;
}

struct saving {
    const struct outbox *box;
    int64_t run;
};

static bool save_rows(struct store *bundle, void *ctx, struct err *e)
{
    const struct saving *w = ctx;
    return write_rows(w->box, bundle, w->run, e);
}

bool outbox_save(const struct outbox *o, const struct store *s, int64_t run, struct err *e)
{
    struct saving w = { o, run };
    return store_bundle_write(s, run, BUNDLE_UNWRITTEN, save_rows, &w, e);
}

void outbox_clear(struct outbox *o)
{
    empty(o);
    store_batch_clear(&o->points);
}
