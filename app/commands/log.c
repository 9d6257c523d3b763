/* `log`: what a run's worker printed. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/process.h"
#include "engine/base/text.h"
#include "store/death.h"
#include "store/database/files.h"
#include "store/lock.h"
#include "store/run.h"

enum {
    LONGEST = 1 << 16,   /* bytes of a line                       */
    JSON_MOST = 64 << 20 /* bytes of a log that becomes one value */
};

/* A file that grows: its whole lines so far. */
struct growing {
    int fd;
    struct text line;
    json_t *list; /* NULL: lines are printed */
};

static void end_line(struct growing *g)
{
    if (g->list)
        json_array_append_new(g->list, json_text(text_str(&g->line)));
    else
        app_print("%s\n", text_str(&g->line));
    g->line.length = 0;
    if (g->line.data) g->line.data[0] = '\0';
}

static void read_on(struct growing *g)
{
    char bytes[4096];
    ssize_t n;
    while (!process_asked() && (n = read(g->fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0, from = 0; i <= n; i++) {
            bool end = i < n && bytes[i] == '\n';
            if (i < n && !end) continue;
            text_append(&g->line, bytes + from, (size_t)(i - from));
            from = i + 1;
            if (end || g->line.length > LONGEST) end_line(g);
        }
    }
}

static bool ended_badly(struct app *app, int64_t id, enum store_state state, struct err *e)
{
    struct store_run run;
    if (!store_run_get(app->store, id, &run, e)) return false;
    char death[DEATH_TEXT] = "";
    if (state == STORE_LOST) death_of(app->store, &run, NULL, death);
    err_set(e, ERR_INTERNAL, "run %s: %s%.400s; mlvicx resume %s goes on", run.name,
            state == STORE_FAILED ? "failed" : "is lost: ", death, run.name);
    store_run_clear(&run);
    return false;
}

/* Prints how the worker died, which it could not do itself, unless a process that noticed has written it there. */
static void tell_death(struct app *app, const struct store_run *run)
{
    char death[DEATH_TEXT];
    if (store_run_state(app->store, run) != STORE_LOST || death_of(app->store, run, NULL, death)) return;
    app_note(app, "run %s is lost: %s; mlvicx resume %s goes on", run->name, death, run->name);
}

static bool may_go_on(enum store_state state)
{
    return state == STORE_RUNNING || state == STORE_PAUSED || state == STORE_QUEUED || state == STORE_UNKNOWN;
}

/* The row says that the run continues, but nothing confirms it. `*over`: its worker has ended, or the store was
 * removed; otherwise it may continue, and its log is all that can be known. */
static bool cannot_tell(struct app *app, int64_t id, bool *over, struct err *e)
{
    *over = !store_in_place(app->store, e);
    if (*over) return false;
    *over = store_lock_held(app->store, id) == STORE_LOCK_FREE;
    if (*over) app_say(app, "run %lld: its worker has ended; how, what is read here does not tell", (long long)id);
    return true;
}

/* Follows the log until the worker has ended or the user has had enough. If the run failed or its worker was killed,
 * that is an error. */
static bool follow(struct app *app, struct growing *g, int64_t id, struct err *e)
{
    static const struct timespec nap = { .tv_nsec = 200000000 };
    process_catch(PROCESS_WORKS);
    for (;;) {
        struct store_run run;
        if (!store_run_get(app->store, id, &run, e)) return false;
        enum store_state state = store_run_state(app->store, &run);
        store_run_clear(&run);
        read_on(g); /* read after the state, so that the last lines of the worker are there */
        if (!g->list) fflush(stdout);
        bool over = false;
        if (state == STORE_FAILED || state == STORE_LOST) return ended_badly(app, id, state, e);
        if (state == STORE_UNKNOWN && !cannot_tell(app, id, &over, e)) return false;
        if (over || !may_go_on(state) || process_asked() || ferror(stdout)) return true;
        nanosleep(&nap, NULL);
    }
}

static bool fits(const struct store_run *run, int fd, struct err *e)
{
    struct stat st;
    return fstat(fd, &st) != 0 || st.st_size <= JSON_MOST ||
           err_set(e, ERR_UNSUPPORTED,
                   "run %s: its log has %lld bytes; with --json it may have %d, without it is shown", run->name,
                   (long long)st.st_size, JSON_MOST);
}

static bool show_log(struct app *app, const struct store_run *run, bool on, struct growing *g, struct err *e)
{
    g->fd = store_file(app->store, STORE_RUN, run->id, "log", FOLDER_READ, NULL, e);
    if (g->fd < 0 && e->code != ERR_NOT_FOUND) return false;
    if (g->fd < 0)
        return err_set(e, ERR_NOT_FOUND, "run %s: %s", run->name,
                       run->started_at > 0 ? "its log is not there; put the run's folder back in its place"
                                           : "it has no log yet; it was never started");
    bool ok = !g->list || fits(run, g->fd, e);
    if (on)
        ok = follow(app, g, run->id, e);
    else if (ok)
        read_on(g);
    if (g->line.length) end_line(g); /* an incomplete line */
    if (ok && !on) tell_death(app, run);
    close(g->fd);
    return ok;
}

static int run_log(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct store_run run = { 0 };
    struct growing g = { .fd = -1, .list = app->json ? json_array() : NULL };
    bool on = arguments_has(a, "follow");
    bool ok = !(on && app->json) || err_set(&e, ERR_USAGE, "log: -f and --json do not go together");
    ok = ok && app_find_run(app, arguments_word(a, 0), &run, &e) && show_log(app, &run, on, &g, &e);
    json_t *value = ok && app->json ? json_pack("{s:o, s:O}", "run", json_text(run.name), "lines", g.list) : NULL;
    text_clear(&g.line);
    json_decref(g.list);
    store_run_clear(&run);
    if (!ok) return app_fail(app, &e);
    if (value) return app_print_json(app, value);
    return process_asked() ? 128 + process_asked() : app_finish(app);
}

static const struct option_row options[] = {
    { "follow", 'f', OPTION_FLAG, NULL, "follow the log until the run ends", 0, 0 },
    { 0 },
};

const struct command command_log = {
    .name = "log",
    .arguments = "RUN [-f]",
    .summary = "show the log of a run's worker",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run_log,
};
