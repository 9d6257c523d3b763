/* The runs of an export: the one that was named, or all of them, a page at a time. */
#include "app/commands/export/export.h"

static bool each_of_all(const struct export_request *r, export_run *each, void *ctx, struct err *e)
{
    struct store_cursor at = { 0 };
    bool ok = true;
    *r->left_out = (struct export_left_out){ 0 };
    while (ok && !at.ended) {
        struct store_runs page;
        if (!store_run_page(r->app->store, true, &at, &page, e)) return false;
        if (page.unreadable && !r->left_out->count) r->left_out->why = page.why;
        r->left_out->count += page.unreadable;
        for (size_t i = 0; ok && i < page.count; i++) ok = each(ctx, &page.rows[i], e);
        store_runs_clear(&page);
    }
    return ok;
}

bool export_each_run(const struct export_request *r, export_run *each, void *ctx, struct err *e)
{
    return r->all ? each_of_all(r, each, ctx, e) : each(ctx, r->run, e);
}
