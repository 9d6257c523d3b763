#include "views/screens/runs/runs_change.h"

#include <stdio.h>
#include <string.h>

/* A question is about the run that was shown when it was asked: by the time of the answer another may be. */
static void *about(const struct desk *d)
{
    return (void *)(intptr_t)d->run;
}
static int64_t asked(const void *ctx)
{
    return (int64_t)(intptr_t)ctx;
}

/* ---- tag ------------------------------------------------------------------------------------------------- */

/* "a -b": words to add, with a minus to take away. */
static bool write_tags(struct desk *d, void *ctx, const char *text, struct err *e)
{
    if (!store_begin(d->store, STORE_FULL, e)) return false;
    for (const char *p = text; *p;) {
        char word[STORE_NAME];
        size_t n = strcspn(p, " ");
        snprintf(word, sizeof word, "%.*s", (int)n, p);
        p += n + strspn(p + n, " ");
        bool minus = *word == '-';
        if (!*word || store_run_tag(d->store, asked(ctx), word + (minus || *word == '+'), !minus, e)) continue;
        store_rollback(d->store);
        return false;
    }
    return store_commit(d->store, e);
}

static unsigned tagged(struct desk *d, void *ctx, const char *text)
{
    struct err e;
    if (desk_write_begin(d)) desk_write_end(d, write_tags(d, ctx, text, &e), &e);
    return AFTER_READ;
}

/* Tags that other runs have. */
static const char *complete_tag(struct desk *d, void *ctx, const char *text, int wanted)
{
    static char line[512]; /* borrowed until the next call */
    struct store_runs all;
    const char *word = strrchr(text, ' ') ? strrchr(text, ' ') + 1 : text;
    struct text seen = { 0 };
    bool found = false;
    (void)ctx;
    if (*word == '+' || *word == '-') word++;
    if (!store_run_list(d->store, &all, NULL)) return NULL;
    text_add(&seen, " ");
    for (size_t i = 0; i < all.count && !found; i++) {
        for (const char *p = all.rows[i].tags; *p && !found;) {
            size_t n = strcspn(p, " ");
            char key[STORE_NAME + 2];
            snprintf(key, sizeof key, " %.*s ", (int)n, p);
            if (!strncmp(p, word, strlen(word)) && !strstr(text_str(&seen), key)) {
                text_add(&seen, key + 1);
                found = wanted-- == 0;
                if (found) snprintf(line, sizeof line, "%.*s%.*s", (int)(word - text), text, (int)n, p);
            }
            p += n + (p[n] == ' ');
        }
    }
    text_clear(&seen);
    store_runs_clear(&all);
    return found ? line : NULL;
}

unsigned runs_tag(struct desk *d, void *state)
{
    (void)state;
    desk_ask(d, &(struct desk_question){ .label = "tags to add, -tag takes away: ",
                                         .done = tagged,
                                         .history = "tag",
                                         .complete = complete_tag,
                                         .ctx = about(d) });
    return AFTER_DRAW;
}

/* ---- note, name ------------------------------------------------------------------------------------------ */

static unsigned noted(struct desk *d, void *ctx, const char *text)
{
    struct err e;
    if (desk_write_begin(d)) desk_write_end(d, store_run_set_note(d->store, asked(ctx), text, &e), &e);
    return AFTER_READ;
}

unsigned runs_note(struct desk *d, void *state)
{
    (void)state;
    desk_ask(
        d, &(struct desk_question){ .label = "note: ", .initial = d->facts.run.note, .done = noted, .ctx = about(d) });
    return AFTER_DRAW;
}

static unsigned renamed(struct desk *d, void *ctx, const char *text)
{
    struct err e;
    if (desk_write_begin(d)) desk_write_end(d, store_run_rename(d->store, asked(ctx), text, &e), &e);
    return AFTER_READ;
}

static bool check_name(struct desk *d, void *ctx, const char *text, char *remark, size_t size)
{
    struct err e;
    (void)d, (void)ctx;
    if (store_name_check("run", text, &e)) return true;
    snprintf(remark, size, "%s", e.msg);
    return false;
}

unsigned runs_rename(struct desk *d, void *state)
{
    (void)state;
    desk_ask(
        d,
        &(struct desk_question){
            .label = "name: ", .initial = d->facts.run.name, .done = renamed, .check = check_name, .ctx = about(d) });
    return AFTER_DRAW;
}

/* ---- delete ---------------------------------------------------------------------------------------------- */

static unsigned deleted(struct desk *d, void *ctx)
{
    char id[24], title[48];
    const char *argv[] = { "rm", id, "--yes", NULL };
    snprintf(id, sizeof id, "%lld", (long long)asked(ctx));
    snprintf(title, sizeof title, "delete %s", id);
    if (desk_marked(d, asked(ctx))) desk_mark(d, asked(ctx), false);
    desk_job(d, title, argv, NULL, NULL);
    return AFTER_DRAW;
}

unsigned runs_delete(struct desk *d, void *state)
{
    char question[256], steps[32];
    (void)state;
    if (d->facts.state == STORE_RUNNING || d->facts.state == STORE_PAUSED) {
        desk_warn(d, "delete: run %lld is %s; S stops it first", (long long)d->run, store_state_name(d->facts.state));
        return AFTER_DRAW;
    }
    snprintf(steps, sizeof steps, "%lld", (long long)d->facts.run.step);
    snprintf(question, sizeof question, "delete run %lld %s, its %s steps and checkpoints, for good?",
             (long long)d->run, d->facts.run.name, steps);
    desk_confirm(d, question, deleted, about(d));
    return AFTER_DRAW;
}

/* ---- the queue ------------------------------------------------------------------------------------------- */

static unsigned queue_job(struct desk *d, const char *verb)
{
    char id[24], title[48];
    const char *argv[] = { "queue", verb, id, NULL };
    snprintf(id, sizeof id, "%lld", (long long)d->run);
    snprintf(title, sizeof title, "queue %s %s", verb, id);
    desk_job(d, title, argv, NULL, NULL);
    return AFTER_DRAW;
}

static unsigned move(struct desk *d, const char *direction)
{
    if (d->facts.state != STORE_QUEUED) {
        desk_warn(d, "queue: run %lld is %s; only queued runs have a place", (long long)d->run,
                  store_state_name(d->facts.state));
        return AFTER_DRAW;
    }
    return queue_job(d, direction);
}

unsigned runs_enqueue(struct desk *d, void *state)
{
    (void)state;
    return queue_job(d, "add");
}

unsigned runs_sooner(struct desk *d, void *state)
{
    (void)state;
    return move(d, "up");
}

unsigned runs_later(struct desk *d, void *state)
{
    (void)state;
    return move(d, "down");
}
