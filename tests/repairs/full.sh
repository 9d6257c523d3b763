#!/bin/sh
# Stores that take nothing at the end of long work: locked for longer than anybody waits, full, files that may not grow.
# shellcheck source=tests/common.sh disable=SC2154,SC3045,SC2086
. "${srcdir:-.}/tests/common.sh"
disk="" holder=""
# shellcheck disable=SC2317
tidy() {
    [ -z "$holder" ] || kill "$holder" 2>/dev/null
    for pid in $(worker full); do kill -KILL "$pid" 2>/dev/null; done
    sleep 0.2
    [ -z "$disk" ] || umount "$disk"
    clean_up
}
trap tidy EXIT
score="eval --init random --task ghosts --set model.width=4 --size 32 --labels 50"
figures() { find "$MLVICX_HOME/unwritten" -name 'eval-*.db' 2>/dev/null | wc -l; }
has_figures() { [ "$(figures)" -eq "$1" ]; }
scored() { [ "$(python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM evaluation WHERE run_id IS NULL").fetchone()[0])' "$MLVICX_HOME/mlvicx.db")" -eq "$1" ]; }

ghosts 60 32
# ---- locked ----
if has_python; then
    hold 22
    run $score --json && says "are kept in" && says "nothing is lost" && scored 3 && has_figures 0
    verdict $? "an evaluation beside a store that is locked for 22 s is recorded"
    hold 600
    run $score --protocol knn
    [ $? -eq 1 ] && says "are kept in $MLVICX_HOME/unwritten/eval-" && has_figures 1
    verdict $? "after a minute it says where its figures are"
    kill "$holder"
    wait "$holder" 2>/dev/null
    holder=""
    run $score --labels 20 && says "are in the store now" && scored 9 && has_figures 0
    verdict $? "and the next one records them"
else skip "a locked store" "no python3 to lock it with"; fi

# ---- files that may not grow ----
(ulimit -f 100 && run train $tiny --name small)
[ $? -eq 1 ] && says "RLIMIT_FSIZE" && ! "$MLVICX" show small >/dev/null 2>&1
verdict $? "a run whose checkpoint cannot fit is refused"
(ulimit -f 100 && run --version) && says "(RLIMIT_FSIZE)"
verdict $? "--version names the limit"

# ---- a full disk ----
disk=$dir/disk
mkdir "$disk"
if mount -t tmpfs -o size=6m none "$disk" 2>/dev/null; then
    MLVICX_HOME=$disk/store
    ghosts 60 32
    run train $tiny --set optim.epochs=100000 --set checkpoint.minutes=0 --name full --detach
    until_state full running
    dd if=/dev/zero of="$disk/fill" bs=4k 2>/dev/null
    kill -TERM "$(worker full)"
    wait_for 30 grep -q "is full" "$MLVICX_HOME/runs/1/log"
    sleep 3
    mount -o remount,size=40m "$disk"
    until_state full stopped 60
    verdict $? "a run that is stopped on a full disk ends once there is room"
    [ "$("$MLVICX" show full --json | sed -n '/"checkpoints"/,/\]/s/^ *"step": \([0-9]*\),*$/\1/p' | tail -n 1)" = "$(field full step)" ]
    verdict $? "and its last step is saved"
    "$MLVICX" $score --labels 50,60,70,80 --draws 100 >"$dir/out" 2>"$dir/err" &
    pid=$!
    wait_for 30 grep -q "^features" "$dir/err" && kill -STOP "$pid"
    dd if=/dev/zero of="$disk/fill" bs=4k 2>/dev/null
    kill -CONT "$pid"
    wait_for 30 grep -q "tried again each second" "$dir/err"
    rm "$disk/fill"
    wait "$pid" && says "nothing is lost"
    verdict $? "an evaluation on a full disk is recorded once there is room"
else
    disk=""
    skip "a full disk" "no tmpfs can be mounted"
fi
finish
