/* Changes to the rows of runs, by the program that creates a run and by its worker; and which runs are alive. */
#include "store/run.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "store/database/files.h"
#include "store/leftovers.h"
#include "store/lock.h"
#include "store/run_parts.h"
#include "store/database/sql.h"

/* ---- who is alive ---- */

/* The time at which its worker was last heard of. A copy has no newer heartbeats, but the worker still writes its
 * files. */
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
    if (handle_moved(s)) return STORE_UNKNOWN;
    enum store_lock lock = here ? store_lock_held(s, r->id) : STORE_LOCK_UNKNOWN;
    bool beats = lock == STORE_LOCK_UNKNOWN && clock_wall() - last_sign(s, r) <= STORE_HEARTBEAT;
    if (lock == STORE_LOCK_HELD || beats) return r->state;
    bool whole = !s->partly && (!s->copied || s->copied_at - last_sign(s, r) > STORE_HEARTBEAT);
    return whole ? STORE_LOST : STORE_UNKNOWN;
}

/* ---- writing ---- */

static bool taken(struct store *s, const char *name, int64_t but, bool *is, struct err *e)
{
    int64_t other;
    if (!sql_integer(s, e, &other, 0, "SELECT id FROM run WHERE name = ? AND id <> ?", BIND(TEXT(name), INT(but))))
        return false;
    *is = other != 0;
    return true;
}

/* A free name for a run: STEM-ID, followed by letters if that is taken. */
static bool own_name(struct store *s, int64_t id, const char *stem, char out[STORE_NAME], struct err *e)
{
    bool is = true;
    for (int i = 0; is; i++) {
        snprintf(out, STORE_NAME, "%.40s-%lld", *stem ? stem : "run", (long long)id);
        for (int k = 0; k < i; k++) strcat(out, "x");
        if (i > 16) return err_set(e, ERR_CONFLICT, "run %s: no free name; give one with --name", out);
        if (!taken(s, out, id, &is, e)) return false;
    }
    return true;
}

bool run_free_name(struct store *s, int64_t id, char name[STORE_NAME], struct err *e)
{
    bool is, named = store_name_check("run", name, NULL);
    char own[STORE_NAME];
    if (!taken(s, name, id, &is, e)) return false;
    if (named && !is) return true;
    if (!own_name(s, id, named ? name : "", own, e)) return false;
    snprintf(name, STORE_NAME, "%s", own);
    return true;
}

static bool insert(struct store *s, const struct store_run *r, int64_t *id, struct err *e)
{
    bool is = false;
    if (*r->name && !taken(s, r->name, 0, &is, e)) return false;
    if (is) return err_set(e, ERR_CONFLICT, "run %s: the name is taken; choose another", r->name);
    char name[STORE_NAME], provisional[STORE_NAME]; /* until the id is known; no valid name begins with '?' */
    snprintf(provisional, sizeof provisional, "?%.17g", clock_wall());
    if (!sql_run(s, e,
                 "INSERT INTO run(name, state, method, dataset_id, dataset, config, resolved, preset, parent_id, seed,"
                 " created_at, host, steps, epochs, note, identity)"
                 " VALUES(?,'queued',?,nullif(?,0),?,?,?,?,nullif(?,0),?,?,'',?,?,?,nullif(?,''))",
                 BIND(TEXT(*r->name ? r->name : provisional), TEXT(r->method), INT(r->dataset_id), TEXT(r->dataset),
                      TEXT(r->config ? r->config : ""), TEXT(r->resolved ? r->resolved : ""), TEXT(r->preset),
                      INT(r->parent_id), INT(r->seed), REAL(clock_wall()), INT(r->steps), INT(r->epochs),
                      TEXT(r->note ? r->note : ""), TEXT(r->identity))))
        return false;
    *id = sqlite3_last_insert_rowid(s->db);
    if (!*r->name && (!own_name(s, *id, r->dataset, name, e) ||
                      !sql_run(s, e, "UPDATE run SET name = ? WHERE id = ?", BIND(TEXT(name), INT(*id)))))
        return false;
    /* it may be left from an insert that was lost in a power failure; the id belongs to this run alone */
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
static bool update(struct store *s, int64_t id, enum store_safety safety, const char *sql, struct sql_values values,
                   struct err *e)
{
    int changed;
    if (!store_begin(s, safety, e)) return false;
    bool ok = sql_change(s, e, &changed, sql, values);
    if (ok && !changed) ok = run_missing(id, e);
    return sql_end(s, ok, e);
}

bool store_run_claim(struct store *s, int64_t id, unsigned from, struct err *e)
{
    char words[96] = ",", host[64] = "";
    for (int i = 0; i < STORE_LOST; i++)
        if (from & (1u << i)) strcat(strcat(words, store_state_name((enum store_state)i)), ",");
    gethostname(host, sizeof host - 1);
    if (!store_begin(s, STORE_FULL, e)) return false;
    int changed;
    double now = clock_wall();
    bool ok = sql_change(s, e, &changed,
                         "UPDATE run SET state = 'running', pid = ?1, host = ?2, heartbeat_at = ?3,"
                         " started_at = coalesce(started_at, ?3), ended_at = NULL, place = NULL"
                         " WHERE id = ?4 AND instr(?5, ',' || state || ',')",
                         BIND(INT((int64_t)getpid()), TEXT(host), REAL(now), INT(id), TEXT(words)));
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
    return update(s, id, STORE_FULL,
                  "UPDATE run SET state = ?, pid = CASE WHEN ? THEN pid END, ended_at = CASE WHEN ? THEN ? END,"
                  " place = CASE WHEN ? THEN place END WHERE id = ?",
                  BIND(TEXT(store_state_name(state)), INT(alive), INT(over), REAL(clock_wall()),
                       INT(state == STORE_QUEUED), INT(id)),
                  e);
}

bool store_run_beat(struct store *s, int64_t id, struct err *e)
{
    return update(s, id, STORE_NORMAL, "UPDATE run SET heartbeat_at = ? WHERE id = ?",
                  BIND(REAL(clock_wall()), INT(id)), e);
}

bool store_run_update(struct store *s, int64_t id, const char *config, const char *resolved, int64_t steps,
                      int64_t epochs, struct err *e)
{
    return update(s, id, STORE_FULL,
                  "UPDATE run SET config = coalesce(?, config), resolved = coalesce(?, resolved),"
                  " steps = coalesce(nullif(max(?, -1), -1), steps), epochs = coalesce(nullif(max(?, -1), -1), epochs)"
                  " WHERE id = ?",
                  BIND(TEXT(config), TEXT(resolved), INT(steps), INT(epochs), INT(id)), e);
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
    ok = ok && sql_change(s, e, &changed, "UPDATE run SET name = ? WHERE id = ?", BIND(TEXT(name), INT(id))) &&
         (changed || run_missing(id, e));
    return sql_end(s, ok, e);
}

bool store_run_set_note(struct store *s, int64_t id, const char *note, struct err *e)
{
    return update(s, id, STORE_FULL, "UPDATE run SET note = ? WHERE id = ?", BIND(TEXT(note ? note : ""), INT(id)), e);
}

bool store_run_tag(struct store *s, int64_t id, const char *tag, bool add, struct err *e)
{
    if (!store_name_check("tag", tag, e)) return false;
    if (!store_begin(s, STORE_FULL, e)) return false;
    return sql_end(s,
                   add ? sql_run(s, e, "INSERT OR IGNORE INTO tag(run_id, tag) VALUES(?,?)", BIND(INT(id), TEXT(tag)))
                       : sql_run(s, e, "DELETE FROM tag WHERE run_id = ? AND tag = ?", BIND(INT(id), TEXT(tag))),
                   e);
}

bool run_is_idle(struct store *s, int64_t id, struct err *e)
{
    struct store_run row;
    if (!store_run_get(s, id, &row, e)) return false;
    enum store_state state = store_run_state(s, &row);
    bool alive = state == STORE_RUNNING || state == STORE_PAUSED || store_lock_held(s, id) == STORE_LOCK_HELD;
    bool ok = alive ? err_set(e, ERR_CONFLICT, "run %s: is %s; stop it first", row.name, store_state_name(state))
                    : store_lock_known(s, &row, e);
    store_run_clear(&row);
    return ok;
}

bool store_run_remove(struct store *s, int64_t id, struct err *e)
{
    if (!run_is_idle(s, id, e) || !leftovers_keep(s, true, e)) return false;
    bool ok =
        store_begin(s, STORE_FULL, e) &&
        sql_end(s,
                sql_run(s, e, "UPDATE run SET parent_id = NULL WHERE parent_id = ?", BIND(INT(id))) &&
                    sql_run(s, e, "UPDATE trash SET parent_id = NULL WHERE parent_id = ?", BIND(INT(id))) &&
                    sql_run(s, e, "UPDATE evaluation SET child_run_id = NULL WHERE child_run_id = ?", BIND(INT(id))) &&
                    sql_run(s, e, "DELETE FROM run WHERE id = ?", BIND(INT(id))),
                e);
    return leftovers_keep(s, false, ok ? e : NULL) && ok && leftovers_sweep(s, e);
}

bool store_run_orphan(struct store *s, int64_t id, bool *orphan, struct err *e)
{
    int64_t is;
    if (!sql_integer(
            s, e, &is, 0,
            "SELECT ?1 > 0 AND ?1 <= (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'run')"
            " AND NOT EXISTS(SELECT 1 FROM run WHERE id = ?1) AND NOT EXISTS(SELECT 1 FROM trash WHERE id = ?1)",
            BIND(INT(id))))
        return false;
    *orphan = is;
    return true;
}
