#!/bin/sh
# Rows of a store that somebody else wrote: counts, types, ranges, steps, commands, views, triggers, versions. Each fault
# is put into a copy of one sound store.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
python3 -c 'import sqlite3' 2>/dev/null || {
    skip "rows of strangers" "python3 has no sqlite3"
    finish
}
sound=$MLVICX_HOME
"${MLVICX%/*}/tests/make_store" "$sound" 4 && ghosts 12 32
# shellcheck disable=SC2086
run train $tiny --set optim.epochs=2 --name real
verdict $? "a sound store is made"

# sql STATEMENTS: in a fresh copy of the sound store
sql() {
    rm -rf "$dir/crafted"
    cp -R "$sound" "$dir/crafted"
    MLVICX_HOME=$dir/crafted
    python3 - "$MLVICX_HOME/mlvicx.db" "$1" <<'END'
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.executescript(sys.argv[2])
c.commit()
END
}
# says_at STATUS TEXT WORDS...: one line, in time
says_at() {
    want=$1 text=$2
    shift 2
    timeout 60 "$MLVICX" "$@" >"$dir/out" 2>"$dir/err" </dev/null
    [ $? -eq "$want" ] && grep -qF -- "$text" "$dir/err" && [ "$(wc -l <"$dir/err")" -eq 1 ]
}

# ---- counts and products ----
sql "UPDATE dataset SET count = 2305843009213693953;
     INSERT INTO image WITH RECURSIVE c(x) AS (SELECT 28 UNION ALL SELECT x + 1 FROM c WHERE x < 20000)
     SELECT 1, x, printf('%.200c', 'A'), NULL, 'train', 1, 1, NULL, NULL FROM c"
says_at 1 "table dataset, row 1: count is 2305843009213693953" data verify ghosts
verdict $? "a count of 2^61+1 with 20,000 images is refused before memory is taken"
sql "UPDATE dataset SET count = -1"
says_at 1 "count is -1" data show ghosts
verdict $? "a negative count is refused"
sql "UPDATE dataset SET count = 2000000000"
says_at 1 "images where its row says 2000000000" eval real --task ghosts --protocol knn
verdict $? "a count is compared with the rows"
sql "INSERT INTO label SELECT dataset_id, image_idx, CAST(class_idx AS BLOB), 1 FROM label"
says_at 1 "class_idx is a blob of 1 bytes" data show ghosts
verdict $? "the same class as number and as bytes is refused"
sql "UPDATE snapshot SET rows = 16384, cols = 16384"
(
    # shellcheck disable=SC3045
    ulimit -v 900000
    says_at 1 "is damaged" inspect 1
)
verdict $? "a small blob that says it is a gigabyte takes none"

# ---- types and ranges ----
for change in "steps = 'abc'" "steps = -1" "epochs = 1.5" "seed = x'31'" "rewound = 9007199254740993" "created_at = -1" \
    "state = 'lost'" "pid = -1" "host = char(10)" "preset = CAST(x'c328' AS TEXT)" "note = 'a' || char(0) || 'b'" \
    "config = zeroblob(9)" "heartbeat_at = 9e999"; do
    sql "UPDATE run SET $change WHERE id = 3"
    timeout 60 "$MLVICX" runs >"$dir/out" 2>"$dir/err" && status=0 || status=$?
    [ $status -eq 1 ] && grep -q healthy "$dir/out" && ! grep -q failed "$dir/out" &&
        grep -q "1 run left out.*table run, row 3: ${change%% *} is " "$dir/err" &&
        says_at 1 "table run, row 3: ${change%% *} is " show 3
    verdict $? "run 3 with $change: named, and the others are listed"
done
for change in "event SET step = -1" "event SET severity = 3" "event SET text = x'00'" "checkpoint SET bytes = 'many'" \
    "checkpoint SET given_up = 3" "evaluation SET fraction = 1e9" "evaluation SET context = 2" \
    "score SET positives = -1" "command SET verb = x'00'"; do
    sql "INSERT INTO command(run_id, verb, argument, asked_at, done_at, result) VALUES(1, 'set', 'optim.lr=1', 1, 1, 'ok'); UPDATE $change"
    timeout 60 "$MLVICX" show 1 >"$dir/out" 2>"$dir/err"
    [ $? -eq 0 ] && grep -q '^state ' "$dir/out" &&
        grep -q "left out, for what the row holds cannot be read: .*table ${change%% *}, row .* is " "$dir/err" &&
        [ "$(wc -l <"$dir/err")" -eq 1 ] && run show 1 --json && ! says '"unreadable": 0'
    verdict $? "$change: show goes on without the row, and says so"
done
sql "UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'dataset'"
says_at 1 "table dataset has given its greatest number" data import phantom --name more --patients 3 --size 32
verdict $? "a number that has no next one is no full disk"
for change in "metric SET name = id || char(27) || '[2J'" "point SET value = 'abc'"; do
    sql "UPDATE $change"
    timeout 60 "$MLVICX" show 1 >"$dir/out" 2>"$dir/err"
    [ $? -eq 1 ] && grep -q "table ${change%% *}, row .* is " "$dir/err" && [ "$(wc -l <"$dir/err")" -eq 1 ]
    verdict $? "$change is named"
done

# ---- steps ----
sql "INSERT INTO point SELECT 1, metric_id, 4611686018427387904, 1 FROM point WHERE run_id = 1 AND step = 8"
says_at 1 "step is 4611686018427387904" export 1 metrics
verdict $? "a point at step 2^62 ends an export with one line"
sql "INSERT INTO point SELECT 1, metric_id, 9007199254740992, 1 FROM point WHERE run_id = 1 AND step = 8"
timeout 60 "$MLVICX" export 1 metrics >"$dir/out" 2>"$dir/err" && tail -n 1 "$dir/out" | grep -q '^9007199254740992,' &&
    timeout 60 "$MLVICX" export 1 metrics --format tensorboard -o "$dir/board" >/dev/null 2>&1 &&
    timeout 60 "$MLVICX" export 1 figure --screen loss -o "$dir/loss.png" 2>"$dir/err"
verdict $? "exports go from point to point, however far apart they are"

# ---- commands ----
sql "UPDATE run SET state = 'stopped' WHERE id = 5"
# shellcheck disable=SC2086
run train $tiny --set optim.epochs=100000 --name busy --detach
# count_of CONDITION: commands of the busy run
count_of() {
    python3 - "$MLVICX_HOME/mlvicx.db" "$1" <<'END'
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=60)
print(c.execute("SELECT count(*) FROM command WHERE run_id = 6 AND " + sys.argv[2]).fetchone()[0])
END
}
change() {
    python3 - "$MLVICX_HOME/mlvicx.db" "$1" <<'END'
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=60)
c.execute(sys.argv[2])
c.commit()
END
}
answered() { [ "$(count_of "result IS NOT NULL")" -gt "$1" ]; }
change "INSERT INTO command(run_id, verb, argument, asked_at) VALUES(6, x'00', 'a', 1e10)"
wait_for 60 answered 0 && [ "$(count_of "result LIKE 'failed: this worker does not know%'")" = 1 ]
verdict $? "a command that holds no words is answered, and ends no run"
change "DELETE FROM command"
change "INSERT INTO command(run_id, verb, argument, asked_at) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c
    WHERE x < 20000) SELECT 6, 'set', 'optim.lr=1', 1e10 FROM c"
wait_for 60 answered 20
before=$(field 6 step)
on() { [ "$(field 6 step)" -gt "$before" ]; }
wait_for 60 on && ! answered 15000
verdict $? "20,000 commands are answered a few at a time, and the run trains on between them"
run show 6 --json # what it says is shown where the worker is not found
kill -TERM "$(sed -n 's/^ *"pid": \([0-9][0-9]*\),*$/\1/p' "$dir/out" | head -1)" && until_state 6 stopped 60 && ! answered 15000
verdict $? "and SIGTERM does not wait for their end"

# ---- schema ----
endless="WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
while read -r what text change; do
    sql "$change"
    all=0
    for words in runs "show real" "note real x" "data list" queue "export real metrics" "rm real"; do
        # shellcheck disable=SC2086
        says_at 1 "$(echo "$text" | tr + ' ')" $words || {
            all=1
            break
        }
    done
    verdict $all "schema: $what"
done <<END
view table+point+is+something+else DROP TABLE point; CREATE VIEW point(run_id, metric_id, step, value) AS $endless SELECT 1, 1, x, x FROM c
trigger trigger+t+does+not+belong CREATE TRIGGER t AFTER UPDATE ON run BEGIN UPDATE run SET note = ($endless SELECT max(x) FROM c); END
more-view view+v+does+not+belong CREATE VIEW v AS $endless SELECT x FROM c
computed-column table+event+is+another ALTER TABLE event ADD COLUMN g GENERATED ALWAYS AS (hex(zeroblob(100000000)))
column-less table+run+is+another ALTER TABLE run DROP COLUMN thinned
renamed table+point+is+missing ALTER TABLE point RENAME TO points
index index+i+does+not+belong CREATE INDEX i ON run(id)
index-less index+run_by_place+is+missing DROP INDEX run_by_place
lowered-version says+that+it+is+of+version+1,+but+its+tables+are+of+version PRAGMA user_version = 1
no-version says+that+it+is+of+version+0,+but+its+tables+are+of+version PRAGMA user_version = 0
other-version says+that+it+is+of+version+-7,+but+its+tables+are+of+version PRAGMA user_version = -7
newer-version written+by+a+newer+version PRAGMA user_version = 9
END
sql "CREATE TABLE mine(x); CREATE INDEX mine_x ON mine(x); ANALYZE"
run runs && run note real mine && run rm 2 --yes
verdict $? "tables that somebody keeps beside are let be"

# ---- what a worker leaves beside its run ----
sql "UPDATE run SET state = 'stopped' WHERE id = 5"
cp "$MLVICX_HOME/mlvicx.db" "$MLVICX_HOME/runs/5/unwritten.db"
python3 - "$MLVICX_HOME/runs/5/unwritten.db" <<'END'
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.executescript("CREATE TRIGGER t AFTER UPDATE ON run BEGIN SELECT 1; END")
END
run resume 5 --set optim.epochs=3 && says "trigger t does not belong there"
verdict $? "a bundle beside a run is looked at likewise, and left where it is"
MLVICX_HOME=$sound
finish
