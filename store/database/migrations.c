/* A released migration never changes; a change of the schema is a new row at the end. */
#include "store/database/migrations.h"

#include "store/database/store.h"

static const char version_1[] =
    "CREATE TABLE dataset(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,"
    " source TEXT NOT NULL, size INTEGER NOT NULL, channels INTEGER NOT NULL, count INTEGER NOT NULL,"
    " pack TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL, remarks TEXT NOT NULL,"
    " created_at REAL NOT NULL);"
    "CREATE TABLE image(dataset_id INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, idx INTEGER NOT NULL,"
    " path TEXT NOT NULL, patient TEXT, split INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,"
    " digest TEXT, note TEXT, PRIMARY KEY(dataset_id, idx)) WITHOUT ROWID;"
    "CREATE TABLE class(dataset_id INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, idx INTEGER NOT NULL,"
    " name TEXT NOT NULL, PRIMARY KEY(dataset_id, idx)) WITHOUT ROWID;"
    "CREATE TABLE label(dataset_id INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, image_idx INTEGER NOT NULL,"
    " class_idx INTEGER NOT NULL, value INTEGER NOT NULL, PRIMARY KEY(dataset_id, image_idx, class_idx)) WITHOUT ROWID;"
    "CREATE TABLE box(id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE,"
    " image_idx INTEGER NOT NULL, class_idx INTEGER NOT NULL, x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL,"
    " y1 REAL NOT NULL, reader TEXT);"
    "CREATE INDEX box_by_image ON box(dataset_id, image_idx);"
    "CREATE TABLE mask(id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE,"
    " image_idx INTEGER NOT NULL, class_idx INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,"
    " encoding TEXT NOT NULL, data BLOB NOT NULL);"
    "CREATE INDEX mask_by_image ON mask(dataset_id, image_idx);"
    "CREATE TABLE unreadable(dataset_id INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, idx INTEGER NOT NULL,"
    " path TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY(dataset_id, idx)) WITHOUT ROWID;"

    "CREATE TABLE run(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL,"
    " method TEXT NOT NULL, dataset_id INTEGER REFERENCES dataset ON DELETE SET NULL, dataset TEXT NOT NULL,"
    " config TEXT NOT NULL, resolved TEXT NOT NULL, preset TEXT NOT NULL,"
    " parent_id INTEGER REFERENCES run ON DELETE SET NULL, seed INTEGER NOT NULL, created_at REAL NOT NULL,"
    " started_at REAL, ended_at REAL, heartbeat_at REAL, pid INTEGER, host TEXT NOT NULL, steps INTEGER NOT NULL,"
    " epochs INTEGER NOT NULL, rewound INTEGER NOT NULL DEFAULT 0, thinned INTEGER, note TEXT NOT NULL);"
    "CREATE INDEX run_by_parent ON run(parent_id);"
    "CREATE INDEX run_by_dataset ON run(dataset_id);"
    "CREATE TABLE tag(run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, tag TEXT NOT NULL,"
    " PRIMARY KEY(run_id, tag)) WITHOUT ROWID;"
    "CREATE TABLE metric(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, help TEXT NOT NULL);"
    "CREATE TABLE point(run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, metric_id INTEGER NOT NULL,"
    " step INTEGER NOT NULL, value REAL, PRIMARY KEY(run_id, metric_id, step)) WITHOUT ROWID;"
    "CREATE TABLE rollup(run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, metric_id INTEGER NOT NULL,"
    " level INTEGER NOT NULL, bucket INTEGER NOT NULL, min REAL, max REAL, sum REAL NOT NULL, n INTEGER NOT NULL,"
    " missing INTEGER NOT NULL, PRIMARY KEY(run_id, metric_id, level, bucket)) WITHOUT ROWID;"
    "CREATE TABLE snapshot(id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    " step INTEGER NOT NULL, level TEXT NOT NULL, kind TEXT NOT NULL, rows INTEGER NOT NULL, cols INTEGER NOT NULL,"
    " data BLOB NOT NULL);"
    "CREATE UNIQUE INDEX snapshot_by_step ON snapshot(run_id, step, level, kind);"
    "CREATE TABLE checkpoint(run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, step INTEGER NOT NULL,"
    " path TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, pinned INTEGER NOT NULL,"
    " reason TEXT NOT NULL, created_at REAL NOT NULL, PRIMARY KEY(run_id, step)) WITHOUT ROWID;"
    "CREATE TABLE event(id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    " step INTEGER NOT NULL, at REAL NOT NULL, severity INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,"
    " derived INTEGER NOT NULL);"
    "CREATE INDEX event_by_run ON event(run_id, id);"
    "CREATE TABLE command(id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    " verb TEXT NOT NULL, argument TEXT NOT NULL, asked_at REAL NOT NULL, taken_at REAL, done_at REAL, step INTEGER,"
    " result TEXT);"
    "CREATE INDEX command_by_run ON command(run_id, id);"
    "CREATE INDEX command_waiting ON command(run_id, id) WHERE taken_at IS NULL;"
    "CREATE TABLE evaluation(id INTEGER PRIMARY KEY, run_id INTEGER REFERENCES run ON DELETE CASCADE,"
    " init TEXT NOT NULL, step INTEGER NOT NULL, task TEXT NOT NULL, protocol TEXT NOT NULL, context INTEGER NOT NULL,"
    " fraction REAL NOT NULL, seed INTEGER NOT NULL, split TEXT NOT NULL, auc_macro REAL, detail TEXT,"
    " created_at REAL NOT NULL);"
    "CREATE INDEX evaluation_by_run ON evaluation(run_id, step);"
    "CREATE TABLE score(evaluation_id INTEGER NOT NULL REFERENCES evaluation ON DELETE CASCADE, class INTEGER NOT NULL,"
    " name TEXT NOT NULL, auc REAL, lo REAL, hi REAL, positives INTEGER NOT NULL, negatives INTEGER NOT NULL,"
    " PRIMARY KEY(evaluation_id, class)) WITHOUT ROWID;"
    "CREATE TABLE prediction(evaluation_id INTEGER NOT NULL REFERENCES evaluation ON DELETE CASCADE,"
    " image_idx INTEGER NOT NULL, class_idx INTEGER NOT NULL, score REAL,"
    " PRIMARY KEY(evaluation_id, image_idx, class_idx)) WITHOUT ROWID;"
    "CREATE TABLE autotune(cpu TEXT NOT NULL, shape TEXT NOT NULL, choice TEXT NOT NULL, figure REAL,"
    " PRIMARY KEY(cpu, shape)) WITHOUT ROWID;"
    "CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;";

/* The queue: queued runs have a place, the smallest comes first. */
static const char version_2[] = "ALTER TABLE run ADD COLUMN place INTEGER;"
                                "CREATE UNIQUE INDEX run_by_place ON run(place) WHERE place IS NOT NULL;";

/* A rewind lists the checkpoints after its step as given up: 1 while nothing new was saved, so that they can come
 * back; 2 for those that stay permanently, because they are pinned. */
static const char version_3[] = "ALTER TABLE checkpoint ADD COLUMN given_up INTEGER NOT NULL DEFAULT 0;";

/* Splits by name, and views for users' own queries; the program never reads the views. */
static const char version_4[] =
    "CREATE TABLE image_by_word(dataset_id INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE,"
    " idx INTEGER NOT NULL, path TEXT NOT NULL, patient TEXT, split TEXT NOT NULL, width INTEGER NOT NULL,"
    " height INTEGER NOT NULL, digest TEXT, note TEXT, PRIMARY KEY(dataset_id, idx)) WITHOUT ROWID;"
    "INSERT INTO image_by_word SELECT dataset_id, idx, path, patient, CASE split WHEN 0 THEN 'none' WHEN 1 THEN 'train'"
    " WHEN 2 THEN 'val' WHEN 3 THEN 'test' ELSE split END, width, height, digest, note FROM image;"
    "DROP TABLE image;"
    "ALTER TABLE image_by_word RENAME TO image;"

    "CREATE VIEW v_run AS SELECT id, name, state, method, dataset, preset, seed,"
    " (SELECT max(step) FROM point WHERE run_id = run.id"
    "  AND metric_id = (SELECT id FROM metric WHERE name = 'loss')) AS step,"
    " steps, epochs, datetime(created_at, 'unixepoch') AS created, datetime(started_at, 'unixepoch') AS started,"
    " datetime(ended_at, 'unixepoch') AS ended,"
    " (SELECT value FROM point WHERE run_id = run.id AND metric_id = (SELECT id FROM metric WHERE name = 'loss')"
    "  ORDER BY step DESC LIMIT 1) AS loss,"
    " (SELECT value FROM point WHERE run_id = run.id AND metric_id = (SELECT id FROM metric WHERE name = 'auc.knn')"
    "  ORDER BY step DESC LIMIT 1) AS auc_knn,"
    " (SELECT value FROM point WHERE run_id = run.id AND metric_id = (SELECT id FROM metric WHERE name = 'auc.ridge')"
    "  ORDER BY step DESC LIMIT 1) AS auc_ridge,"
    " (SELECT group_concat(tag, ' ') FROM (SELECT tag FROM tag WHERE run_id = run.id ORDER BY tag)) AS tags, note"
    " FROM run;"
    "CREATE VIEW v_point AS SELECT p.run_id, r.name AS run, m.name AS metric, m.unit, p.step, p.value"
    " FROM point p JOIN run r ON r.id = p.run_id JOIN metric m ON m.id = p.metric_id;"
    "CREATE VIEW v_score AS SELECT e.id AS evaluation_id, e.run_id, r.name AS run, e.init, e.step, e.task, e.protocol,"
    " e.context, e.fraction, e.seed, e.split, e.auc_macro, s.name AS class, s.auc, s.lo, s.hi, s.positives, s.negatives"
    " FROM evaluation e JOIN score s ON s.evaluation_id = e.id LEFT JOIN run r ON r.id = e.run_id;";

/* Attributes of the person and the exposure of an image: sex, age, view, scanner ..., one value of each. */
static const char version_5[] =
    "CREATE TABLE image_attribute(dataset_id INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE,"
    " image_idx INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY(dataset_id, image_idx, name)) WITHOUT ROWID;";

/* Whether classes exclude one another: those of class folders do, and others if their import found so. */
static const char version_6[] =
    "ALTER TABLE dataset ADD COLUMN exclusive INTEGER NOT NULL DEFAULT 0;"
    "UPDATE dataset SET exclusive = 1 WHERE kind = 'folder'"
    " AND (SELECT count(*) FROM class WHERE dataset_id = dataset.id) > 1 AND NOT EXISTS"
    " (SELECT 1 FROM label WHERE dataset_id = dataset.id GROUP BY image_idx HAVING sum(value) <> 1);";

/* Classes that mean that nothing was found, by the words that imports know (engine/data/nothing.c). */
static const char version_7[] =
    "ALTER TABLE class ADD COLUMN is_nothing INTEGER NOT NULL DEFAULT 0;"
    "UPDATE class SET is_nothing = 1 WHERE lower(trim(replace(replace(name, '_', ' '), '-', ' '))) IN ('no finding',"
    " 'no findings', 'nofinding', 'normal', 'healthy', 'none', 'nothing', 'negative', 'no disease', 'unremarkable',"
    " 'no abnormality', '[]');";

/* What an evaluation scored, so that no figure is taken for that of other weights, data or settings; the run that was
 * trained for it; all figures of a class; and what a run was made for (run.identity). Rows that are half written have a
 * task that begins with a dot. */
static const char version_8[] =
    "ALTER TABLE run ADD COLUMN identity TEXT;"
    "CREATE INDEX run_by_identity ON run(identity) WHERE identity IS NOT NULL;"
    "ALTER TABLE evaluation ADD COLUMN child_run_id INTEGER REFERENCES run ON DELETE SET NULL;"
    "ALTER TABLE evaluation ADD COLUMN weights TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE evaluation ADD COLUMN data TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE evaluation ADD COLUMN settings TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE evaluation ADD COLUMN size INTEGER NOT NULL DEFAULT 0;"
    "UPDATE evaluation SET data = coalesce(json_extract(detail, '$.digest'), ''),"
    " size = coalesce(json_extract(detail, '$.size'), 0)"
    " WHERE json_valid(detail) AND coalesce(json_type(detail, '$.digest'), 'text') = 'text'"
    " AND coalesce(json_type(detail, '$.size'), 'integer') = 'integer';"
    "CREATE INDEX evaluation_by_child ON evaluation(child_run_id) WHERE child_run_id IS NOT NULL;"
    "DELETE FROM evaluation WHERE task NOT GLOB '.*' AND id NOT IN (SELECT max(id) FROM evaluation GROUP BY"
    " coalesce(run_id, 0), init, step, task, protocol, context, fraction, seed, split, weights, data, settings, size);"
    "CREATE UNIQUE INDEX evaluation_by_identity ON evaluation(coalesce(run_id, 0), init, step, task, protocol, context,"
    " fraction, seed, split, weights, data, settings, size) WHERE task NOT GLOB '.*';"
    "ALTER TABLE score ADD COLUMN average_precision REAL;"
    "ALTER TABLE score ADD COLUMN threshold REAL;"
    "ALTER TABLE score ADD COLUMN sensitivity REAL;"
    "ALTER TABLE score ADD COLUMN specificity REAL;"
    "ALTER TABLE score ADD COLUMN f1 REAL;"
    "ALTER TABLE score ADD COLUMN brier REAL;"
    "ALTER TABLE score ADD COLUMN calibration REAL;";

/* Runs that were removed, for as long as they can be brought back: their rows, with when that was. What was recorded
 * for them stays where it is; `gone`: it is being deleted. And v_score with all figures of a class, but nothing that is
 * half written or of such a run. */
static const char version_9[] =
    "CREATE TABLE trash(id INTEGER PRIMARY KEY, trashed_at REAL NOT NULL, gone INTEGER NOT NULL DEFAULT 0,"
    " name TEXT NOT NULL, state TEXT NOT NULL, method TEXT NOT NULL,"
    " dataset_id INTEGER REFERENCES dataset ON DELETE SET NULL, dataset TEXT NOT NULL, config TEXT NOT NULL,"
    " resolved TEXT NOT NULL, preset TEXT NOT NULL, parent_id INTEGER, seed INTEGER NOT NULL,"
    " created_at REAL NOT NULL, started_at REAL, ended_at REAL, heartbeat_at REAL, host TEXT NOT NULL,"
    " steps INTEGER NOT NULL, epochs INTEGER NOT NULL, rewound INTEGER NOT NULL, thinned INTEGER,"
    " note TEXT NOT NULL, identity TEXT);"
    "DROP VIEW v_score;"
    "CREATE VIEW v_score AS SELECT e.id AS evaluation_id, e.run_id, r.name AS run, e.init, e.step, e.task, e.protocol,"
    " e.context, e.fraction, e.seed, e.split, c.id AS child_run_id, c.name AS child_run, e.auc_macro, s.name AS class,"
    " s.auc, s.lo, s.hi, s.positives, s.negatives, s.average_precision, s.threshold, s.sensitivity, s.specificity,"
    " s.f1, s.brier, s.calibration"
    " FROM evaluation e JOIN score s ON s.evaluation_id = e.id LEFT JOIN run r ON r.id = e.run_id"
    " LEFT JOIN run c ON c.id = e.child_run_id"
    " WHERE e.task NOT GLOB '.*' AND (e.run_id IS NULL OR r.id IS NOT NULL);";

static const struct migration migrations[] = {
    { 1, version_1 }, { 2, version_2 }, { 3, version_3 }, { 4, version_4 }, { 5, version_5 },
    { 6, version_6 }, { 7, version_7 }, { 8, version_8 }, { 9, version_9 },
};

const struct migration *schema_migrations(int *count)
{
    *count = (int)(sizeof migrations / sizeof migrations[0]);
    return migrations;
}

int store_schema_version(void)
{
    return migrations[sizeof migrations / sizeof migrations[0] - 1].version;
}
