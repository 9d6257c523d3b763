#!/bin/sh
# Whose a store is: looking starts and writes nothing, what others own or may write is only read, a lock that cannot be looked
# at is no free lock, and root leaves nothing that a user cannot use. Users are numbers that nobody has.
# shellcheck disable=SC2317,SC2181,SC2030,SC2031,SC2154 # functions called by name, states after several words, subshells on purpose
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
alice=61001 bob=61002
long="$tiny --set optim.epochs=100000"

# sql STORE STATEMENT
sql() {
    python3 - "$1/mlvicx.db" "$2" <<'END'
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=60)
c.executescript(sys.argv[2])
c.commit()
END
}
# Names, modes, owners, sizes, times and bytes of all that lies there; a folder's time is that of its entries.
picture() {
    find "$1" -type d -printf '%P %m %U\n' -o -printf '%P %m %U %s %T@ %l\n' | sort
    find "$1" -type f -exec sha256sum {} + | sort
}
# unchanged STORE COMMAND...: it leaves the store as it was
unchanged() {
    place=$1
    shift
    picture "$place" >"$dir/before"
    "$@"
    picture "$place" >"$dir/after"
    cmp -s "$dir/before" "$dir/after" || { diff "$dir/before" "$dir/after" >>"$dir/err"; false; }
}
supervisors() { pgrep -f -- "queue run --store $MLVICX_HOME" | wc -l; }

# ---- looking ----
ghosts
# shellcheck disable=SC2086
run train $tiny --name one --set optim.epochs=2 --set diagnose.steps=5
# shellcheck disable=SC2086
run train $tiny --name two --set optim.epochs=2
look() {
    run runs
    for what in "show one" "inspect one" "log one" "tag one" "queue" "queue --json" "data list" "data show ghosts" \
        "data verify ghosts" "train --dry-run $tiny" "export one metrics -o $dir/metrics.csv" "export one encoder -o $dir/enc"; do
        # shellcheck disable=SC2086
        run $what || echo "$what: $(cat "$dir/err")" >>"$dir/failed"
    done
    cp "$dir/failed" "$dir/screen"
}
if has_python; then
    sql "$MLVICX_HOME" "UPDATE run SET state = 'queued', place = 1 WHERE name = 'two'"
    : >"$dir/failed"
    unchanged "$MLVICX_HOME" look && [ "$(supervisors)" = 0 ] && [ ! -s "$dir/failed" ]
    verdict $? "with a run that waits, every show command leaves the store as it is and starts nothing"
    run queue && says "supervisor none; mlvicx queue run starts one"
    verdict $? "queue says that no supervisor runs"

    echo "export VICTIM=1" >"$dir/victim"
    cp "$dir/victim" "$dir/victim.before"
    ln -s "$dir/victim" "$MLVICX_HOME/queue.log"
    sql "$MLVICX_HOME" "UPDATE run SET name = 'x'||char(10)||'touch $dir/ran;' WHERE name = 'two'"
    run queue
    [ $? -eq 1 ] && says "holds what mlvicx never writes" && cmp -s "$dir/victim" "$dir/victim.before" && [ "$(supervisors)" = 0 ]
    verdict $? "a crafted name is refused where it is read, and what queue.log leads to is not touched"
    sql "$MLVICX_HOME" "UPDATE run SET name = 'two', place = NULL, state = 'stopped' WHERE name LIKE 'x%'"
    rm -f "$MLVICX_HOME/queue.log"

    for version in 1 2; do
        mkdir -m 700 "$dir/old$version"
        python3 - "$dir/old$version/mlvicx.db" "$srcdir/tests/fixtures/store-v$version.sql" <<'END'
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.executescript(open(sys.argv[2]).read())
END
        chmod 600 "$dir/old$version/mlvicx.db"
        old() { run runs --store "$dir/old$version" && says old-run && run show 1 --store "$dir/old$version" && run queue --store "$dir/old$version"; }
        unchanged "$dir/old$version" old
        verdict $? "a store of version $version is shown and stays of its version"
        run tag old-run new --store "$dir/old$version" && run tag old-run --store "$dir/old$version" && says new
        verdict $? "whoever writes to it brings it up to date"
    done
else
    skip "looking" "there is no python3 with sqlite3"
fi

# ---- modes ----
for mask in 000 002 027 077; do
    # shellcheck disable=SC2086
    (umask $mask && MLVICX_HOME=$dir/mask$mask && export MLVICX_HOME && ghosts 8 32 && run train $tiny --name one --set optim.epochs=1 &&
        run train $tiny --name two --queue --set optim.epochs=1 && until_state two finished)
    [ $? -eq 0 ] && [ -z "$(find "$dir/mask$mask" -type d ! -perm 700 -o -type f ! -perm 600)" ]
    verdict $? "folders are 0700 and files 0600 under umask $mask"
done
cp -a "$dir/mask077" "$dir/open"
for part in . mlvicx.db packs runs; do
    mode=$(stat -c %a "$dir/open/$part")
    chmod go+w "$dir/open/$part"
    run tag one x --store "$dir/open"
    [ $? -eq 1 ] && says "may be written by others, so nothing is written there" && run runs --store "$dir/open" &&
        says "it is only read" && run tag one x --store "$dir/open" --trust-store
    verdict $? "where others may write ($part) it is only read, unless it is trusted"
    chmod "$mode" "$dir/open/$part"
done
# What lies deeper is not opened, where others come as far.
deep=$dir/deep
for row in "runs/1|resume one --set optim.epochs=2" "runs/1/config.ini|resume one --set optim.epochs=2" "runs/1/lock|resume one --set optim.epochs=2" \
    "runs/1/log|log one" "packs/PACK|data verify ghosts" "runs/1/STEP|export one encoder -o $dir/encoder" "packs/lock|data import phantom --name more --patients 4 --size 32"; do
    rm -rf "$deep" && cp -a "$dir/mask077" "$deep"
    part=$(echo "${row%%|*}" | sed "s/PACK/$(cd "$deep/packs" && echo *.pack)/; s/STEP/$(cd "$deep/runs/1" && echo step-*)/")
    chmod o+w "$deep/$part"
    # shellcheck disable=SC2086
    run ${row#*|} --store "$deep"
    closed=$?
    rm -rf "$deep" && cp -a "$dir/mask077" "$deep"
    chmod o+w "$deep/$part" && find "$deep" -type d -exec chmod go+x {} +
    # shellcheck disable=SC2086
    run ${row#*|} --store "$deep"
    [ $? -eq 1 ] && [ $closed -eq 0 ] && says "may be written by others; not opened. chmod -R go-w" && [ "$(grep -c "^mlvicx: " "$dir/err")" -eq 1 ] &&
        run ${row#*|} --store "$deep" --trust-store
    verdict $? "where others may write ${row%%|*} and come there, it is not opened, unless it is trusted"
done
mkdir "$dir/shared" && chmod 1777 "$dir/shared"
run data import phantom --name x --patients 4 --size 32 --store "$dir/shared"
[ $? -eq 1 ] && says "chmod -R go-w" && [ -z "$(ls -A "$dir/shared")" ]
verdict $? "no store is begun in a folder that others may write"

# ---- a row that goes while its run is trained ----
if has_python; then
    # shellcheck disable=SC2086
    run train $long --name gone --detach
    id=$(field gone id)
    wait_for 30 grep -q '^step ' "$MLVICX_HOME/runs/$id/log"
    sql "$MLVICX_HOME" "DELETE FROM run WHERE name = 'gone'"
    wait_for 30 test -d "$MLVICX_HOME/runs/$id.kept"
    newest=$(find "$MLVICX_HOME/runs/$id.kept" -name 'step-*.safetensors')
    [ -n "$newest" ] && grep -qF "mlvicx train --set model.init=$newest" "$MLVICX_HOME/runs/$id.kept/log"
    verdict $? "a worker whose row is removed saves what it has learned, and says where"
    # shellcheck disable=SC2086
    run rm two --yes && [ -f "$newest" ] && run train $tiny --name heir --set optim.epochs=1 --set "model.init=$newest"
    verdict $? "no removal sweeps it away, and another run begins with it"
else
    skip "a row that goes while its run is trained" "there is no python3 with sqlite3"
fi

# ---- users ----
if [ "$(id -u)" -ne 0 ] || ! has_python || ! setpriv --reuid $bob --regid $bob --clear-groups true 2>/dev/null; then
    skip "users: another one on a store, locks, root" "only root can be two others, with setpriv and python3"
    finish
fi
cp "$MLVICX" "$dir/mlvicx"
chmod 755 "$dir" "$dir/mlvicx"
MLVICX=$dir/mlvicx
mkdir "$dir/alice" "$dir/bob"
chown $alice:$alice "$dir/alice"
chown $bob:$bob "$dir/bob"
store=$dir/alice/store
# as USER WORDS...: the program as that user on alice's store
as() {
    user=$1
    shift
    (cd / && setpriv --reuid "$user" --regid "$user" --clear-groups env HOME="$dir" MLVICX_HOME="$store" "$MLVICX" "$@") \
        >"$dir/out" 2>"$dir/err" </dev/null
}
on_store() { MLVICX_HOME=$store "$@"; }
# refused TEXT WORDS...: bob gets one line, status 1
refused() {
    text=$1
    shift
    as $bob "$@"
    [ $? -eq 1 ] && [ "$(wc -l <"$dir/err")" -eq 1 ] && says "$text"
}
# shellcheck disable=SC2317
clean_users() {
    for pid in $(pgrep -U $alice -f -- "--store $store"); do kill -KILL "$pid"; done
    clean_up
}
trap clean_users EXIT

as $alice -q data import phantom --name ghosts --patients 24 --size 32 --threads 1
# shellcheck disable=SC2086
as $alice train $tiny --name one --set optim.epochs=2
unchanged "$store" refused "Permission denied" runs
verdict $? "another user is kept out of a store as it is made"

chmod -R go+rX "$dir/alice"
reading() {
    as $bob runs && says one && says "belongs to user 61001" && says "it is only read" && as $bob show one && as $bob queue &&
        as $bob data list && as $bob -q log one && as $bob export one metrics -o "$dir/bob/m.csv"
}
unchanged "$store" reading
verdict $? "where its owner lets them, others read it, and leave no trace"
writing() {
    # shellcheck disable=SC2086
    for what in "tag one x" "note one x" "rename one x" "rm one --yes" "resume one --detach" "queue add one" "queue run" \
        "train $tiny" "train $tiny --queue" "data rm ghosts" "data import phantom --name x --patients 4 --size 32" "demo --detach"; do
        refused "a store has one user" $what || return 1
    done
}
unchanged "$store" writing
verdict $? "whoever else writes gets one line, and nothing is written"
cat >"$dir/bob/script" <<END
:save-display $dir/bob/first
P
:save-display $dir/bob/second
T
:save-display $dir/bob/third
N
END
cat_screens() { cat "$dir/bob/first" "$dir/bob/second" "$dir/bob/third" >"$dir/screen"; }
bench() { as $bob attach one --screen runs --script "$dir/bob/script"; }
unchanged "$store" bench && cat_screens && grep -q "read-only: belongs to user 61001" "$dir/bob/first" &&
    grep -q "pause: this store can only be read (belongs to user 61001" "$dir/bob/second" &&
    grep -q "tag: this store can only be read" "$dir/bob/third"
verdict $? "the workbench says whose it is, and what writes is answered with a line"

# shellcheck disable=SC2086
as $alice train $long --name live --detach
until_on() { on_store until_state live "$1"; }
until_on running
as $bob runs && grep -q "live.*running" "$dir/out" && ! says "last checkpoint"
verdict $? "a run that is trained is seen running by others"

# Bob may write the database, but not look into runs/ID: without a word he is refused, with it he harms nothing.
id=$(on_store field live id)
chmod 777 "$store" "$store/runs" "$store/packs"
chmod 666 "$store"/mlvicx.db*
chmod 700 "$store/runs"/*
refused "a store has one user" rm live --yes && refused "a store has one user" resume live --detach
verdict $? "a colleague is refused in one line"
as $bob --trust-store runs && grep -q "live.*running" "$dir/out"
verdict $? "where he cannot look at the lock, the heartbeat says that the run is alive"
refused "is running" --trust-store rm live --yes && refused "is running already" --trust-store resume live --detach &&
    [ "$(on_store state live)" = running ]
verdict $? "and he can neither remove nor resume it"
pid=$(on_store worker live)
kill -STOP "$pid"
sql "$store" "UPDATE run SET heartbeat_at = 1 WHERE name = 'live'"
refused "nobody can tell whether its worker lives" --trust-store rm live --yes &&
    refused "nobody can tell whether its worker lives" --trust-store resume live --detach &&
    refused "nobody can tell whether its worker lives" --trust-store queue add live
verdict $? "nor when it is silent"
kill -CONT "$pid"
chmod -R go-w "$store"
step() { on_store field live step; }
before=$(step)
further() { [ "$(step)" -gt "$before" ]; }
ended() { ! kill -0 "$pid" 2>/dev/null; }
wait_for 30 further && as $alice stop live && wait_for 30 ended
verdict $? "it goes on, and its owner stops it"

# ---- root ----
refused_root() { # TEXT WORDS...
    text=$1
    shift
    on_store run "$@"
    [ $? -eq 1 ] && [ "$(wc -l <"$dir/err")" -eq 1 ] && says "$text"
}
root_looks() { on_store run runs && says "belongs to user 61001" && refused_root "sudo -u '#61001'" tag one x; }
unchanged "$store" root_looks
verdict $? "root reads a user's store, and is told to write as that user"
# shellcheck disable=SC2086
on_store run --trust-store tag one x && on_store run --trust-store train $tiny --name roots --set optim.epochs=1 &&
    on_store run --trust-store train $tiny --name queued --queue --set optim.epochs=1 && on_store until_state queued finished &&
    [ -z "$(find "$dir/alice" ! -user $alice)" ] && as $alice tag roots x && as $alice rm queued --yes
verdict $? "trusting it, root works as its owner, who can use all of it"
home_of_bob() { (cd / && unset MLVICX_HOME XDG_DATA_HOME && HOME=$dir/bob run "$@"); }
home_of_bob data import phantom --name x --patients 4 --size 32
[ $? -eq 1 ] && says "sudo -u '#61002'" && [ ! -e "$dir/bob/.local" ]
verdict $? "in another user's home root begins no store"
home_of_bob -q --trust-store data import phantom --name x --patients 4 --size 32 && [ -z "$(find "$dir/bob/.local" ! -user $bob)" ]
verdict $? "unless it is for that user"
finish
