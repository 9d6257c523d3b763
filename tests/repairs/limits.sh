#!/bin/sh
# Limits of the job: memory, processors, addresses and threads that a batch system leaves less of than the machine has;
# workers that are killed; packs that are cut while they are mapped. Prints TAP. Control groups are made where they can be.
# shellcheck source=tests/common.sh disable=SC2154,SC3045
. "${srcdir:-.}/tests/common.sh"

groups="" group="" hog=""
# shellcheck disable=SC2317
tidy() {
    [ -z "$hog" ] || kill "$hog" 2>/dev/null
    clean_up
    for group in $groups; do
        i=0
        until rmdir "$group" 2>/dev/null || [ $i -ge 50 ]; do
            i=$((i + 1))
            sleep 0.1
        done
    done
}
trap tidy EXIT

# make_group CONTROLLER FILE: a group below our own, in $group; false where none can be made or it has no such FILE.
make_group() {
    own=$(sed -n "s/^[0-9]*:\(.*,\)\{0,1\}$1\(,.*\)\{0,1\}:\(.*\)/\3/p" /proc/self/cgroup)
    mount=$(sed -n "s/^[^-]* \(\/[^ ]*\) [^-]* - cgroup [^ ]* .*\b$1\b.*/\1/p" /proc/self/mountinfo | head -1)
    if [ -z "$own" ] || [ -z "$mount" ]; then
        own=$(sed -n 's/^0:://p' /proc/self/cgroup)
        mount=$(sed -n 's/^[^-]* \(\/[^ ]*\) [^-]* - cgroup2 .*/\1/p' /proc/self/mountinfo | head -1)
    fi
    [ -n "$mount" ] || return 1
    group=$mount$own/mlvicx-test-$$
    mkdir "$group" 2>/dev/null || return 1
    groups="$groups $group"
    [ -w "$group/$2" ]
}
drop_group() { rmdir "$group" 2>/dev/null && groups="" group=""; }
# inside WORDS...: in that group
inside() { sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$@"; }
# crowd KIB: a process in the group that takes so much, $hog
crowd() {
    sh -c 'echo $$ >"$1/cgroup.procs"; exec dd if=/dev/zero of=/dev/null bs="$2k"' sh "$group" "$1" >/dev/null 2>&1 &
    hog=$!
}
# child PID: a process that it has started
child() { cat /proc/[0-9]*/stat 2>/dev/null | sed 's/^\([0-9]*\) (.*) . \([0-9]*\) .*/\1 \2/' | awk -v p="$1" '$2 == p {print $1; exit}'; }
has_child() { kid=$(child "$1") && [ -n "$kid" ]; }
# follow NAME WORDS...: train it in the background, $pid, with what it says in $dir/out; $more are more settings
more=""
follow() {
    name=$1
    shift
    : >"$dir/out"
    # shellcheck disable=SC2086 # words
    "$@" "$MLVICX" train $tiny --set optim.epochs=100000 $more --name "$name" >"$dir/out" 2>&1 </dev/null &
    pid=$!
}
steps() { grep -q "^step [1-9]" "$dir/out"; }
one_line() { [ "$(wc -l <"$dir/err")" -eq 1 ]; }
# quick WORDS...: the program, ended where it hangs
quick() { timeout 60 "$MLVICX" "$@" >"$dir/out" 2>"$dir/err" </dev/null; }
threads() { sed -n 's/^limits *threads \([0-9]*\) (\([^)]*\)).*/\1 \2/p' "$dir/out"; }

processors=$(getconf _NPROCESSORS_ONLN)
ghosts 24 32

# ---- addresses ----
(ulimit -v 200000 && quick --version)
[ $? -eq 1 ] && one_line && says "RLIMIT_AS" && says "195 MiB"
verdict $? "ulimit -v 200000 is a line, not a loop"
(ulimit -d 150000 && quick runs)
[ $? -eq 1 ] && one_line && says "RLIMIT_DATA"
verdict $? "ulimit -d 150000 likewise"
(ulimit -v 600000 && quick --version) && [ "$(threads)" = "1 RLIMIT_AS" ] && says "more to map (RLIMIT_AS)"
verdict $? "--version says what RLIMIT_AS leaves"
# shellcheck disable=SC2086
(ulimit -v 600000 && quick train $tiny --set optim.epochs=1 --set train.threads=0 --name narrow) && [ "$(state narrow)" = finished ]
verdict $? "a small run trains with ulimit -v 600000"
# looks NAME LIMIT SETTINGS...: with the quick probe and a loader, it ends: finished, or refused in a line
looks() {
    name=$1 limit=$2
    shift 2
    # shellcheck disable=SC2086
    (ulimit -v "$limit" && timeout -s KILL 30 "$MLVICX" -q train $tiny --set optim.epochs=2 --set probe.epochs=1 --name "$name" "$@" >"$dir/out" 2>"$dir/err" </dev/null)
    [ "$(state "$name")" = finished ] || { one_line && says "RLIMIT_AS"; }
}
looks one 400000 && looks two 600000 --set train.threads=2
verdict $? "a look at a run whose loader has taken addresses ends, with one thread and with two"
# shellcheck disable=SC2086
(ulimit -v 900000 && quick -q train $tiny --set train.threads=9 --name broad)
[ $? -eq 1 ] && one_line && says "RLIMIT_AS" && says "train.threads"
verdict $? "nine threads with ulimit -v 900000 are refused"
# shellcheck disable=SC2086
(ulimit -v 420000 && quick train --dry-run $tiny --set data.size=128 --set data.batch=32 --set model.width=32) && says "train would refuse it" && says "not measured"
verdict $? "--dry-run where a step does not fit measures none, and says so"

# addresses NAME THREADS: what a worker whose loader has so many has mapped, in MiB
addresses() {
    # shellcheck disable=SC2086
    (ulimit -v 4000000 && quick train $tiny --set optim.epochs=100000 --set data.threads="$2" --name "$1" --detach)
    sed -n 's/^VmSize:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(worker "$1")/status"
    run stop "$1"
}
few=$(addresses loader-1 1) many=$(addresses loader-8 8)
stack=$(ulimit -s)
[ "$stack" != unlimited ] || stack=8192
[ "${few:-0}" -gt 0 ] && [ $((many - few)) -lt $((7 * stack + 32768)) ]
verdict $? "where addresses are limited, a loader's thread takes its stack of them and no more ($few, $many kB)"

# ---- threads ----
name="RLIMIT_NPROC of another user"
chmod 755 "$dir"
if command -v setpriv >/dev/null && command -v prlimit >/dev/null && [ "$(id -u)" -eq 0 ] &&
    setpriv --reuid 65533 --clear-groups test -x "$MLVICX"; then
    cp -r "$dir/home" "$dir/other" && chown -R 65533 "$dir/other"
    # shellcheck disable=SC2086
    other() { MLVICX_HOME=$dir/other quick_as "$@"; }
    quick_as() { timeout 60 setpriv --reuid 65533 --clear-groups prlimit --nproc="$most" "$MLVICX" "$@" >"$dir/out" 2>"$dir/err" </dev/null; }
    most=9
    other --version && [ "$(threads | sed 's/^[0-9]* //')" = "RLIMIT_NPROC" ] || [ "$processors" -lt 6 ]
    # shellcheck disable=SC2086
    [ $? -eq 0 ] && other -q train $tiny --set optim.epochs=1 --set train.threads=0 --name few && says "finished"
    verdict $? "a run trains with as many threads as RLIMIT_NPROC leaves"
    # shellcheck disable=SC2086
    other -q train $tiny --set optim.epochs=1 --set train.threads=12 --name many
    [ $? -eq 2 ] && one_line && says "RLIMIT_NPROC"
    verdict $? "more are refused"
    most=1
    # shellcheck disable=SC2086
    other -q train $tiny --set optim.epochs=1 --name none
    [ $? -ne 0 ] && one_line && says "RLIMIT_NPROC"
    verdict $? "where not even a worker may start, it is a line"
else skip "$name" "needs root, setpriv and prlimit"; fi

name="affinity is what threads auto means"
if [ "$processors" -gt 1 ] && command -v taskset >/dev/null; then
    first=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status)
    taskset -c "$first" "$MLVICX" --version >"$dir/out" && [ "$(threads)" = "1 affinity" ]
    verdict $? "$name"
else skip "$name" "needs two processors and taskset"; fi

# ---- control groups ----
name="a quota of processors is what threads auto means"
if [ "$processors" -gt 1 ] && make_group cpu cpu.cfs_quota_us && echo 50000 >"$group/cpu.cfs_quota_us"; then
    inside "$MLVICX" --version >"$dir/out" && threads | grep -q "^1 cpu cgroup .*mlvicx-test"
    verdict $? "$name"
elif [ "$processors" -gt 1 ] && [ -n "$group" ] && [ -w "$group/cpu.max" ] && echo "50000 100000" >"$group/cpu.max"; then
    inside "$MLVICX" --version >"$dir/out" && threads | grep -q "^1 cpu cgroup .*mlvicx-test"
    verdict $? "$name"
else skip "$name" "no control group of processors can be made"; fi
drop_group

limit=""
if make_group memory memory.limit_in_bytes; then limit=$group/memory.limit_in_bytes usage=$group/memory.usage_in_bytes
elif [ -n "$group" ] && [ -w "$group/memory.max" ]; then limit=$group/memory.max usage=$group/memory.current; fi
large="--preset small --data ghosts --set data.size=224 --set data.batch=32 --set autotune=off"
if [ -n "$limit" ] && echo 734003200 >"$limit"; then
    inside "$MLVICX" --version >"$dir/out" && says "memory 700 MiB (memory cgroup "
    verdict $? "--version says what the memory cgroup leaves"
    # shellcheck disable=SC2086
    inside "$MLVICX" train $large --name big >"$dir/out" 2>"$dir/err"
    [ $? -eq 1 ] && tail -n 1 "$dir/err" | grep -q "this job may use 700 MiB (memory cgroup .*mlvicx-test" && [ -z "$(state big)" ]
    verdict $? "a run that needs more than its memory cgroup has is refused"
    # shellcheck disable=SC2086
    inside "$MLVICX" train --dry-run $large >"$dir/out" 2>"$dir/err" && says "train would refuse it"
    verdict $? "--dry-run of it is not killed"
    mkdir "$group/inner"
    groups="$group/inner $groups"
    outer=$group group=$group/inner
    inside "$MLVICX" --version >"$dir/out" && says "memory 700 MiB (memory cgroup "
    verdict $? "a limit of a group above counts"
    group=$outer
    rmdir "$group/inner" && groups=$group
    echo 100000000 >"$limit"
    inside "$MLVICX" eval --init random --task ghosts --size 1024 --set model.width=128 >"$dir/out" 2>"$dir/err"
    [ $? -eq 1 ] && one_line && says "(memory cgroup "
    verdict $? "eval that needs more is refused"
    echo 40000000 >"$limit"
    inside "$MLVICX" eval --init random --task ghosts --size 1024 --set model.width=128 >"$dir/out" 2>"$dir/err"
    [ $? -eq 1 ] && one_line && says "(memory cgroup "
    verdict $? "before it has planned anything"
    echo 100000000 >"$limit"
    # each takes more, or does with that: none is killed in the middle
    # shellcheck disable=SC2086
    run train $tiny --set optim.epochs=2 --name narrow-group
    killed=""
    while read -r words; do
        # shellcheck disable=SC2086
        inside timeout 120 "$MLVICX" -q $words >"$dir/out" 2>"$dir/err" </dev/null
        case $? in
        0) ;;
        1 | 2) one_line || killed="$killed, $words" ;;
        *) killed="$killed, $words" ;;
        esac
    done <<END
eval narrow-group --task ghosts
eval narrow-group --task ghosts --size 512
train $large
train --dry-run $large
train --dry-run $large --set method.name=byol
train --foreground $large
resume narrow-group --set optim.epochs=3
fork narrow-group --set optim.epochs=3
inspect narrow-group
export narrow-group encoder -o $dir/encoder.safetensors
export narrow-group encoder --format onnx -o $dir/encoder.onnx
bench step --batch 2 --width 8 --dim 64
bench step
data verify ghosts
verify $srcdir/tests/fixtures/step-lars.safetensors
END
    [ -z "$killed" ] || echo "# $killed"
    [ -z "$killed" ]
    verdict $? "nor is any other command killed there"
    echo 11000000 >"$limit"
    inside "$MLVICX" runs >"$dir/out" 2>"$dir/err"
    [ $? -eq 1 ] && one_line && says "the program takes 12 MiB"
    verdict $? "where there is no memory for the program itself, it is a line"
    echo 4000000000 >"$limit"
    follow starved inside
    wait_for 60 steps && has_child "$pid"
    rss=$(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$kid/status")
    used=$(cat "$usage")
    echo $((used + rss * 400)) >"$limit"
    crowd $((rss * 7 / 10))
    wait "$pid"
    [ $? -eq 1 ] && grep -q "run starved: its worker was killed by signal 9; probably out of memory: needed .* of .* (memory cgroup" "$dir/out" &&
        "$MLVICX" log starved | grep -q "probably out of memory" && "$MLVICX" show starved | grep -q "probably out of memory"
    verdict $? "a worker that the kernel killed for want of memory: terminal, log and events say so"
    kill "$hog" 2>/dev/null
    wait "$hog" 2>/dev/null
    echo 4000000000 >"$limit"
    # shellcheck disable=SC2086 # words
    inside "$MLVICX" -q train $tiny --set optim.epochs=100000 --name unseen --detach >/dev/null 2>&1
    kid=$(worker unseen)
    wait_for 60 sh -c "'$MLVICX' log unseen | grep -q '^step [1-9]'"
    rss=$(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$kid/status")
    used=$(cat "$usage")
    echo $((used + rss * 400)) >"$limit"
    crowd $((rss * 7 / 10))
    until_state unseen lost
    "$MLVICX" log unseen 2>&1 | grep -q "its worker was killed; probably out of memory: needed .* of .* (memory cgroup" &&
        "$MLVICX" show unseen >"$dir/out" && says "probably out of memory"
    verdict $? "and one that nobody saw die: log and show say so"
    kill "$hog" 2>/dev/null
    wait "$hog" 2>/dev/null
    hog=""
else skip "memory cgroups" "no control group of memory can be made"; fi
drop_group

# ---- killed workers ----
# timing convolutions of a large network, it is long in starting
more="--set autotune=on --set data.size=128 --set model.width=64"
follow unborn
i=0
until has_child "$pid" || [ $i -ge 1000 ]; do i=$((i + 1)); done
kill -KILL "$kid"
more=""
wait "$pid"
[ $? -eq 1 ] && says "its worker was killed by signal 9 while it started" && log=$(sed -n 's/.*; it stays, its log is \(.*\)/\1/p' "$dir/out") &&
    grep -q "killed by signal 9" "$log" && [ "$(state unborn)" = failed ] && "$MLVICX" show unborn | grep -q "killed by signal 9"
verdict $? "a worker killed while it starts: the run stays, failed, with its log"
# shellcheck disable=SC2086
run resume unborn --detach && until_state unborn running && run stop unborn
verdict $? "it can be resumed"

follow killed
wait_for 60 steps && has_child "$pid" && kill -KILL "$kid"
wait "$pid"
[ $? -eq 1 ] && says "run killed: its worker was killed by signal 9; " && "$MLVICX" log killed | tail -n 1 | grep -q "killed by signal 9" &&
    "$MLVICX" show killed | grep -q "killed by signal 9"
verdict $? "a worker killed later: terminal, log and events say by what"
run resume killed --detach && until_state killed running && run stop killed
verdict $? "and it can be resumed"

# shellcheck disable=SC2086
run train $tiny --set optim.epochs=100000 --name waiting --queue && until_state waiting running && kill -SEGV "$(worker waiting)"
wait_for 30 grep -q "run .* waiting: its worker was killed by signal 11" "$MLVICX_HOME/queue.log" && "$MLVICX" show waiting | grep -q "signal 11"
verdict $? "the queue says what killed its worker"

# ---- packs that are cut ----
pack=$(ls "$MLVICX_HOME"/packs/ghosts-*.pack)
cp "$pack" "$dir/whole"
follow cut
wait_for 60 steps && : >"$pack"
wait "$pid"
[ $? -eq 1 ] && says "$pack: was cut" && [ "$(state cut)" = failed ] && "$MLVICX" log cut | grep -q "^error: $pack: was cut"
verdict $? "a pack that is cut while a run trains on it: the run fails and names it"
cp "$dir/whole" "$pack"
run resume cut --detach && until_state cut running && run stop cut && [ "$(field cut step)" -gt 0 ]
verdict $? "what it had learned was saved"

"$MLVICX" -q data import phantom --name many --patients 300 --size 32 --threads 1 >/dev/null 2>&1
cp "$dir/whole" "$pack"
pack=$(ls "$MLVICX_HOME"/packs/many-*.pack)
"$MLVICX" eval --init random --task many --set model.width=64 --size 128 >"$dir/out" 2>"$dir/err" &
pid=$!
wait_for 60 grep -q "^features" "$dir/err" && truncate -s 4096 "$pack"
wait "$pid"
[ $? -eq 1 ] && says "mlvicx: $pack: was cut"
verdict $? "a pack that is cut under eval likewise"
pack=$(ls "$MLVICX_HOME"/packs/ghosts-*.pack)

cat >"$dir/keys" <<END
:save-display $dir/before
:wait 5
<right>
:save-display $dir/screen
END
"$MLVICX" attach --screen images --columns 160 --script "$dir/keys" >"$dir/out" 2>"$dir/err" </dev/null &
pid=$!
wait_for 30 test -s "$dir/before" && truncate -s 4096 "$pack"
wait "$pid" && grep -q "packs/ghosts-.*was cut" "$dir/screen"
verdict $? "a pack that is cut under the Images screen likewise"

finish
