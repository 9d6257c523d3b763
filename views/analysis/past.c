#include "views/analysis/past.h"

#include <stdio.h>
#include <string.h>

#include "store/event.h"
#include "store/metric.h"
#include "views/analysis/format.h"

/* The last step that the run did not compute itself: that of the checkpoint it was given. A run that went back further
 * has points of its own before that. */
static bool find_last(struct store *s, const struct store_run *row, int64_t *last, struct err *e)
{
    enum store_severity severity;
    int64_t first, newest;
    bool any = false;
    if (!store_event_last(s, row->id, "fork", last, &severity, e)) return false;
    if (*last <= 0 || !row->rewound) return true;
    if (!store_points_span(s, row->id, 0, &first, &newest, &any, e)) return false;
    if (any && first <= *last) *last = first - 1;
    return true;
}

bool past_find(struct store *s, const struct store_run *row, struct past *out, struct err *e)
{
    struct store_run own = { 0 };
    const struct store_run *child = row;
    bool ok = true;
    *out = (struct past){ .count = 0 };
    while (ok && out->count < PAST_MOST && child->parent_id) {
        struct store_run parent;
        struct err why;
        int64_t last;
        ok = find_last(s, child, &last, e);
        if (!ok || last <= 0) break;
        if (!store_run_get(s, child->parent_id, &parent, &why)) {
            ok = why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg); /* removed meanwhile */
            break;
        }
        if (out->count && last > out->part[out->count - 1].last) last = out->part[out->count - 1].last;
        out->part[out->count++] = (struct past_part){ parent.id, parent.rewound, last };
        store_run_clear(&own);
        own = parent;
        child = &own;
    }
    store_run_clear(&own);
    if (!ok) out->count = 0;
    return ok;
}

bool past_same(const struct past *a, const struct past *b)
{
    return a->count == b->count && !memcmp(a->part, b->part, (size_t)a->count * sizeof *a->part);
}

int64_t past_last(const struct past *p)
{
    return p->count ? p->part[0].last : 0;
}

int64_t past_owner(const struct past *p, int64_t run, int64_t step)
{
    for (int i = 0; i < p->count && step <= p->part[i].last; i++) run = p->part[i].run;
    return run;
}

const char *past_note(const struct past *p, char out[PAST_NOTE])
{
    char step[FORMAT_SIZE];
    out[0] = '\0';
    if (p->count)
        snprintf(out, PAST_NOTE, "dim: run %lld to %s", (long long)p->part[0].run, format_count(p->part[0].last, step));
    return out;
}
