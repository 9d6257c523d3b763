/* Reads rows of runs: one, all of them, the one that a user named. Changing them, and finding out who works on them,
 * is in the files above: run.c, lock.c. */
#include "store/probe.h"
#include "store/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/database/column.h"
#include "store/database/rows.h"
#include "store/run_parts.h"
#include "store/database/sql.h"

static const char *const states[] = {
#define STORE_STATE_WORD(name, word) word,
    STORE_STATES(STORE_STATE_WORD)
#undef STORE_STATE_WORD
};

const char *store_state_name(enum store_state state)
{
    return (unsigned)state < STORE_STATE_COUNT ? states[state] : "?";
}

bool store_state_parse(const char *word, enum store_state *state)
{
    for (int i = 0; i < STORE_STATE_COUNT; i++) {
        if (strcmp(states[i], word)) continue;
        *state = (enum store_state)i;
        return true;
    }
    return false;
}

void store_run_clear(struct store_run *r)
{
    free(r->config);
    free(r->resolved);
    free(r->note);
    free(r->tags);
    *r = (struct store_run){ 0 };
}

void store_runs_clear(struct store_runs *r)
{
    for (size_t i = 0; i < r->count; i++) store_run_clear(&r->rows[i]);
    free(r->rows);
    *r = (struct store_runs){ 0 };
}

/* ---- reading ---- */

#define SELECT_RUN                                                                                                     \
    "SELECT id, name, state, method, dataset_id, dataset, config, resolved, preset,"                                   \
    " (SELECT id FROM run AS parent WHERE parent.id = run.parent_id) AS parent_id, seed, created_at,"                  \
    " started_at, ended_at, heartbeat_at, pid, host, steps, epochs, rewound, note,"                                    \
    " (SELECT max(step) FROM point WHERE run_id = run.id AND metric_id = (SELECT id FROM metric WHERE name = "         \
    "'loss')) AS newest_step,"                                                                                         \
    " (SELECT group_concat(tag, ' ') FROM (SELECT tag FROM tag WHERE run_id = run.id ORDER BY tag)) AS tags, place,"   \
    " identity FROM run"

/* The error message shows no character that a name cannot contain. */
static bool check_name(const char *what, const char *name, struct err *e)
{
    char shown[STORE_NAME];
    if (store_name_check(what, name, e)) return true;
    snprintf(shown, sizeof shown, "%s", name);
    store_name_tame(shown);
    return err_set(e, ERR_FORMAT, "'%s' is no name of a %s", shown, what);
}

/* Names are used in paths, commands and logs, so they must be valid, as they must when they are written. */
static bool check_names(const struct store_run *r, struct err *e)
{
    struct err why;
    bool ok = check_name("run", r->name, &why) && (!*r->dataset || check_name("data set", r->dataset, &why));
    for (const char *tag = r->tags; ok && *tag;) {
        size_t n = strcspn(tag, " ");
        char word[STORE_NAME];
        snprintf(word, sizeof word, "%.*s", (int)n, tag);
        ok = check_name("tag", word, &why);
        tag += n + (tag[n] == ' ');
    }
    return ok || err_set(e, ERR_FORMAT, "run %lld: its row holds what mlvicx never writes (%.300s)", (long long)r->id,
                         why.msg);
}

static bool read_row(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    (void)context;
    struct store_run *r = out;
    int64_t most = STORE_STEP_MOST;
    *r = (struct store_run){ .id = sqlite3_column_int64(q, 0) };
    struct columns c = column_begin(s, q, "run", r->id, e);
    column_word(&c, 1, r->name, sizeof r->name);
    r->state = (enum store_state)column_choice(&c, 2, states, STORE_LOST);
    column_name(&c, 3, r->method, sizeof r->method);
    r->dataset_id = column_integer_or(&c, 4, 1, INT64_MAX, 0);
    column_word(&c, 5, r->dataset, sizeof r->dataset);
    r->config = column_text(&c, 6, COLUMN_LONG);
    r->resolved = column_text(&c, 7, COLUMN_LONG);
    column_name(&c, 8, r->preset, sizeof r->preset);
    r->parent_id = column_integer_or(&c, 9, 1, INT64_MAX, 0);
    r->seed = column_integer(&c, 10, INT64_MIN, INT64_MAX);
    r->created_at = column_time(&c, 11);
    r->started_at = column_time(&c, 12);
    r->ended_at = column_time(&c, 13);
    r->heartbeat_at = column_time(&c, 14);
    r->pid = column_integer_or(&c, 15, 1, INT32_MAX, 0);
    column_name(&c, 16, r->host, sizeof r->host);
    r->steps = column_integer(&c, 17, 0, most);
    r->epochs = column_integer(&c, 18, 0, most);
    r->rewound = column_integer(&c, 19, 0, most);
    r->note = column_text(&c, 20, COLUMN_LONG);
    r->step = column_integer_or(&c, 21, 0, most, 0);
    r->tags = column_text(&c, 22, COLUMN_LONG);
    r->place = column_integer_or(&c, 23, 1, most, 0);
    column_name(&c, 24, r->identity, sizeof r->identity);
    if (column_end(&c) && check_names(r, e)) return true;
    store_run_clear(r);
    return false;
}

/* Checked like the others, but what no list shows is not kept. */
static bool read_brief(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    struct store_run *r = out;
    if (!read_row(s, q, out, context, e)) return false;
    free(r->config);
    free(r->resolved);
    r->config = r->resolved = NULL;
    return true;
}

bool run_missing(int64_t id, struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "run %lld: there is none", (long long)id);
}

bool store_run_get(struct store *s, int64_t id, struct store_run *out, struct err *e)
{
    *out = (struct store_run){ 0 };
    sqlite3_stmt *q = sql_select(s, e, SELECT_RUN " WHERE id = ?", BIND(INT(id)));
    if (!q) return false;
    enum sql_result r = sql_step(s, q, e);
    if (r == SQL_END) return run_missing(id, e);
    if (r == SQL_ERROR) return false;
    bool ok = read_row(s, q, out, NULL, e);
    sql_release(s, q);
    return ok;
}

typedef bool run_reader(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e);

static bool read_rows(struct store *s, sqlite3_stmt *q, run_reader *read, struct store_runs *out, struct err *e)
{
    *out = (struct store_runs){ 0 };
    const struct row_reader reader = ROW_LIST(out, read, true);
    if (rows_read(s, q, &reader, e)) return true;
    store_runs_clear(out);
    return false;
}

bool store_run_page(struct store *s, bool oldest_first, struct store_cursor *at, struct store_runs *out, struct err *e)
{
    static const char down[] = SELECT_RUN " WHERE id < coalesce(?, 9e999) ORDER BY id DESC";
    static const char up[] = SELECT_RUN " WHERE id > coalesce(?, -9e999) ORDER BY id";
    *out = (struct store_runs){ 0 };
    const struct row_reader reader = ROW_PAGE(out, read_brief, at, 0);
    if (rows_read(s, sql_select(s, e, oldest_first ? up : down, BIND(ROWS_BEHIND(at))), &reader, e)) return true;
    store_runs_clear(out);
    return false;
}

bool store_run_list(struct store *s, struct store_runs *out, struct err *e)
{
    struct store_cursor at = { .rows = STORE_RUNS_MOST, .bytes = 1 << 27 };
    if (!store_run_page(s, false, &at, out, e)) return false;
    if (at.ended || sql_integer(s, e, &out->older, 0, "SELECT count(*) FROM run WHERE id < ?", BIND(INT(at.last))))
        return true;
    store_runs_clear(out);
    return false;
}

bool store_run_list_live(struct store *s, struct store_runs *out, struct err *e)
{
    return read_rows(s,
                     sql_select(s, e, SELECT_RUN " WHERE state IN ('running', 'paused') ORDER BY id DESC LIMIT ?",
                                BIND(INT(STORE_LIVE_MOST))),
                     read_row, out, e);
}

bool store_run_beside(struct store *s, int64_t run, bool newer, int64_t *other, struct err *e)
{
    static const char up[] = "SELECT min(id) FROM run WHERE id > ?", down[] = "SELECT max(id) FROM run WHERE id < ?";
    return sql_integer(s, e, other, 0, newer ? up : down, BIND(INT(run)));
}

/* ---- finding ---- */

bool store_run_find_identity(struct store *s, const char *identity, int64_t before, int64_t *id, struct err *e)
{
    return sql_integer(s, e, id, 0, "SELECT max(id) FROM run WHERE identity = ? AND id < ?",
                       BIND(TEXT(identity), INT(before)));
}

struct named {
    int64_t id;
    char name[STORE_NAME];
};
struct names {
    struct named *rows;
    size_t count, unreadable;
    struct err why;
};

static bool read_named(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    (void)context;
    struct named *n = out;
    n->id = sqlite3_column_int64(q, 0);
    struct columns c = column_begin(s, q, "run", n->id, e);
    column_word(&c, 1, n->name, sizeof n->name);
    return column_end(&c) && check_name("run", n->name, e);
}

/* The result of a search through the names of all runs. */
struct search {
    const char *text;
    int64_t id; /* of the last that fits */
    size_t fits;
    struct text list;      /* the first of them */
    char near[STORE_NAME]; /* the most similar name; "" */
};

static const char *name_of(const void *ctx, size_t i)
{
    return ((const struct names *)ctx)->rows[i].name;
}

static const char *one_of_two(const void *ctx, size_t i)
{
    return ((const char *const *)ctx)[i];
}

static void search_page(struct search *f, const struct names *page)
{
    size_t n = strlen(f->text);
    for (size_t i = 0; i < page->count; i++) {
        if (strncmp(page->rows[i].name, f->text, n)) continue;
        f->id = page->rows[i].id;
        if (f->fits++ < 5) text_printf(&f->list, "%s%s", f->list.length ? ", " : "", page->rows[i].name);
    }
    const char *near = f->fits ? NULL : text_nearest(f->text, page->count, name_of, page);
    if (near && *f->near) near = text_nearest(f->text, 2, one_of_two, (const char *const[]){ f->near, near });
    if (near && near != f->near) snprintf(f->near, sizeof f->near, "%s", near);
}

/* Reads all names, newest first. */
static bool search_names(struct store *s, struct search *f, struct err *e)
{
    struct store_cursor at = { 0 };
    while (!at.ended) {
        struct names page = { 0 };
        const struct row_reader reader = ROW_PAGE(&page, read_named, &at, 0);
        bool ok = rows_read(s,
                            sql_select(s, e, "SELECT id, name FROM run WHERE id < coalesce(?, 9e999) ORDER BY id DESC",
                                       BIND(ROWS_BEHIND(&at))),
                            &reader, e);
        if (ok) search_page(f, &page);
        free(page.rows);
        if (!ok) return false;
    }
    return true;
}

/* Whether no run in the trash has this name or id: else the error. */
static bool not_in_trash(struct store *s, const char *text, struct err *e)
{
    int64_t id;
    return sql_integer(s, e, &id, 0,
                       "SELECT id FROM trash WHERE NOT gone AND (name = ?1 OR CAST(id AS TEXT) = ?1)"
                       " ORDER BY trashed_at DESC LIMIT 1",
                       BIND(TEXT(text))) &&
           (!id || err_set(e, ERR_NOT_FOUND, "run %s: is in the trash; mlvicx restore %lld brings it back", text,
                           (long long)id));
}

static bool not_found(const char *text, const char *near, struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "run %s: there is none%s%s", text, *near ? "; did you mean " : "", near);
}

static bool find_by_name(struct store *s, const char *text, int64_t *id, struct err *e)
{
    struct search f = { .text = text };
    if (!sql_integer(s, e, id, 0, "SELECT id FROM run WHERE name = ?", BIND(TEXT(text)))) return false;
    if (*id) return true;
    if (!not_in_trash(s, text, e)) return false; /* a whole name there comes before the beginning of another here */
    bool ok = search_names(s, &f, e);
    *id = f.id;
    if (ok && f.fits > 1)
        ok = err_set(e, ERR_CONFLICT, "run %s: several begin like that: %s%s", text, text_str(&f.list),
                     f.fits > 5 ? ", ..." : "");
    if (ok && !f.fits) ok = not_found(text, f.near, e);
    text_clear(&f.list);
    return ok;
}

static bool find_best(struct store *s, int64_t *id, struct err *e)
{
    return sql_integer(
        s, e, id, 0,
        "SELECT id FROM (SELECT id, " STORE_PROBE_VALUE(
            "run.id",
            "9223372036854775807") " AS auc, " STORE_PROBE_VALIDATED("run.id") " AS labels FROM run)"
                                                                               " WHERE auc IS NOT NULL ORDER BY "
                                                                               "labels, auc DESC, id DESC LIMIT 1",
        BIND_NONE);
}

bool store_run_find(struct store *s, const char *text, int64_t *id, struct err *e)
{
    int64_t number;
    if (!*text) return err_set(e, ERR_USAGE, "run: the name is empty");
    if (strspn(text, "0123456789") == strlen(text)) {
        if (!text_to_int(text, &number)) return err_set(e, ERR_NOT_FOUND, "run %s: there is none", text);
        return sql_integer(s, e, id, 0, "SELECT id FROM run WHERE id = ?", BIND(INT(number))) &&
               (*id || (not_in_trash(s, text, e) && not_found(text, "", e)));
    }
    if (!strcmp(text, "@last"))
        return sql_integer(s, e, id, 0,
                           "SELECT coalesce((SELECT max(id) FROM run WHERE identity IS NULL), max(id)) FROM run",
                           BIND_NONE) &&
               (*id || err_set(e, ERR_NOT_FOUND, "run @last: there are no runs yet; begin one with mlvicx train"));
    if (!strcmp(text, "@best"))
        return find_best(s, id, e) &&
               (*id || err_set(e, ERR_NOT_FOUND, "run @best: no run has been probed yet; see probe.epochs"));
    if (*text == '@') return err_set(e, ERR_USAGE, "run %s: there are @last and @best", text);
    return find_by_name(s, text, id, e);
}
