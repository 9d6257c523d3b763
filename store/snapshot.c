/* Arrays as compressed blobs, and which of them are kept. Bytes are little-endian, as on every machine this runs on. */
#include "store/snapshot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "store/database/column.h"
#include "store/database/rows.h"

enum { LARGEST = 1 << 28, LEVEL_FINE = 22, LEVEL_COARSE = -6, ZLIB_LEVEL = 4 };
enum { ZLIB_MOST = 1040 }; /* most bytes that one compressed byte can inflate to */

/* ---- float16, rounding to the nearest and ties to even ---- */

static uint16_t to_half(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00);
    if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00); /* rounds beyond 65504 */
    if (magnitude < 0x38800000) { /* subnormal: the rounding of the sum does the work */
        float scaled;
        memcpy(&scaled, &magnitude, sizeof scaled);
        return (uint16_t)(sign | (uint32_t)lrintf(scaled * 16777216.0f));
    }
    uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
    return (uint16_t)(sign | ((rounded >> 13) - 0x1c000));
}

static float from_half(uint16_t h)
{
    uint32_t exponent = h >> 10 & 31, fraction = h & 0x3ff;
    float x = exponent == 31 ? (fraction ? NAN : INFINITY)
              : exponent     ? ldexpf((float)(fraction | 0x400), (int)exponent - 25)
                             : ldexpf((float)fraction, -24);
    return h & 0x8000 ? -x : x;
}

float store_snapshot_rounded(float x)
{
    return from_half(to_half(x));
}

/* ---- one snapshot ---- */

static bool is_half(const char *kind)
{
    return !strcmp(kind, "embedding");
}

static bool compress_rows(const float *data, size_t n, bool half, unsigned char **out, size_t *bytes)
{
    size_t raw_bytes = n * (half ? 2 : 4);
    uLongf packed = compressBound((uLong)raw_bytes);
    uint16_t *halves = half ? malloc(raw_bytes + 1) : NULL;
    *out = malloc(packed);
    bool ok = *out && (!half || halves);
    for (size_t i = 0; ok && half && i < n; i++) halves[i] = to_half(data[i]);
    ok = ok && compress2(*out, &packed, half ? (const Bytef *)halves : (const Bytef *)data, (uLong)raw_bytes,
                         ZLIB_LEVEL) == Z_OK;
    *bytes = packed;
    free(halves);
    return ok;
}

bool store_snapshot_put(struct store *s, const struct store_snapshot_key *k, int rows, int cols, const float *data,
                        struct err *e)
{
    if (rows < 1 || cols < 1 || (int64_t)rows * cols > LARGEST)
        return err_set(e, ERR_INTERNAL, "snapshot %s of %s: %d x %d numbers", k->kind, k->level, rows, cols);
    unsigned char *packed;
    size_t bytes;
    bool ok = compress_rows(data, (size_t)rows * (size_t)cols, is_half(k->kind), &packed, &bytes) ||
              err_set(e, ERR_MEMORY, "snapshot %s of %s: no memory", k->kind, k->level);
    ok = ok && store_begin(s, STORE_NORMAL, e) &&
         sql_end(s,
                 sql_run(s, e,
                         "INSERT INTO snapshot(run_id, step, level, kind, rows, cols, data) VALUES(?,?,?,?,?,?,?)"
                         " ON CONFLICT(run_id, step, level, kind) DO UPDATE SET rows = excluded.rows,"
                         " cols = excluded.cols, data = excluded.data",
                         BIND(INT(k->run), INT(k->step), TEXT(k->level), TEXT(k->kind), INT(rows), INT(cols),
                              BLOB(packed, bytes))),
                 e);
    free(packed);
    return ok;
}

bool store_snapshot_derive(struct store *s, const struct store_snapshot_key *k, const char *source, int rows, int cols,
                           const float *data, struct err *e)
{
    int64_t there = 0;
    if (!store_begin(s, STORE_NORMAL, e)) return false;
    bool ok = sql_integer(s, e, &there, 0,
                          "SELECT count(*) FROM snapshot WHERE run_id = ? AND step = ? AND level = ? AND kind = ?",
                          BIND(INT(k->run), INT(k->step), TEXT(k->level), TEXT(source)));
    if (ok && !there)
        ok = err_set(e, ERR_NOT_FOUND, "run %lld: the %s of %s at step %lld is gone meanwhile", (long long)k->run,
                     source, k->level, (long long)k->step);
    ok = ok && store_snapshot_put(s, k, rows, cols, data, e);
    return sql_end(s, ok, e);
}

/* Memory is allocated only for as much as the bytes can hold. */
static bool unpack(struct columns *c, bool half, struct store_snapshot *out)
{
    size_t packed;
    int64_t rows = column_integer(c, 0, 1, LARGEST), cols = column_integer(c, 1, 1, LARGEST);
    const void *bytes = column_blob(c, 2, COLUMN_BLOB, &packed);
    if (!column_end(c) || rows * cols > LARGEST) return false;
    size_t n = (size_t)(rows * cols);
    uLongf size = (uLongf)(n * (half ? 2 : 4)), got = size;
    if (size / ZLIB_MOST > packed) return false;
    float *data = malloc(n * sizeof *data);
    unsigned char *raw = half ? malloc(size) : (unsigned char *)data;
    bool ok = data && raw && uncompress(raw, &got, bytes, (uLong)packed) == Z_OK && got == size;
    for (size_t i = 0; ok && half && i < n; i++) {
        uint16_t h;
        memcpy(&h, raw + 2 * i, sizeof h);
        data[i] = from_half(h);
    }
    if (half) free(raw);
    if (!ok) {
        free(data);
        return false;
    }
    out->rows = (int)rows;
    out->cols = (int)cols;
    out->data = data;
    return true;
}

bool store_snapshot_get(struct store *s, const struct store_snapshot_key *k, struct store_snapshot *out, struct err *e)
{
    *out = (struct store_snapshot){ .step = k->step };
    sqlite3_stmt *q = sql_select(
        s, e, "SELECT rows, cols, data FROM snapshot WHERE run_id = ? AND step = ? AND level = ? AND kind = ?",
        BIND(INT(k->run), INT(k->step), TEXT(k->level), TEXT(k->kind)));
    if (!q) return false;
    enum sql_result r = sql_step(s, q, e);
    if (r == SQL_END)
        return err_set(e, ERR_NOT_FOUND, "run %lld: no %s of %s at step %lld", (long long)k->run, k->kind, k->level,
                       (long long)k->step);
    if (r == SQL_ROW) {
        struct columns c = column_begin(s, q, "snapshot", k->run, e);
        bool ok = unpack(&c, is_half(k->kind), out), whole = column_end(&c);
        sql_release(s, q);
        return ok || (whole && err_set(e, ERR_FORMAT, "run %lld: the %s of %s at step %lld is damaged",
                                       (long long)k->run, k->kind, k->level, (long long)k->step));
    }
    return false;
}

void store_snapshot_clear(struct store_snapshot *p)
{
    free(p->data);
    *p = (struct store_snapshot){ 0 };
}

/* ---- steps ---- */

static bool read_step(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    const size_t *before = context;
    struct columns c = column_begin(s, q, "snapshot", (int64_t)*before, e);
    *(int64_t *)out = column_step(&c, 0);
    return column_end(&c);
}

static bool read_steps(struct store *s, sqlite3_stmt *q, int64_t **steps, size_t *count, struct err *e)
{
    *steps = NULL;
    *count = 0;
    const struct row_reader reader = {
        .read = read_step, .context = count, .rows = steps, .count = count, .size = sizeof **steps
    };
    if (rows_read(s, q, &reader, e)) return true;
    free(*steps);
    *steps = NULL;
    *count = 0;
    return false;
}

bool store_snapshot_steps(struct store *s, int64_t run, const char *level, const char *kind, int64_t **steps,
                          size_t *count, struct err *e)
{
    return read_steps(s,
                      sql_select(s, e,
                                 "SELECT DISTINCT step FROM snapshot WHERE run_id = ?1 AND (?2 IS NULL OR level = ?2)"
                                 " AND (?3 IS NULL OR kind = ?3) ORDER BY step",
                                 BIND(INT(run), TEXT(level), TEXT(kind))),
                      steps, count, e);
}

/* ---- thinning ----
 *
 * The axis log2(step) is cut into cells of 2^-level; a level keeps the first snapshot of each cell. Cells nest, so a
 * coarser level keeps a part of what a finer one keeps, and what is kept depends on the steps alone. The level falls as
 * the run grows; it is written down (run.thinned), so that a run that was rewound continues as coarsely as before. */

/* Kinds that thinning treats otherwise: with embeddings, and what evaluations keep of a step that they scored. */
#define WITH_EMBEDDINGS "('embedding', 'tsne')"
#define THINNED         " AND kind NOT IN " WITH_EMBEDDINGS " AND kind NOT LIKE 'probe-%'"

static int64_t cell(int64_t step, int level)
{
    return (int64_t)floor(ldexp(log2((double)(step < 1 ? 1 : step)), level));
}

static size_t mark_kept(const int64_t *steps, size_t n, int level, bool *kept)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        kept[i] = i == 0 || cell(steps[i], level) != cell(steps[i - 1], level);
        count += kept[i];
    }
    return count;
}

static bool delete_others(struct store *s, int64_t run, const int64_t *steps, const bool *kept, size_t n, struct err *e)
{
    for (size_t i = 0; i + 1 < n; i++)
        if (!kept[i] &&
            !sql_run(s, e, "DELETE FROM snapshot WHERE run_id = ? AND step = ?" THINNED, BIND(INT(run), INT(steps[i]))))
            return false;
    return true;
}

static bool thin(struct store *s, int64_t run, int64_t keep, struct err *e)
{
    if (!sql_run(s, e,
                 "DELETE FROM snapshot WHERE run_id = ?1 AND kind IN " WITH_EMBEDDINGS
                 " AND step < (SELECT max(step) FROM snapshot WHERE run_id = ?1)"
                 " AND step NOT IN (SELECT step FROM checkpoint WHERE run_id = ?1)",
                 BIND(INT(run))))
        return false;
    int64_t *steps, level;
    size_t n;
    if (!sql_integer(s, e, &level, LEVEL_FINE, "SELECT thinned FROM run WHERE id = ?", BIND(INT(run))) ||
        !read_steps(s,
                    sql_select(s, e, "SELECT DISTINCT step FROM snapshot WHERE run_id = ?" THINNED " ORDER BY step",
                               BIND(INT(run))),
                    &steps, &n, e))
        return false;
    if (level < LEVEL_COARSE || level > LEVEL_FINE) {
        free(steps);
        return err_set(e, ERR_FORMAT, "store %s: table run, row %lld: thinned is %lld; restore a copy of the store",
                       s->dir, (long long)run, (long long)level);
    }
    bool *kept = calloc(n + 1, sizeof *kept),
         ok = kept || err_set(e, ERR_MEMORY, "run %lld: no memory", (long long)run);
    int64_t before = level;
    if (ok && n) {
        /* the newest is kept besides these, so there is room for keep - 1 */
        while (mark_kept(steps, n, (int)level, kept) + 1 > (size_t)keep && level > LEVEL_COARSE) level--;
        ok = delete_others(s, run, steps, kept, n, e);
    }
    if (ok && level != before)
        ok = sql_run(s, e, "UPDATE run SET thinned = ? WHERE id = ?", BIND(INT(level), INT(run)));
    free(kept);
    free(steps);
    return ok;
}

bool store_snapshot_thin(struct store *s, int64_t run, int64_t keep, struct err *e)
{
    if (!store_begin(s, STORE_NORMAL, e)) return false;
    return sql_end(s, thin(s, run, keep < 2 ? 2 : keep, e), e);
}
