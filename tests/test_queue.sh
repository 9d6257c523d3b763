#!/bin/sh
# The queue: order, dropping, a supervisor that outlives its terminal, a killed worker and its own death. Prints TAP.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
LC_ALL=C

# Nobody of ours stays behind, whatever happened.
# shellcheck disable=SC2317
clean_up() {
    supervisor=$(cat "$dir/home/queue.lock" 2>/dev/null)
    [ -z "$supervisor" ] || kill "$supervisor" 2>/dev/null
    remove_all
}

# The names that wait, in order.
waiting() { "$MLVICX" queue --json 2>/dev/null | jq_names; }
jq_names() { sed -n '/"queued": \[/,$p' | sed -n 's/^      "name": "\(.*\)",/\1/p' | tr '\n' ' ' | sed 's/ $//'; }
supervisor() { "$MLVICX" queue --json 2>/dev/null | sed -n 's/^  "supervisor_pid": \([0-9]*\),/\1/p'; }
until_gone() { # PID
    for _ in $(seq 600); do
        kill -0 "$1" 2>/dev/null || return 0
        grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null && return 0
        sleep 0.1
    done
    return 1
}

# ---- nothing there ----
run queue && grep -qF "nothing waits" "$dir/out" && [ ! -e "$dir/home" ]
verdict $? "an empty queue, and no store is made by looking"
run queue --json && grep -qF '"supervisor": false' "$dir/out" && grep -qF '"queued": []' "$dir/out"
verdict $? "the same as JSON"
run queue run && [ ! -e "$MLVICX_HOME" ]
verdict $? "a supervisor with nothing to do ends"
refused 2 "one word too many" "an unknown verb is told" queue sideways

# ---- one after another ----
run -q data import phantom --name ghosts --patients 24 --size 40 --threads 1
verdict $? "phantoms are imported"
small="--data ghosts --set model.width=4 --set model.dim=8 --set model.fuse=8 --set data.size=32 --set data.batch=8
--set train.threads=1 --set data.threads=1 --set optim.warmup_epochs=0 --set diagnose.steps=0 --set probe.epochs=0"
long="--set optim.epochs=100000"

# As from a terminal that hangs up: setsid, then the group gets SIGHUP.
# shellcheck disable=SC2086 # lists of words
setsid sh -c "trap '' HUP; \"\$@\"; kill -HUP 0" sh "$MLVICX" train $small --name first --queue $long >"$dir/out" 2>"$dir/err" </dev/null
until_state first running 60
verdict $? "a queued run begins, and a hang-up does not touch it"
for name in second third fourth; do
    epochs=$long
    [ $name != third ] || epochs="--set optim.epochs=1"
    # shellcheck disable=SC2086
    run train $small --name $name --queue $epochs || verdict 1 "queueing $name"
done
[ "$(waiting)" = "second third fourth" ]
verdict $? "three wait, in order"
run queue && grep -qE "^ *1 +2 +second .*model.width 4" "$dir/out" && grep -qF "now        run 1 first: running" "$dir/out"
verdict $? "shown with what makes them differ"
grep -qE "^place +id +name +data +method +epochs +preset +differs$" "$dir/out"
verdict $? "under a column that is named for it"
one=$(supervisor)
run queue run && [ "$(supervisor)" = "$one" ]
verdict $? "a second supervisor ends quietly"
kill -USR1 "$one" && kill -USR2 "$one" && run queue run && [ "$(supervisor)" = "$one" ]
verdict $? "a supervisor goes on when its whole job is asked to save"

# ---- order ----
run queue up fourth && [ "$(waiting)" = "second fourth third" ] && run queue up fourth && run queue up fourth &&
    [ "$(waiting)" = "fourth second third" ]
verdict $? "up, and no further than the front"
run queue down fourth && [ "$(waiting)" = "second fourth third" ]
verdict $? "down"
refused 1 "does not wait" "a run that is being trained does not move" queue up first
run queue drop fourth && [ "$(waiting)" = "second third" ] && [ "$(state fourth)" = stopped ]
verdict $? "dropped, it is stopped and stays in the list of runs"
refused 1 "does not wait" "it cannot be dropped twice" queue drop fourth
run queue add fourth && [ "$(waiting)" = "second third fourth" ] && run queue drop fourth
verdict $? "it can be added again"
refused 1 "cannot be queued" "a run that is alive cannot be added" queue add first

# ---- failures do not stop it ----
kill -9 "$(worker first)"
until_state second running 60
verdict $? "a killed worker does not stop the queue"
[ "$(state first)" = lost ] && grep -q "first: its worker was killed by signal 9" "$dir/home/queue.log"
verdict $? "the killed run is lost, and the diary says so"

# The supervisor dies, its worker lives on: the next supervisor waits for that one.
kill -9 "$one"
until_gone "$one" && [ "$(state second)" = running ]
verdict $? "a worker outlives its supervisor"
run queue && grep -qF "supervisor none; mlvicx queue run starts one" "$dir/out" && [ -z "$(supervisor)" ] &&
    [ "$(waiting)" = third ]
verdict $? "looking at the queue says so, and starts none"
"$MLVICX" queue run >>"$dir/home/queue.log" 2>&1 </dev/null &
two=$!
for _ in $(seq 600); do
    [ "$(supervisor)" = "$two" ] && break
    sleep 0.1
done
[ "$(supervisor)" = "$two" ] && [ "$(waiting)" = third ] && [ "$(state second)" = running ]
verdict $? "queue run begins another, which waits for the worker that is left"
kill -9 "$(worker second)"
until_state third finished 60
verdict $? "the third run is trained to its end"
until_gone "$two" && run queue && grep -qF "supervisor none: nothing waits" "$dir/out"
verdict $? "with nothing left the supervisor ends"

# A run that cannot begin: its pack went away.
# shellcheck disable=SC2086
run train $small --name fifth --queue $long && until_state fifth running 60 && run -q data import phantom --name gone --patients 24 --size 40 --threads 1
# shellcheck disable=SC2086
run train $small --data gone --name sixth --queue --set optim.epochs=1 &&
    run train $small --name seventh --queue --set optim.epochs=1 && rm "$dir"/home/packs/gone-*
kill -9 "$(worker fifth)"
until_state seventh finished 60 && [ "$(state sixth)" = failed ]
verdict $? "a run that cannot begin fails, and the next is trained"

# A supervisor that is asked to end leaves its worker to itself.
# shellcheck disable=SC2086
run train $small --name eighth --queue $long && until_state eighth running 60 && three=$(supervisor) && kill -TERM "$three" &&
    until_gone "$three" && [ "$(state eighth)" = running ] && kill -9 "$(worker eighth)"
verdict $? "asked to end, a supervisor leaves its worker to itself"

finish
