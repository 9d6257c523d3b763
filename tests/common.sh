# shellcheck shell=sh
# What the scripts share that run the program: a store of their own in a temporary folder, one TAP line a test, and no process
# left behind. A script sources this file, calls verdict for each test, and ends with `finish`. What else it leaves behind is
# taken away by a clean_up of its own, which calls remove_all.
set -u
MLVICX=${MLVICX:-build/mlvicx}
case $MLVICX in /*) ;; *) MLVICX=$PWD/$MLVICX ;; esac
srcdir=${srcdir:-.}
srcdir=$(cd "$srcdir" && pwd)
dir=$(mktemp -d) || exit 99
MLVICX_HOME=$dir/home
XDG_CONFIG_HOME=$dir/config
OMP_NUM_THREADS=1
OMP_WAIT_POLICY=passive
MLVICX_NICE=0 # suites run side by side: a worker that yields would not get on
LC_ALL=C.UTF-8
TZ=UTC
export MLVICX_NICE MLVICX_HOME XDG_CONFIG_HOME OMP_NUM_THREADS OMP_WAIT_POLICY LC_ALL TZ
unset MLVICX_KERNELS
n=0 failed=0

# No worker outlives the script.
# shellcheck disable=SC2317
remove_all() {
    for pid in $("$MLVICX" runs --json 2>/dev/null | sed -n 's/^ *"id": \([0-9]*\),$/\1/p' | while read -r id; do
        worker "$id"
    done); do kill -KILL "$pid" 2>/dev/null; done
    rm -rf "$dir"
}
# shellcheck disable=SC2317
clean_up() { remove_all; }
trap 'clean_up' EXIT

verdict() { # STATUS NAME; what was printed last ($dir/out, $dir/err, $dir/screen) is shown where it failed
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
        echo "not ok $n - $2"
        failed=1
        for file in out err screen home/queue.log; do
            [ -f "$dir/$file" ] && sed "s,^,# $file: ," "$dir/$file" | tail -n 30 | cut -c 1-200
        done
    fi
}
skip() { # NAME WHY
    n=$((n + 1))
    echo "ok $n - $1 # SKIP $2"
}
finish() {
    echo "1..$n"
    exit $failed
}

# run WORDS... : the program with its output in $dir/out and $dir/err
run() { "$MLVICX" "$@" >"$dir/out" 2>"$dir/err" </dev/null; }
# refusal STATUS TEXT WORDS...: it ends so, with nothing on stdout and one line on stderr that has TEXT and no escape
refusal() {
    want=$1 text=$2
    shift 2
    run "$@"
    [ $? -eq "$want" ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" -eq 1 ] && grep -q '^mlvicx: ' "$dir/err" &&
        grep -qF -- "$text" "$dir/err" && ! grep -q "$(printf '\033')" "$dir/err"
}
# refused STATUS TEXT NAME WORDS...
refused() {
    want=$1 text=$2 name=$3
    shift 3
    refusal "$want" "$text" "$@"
    verdict $? "$name"
}
says() { grep -qF -- "$1" "$dir/out" "$dir/err"; }
# field RUN KEY: a scalar of `show --json`
field() { "$MLVICX" show "$1" --json 2>/dev/null | sed -n "s/^  \"$2\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" | head -1; }
state() { field "$1" state; }
worker() { "$MLVICX" show "$1" --json 2>/dev/null | sed -n 's/^ *"pid": \([0-9][0-9]*\),*$/\1/p' | head -1; }
# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
    i=$(($1 * 10))
    shift
    until "$@"; do
        i=$((i - 1))
        [ $i -gt 0 ] || return 1
        sleep 0.1
    done
}
is_state() { [ "$(state "$1")" = "$2" ]; }
until_state() { wait_for "${3:-30}" is_state "$1" "$2"; }
# ghosts [PATIENTS [SIZE]]: the data set that most scripts train on
ghosts() { "$MLVICX" -q data import phantom --name ghosts --patients "${1:-24}" --size "${2:-32}" --threads 1 >/dev/null 2>&1; }
has_python() { python3 -c 'import sqlite3' 2>/dev/null; }
# hold SECONDS: another program's write lock, in the background
hold() {
    python3 - "$MLVICX_HOME/mlvicx.db" "$1" "$dir/held" <<'END' &
import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
c.execute("BEGIN IMMEDIATE")
open(sys.argv[3], "w").close()
time.sleep(float(sys.argv[2]))
END
    holder=$!
    wait_for 60 test -f "$dir/held"
    rm -f "$dir/held"
}
# What makes a step cheap.
# shellcheck disable=SC2034
tiny="--preset demo --data ghosts --set data.size=32 --set model.width=4 --set model.dim=16 --set model.fuse=8 --set data.batch=8 --set train.threads=1 --set data.threads=1 --set probe.epochs=0 --set diagnose.steps=0 --set autotune=off"
