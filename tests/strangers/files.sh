#!/bin/sh
# Files of a store that somebody else made: rows that name paths, links, pipes, and files in place of folders. Victims are
# files that this script makes itself, beside the store, in its temporary folder.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"

home=$MLVICX_HOME
good=$dir/good victim=$dir/victim
sql() { python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit(); c.close()' "$home/mlvicx.db" "$1"; }

# A store with a trained run 1 (a), a run 2 (b) that waits for nobody, and the data set ghosts.
make_store() {
    ghosts 24 32
    # shellcheck disable=SC2086
    "$MLVICX" train $tiny --name a --set optim.epochs=2 --set checkpoint.every=1 >"$dir/out" 2>"$dir/err" </dev/null &&
        "$MLVICX" train $tiny --name b --set optim.epochs=1 >"$dir/out" 2>"$dir/err" </dev/null &&
        cp -R "$home" "$good"
}
# The store as it was made, and victims that nobody has touched.
fresh() {
    rm -rf "$home" "$victim"
    cp -R "$good" "$home"
    mkdir -p "$victim/1" "$victim/2" "$victim/77"
    echo precious >"$victim/file"
    cp "$victim/file" "$victim/1/file"
    cp "$victim/file" "$victim/77/file"
    chmod 644 "$victim/file"
}
intact() {
    [ "$(cat "$victim/file" "$victim/1/file" "$victim/77/file")" = "precious
precious
precious" ] && [ "$(stat -c %a "$victim/file")" = 644 ]
}
one_line() { [ "$(grep -c . "$dir/err")" -eq 1 ]; }
# soon WORDS...: the program, in a time that no pipe gives
soon() {
    timeout -k 1 60 "$MLVICX" "$@" >"$dir/out" 2>"$dir/err" </dev/null
    status=$?
    [ $status -lt 124 ]
}
# The workbench on a terminal, until it has drawn something and Q has closed it; 1 where that takes 60 seconds.
workbench() { python3 -c 'import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0: os.environ["TERM"] = "xterm"; os.execv(sys.argv[1], sys.argv[1:])
end, asked = time.time() + 60, None
while time.time() < end:
    if asked and time.time() > asked: os.write(fd, b"Q"); asked = time.time() + 1
    if not select.select([fd], [], [], 0.2)[0]: continue
    try: os.read(fd, 4096); asked = asked or time.time() + 1
    except OSError: os.waitpid(pid, 0); sys.exit(0)
os.kill(pid, 9); os.waitpid(pid, 0); sys.exit(1)' "$MLVICX" >"$dir/out" 2>"$dir/err" </dev/null; }
checkpoint() { basename "$(find "$home/runs/1" -name 'step-*.safetensors' | sort | tail -n 1)"; }
pack() { basename "$(find "$home/packs" -name '*.pack')"; }

if ! python3 -c 'import sqlite3' 2>/dev/null; then
    skip "files of a store that somebody else made" "no python3 with sqlite3"
    finish
fi
make_store || {
    verdict 1 "a store to begin with"
    finish
}

# ---- rows that name paths ----

fresh
sql "UPDATE dataset SET pack = '../../victim/file'; UPDATE run SET dataset_id = NULL"
run data rm ghosts && intact && says "left alone" && one_line
verdict $? "data rm removes no file that a row names outside of packs/"

fresh
sql "UPDATE dataset SET pack = '../../victim/file'"
soon data verify ghosts
[ $status -eq 1 ] && one_line && intact
verdict $? "a pack outside of packs/ is not read"

# the path of an attached pack, which is none
for name in file.pack link.pack folder.pack; do
    fresh
    cp "$victim/file" "$victim/file.pack"
    ln -s "$victim/file.pack" "$victim/link.pack"
    mkdir "$victim/folder.pack"
    sql "UPDATE dataset SET pack = '$victim/$name'; UPDATE run SET dataset_id = NULL"
    soon data verify ghosts
    [ $status -eq 1 ] && one_line && ! says precious && soon resume a --set optim.epochs=3 && ! says precious
    soon data rm ghosts && intact && cmp -s "$victim/file" "$victim/file.pack" && [ -d "$victim/folder.pack" ] && [ -L "$victim/link.pack" ]
    verdict $? "$name outside of the store is not read as a pack, nor removed"
done

fresh
sql "UPDATE checkpoint SET path = '../../../victim/file' WHERE run_id = 1 AND step = (SELECT min(step) FROM checkpoint WHERE run_id = 1);
UPDATE checkpoint SET reason = 'time' WHERE run_id = 1"
run resume a --set optim.epochs=4 --set checkpoint.keep=1 && intact && [ "$(state 1)" = finished ]
verdict $? "thinning checkpoints removes no file that a row names outside of the run"

fresh
sql "UPDATE checkpoint SET path = 'lock' WHERE run_id = 1"
run export a encoder -o "$dir/encoder.safetensors"
[ $? -eq 1 ] && one_line && says "is no name of one"
verdict $? "a checkpoint is called like one"

fresh
sql "UPDATE run SET name = '../../../outside' WHERE id = 1"
mkdir -p "$dir/deep/deep/boards"
run export metrics --all --format tensorboard -o "$dir/deep/deep/boards"
[ $? -eq 1 ] && says "holds what mlvicx never writes" && [ "$(find "$dir" -name '*outside*' | wc -l)" -eq 0 ]
verdict $? "export --all leaves out a run whose name is a path, says so, and writes nothing outside"

fresh
sql "UPDATE run SET name = char(27) || '[31m../x' WHERE id = 1"
run runs
[ $? -eq 1 ] && one_line && says "holds what mlvicx never writes" && ! grep -q "$(printf '\033')" "$dir/out" "$dir/err"
verdict $? "a run with an impossible name is refused in a line that steers no terminal"

# ---- links ----

fresh
mv "$home/runs" "$dir/runs-away"
ln -s "$victim" "$home/runs"
sql "UPDATE sqlite_sequence SET seq = 1000 WHERE name = 'run'"
run rm b --yes
intact && [ -d "$victim/2" ]
verdict $? "rm removes nothing through a runs/ that is a link"
rm -rf "$dir/runs-away"

fresh
rm -rf "$home/runs/2"
ln -s "$victim" "$home/runs/2"
run rm b --yes
[ $? -eq 1 ] && one_line && says "is a link, not a folder" && intact
verdict $? "rm leaves a run alone whose folder is a link, and what it leads to"

fresh
mkdir "$home/runs/2/sub"
ln -s "$victim" "$home/runs/2/sub/link"
run rm b --yes && intact && [ ! -e "$home/runs/2" ]
verdict $? "rm follows no link inside of a run's folder"

fresh
head -c 2000000 /dev/zero | tr '\0' x >"$victim/long"
ln -s "$victim/long" "$home/workbench.log"
workbench && [ "$(wc -c <"$victim/long")" -eq 2000000 ]
verdict $? "the workbench truncates nothing through workbench.log"

fresh
# shellcheck disable=SC2086
run train $tiny --parent a --name child --set optim.epochs=1 && [ "$(state child)" = finished ]
verdict $? "a run begins with the weights of another"
cp "$home/runs/1/$(checkpoint)" "$victim/weights"
ln -sf "$victim/weights" "$home/runs/3/init.safetensors" # the copy that it has of them
run resume child --from 0
[ $? -ne 0 ] && says "is a link"
verdict $? "and a worker that begins it again follows no link to others"
cp "$good/runs/2/$(basename "$(find "$good/runs/2" -name 'step-*.safetensors' | sort | tail -n 1)")" "$dir/other.safetensors"
fresh
cp "$dir/other.safetensors" "$home/runs/1/$(checkpoint)"
# shellcheck disable=SC2086
run train $tiny --parent a --name child --set optim.warmup_epochs=0
[ $? -eq 1 ] && one_line && says "model.init: " && says "was changed"
verdict $? "nor does it begin with a file that is not what the row says"

for file in queue.lock queue.log; do
    fresh
    ln -s "$victim/file" "$home/$file"
    # shellcheck disable=SC2086
    soon train $tiny --name c --queue
    [ $status -eq 1 ] && one_line && says "is a link" && intact && [ "$(state c)" = queued ]
    verdict $? "nothing is written through $file"
done

for file in lock log config.ini; do
    fresh
    rm -f "$home/runs/1/$file"
    ln -s "$victim/file" "$home/runs/1/$file"
    soon resume a --set optim.epochs=3
    [ $status -eq 1 ] && intact && says "is a link"
    verdict $? "nothing is written through runs/N/$file, or read"
done

fresh
ln -s "$victim/file" "$home/runs/1/unwritten.db"
soon resume a --set optim.epochs=3
[ $status -eq 1 ] && intact && says "is a link"
verdict $? "a bundle that is a link is not merged"

fresh
ln -s "$victim/file" "$home/runs/1/step-0000003.safetensors.tmp.elsewhere.0123abcd"
ln -s "$victim/file" "$home/runs/1/unwritten.db.tmp"
run resume a --set optim.epochs=3 && intact && [ "$(state 1)" = finished ]
verdict $? "leftovers that are links lead nowhere"

for file in mlvicx.db mlvicx.db-wal mlvicx.db-shm; do
    fresh
    cp "$home/mlvicx.db" "$victim/db"
    rm -f "$home/$file"
    ln -s "$victim/db" "$home/$file"
    soon runs
    read_status=$status
    soon note a text
    [ $read_status -eq 1 ] && [ $status -eq 1 ] && one_line && says "is a link" && cmp -s "$victim/db" "$good/mlvicx.db"
    verdict $? "a $file that is a link is not opened"
done

fresh
mv "$home/packs" "$dir/packs-away"
ln -s "$dir/packs-away" "$home/packs"
run data import phantom --name more --patients 4 --size 32
[ $? -eq 1 ] && one_line && [ "$(find "$dir/packs-away" -name 'more*' | wc -l)" -eq 0 ]
verdict $? "a packs/ that is a link is written to by nobody"
rm -rf "$dir/packs-away"

fresh
rm -f "$home/queue.log"
ln "$victim/file" "$home/queue.log"
# shellcheck disable=SC2086
soon train $tiny --name c --queue
[ $status -eq 1 ] && says "hard link" && intact
verdict $? "nothing is appended to a file that has another name elsewhere"

fresh
ln -s "$home" "$dir/by-link"
(
    MLVICX_HOME=$dir/by-link
    export MLVICX_HOME
    run resume a --from 3 --set optim.epochs=3 && run runs && says " a "
)
verdict $? "a workspace whose own path is a link works, going back included"

# ---- pipes, and files without an end ----

# hangs NAME FILE WORDS...: a pipe in the place of FILE; the command ends, with a line
hangs() {
    name=$1 file=$2
    shift 2
    fresh
    case $file in
    CHECKPOINT) file=runs/1/$(checkpoint) ;;
    PACK) file=packs/$(pack) ;;
    esac
    rm -f "$home/$file"
    mkfifo "$home/$file"
    soon "$@"
    [ $status -eq 1 ] && [ -s "$dir/err" ] && says "is a pipe"
    verdict $? "a pipe in place of $name hangs nothing"
}
hangs mlvicx.db mlvicx.db runs
hangs mlvicx.db-wal mlvicx.db-wal runs
hangs mlvicx.db-journal mlvicx.db-journal note a text
hangs "a lock" runs/1/lock resume a --set optim.epochs=3
hangs "a log" runs/1/log log a
hangs "a log that is written" runs/1/log resume a --set optim.epochs=3
hangs "a checkpoint that is exported" CHECKPOINT export a encoder -o "$dir/encoder.safetensors"
hangs "a checkpoint that is gone on from" CHECKPOINT resume a --set optim.epochs=3
hangs "a pack" PACK data verify ghosts
hangs "a pack that is trained on" PACK resume a --set optim.epochs=3
hangs "config.ini" runs/1/config.ini resume a --set optim.epochs=3
hangs "a bundle" runs/1/unwritten.db resume a --set optim.epochs=3
hangs "the lock of imports" packs/lock data import phantom --name more --patients 4 --size 32
hangs "queue.lock" queue.lock queue run

fresh
rm -f "$home/runs/1/lock" "$home/queue.lock"
mkfifo "$home/runs/1/lock" "$home/queue.lock"
soon show a && soon runs && soon queue
verdict $? "pipes in place of locks do not keep anybody from looking"

fresh
rm -f "$home/runs/1/log"
mkfifo "$home/keys" "$home/workbench.log" "$home/runs/1/log"
workbench
verdict $? "pipes in place of keys and workbench.log do not keep the workbench from opening"

fresh
rm -f "$home/runs/1/$(checkpoint)"
file=$(basename "$(find "$good/runs/1" -name 'step-*.safetensors' | sort | tail -n 1)")
ln -s /dev/zero "$home/runs/1/$file"
soon export a encoder -o "$dir/encoder.safetensors"
[ $status -eq 1 ] && says "is a link"
verdict $? "a checkpoint without an end is not read"

fresh
truncate -s 64G "$home/runs/1/$file" 2>/dev/null && soon export a encoder -o "$dir/encoder.safetensors"
[ "${status:-1}" -eq 1 ] && says "bytes"
verdict $? "a checkpoint of another length than was written is not read"

fresh
if truncate -s 1T "$home/runs/1/log" 2>/dev/null; then
    timeout -k 20 -s TERM 2 "$MLVICX" log a -f >/dev/null 2>"$dir/err" </dev/null
    [ $? -eq 124 ]
    verdict $? "log -f of a log without an end ends when it is asked to"
    soon log a --json
    [ $status -eq 1 ] && one_line && says "its log has 1099511627776 bytes"
    verdict $? "such a log is not made into one value"
else
    skip "log -f of a log without an end ends when it is asked to" "no file of 1 TiB here"
fi

# As long as its row says: reading it takes minutes, and both starter and worker end when they are asked to.
fresh
if truncate -s 1T "$home/runs/1/$file" 2>/dev/null; then
    sql "UPDATE checkpoint SET bytes = 1099511627776 WHERE run_id = 1"
    "$MLVICX" resume a --set optim.epochs=3 >"$dir/out" 2>"$dir/err" </dev/null &
    starter=$!
    child() { [ -n "$(cat "/proc/$starter/task/$starter/children" 2>/dev/null)" ]; }
    wait_for 60 child
    begun=$?
    started=$(cat "/proc/$starter/task/$starter/children" 2>/dev/null)
    reading() { grep -qs "$file" "/proc/${started%% *}/maps" || find "/proc/${started%% *}/fd" -lname "*$file" 2>/dev/null | grep -q .; }
    wait_for 60 reading
    kill -TERM "$starter"
    ended() { ! kill -0 "$starter" 2>/dev/null; }
    wait_for 60 ended && wait "$starter"
    status=$?
    left() { ! kill -0 "${started%% *}" 2>/dev/null; }
    [ $begun -eq 0 ] && [ $status -eq 143 ] && wait_for 60 left && says "asked to end"
    verdict $? "SIGTERM is heeded while a run starts, by starter and worker"
    kill -KILL "$starter" "${started%% *}" 2>/dev/null
else
    skip "SIGTERM is heeded while a run starts, by starter and worker" "no file of 1 TiB here"
fi

# ---- bundles ----

# A bundle of run 1 that has rows of run 2, and a checkpoint that is a path.
crafted() { python3 -c 'import sqlite3, sys
store, bundle, path = sys.argv[1:]
s = sqlite3.connect(store); b = sqlite3.connect(bundle)
for (sql,) in s.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL AND name NOT LIKE \"sqlite_%\""): b.execute(sql)
b.execute("PRAGMA user_version = %d" % s.execute("PRAGMA user_version").fetchone())
b.execute("INSERT INTO metric(id, name, unit, help) VALUES(1, \"loss\", \"\", \"\")")
for run in (1, 2):
    b.execute("INSERT INTO point(run_id, metric_id, step, value) VALUES(?, 1, 3, 4242)", (run,))
    b.execute("INSERT INTO event(run_id, step, at, severity, kind, text, derived) VALUES(?, 1, 1, 0, \"crafted\", \"crafted\", 0)", (run,))
    b.execute("INSERT INTO checkpoint(run_id, step, path, bytes, sha256, pinned, reason, created_at) VALUES(?, 1, ?, 1, \"\", 0, \"time\", 1)", (run, path))
b.commit()' "$home/mlvicx.db" "$home/runs/1/unwritten.db" "$1"; }
rows_of_two() { python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT (SELECT count(*) FROM event WHERE run_id = 2 AND kind = \"crafted\")"
" + (SELECT count(*) FROM point WHERE run_id = 2 AND value = 4242)").fetchone()[0])' "$home/mlvicx.db"; }

fresh
crafted step-0000001.9.safetensors && run resume a --set optim.epochs=3 && [ "$(rows_of_two)" -eq 0 ] &&
    [ ! -e "$home/runs/1/unwritten.db" ]
verdict $? "a bundle writes rows of its own run only"

fresh
crafted ../../../victim/file && run resume a --set optim.epochs=3 && intact && [ -f "$home/runs/1/unwritten.db.damaged" ] && [ "$(rows_of_two)" -eq 0 ]
verdict $? "a bundle whose checkpoint is a path is put aside"

# ---- journals ----

# names_victim DATABASE FILE: a journal beside it that ends with the path of a file, which SQLite would remove
names_victim() { python3 -c 'import os, struct, sys
database, named = sys.argv[1], sys.argv[2].encode()
magic = bytes.fromhex("d9d505f920a163d7")
head = magic + struct.pack(">IIIII", 0, 1, os.path.getsize(database) // 4096, 512, 4096)
tail = struct.pack(">I", (1 << 30) // 4096 + 1) + named + struct.pack(">II", len(named), sum(named)) + magic
open(database + "-journal", "wb").write(head.ljust(512, bytes(1)) + tail)' "$1" "$2"; }
for words in runs "show a" "log a" queue "data list" "export a metrics -o -" "note a text" "rm b --yes"; do
    fresh
    names_victim "$home/mlvicx.db" "$victim/file"
    # shellcheck disable=SC2086
    soon $words
    [ $status -eq 1 ] && one_line && says "names another file" && intact
    verdict $? "$words removes no file that a journal names"
done
fresh
rm -f "$victim/file" && mkfifo "$victim/file"
names_victim "$home/mlvicx.db" "$victim/file"
soon runs
[ $status -eq 1 ] && one_line && [ -p "$victim/file" ]
verdict $? "nor waits for one"
fresh
crafted step-0000001.9.safetensors && names_victim "$home/runs/1/unwritten.db" "$victim/file"
run resume a --set optim.epochs=3 && intact && [ -f "$home/runs/1/unwritten.db.damaged-journal" ] && [ ! -e "$home/runs/1/unwritten.db-journal" ]
verdict $? "a bundle with such a journal is put aside, the journal too"

# ---- somebody else's file ----

if [ "$(id -u)" -eq 0 ]; then
    fresh
    chown 65534 "$home/runs/1/log"
    soon resume a --set optim.epochs=3
    [ $status -eq 1 ] && one_line && says "belongs to user 65534"
    verdict $? "a file that belongs to a third one is not written to"
else
    skip "a file that belongs to a third one is not written to" "only root can give a file away"
fi

finish
