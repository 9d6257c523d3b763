#include "tests/fuzz_mutate.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "engine/base/random.h"

struct mutation {
    struct random r;
    const char *path;
    sqlite3 *db;
    char *what;
    int size;
};

static void note(struct mutation *m, const char *format, ...)
{
    size_t n = strlen(m->what);
    va_list ap;
    va_start(ap, format);
    vsnprintf(m->what + n, (size_t)m->size - n, format, ap);
    va_end(ap);
}

static uint32_t below(struct mutation *m, uint32_t n)
{
    return random_below(&m->r, n);
}

static void run(struct mutation *m, const char *sql)
{
    note(m, "%.200s; ", sql);
    sqlite3_exec(m->db, sql, NULL, NULL, NULL); /* what fails changes nothing, which is a case too */
}

/* One column of the first row; false when there is none. */
static bool ask(struct mutation *m, char *out, size_t size, const char *format, ...)
{
    char sql[512];
    sqlite3_stmt *q = NULL;
    va_list ap;
    va_start(ap, format);
    vsnprintf(sql, sizeof sql, format, ap);
    va_end(ap);
    *out = '\0';
    bool found = sqlite3_prepare_v2(m->db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW &&
                 sqlite3_column_text(q, 0);
    if (found) snprintf(out, size, "%s", sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    return found;
}

/* ---- values ---- */

static const char *const tables[] = {
    "run",        "run",      "run",        "dataset",    "dataset", "image",           "class",
    "label",      "box",      "mask",       "unreadable", "tag",     "metric",          "point",
    "rollup",     "snapshot", "snapshot",   "checkpoint", "event",   "command",         "evaluation",
    "evaluation", "score",    "prediction", "autotune",   "setting", "sqlite_sequence",
};
enum { TABLES = sizeof tables / sizeof tables[0] };

/* What a column may hold in the hands of a stranger; as SQL, with C for the column itself. */
static const char *const values[] = {
    "NULL",
    "0",
    "1",
    "-1",
    "2",
    "-2147483649",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9007199254740992",
    "9007199254740993",
    "4611686018427387904",
    "9223372036854775807",
    "-9223372036854775807-1",
    "2305843009213693953",
    "1e308*10",
    "-1e308*10",
    "1e300",
    "-1e-300",
    "0.5",
    "2147483647.5",
    "9.3e18",
    "''",
    "'abc'",
    "'1'",
    "'9223372036854775808'",
    "x''",
    "x'00'",
    "x'31'",
    "x'ff00ff00'",
    "zeroblob(100000)",
    "zeroblob(3000000)",
    "replace(hex(zeroblob(3000)),'0','x')",
    "replace(hex(zeroblob(300000)),'00','%s')",
    "char(27)||'[2J'",
    "char(0)||'a'",
    "'a'||char(0)",
    "char(10)||'a'",
    "char(0x202e)||'a'",
    "char(0x9b)||'5m'",
    "CAST(x'c328' AS TEXT)",
    "CAST(x'ff' AS TEXT)",
    "CAST(x'f09f92' AS TEXT)",
    "'../../x'",
    "'/nonexistent/x'",
    "'running'",
    "'queued'",
    "'finished'",
    "'lost'",
    "'set'",
    "'optim.epochs=9223372036854775807'",
    "'spectrum'",
    "'embedding'",
    "'correlation'",
    "'z'",
    "'%n%n%s'",
    "C+1",
    "-C",
    "C*1000000",
    "C||'x'",
    "C||C",
    "CAST(C AS TEXT)",
    "CAST(C AS BLOB)",
    "CAST(C AS REAL)",
    "C*1.5",
    "substr(C,1,length(C)/2)",
    "upper(C)",
    "randomblob(64)",
    "hex(C)",
    "'[optim]'||char(10)||'lr = nan'",
    "'[model]'||char(10)||'width = 999999999'",
};
enum { VALUES = sizeof values / sizeof values[0] };

/* A value with the column's name in the place of C. */
static void value_of(const char *value, const char *column, char *out, size_t size)
{
    size_t n = 0;
    for (const char *p = value; *p && n + 80 < size; p++) {
        bool alone = *p == 'C' && (p == value || !strchr("ABDEFHILMNOQRSTUWX_", p[-1])) &&
                     (!p[1] || strchr("+*|, )-", p[1])) && strncmp(p, "CAST", 4) != 0;
        n += (size_t)snprintf(out + n, size - n, "%.*s", alone ? (int)strlen(column) : 1, alone ? column : p);
    }
}

/* Key of a table as a list of columns. */
static void key_of(struct mutation *m, const char *table, char *out, size_t size)
{
    if (!ask(m, out, size, "SELECT group_concat(name, ',') FROM pragma_table_info('%s') WHERE pk > 0", table))
        snprintf(out, size, "rowid");
}

static void change_value(struct mutation *m)
{
    char column[64], key[160], rows[64], value[512], sql[2048], many[80] = "";
    const char *table = tables[below(m, TABLES)];
    if (!ask(m, column, sizeof column, "SELECT name FROM pragma_table_info('%s') LIMIT 1 OFFSET %u", table,
             below(m, 24)) &&
        !ask(m, column, sizeof column, "SELECT name FROM pragma_table_info('%s') LIMIT 1 OFFSET %u", table,
             below(m, 3)))
        return;
    key_of(m, table, key, sizeof key);
    ask(m, rows, sizeof rows, "SELECT count(*) FROM %s", table);
    uint32_t count = (uint32_t)strtoul(rows, NULL, 10);
    value_of(values[below(m, VALUES)], column, value, sizeof value);
    if (below(m, 5)) snprintf(many, sizeof many, " LIMIT %u OFFSET %u", 1 + below(m, 3), below(m, count + 1));
    snprintf(sql, sizeof sql, "UPDATE OR IGNORE %s SET %s = %s WHERE (%s) IN (SELECT %s FROM %s%s)", table, column,
             value, key, key, table, many);
    run(m, sql);
}

/* ---- rows ---- */

static const char *const row_changes[] = {
    "DELETE FROM image WHERE idx % 3 = 1",
    "DELETE FROM class WHERE idx = 1",
    "DELETE FROM run WHERE id = 5",
    "DELETE FROM dataset",
    "DELETE FROM metric WHERE id % 2",
    "DELETE FROM metric",
    "DELETE FROM rollup WHERE level = 2",
    "DELETE FROM sqlite_sequence",
    "INSERT INTO label SELECT dataset_id, image_idx, 1000 + class_idx, value FROM label",
    "INSERT INTO label SELECT dataset_id, 1000 + image_idx, class_idx, value FROM label",
    "INSERT INTO label SELECT dataset_id, image_idx, CAST(class_idx AS BLOB), value FROM label",
    "INSERT INTO class SELECT dataset_id, 100 + idx, name FROM class",
    "INSERT INTO box SELECT NULL, dataset_id, -image_idx, class_idx, x0, y0, x1, y1, reader FROM box",
    "INSERT INTO point SELECT 5, metric_id, 4611686018427387904, value FROM point WHERE run_id = 5 AND step = 1",
    "INSERT INTO point SELECT run_id, metric_id, 9007199254740992, 1e308 FROM point WHERE step = 8",
    "INSERT INTO point SELECT run_id, metric_id, -5, value FROM point WHERE step = 8",
    "UPDATE point SET value = 1.7e308",
    "UPDATE point SET value = -1.7e308 WHERE step % 2",
    "UPDATE rollup SET n = 9223372036854775807",
    "UPDATE rollup SET min = 1e308, max = -1e308, sum = 1e308",
    "UPDATE snapshot SET rows = 16384, cols = 16384",
    "UPDATE snapshot SET rows = cols, cols = rows",
    "UPDATE snapshot SET kind = 'deviation' WHERE kind = 'correlation'",
    "UPDATE snapshot SET step = step * 1000000007",
    "UPDATE snapshot SET data = (SELECT data FROM snapshot WHERE kind = 'spectrum' LIMIT 1)",
    "UPDATE run SET steps = 0, epochs = 0",
    "UPDATE run SET steps = 9007199254740992, epochs = 9007199254740992",
    "UPDATE run SET created_at = 253402300799, started_at = 1, ended_at = 0",
    "UPDATE run SET place = id, state = 'queued', dataset_id = 99",
    "UPDATE run SET parent_id = id",
    "UPDATE run SET dataset_id = 1, dataset = 'ghosts'",
    "UPDATE run SET config = (SELECT config FROM run WHERE id = 5) || char(10) || 'x = y'",
    "UPDATE run SET config = replace(hex(zeroblob(1000000)), '00', '[')",
    "UPDATE dataset SET count = 2305843009213693953",
    "UPDATE dataset SET size = 65536",
    "UPDATE dataset SET size = 1, channels = 3",
    "UPDATE dataset SET count = count - 1",
    "UPDATE dataset SET pack = 'none'",
    "UPDATE image SET patient = NULL, split = 'test'",
    "UPDATE image SET width = 1048576, height = 0",
    "UPDATE mask SET width = 1048576, height = 1048576",
    "UPDATE mask SET encoding = 'other'",
    "UPDATE mask SET data = x'ffffffffffffffffffffffffffffffff'",
    "UPDATE mask SET data = x'01'",
    "UPDATE box SET x0 = -1e9, y0 = -1e9, x1 = 1e9, y1 = 1e9",
    "UPDATE box SET x0 = x1, x1 = x0",
    "UPDATE score SET class = 2147483647",
    "UPDATE score SET positives = 2147483647, auc = -1e300",
    "UPDATE evaluation SET detail = '{\"a\":[[[[[[1e999'",
    "UPDATE evaluation SET fraction = 1e-300, seed = 9223372036854775807",
    "UPDATE event SET step = 9007199254740992",
    "UPDATE event SET kind = 'alarm.x', severity = 2, text = '. Try: . Try: '",
    "UPDATE checkpoint SET step = 9007199254740992, bytes = 0",
    "UPDATE metric SET name = 'm' || id",
    "UPDATE metric SET name = 'epoch' || char(9) WHERE id = 3",
    "INSERT INTO setting VALUES('queue.current','5')",
    "INSERT INTO setting VALUES('queue.current','99999999999999999999')",
    "INSERT INTO command(run_id,verb,argument,asked_at) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c"
    " WHERE x < 20000) SELECT 5,'set','optim.lr=1',0 FROM c",
    "INSERT INTO event(run_id,step,at,severity,kind,text,derived) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1"
    " FROM c WHERE x < 20000) SELECT 5,x,x,1,'alarm.a','b',1 FROM c",
    "INSERT INTO metric(name,unit,help) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 5000)"
    " SELECT 'n' || x,'','' FROM c",
    "INSERT INTO run(name,state,method,dataset,config,resolved,preset,seed,created_at,host,steps,epochs,note,place) "
    "WITH"
    " RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 3000) SELECT 'n' || x,CASE x % 3 WHEN 0 THEN"
    " 'queued' WHEN 1 THEN 'running' ELSE 'lost' END,'m','d','','','',x,x,'',x,x,'',x+50 FROM c",
    "INSERT OR IGNORE INTO checkpoint(run_id,step,path,bytes,sha256,pinned,reason,created_at) WITH RECURSIVE c(x) AS"
    " (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 4000) SELECT 5,CASE WHEN x > 3000 THEN 'a' || x WHEN x > 1000 "
    "THEN"
    " x + 0.5 ELSE x END,'step-' || x || '.safetensors',1,'',x % 2,'time',1 FROM c",
    "INSERT INTO evaluation(run_id,init,step,task,protocol,context,fraction,seed,split,created_at) WITH RECURSIVE c(x) "
    "AS"
    " (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 3000) SELECT 5,'',x,'ghosts','knn',1,x/30.0,x,'val',1 FROM c",
    "INSERT INTO tag WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 5000) SELECT 5,'t' || x"
    " FROM c",
};

/* ---- schema ---- */

static const char *const schema_changes[] = {
    "CREATE VIEW extra AS SELECT 1",
    "DROP TABLE setting; CREATE VIEW setting(key,value) AS SELECT 'a','b'",
    "DROP TABLE run; CREATE VIEW run AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT * FROM c",
    "CREATE TRIGGER t AFTER UPDATE ON run BEGIN UPDATE run SET note = note || 'x'; END",
    "CREATE TRIGGER t AFTER INSERT ON event BEGIN INSERT INTO event SELECT NULL,1,1,1,1,'a','b',0; END",
    "CREATE VIRTUAL TABLE v USING fts5(a)",
    "DROP TABLE tag; CREATE VIRTUAL TABLE tag USING fts5(run_id, tag)",
    "ALTER TABLE run DROP COLUMN thinned",
    "ALTER TABLE run ADD COLUMN more TEXT",
    "ALTER TABLE run RENAME COLUMN note TO notes",
    "ALTER TABLE point RENAME TO points",
    "DROP TABLE point",
    "DROP INDEX run_by_place",
    "DROP INDEX snapshot_by_step",
    "CREATE INDEX i ON run(name)",
    "CREATE UNIQUE INDEX i ON point(step)",
    "CREATE TABLE mine(x); CREATE INDEX mine_i ON mine(x)",
    "CREATE TABLE mine(x REFERENCES run ON DELETE RESTRICT); INSERT INTO mine VALUES(5)",
    "DROP TABLE setting; CREATE TABLE setting(key, value, g GENERATED ALWAYS AS (key || value))",
    "ALTER TABLE event ADD COLUMN g GENERATED ALWAYS AS (text || text)",
    "ANALYZE",
    "ANALYZE; UPDATE sqlite_stat1 SET stat = '9223372036854775807 x -1'",
    "PRAGMA page_size = 512; VACUUM",
    "PRAGMA page_size = 65536; VACUUM",
    "PRAGMA auto_vacuum = 2; VACUUM",
    "PRAGMA application_id = 7",
    "PRAGMA user_version = 0",
    "PRAGMA user_version = 1",
    "PRAGMA user_version = 2",
    "PRAGMA user_version = -3",
    "PRAGMA user_version = 99",
    "PRAGMA user_version = 2147483647",
    "PRAGMA journal_mode = WAL; UPDATE run SET note = 'wal'",
};

/* The text of the schema itself, as sqlite3 lets no one change it who does not insist. */
static const char *const raw_schema_changes[] = {
    "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'run') WHERE name = 'point'",
    "UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'event'",
    "UPDATE sqlite_schema SET rootpage = 999999 WHERE name = 'event'",
    "UPDATE sqlite_schema SET rootpage = -1 WHERE name = 'snapshot'",
    "UPDATE sqlite_schema SET sql = replace(sql, 'TEXT', 'INTEGER') WHERE name = 'run'",
    "UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '')",
    "UPDATE sqlite_schema SET sql = replace(sql, 'WITHOUT ROWID', '') WHERE name = 'point'",
    "UPDATE sqlite_schema SET sql = sql || ' --'",
    "UPDATE sqlite_schema SET sql = NULL WHERE name = 'metric'",
    "UPDATE sqlite_schema SET sql = 'x' WHERE name = 'metric'",
    "UPDATE sqlite_schema SET name = upper(name) WHERE name = 'metric'",
    "UPDATE sqlite_schema SET type = 'view' WHERE name = 'metric'",
    "UPDATE sqlite_schema SET tbl_name = 'run' WHERE name = 'metric'",
    "UPDATE sqlite_schema SET name = CAST(name AS BLOB)",
    "INSERT INTO sqlite_schema SELECT * FROM sqlite_schema",
    "INSERT INTO sqlite_schema VALUES('table','w','w',0,'CREATE VIEW w AS SELECT 1')",
    "INSERT INTO sqlite_schema VALUES('index','w','w',5,'CREATE INDEX w ON run(note)')",
    "DELETE FROM sqlite_schema WHERE type = 'index'",
    "DELETE FROM sqlite_schema",
};

#define ONE_OF(m, list) list[below(m, sizeof list / sizeof list[0])]

static void change_rows(struct mutation *m)
{
    run(m, ONE_OF(m, row_changes));
}

static void change_schema(struct mutation *m)
{
    run(m, ONE_OF(m, schema_changes));
}

static void change_raw_schema(struct mutation *m)
{
    run(m, "PRAGMA writable_schema = ON");
    run(m, ONE_OF(m, raw_schema_changes));
    run(m, "PRAGMA writable_schema = OFF");
}

/* NULL where it may not be: the schema says so again when it is done. */
static void change_to_null(struct mutation *m)
{
    run(m, "PRAGMA writable_schema = ON; CREATE TABLE kept AS SELECT name, sql FROM sqlite_schema;"
           "UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table'");
    sqlite3_close(m->db);
    if (sqlite3_open(m->path, &m->db) != SQLITE_OK) return;
    for (int i = 0; i < 3; i++) change_value(m);
    run(m, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = (SELECT k.sql FROM kept k WHERE k.name ="
           " sqlite_schema.name) WHERE name <> 'kept'; DROP TABLE kept");
}

/* ---- bytes ---- */

static void change_bytes(struct mutation *m)
{
    unsigned char page[4096], other[4096];
    struct stat st;
    int fd = open(m->path, O_RDWR);
    if (fd < 0 || fstat(fd, &st) || st.st_size < 8192) return;
    uint32_t pages = (uint32_t)(st.st_size / 4096), kind = below(m, 6), n = 1 + below(m, 32);
    off_t a = (off_t)below(m, pages) * 4096, b = (off_t)below(m, pages) * 4096;
    note(m, "bytes: kind %u, %u of %u pages; ", kind, n, pages);
    if (kind == 0) {
        if (ftruncate(fd, a + (off_t)below(m, 4096))) note(m, "not cut; ");
    } else if (kind == 1) { /* two pages change places, or one is there twice */
        bool read = pread(fd, page, 4096, a) == 4096 && pread(fd, other, 4096, b) == 4096;
        if (!read || pwrite(fd, page, 4096, b) != 4096 || (below(m, 2) && pwrite(fd, other, 4096, a) != 4096))
            note(m, "not moved; ");
    } else { /* single bytes: of the head, of the heads of pages, anywhere, or within one page */
        for (uint32_t i = 0; i < n; i++) {
            off_t at = kind == 2   ? (off_t)below(m, 100)
                       : kind == 3 ? (off_t)below(m, pages) * 4096 + below(m, 24)
                       : kind == 4 ? a + below(m, 4096)
                                   : (off_t)random_below(&m->r, (uint32_t)st.st_size);
            unsigned char c = below(m, 3) ? (unsigned char)below(m, 256) : (unsigned char)(below(m, 2) ? 0xff : 0);
            if (pwrite(fd, &c, 1, at) != 1) note(m, "not written; ");
        }
    }
    close(fd);
}

void fuzz_mutate(const char *path, uint64_t seed, char *what, int size)
{
    static void (*const in_sql[])(struct mutation * m) = {
        change_value, change_value, change_value, change_value,   change_value,  change_value,
        change_rows,  change_rows,  change_rows,  change_to_null, change_schema, change_raw_schema,
    };
    struct mutation m = { .r = random_stream(seed, 0, 0, 0), .path = path, .what = what, .size = size };
    *what = '\0';
    uint32_t kind = below(&m, 8);
    if (sqlite3_open(path, &m.db) == SQLITE_OK) {
        run(&m, "PRAGMA foreign_keys = OFF");
        for (uint32_t n = kind == 0 ? 0 : 1 + below(&m, 3); n > 0; n--) ONE_OF(&m, in_sql)(&m);
    }
    sqlite3_close(m.db);
    if (kind < 2) change_bytes(&m);
}
