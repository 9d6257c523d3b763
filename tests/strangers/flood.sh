#!/bin/sh
# A store that somebody filled: tables with 40,000 rows, and what reading commands and screens take of memory for them.
# What only lists is read a page at a time, so it takes what it takes on a small store and a little more, for the pages of the
# database that SQLite keeps. A fault is put into a copy of one sound store.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
python3 -c 'import sqlite3' 2>/dev/null || {
    skip "floods of rows" "python3 has no sqlite3"
    finish
}
sound=$MLVICX_HOME
ghosts 12 32
# shellcheck disable=SC2086
run train $tiny --set optim.epochs=2 --name real
verdict $? "a sound store is made"

# flood STATEMENT: in a fresh copy of the sound store; ROWS there is a table x of 1 to 40,000
flood() {
    rm -rf "$dir/flooded"
    cp -R "$sound" "$dir/flooded"
    MLVICX_HOME=$dir/flooded
    python3 - "$MLVICX_HOME/mlvicx.db" "$1" <<'END_OF_PYTHON'
import sqlite3, sys
rows = "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 40000) SELECT x FROM c)"
c = sqlite3.connect(sys.argv[1])
c.executescript(sys.argv[2].replace("ROWS", rows))
c.commit()
END_OF_PYTHON
}
# memory WORDS...: the most that the program had, in KiB, in $taken; its status
memory() {
    python3 - "$MLVICX" "$@" >"$dir/taken" 2>"$dir/err" <<'END_OF_PYTHON'
import os, resource, subprocess, sys
out = os.environ["OUT"]
with open(out, "wb") as f: status = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=f)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
END_OF_PYTHON
    status=$?
    taken=$(cat "$dir/taken")
    return $status
}
OUT=$dir/out
export OUT
MORE=16384 # KiB above the program on a small store
# within LINES WORDS...: it does not fail, prints that many lines at least, and takes little more memory than it took before
within() {
    lines=$1
    shift
    (MLVICX_HOME=$sound && memory "$@") || return 1
    before=$(cat "$dir/taken")
    memory "$@" || return 1
    [ "$(wc -l <"$OUT")" -ge "$lines" ] && [ "$taken" -le $((before + MORE)) ] && return 0
    echo "$*: $taken KiB where $before were taken before" >>"$dir/err"
    return 1
}
is_json() { python3 -c 'import json, sys; json.load(open(sys.argv[1], encoding="utf-8"))' "$OUT"; }
keys() { # SCREEN: a script that opens it
    printf ':clock 2026-03-01T12:00:00\n:size 40 120\n:%s\nj\n:save-display %s\n' "$1" "$dir/screen" >"$dir/keys"
}

run_row="name, state, method, dataset, config, resolved, preset, seed, created_at, host, steps, epochs, note"
run_values="'mlvicx', 'ghosts', char(10), '', 'demo', 1, 1, '', 10, 1, ''"
flood "INSERT INTO run($run_row) SELECT 'n' || x, 'finished', $run_values FROM ROWS"
within 40000 runs && within 40000 runs --json && is_json
verdict $? "runs: forty thousand are listed a page at a time"
within 2 show real && within 1 export metrics --all && within 1 export metrics --all --format jsonl --header
verdict $? "one is found among them, and all are exported"
keys runs
memory --script "$dir/keys" && [ "$taken" -le 131072 ] && grep -q "30001 older runs are not listed" "$dir/screen"
verdict $? "the workbench lists the newest, and says how many are older"
flood "INSERT INTO run($run_row) SELECT 'n' || x, 'running', $run_values FROM ROWS"
keys runs
memory --script "$dir/keys" && [ "$taken" -le 131072 ]
verdict $? "nor does it look at more live ones than a machine trains"
flood "INSERT INTO run($run_row, place) SELECT 'n' || x, 'queued', $run_values, x FROM ROWS"
within 40000 queue && within 40000 queue --json && is_json
verdict $? "queue: likewise"

flood "INSERT INTO event(run_id, step, at, severity, kind, text, derived) SELECT 1, x, x, 1, 'alarm.a', 'b. Try: c', 1 FROM ROWS"
within 20 show real && within 40000 show real --json && is_json && within 0 export real figure --screen loss -o "$dir/loss.png"
verdict $? "events of a run"
flood "INSERT OR IGNORE INTO checkpoint(run_id, step, path, bytes, sha256, pinned, reason, created_at) SELECT 1, x,
    printf('step-%07d.safetensors', x), 10, '', 1, 'time', 1 FROM ROWS"
within 40000 show real && within 40000 show real --json && is_json
verdict $? "checkpoints of a run"
keys "run 1" && printf ':checkpoints\n:save-display %s\n' "$dir/screen" >>"$dir/keys"
within 0 --script "$dir/keys" && grep -q "1000 checkpoints, .*; 390[0-9][0-9] older: mlvicx show lists all" "$dir/screen"
verdict $? "the screen of checkpoints lists the newest, and says how many are older"
flood "INSERT INTO evaluation(run_id, init, step, task, protocol, context, fraction, seed, split, created_at) SELECT 1, '', x,
    'ghosts', 'knn', 1, 100, x, 'val', 1 FROM ROWS"
within 20 show real && within 40000 show real --json && is_json
verdict $? "evaluations of a run"
flood "INSERT INTO command(run_id, verb, argument, asked_at, taken_at, done_at, result) SELECT 1, 'set', 'optim.lr=1', 1, 1, 1,
    'ok' FROM ROWS"
within 20 show real && within 40000 show real --json && is_json
verdict $? "commands of a run"

flood "INSERT INTO dataset(name, kind, source, size, channels, count, pack, digest, bytes, remarks, created_at) SELECT 'd' || x,
    kind, source, size, channels, 0, 'p' || x || '.pack', digest, bytes, remarks, created_at FROM ROWS, (SELECT * FROM dataset)"
within 4096 data list && grep -q "35905 more data sets are not listed" "$dir/err" && within 15 data show ghosts
verdict $? "data list: as many as one reads, and how many there are more"
flood "INSERT INTO class SELECT 1, x + 99, 'c' || x FROM ROWS"
memory data show ghosts
[ $? -eq 1 ] && [ "$(wc -l <"$dir/err")" -eq 1 ] && [ "$taken" -le 65536 ]
verdict $? "classes: more than a data set may have are refused before memory is taken"
MLVICX_HOME=$sound
finish
