#!/bin/sh
# Signals of batch systems, which reach every process of a job, and workers that die unseen. Prints TAP.
# shellcheck source=tests/common.sh disable=SC2154
. "${srcdir:-.}/tests/common.sh"

long="--set optim.epochs=100000"
ghosts 24 32

# ---- asked to save, with nothing to save ----
# asked NAME WORDS...: the command gets both signals while it works, goes on, and ends when it is told to.
asked() {
    name=$1
    shift
    "$MLVICX" "$@" >"$dir/out" 2>"$dir/err" </dev/null &
    pid=$!
    # until it has begun: bits 9 and 11 of what it ignores, or handlers of its own
    wait_for 3 grep -qs '^Sig[IC]g[nt]:.*[abef]..$' "/proc/$pid/status"
    kill -USR1 "$pid" 2>/dev/null && kill -USR2 "$pid"
    sleep 0.3
    kill -0 "$pid" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null
    alive=$?
    if [ $alive -ne 0 ]; then
        wait "$pid"
        [ $? -lt 128 ] && alive=0 # it was done
    else
        kill -KILL "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    fi
    verdict $alive "$name goes on when its job is asked to save"
}
# shellcheck disable=SC2086 # words
run train $tiny $long --name saved --detach
asked "data import" data import phantom --name many --patients 100000 --size 64
asked "log -f" log saved -f
asked "bench step" bench step --preset demo
asked "demo" demo --no-attach --set data.size=32 --set optim.epochs=50
asked "eval" eval saved --data ghosts

# ---- a worker that dies with nobody there ----
pid=$(worker saved)
kill -KILL "$pid"
until_state saved lost
life=$MLVICX_HOME/runs/$(field saved id)/life
before=$(cat "$life")
run show saved && says "its worker" && says "killed" && says "resume saved"
verdict $? "show says how an unseen worker ended"
run show saved --json && grep -q '"death": "its worker .*killed' "$dir/out"
verdict $? "and so does show --json"
run log saved && grep -q "is lost: its worker .*killed" "$dir/err"
verdict $? "and log"
run log saved -f
[ $? -eq 1 ] && grep -q "is lost: its worker .*killed" "$dir/err"
verdict $? "and log -f"
[ "$before" = "$(cat "$life")" ] && ! "$MLVICX" show saved --json | grep -q '"kind": "error"'
verdict $? "and reading wrote nothing"
run data rm ghosts --yes
[ $? -eq 1 ] && says "saved (lost) uses it"
verdict $? "a data set in use names the state that the run is in"
run resume saved --detach && run show saved && grep -q "error ! *its worker .*killed" "$dir/out" && "$MLVICX" log saved | grep -q "^error: its worker"
verdict $? "resume writes it into events and log"
run stop saved && [ ! -e "$life" ]
verdict $? "a worker that ends by itself leaves nothing"
run data rm ghosts
[ $? -eq 2 ] && says "run saved (stopped) can be resumed only with data set ghosts; say --yes" && "$MLVICX" data show ghosts >/dev/null
verdict $? "data of a run that can be resumed stays where nobody can be asked"
run data rm ghosts --yes
[ $? -eq 0 ] && says "run saved (stopped) can be resumed once it is imported again" && ghosts 24 32 && run resume saved --detach
verdict $? "with --yes the run is named, and goes on with the same data"
run data rm ghosts --yes
[ $? -eq 1 ] && says "saved (running) uses it" && run stop saved
verdict $? "and uses it then"
run resume saved --detach && kill -SEGV "$(worker saved)" && until_state saved lost && run show saved &&
    says "its worker was killed by signal 11 (Segmentation fault)"
verdict $? "show says which signal a worker crashed by that nobody watched"
run resume saved --detach && run stop saved
python3 - "$MLVICX_HOME/mlvicx.db" <<'END' 2>/dev/null
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
run = db.execute("SELECT id FROM run WHERE name = 'saved'").fetchone()[0]
db.executemany("INSERT INTO tag(run_id, tag) VALUES(?, ?)", ((run, "t%d" % i) for i in range(150000)))
db.commit()
END
if [ $? -eq 0 ]; then
    timeout 20 "$MLVICX" runs >"$dir/out" 2>"$dir/err" && [ "$(wc -c <"$dir/out")" -lt 1000 ]
    verdict $? "runs is linear in the tags of a run"
    timeout 20 "$MLVICX" show saved >"$dir/out" 2>"$dir/err" && says " and 149936 more"
    verdict $? "show names some of them, and how many there are"
else
    skip "a run with 150,000 tags" "no python3"
fi

# ---- words ----
name="below a home of somebody else, writing says what reading says"
mkdir -p "$dir/homes/other" && chmod 700 "$dir/homes/other" && chmod 755 "$dir" "$dir/homes"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null && setpriv --reuid 65533 --clear-groups test -x "$MLVICX"; then
    for words in runs "data import phantom --name x"; do
        # shellcheck disable=SC2086 # words
        setpriv --reuid 65533 --clear-groups "$MLVICX" --store "$dir/homes/other/.local/share/mlvicx" $words 2>&1
    done >"$dir/out"
    [ "$(sort -u "$dir/out" | wc -l)" -eq 1 ] && says "Permission denied"
    verdict $? "$name"
else
    skip "$name" "needs root and setpriv"
fi
finish
