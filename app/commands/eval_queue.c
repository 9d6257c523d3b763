/* All runs of an evaluation are in the queue before the first begins, so that a command that is killed, or whose
 * terminal goes, loses none of them. */
#include <stdlib.h>

#include "app/commands/evaluation.h"
#include "app/commands/queue.h"
#include "engine/base/text.h"
#include "store/queue.h"

static bool is_among(const int64_t *runs, size_t count, int64_t run)
{
    for (size_t i = 0; i < count; i++)
        if (runs[i] == run) return true;
    return false;
}

/* A run of others that the queue's supervisor trains; 0: none. */
static bool find_current(struct store *s, const int64_t *runs, size_t count, int64_t *other, struct err *e)
{
    struct store_run run;
    struct err gone;
    if (!store_queue_current(s, other, e)) return false;
    if (*other && is_among(runs, count, *other)) *other = 0;
    if (!*other || !store_run_get(s, *other, &run, &gone)) return *other = 0, true;
    enum store_state state = store_run_state(s, &run);
    if (state != STORE_RUNNING && state != STORE_PAUSED) *other = 0;
    store_run_clear(&run);
    return true;
}

/* A run of others that is in the queue, or trained by it; 0: none. */
static bool find_other(struct store *s, const int64_t *runs, size_t count, int64_t *other, struct err *e)
{
    struct store_cursor at = { 0 };
    bool ok = find_current(s, runs, count, other, e), more = true;
    while (ok && more && !*other) {
        struct store_runs page;
        ok = store_queue_page(s, &at, &page, e);
        if (!ok) break;
        for (size_t i = 0; i < page.count && !*other; i++)
            if (!is_among(runs, count, page.rows[i].id)) *other = page.rows[i].id;
        more = !at.ended;
        store_runs_clear(&page);
    }
    return ok;
}

static void tell(const struct evaluation *v, int64_t other)
{
    int n = (int)v->ours_count;
    if (!n) return;
    if (v->beside)
        app_note(v->app,
                 "%d %s to train: the queue is busy with run %lld, so they are trained beside it, one after another; "
                 "if this command dies, the one that is trained goes on and the others wait in the queue; Ctrl-C stops "
                 "them all",
                 n, text_number(n, "run", "runs"), (long long)other);
    else
        app_note(v->app,
                 "%d %s to train, one after another, in the queue (mlvicx queue): if this command or its terminal "
                 "dies, they go on and are scored; Ctrl-C stops them all",
                 n, text_number(n, "run", "runs"));
}

bool evaluation_queue(struct evaluation *v, const int64_t *runs, size_t count, struct err *e)
{
    int64_t other;
    if (count < 2) return true;
    v->ours = calloc(count, sizeof *v->ours);
    if (!v->ours) return err_set(e, ERR_MEMORY, "eval: no memory");
    if (!find_other(v->store, runs, count, &other, e)) return false;
    v->beside = other != 0;
    for (size_t i = 0; i < count; i++) {
        struct err why;
        if (store_queue_add(v->store, runs[i], &why))
            v->ours[v->ours_count++] = runs[i];
        else if (why.code != ERR_CONFLICT)
            return err_set(e, why.code, "%s", why.msg);
    }
    tell(v, other);
    return !v->ours_count || v->beside || queue_ensure(v->store, e);
}
