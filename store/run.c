/* Rows of runs: written by whoever asks for a run and by its worker, read by everybody. */
#include "store/run.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/column.h"
#include "store/files.h"
#include "store/leftovers.h"
#include "store/lock.h"
#include "store/sql.h"

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
    "SELECT id, name, state, method, dataset_id, dataset, config, resolved, preset, parent_id, seed, created_at,"      \
    " started_at, ended_at, heartbeat_at, pid, host, steps, epochs, rewound, note,"                                    \
    " (SELECT max(step) FROM point WHERE run_id = run.id AND metric_id = (SELECT id FROM metric WHERE name = "         \
    "'loss')) AS newest_step,"                                                                                         \
    " (SELECT group_concat(tag, ' ') FROM (SELECT tag FROM tag WHERE run_id = run.id ORDER BY tag)) AS tags, place"    \
    " FROM run"

/* The error shows no letter of a name that no name has. */
static bool check_name(const char *what, const char *name, struct err *e)
{
    char shown[STORE_NAME];
    if (store_name_check(what, name, e)) return true;
    snprintf(shown, sizeof shown, "%s", name);
    store_name_tame(shown);
    return err_set(e, ERR_FORMAT, "'%s' is no name of a %s", shown, what);
}

/* Names become paths, words of commands and lines of logs: they are what they must be when they are written. */
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

static bool read_row(struct store *s, sqlite3_stmt *q, struct store_run *r, struct err *e)
{
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
    if (column_end(&c) && check_names(r, e)) return true;
    store_run_clear(r);
    return false;
}

static bool no_run(int64_t id, struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "run %lld: there is none", (long long)id);
}

bool store_run_get(struct store *s, int64_t id, struct store_run *out, struct err *e)
{
    *out = (struct store_run){ 0 };
    sqlite3_stmt *q = sql_select(s, e, SELECT_RUN " WHERE id = ?", "i", id);
    if (!q) return false;
    enum sql_result r = sql_step(s, q, e);
    if (r == SQL_END) return no_run(id, e);
    if (r == SQL_ERROR) return false;
    bool ok = read_row(s, q, out, e);
    sql_release(s, q);
    return ok;
}

static bool read_rows(struct store *s, sqlite3_stmt *q, struct store_runs *out, struct err *e)
{
    *out = (struct store_runs){ 0 };
    if (!q) return false;
    enum sql_result r;
    while ((r = sql_step(s, q, e)) == SQL_ROW) {
        struct err why = { 0 };
        if (rows_grow(&out->rows, out->count, sizeof *out->rows, &why) &&
            read_row(s, q, &out->rows[out->count], &why)) {
            out->count++;
            continue;
        }
        if (rows_pass_over(&why, &out->unreadable, &out->why)) continue;
        if (e) *e = why;
        sql_release(s, q);
        r = SQL_ERROR;
        break;
    }
    if (r == SQL_ERROR) store_runs_clear(out);
    return r != SQL_ERROR;
}

bool store_run_list(struct store *s, struct store_runs *out, struct err *e)
{
    return read_rows(s, sql_select(s, e, SELECT_RUN " ORDER BY id DESC", ""), out, e);
}

bool store_run_list_live(struct store *s, struct store_runs *out, struct err *e)
{
    return read_rows(s, sql_select(s, e, SELECT_RUN " WHERE state IN ('running', 'paused') ORDER BY id DESC", ""), out,
                     e);
}

/* When its worker was last heard of. A copy knows no newer beats, but somebody writes the files. */
static double last_sign(const struct store *s, const struct store_run *r)
{
    static const char *const files[] = { "mlvicx.db", "mlvicx.db-wal" };
    double sign = r->heartbeat_at;
    for (size_t i = 0; s->copied && i < sizeof files / sizeof files[0]; i++) {
        struct stat st;
        if (fstatat(s->root.fd, files[i], &st, AT_SYMLINK_NOFOLLOW) == 0) sign = fmax(sign, (double)st.st_mtim.tv_sec);
    }
    return sign;
}

enum store_state store_run_state(const struct store *s, const struct store_run *r)
{
    if (r->state != STORE_RUNNING && r->state != STORE_PAUSED) return r->state;
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    bool here = !s->network && !strcmp(host, r->host);
    if (sql_moved(s)) return STORE_UNKNOWN;
    enum store_lock lock = here ? store_lock_held(s, r->id) : STORE_LOCK_UNKNOWN;
    bool beats = lock == STORE_LOCK_UNKNOWN && clock_wall() - last_sign(s, r) <= STORE_HEARTBEAT;
    if (lock == STORE_LOCK_HELD || beats) return r->state;
    bool whole = !s->partly && (!s->copied || s->copied_at - last_sign(s, r) > STORE_HEARTBEAT);
    return whole ? STORE_LOST : STORE_UNKNOWN;
}

/* ---- finding ---- */

static const char *name_of(const void *ctx, size_t i)
{
    return ((const struct store_runs *)ctx)->rows[i].name;
}

static bool find_by_name(struct store *s, const char *text, int64_t *id, struct err *e)
{
    struct store_runs all;
    if (!store_run_list(s, &all, e)) return false;
    size_t fits = 0, n = strlen(text);
    struct text list = { 0 };
    bool exact = false;
    for (size_t i = 0; i < all.count && !exact; i++) {
        exact = !strcmp(all.rows[i].name, text);
        if (strncmp(all.rows[i].name, text, n)) continue;
        *id = all.rows[i].id;
        if (fits++ < 5) text_printf(&list, "%s%s", list.length ? ", " : "", all.rows[i].name);
    }
    bool ok = exact || fits == 1;
    if (!ok && fits)
        err_set(e, ERR_CONFLICT, "run %s: several begin like that: %s%s", text, text_str(&list),
                fits > 5 ? ", ..." : "");
    if (!ok && !fits) {
        const char *near = text_nearest(text, all.count, name_of, &all);
        err_set(e, ERR_NOT_FOUND, "run %s: there is none%s%s", text, near ? "; did you mean " : "", near ? near : "");
    }
    text_clear(&list);
    store_runs_clear(&all);
    return ok;
}

static bool find_best(struct store *s, int64_t *id, struct err *e)
{
    return sql_integer(s, e, id, 0,
                       "SELECT id FROM (SELECT id, coalesce("
                       " (SELECT value FROM point WHERE run_id = run.id AND metric_id ="
                       "  (SELECT id FROM metric WHERE name = 'auc.ridge') ORDER BY step DESC LIMIT 1),"
                       " (SELECT value FROM point WHERE run_id = run.id AND metric_id ="
                       "  (SELECT id FROM metric WHERE name = 'auc.knn') ORDER BY step DESC LIMIT 1)) AS auc FROM run)"
                       " WHERE auc IS NOT NULL ORDER BY auc DESC, id DESC LIMIT 1",
                       "");
}

bool store_run_find(struct store *s, const char *text, int64_t *id, struct err *e)
{
    int64_t number;
    if (!*text) return err_set(e, ERR_USAGE, "run: the name is empty");
    if (strspn(text, "0123456789") == strlen(text)) {
        if (!text_to_int(text, &number)) return err_set(e, ERR_NOT_FOUND, "run %s: there is none", text);
        return sql_integer(s, e, id, 0, "SELECT id FROM run WHERE id = ?", "i", number) && (*id || no_run(number, e));
    }
    if (!strcmp(text, "@last"))
        return sql_integer(s, e, id, 0, "SELECT max(id) FROM run", "") &&
               (*id || err_set(e, ERR_NOT_FOUND, "run @last: there are no runs yet; begin one with mlvicx train"));
    if (!strcmp(text, "@best"))
        return find_best(s, id, e) &&
               (*id || err_set(e, ERR_NOT_FOUND, "run @best: no run has been probed yet; see probe.epochs"));
    if (*text == '@') return err_set(e, ERR_USAGE, "run %s: there are @last and @best", text);
    return find_by_name(s, text, id, e);
}

/* ---- writing ---- */

static bool taken(struct store *s, const char *name, int64_t but, bool *is, struct err *e)
{
    int64_t other;
    if (!sql_integer(s, e, &other, 0, "SELECT id FROM run WHERE name = ? AND id <> ?", "ti", name, but)) return false;
    *is = other != 0;
    return true;
}

/* Free name for a run without one: DATASET-ID, with letters behind where somebody was so named before. */
static bool own_name(struct store *s, int64_t id, const char *dataset, char out[STORE_NAME], struct err *e)
{
    bool is = true;
    for (int i = 0; is; i++) {
        snprintf(out, STORE_NAME, "%.40s-%lld", *dataset ? dataset : "run", (long long)id);
        for (int k = 0; k < i; k++) strcat(out, "x");
        if (i > 16) return err_set(e, ERR_CONFLICT, "run %s: no free name; give one with --name", out);
        if (!taken(s, out, id, &is, e)) return false;
    }
    return true;
}

static bool insert(struct store *s, const struct store_run *r, int64_t *id, struct err *e)
{
    bool is = false;
    if (*r->name && !taken(s, r->name, 0, &is, e)) return false;
    if (is) return err_set(e, ERR_CONFLICT, "run %s: the name is taken; choose another", r->name);
    char name[STORE_NAME], placeholder[STORE_NAME];
    snprintf(placeholder, sizeof placeholder, "%s%.17g", *r->name ? "" : "?",
             clock_wall()); /* no name begins with '?' */
    if (!sql_run(
            s, e,
            "INSERT INTO run(name, state, method, dataset_id, dataset, config, resolved, preset, parent_id, seed,"
            " created_at, host, steps, epochs, note) VALUES(?,'queued',?,nullif(?,0),?,?,?,?,nullif(?,0),?,?,'',?,?,?)",
            "ttittttiidiit", *r->name ? r->name : placeholder, *r->method ? r->method : "mlvicx", r->dataset_id,
            r->dataset, r->config ? r->config : "", r->resolved ? r->resolved : "", r->preset, r->parent_id, r->seed,
            clock_wall(), r->steps, r->epochs, r->note ? r->note : ""))
        return false;
    *id = sqlite3_last_insert_rowid(s->db);
    if (!*r->name && (!own_name(s, *id, r->dataset, name, e) ||
                      !sql_run(s, e, "UPDATE run SET name = ? WHERE id = ?", "ti", name, *id)))
        return false;
    /* it may be left from an insert that was lost with the power; the id belongs to this run alone */
    struct folder folder;
    if (!store_folder(s, STORE_RUN, *id, true, &folder, e)) return false;
    bool ok = fchmod(folder.fd, 0700) == 0 || err_errno(e, "%s: cannot be created", folder.path);
    folder_close(&folder);
    return ok;
}

bool store_run_insert(struct store *s, const struct store_run *row, int64_t *id, struct err *e)
{
    if (*row->name && !store_name_check("run", row->name, e)) return false;
    if (!store_begin(s, STORE_FULL, e)) return false;
    *id = 0;
    bool inserted = insert(s, row, id, e), ok = sql_end(s, inserted, e);
    if (!ok && *id) store_run_drop_folder(s, *id);
    return ok;
}

/* One UPDATE of one run, which must exist. */
#define UPDATE_RUN(s, id, safety, e, set, types, ...)                                                                  \
    update_end(s, store_begin(s, safety, e), id, e, "UPDATE run SET " set " WHERE id = ?", types "i", __VA_ARGS__, id)

static bool update_end(struct store *s, bool begun, int64_t id, struct err *e, const char *sql, const char *types, ...)
{
    if (!begun) return false;
    va_list ap;
    va_start(ap, types);
    int changed;
    bool ok = sql_change_list(s, e, &changed, sql, types, ap);
    va_end(ap);
    if (ok && !changed) ok = no_run(id, e);
    return sql_end(s, ok, e);
}

bool store_run_claim(struct store *s, int64_t id, unsigned from, struct err *e)
{
    char words[96] = ",", host[64] = "";
    for (int i = 0; i < STORE_LOST; i++)
        if (from & (1u << i)) strcat(strcat(words, states[i]), ",");
    gethostname(host, sizeof host - 1);
    if (!store_begin(s, STORE_FULL, e)) return false;
    int changed;
    double now = clock_wall();
    bool ok = sql_change(s, e, &changed,
                         "UPDATE run SET state = 'running', pid = ?1, host = ?2, heartbeat_at = ?3,"
                         " started_at = coalesce(started_at, ?3), ended_at = NULL, place = NULL"
                         " WHERE id = ?4 AND instr(?5, ',' || state || ',')",
                         "itdit", (int64_t)getpid(), host, now, id, words);
    struct store_run row;
    if (ok && !changed && (ok = store_run_get(s, id, &row, e))) {
        ok = err_set(e, ERR_CONFLICT, "run %s: is %s", row.name, store_state_name(row.state));
        store_run_clear(&row);
    }
    return sql_end(s, ok, e);
}

bool store_run_set_state(struct store *s, int64_t id, enum store_state state, struct err *e)
{
    if (state >= STORE_LOST) return err_set(e, ERR_INTERNAL, "run %lld: that state is never stored", (long long)id);
    int64_t alive = state == STORE_RUNNING || state == STORE_PAUSED, over = !alive && state != STORE_QUEUED;
    return UPDATE_RUN(s, id, STORE_FULL, e,
                      "state = ?, pid = CASE WHEN ? THEN pid END, ended_at = CASE WHEN ? THEN ? END,"
                      " place = CASE WHEN ? THEN place END",
                      "tiidi", states[state], alive, over, clock_wall(), (int64_t)(state == STORE_QUEUED));
}

bool store_run_record(struct store *s, int64_t id, enum store_state state, const double at[3], struct err *e)
{
    if (state == STORE_RUNNING || state == STORE_PAUSED || state >= STORE_LOST)
        return err_set(e, ERR_INTERNAL, "run %lld: only its worker says that it runs", (long long)id);
    return UPDATE_RUN(s, id, STORE_NORMAL, e,
                      "state = ?, pid = NULL, created_at = ?, started_at = nullif(?, 0), ended_at = nullif(?, 0)",
                      "tddd", states[state], at[0], at[1], at[2]);
}

bool store_run_beat(struct store *s, int64_t id, struct err *e)
{
    return UPDATE_RUN(s, id, STORE_NORMAL, e, "heartbeat_at = ?", "d", clock_wall());
}

bool store_run_update(struct store *s, int64_t id, const char *config, const char *resolved, int64_t steps,
                      int64_t epochs, struct err *e)
{
    return UPDATE_RUN(
        s, id, STORE_FULL, e,
        "config = coalesce(?, config), resolved = coalesce(?, resolved),"
        " steps = coalesce(nullif(max(?, -1), -1), steps), epochs = coalesce(nullif(max(?, -1), -1), epochs)",
        "ttii", config, resolved, steps, epochs);
}

const char *store_run_stem(const struct store_run *r, char out[STORE_NAME])
{
    snprintf(out, STORE_NAME, "%s", r->name);
    if (!store_name_check("run", r->name, NULL)) snprintf(out, STORE_NAME, "run-%lld", (long long)r->id);
    return out;
}

bool store_run_rename(struct store *s, int64_t id, const char *name, struct err *e)
{
    bool is = false;
    if (!store_name_check("run", name, e)) return false;
    if (!store_begin(s, STORE_FULL, e)) return false;
    bool ok = taken(s, name, id, &is, e);
    if (ok && is) ok = err_set(e, ERR_CONFLICT, "run %s: the name is taken; choose another", name);
    int changed;
    ok = ok && sql_change(s, e, &changed, "UPDATE run SET name = ? WHERE id = ?", "ti", name, id) &&
         (changed || no_run(id, e));
    return sql_end(s, ok, e);
}

bool store_run_set_note(struct store *s, int64_t id, const char *note, struct err *e)
{
    return UPDATE_RUN(s, id, STORE_FULL, e, "note = ?", "t", note ? note : "");
}

bool store_run_tag(struct store *s, int64_t id, const char *tag, bool add, struct err *e)
{
    if (!store_name_check("tag", tag, e)) return false;
    if (!store_begin(s, STORE_FULL, e)) return false;
    return sql_end(s,
                   add ? sql_run(s, e, "INSERT OR IGNORE INTO tag(run_id, tag) VALUES(?,?)", "it", id, tag)
                       : sql_run(s, e, "DELETE FROM tag WHERE run_id = ? AND tag = ?", "it", id, tag),
                   e);
}

bool store_run_remove(struct store *s, int64_t id, struct err *e)
{
    struct store_run row;
    if (!store_run_get(s, id, &row, e)) return false;
    enum store_state state = store_run_state(s, &row);
    bool alive = state == STORE_RUNNING || state == STORE_PAUSED || store_lock_held(s, id) == STORE_LOCK_HELD;
    bool ok = alive ? err_set(e, ERR_CONFLICT, "run %s: is %s; stop it first", row.name, store_state_name(state))
                    : store_lock_known(s, &row, e);
    store_run_clear(&row);
    if (!ok || !leftovers_keep(s, true, e)) return false;
    ok = store_begin(s, STORE_FULL, e) &&
         sql_end(s,
                 sql_run(s, e, "UPDATE run SET parent_id = NULL WHERE parent_id = ?", "i", id) &&
                     sql_run(s, e, "DELETE FROM run WHERE id = ?", "i", id),
                 e);
    return leftovers_keep(s, false, ok ? e : NULL) && ok && leftovers_sweep(s, e);
}

bool store_run_orphan(struct store *s, int64_t id, bool *orphan, struct err *e)
{
    int64_t is;
    if (!sql_integer(s, e, &is, 0,
                     "SELECT ?1 > 0 AND ?1 <= (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'run')"
                     " AND NOT EXISTS(SELECT 1 FROM run WHERE id = ?1)",
                     "i", id))
        return false;
    *orphan = is;
    return true;
}
