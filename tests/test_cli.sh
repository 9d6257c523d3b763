#!/bin/sh
# The command line as a user meets it: help, exit status, JSON, bad input, control of a run. Prints TAP.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
# shellcheck disable=SC2317
clean_up() {
    mount | grep -q " $dir/full " && umount "$dir/full"
    remove_all
}

# says STATUS TEXT NAME ARGUMENTS...: exit status, and TEXT on stdout
says() {
    want=$1 text=$2 name=$3
    shift 3
    run "$@"
    [ $? -eq "$want" ] && grep -qF -- "$text" "$dir/out"
    verdict $? "$name"
}

if command -v jq >/dev/null 2>&1; then
    json() { jq -e . "$dir/out" >/dev/null; }
elif command -v python3 >/dev/null 2>&1; then
    json() { python3 -m json.tool "$dir/out" >/dev/null; }
else
    json() { grep -q '^[[{]' "$dir/out"; }
fi
# as_json NAME ARGUMENTS...: one JSON value on stdout
as_json() {
    name=$1
    shift
    run "$@" --json && json
    verdict $? "$name"
}

# ---- help, version ----

run
[ $? -eq 2 ] && grep -q '^usage: mlvicx' "$dir/err"
verdict $? "bare, it tells how it is used and exits 2"
says 0 "Exit status" "--help lists the commands" --help
for c in demo train resume pause stop checkpoint set eval verify worker; do
    says 0 "usage: mlvicx $c" "$c has help" $c --help
done
says 0 "data import" "help of a family" data --help
run --help
sed -n '/^Options of every/q; s/^  \([a-z]\{1,\}\( [a-z]\{1,\}\)*\).*/\1/p' "$dir/out" >"$dir/names"
while read -r c; do
    # shellcheck disable=SC2086 # two words may be one command
    run $c --help && awk -v c="$c" 'length > 100 {print c ": " $0}' "$dir/out"
    # an option's text: a line that goes on below, though its next word had room
    awk -v c="$c" 'match($0, /^ +/) && RLENGTH == 29 && length(last) + 1 + length($1) < 100 {print c ": " last} {last = $0}' "$dir/out" >>"$dir/ragged"
done <"$dir/names" >"$dir/wide"
[ "$(wc -l <"$dir/names")" -gt 20 ] && [ ! -s "$dir/wide" ]
verdict $? "no line of any help is wider than 100 columns"
run --help
tr -d ' \n' <"$dir/out" >"$dir/overview"
while read -r c; do
    # shellcheck disable=SC2086 # two words may be one command
    run $c --help && used=$(sed -n '/^$/q; s/^usage: mlvicx//; p' "$dir/out" | tr -d ' \n')
    grep -qF -- "$used" "$dir/overview" || echo "$c: $used"
done <"$dir/names" >"$dir/cut"
sed 's/^/# /' "$dir/cut"
[ ! -s "$dir/cut" ]
verdict $? "the overview says whole how each command is used"
sed 's/^/# /' "$dir/ragged"
[ ! -s "$dir/ragged" ]
verdict $? "and no option's text is broken before its line is full"
run --help-keys
[ $? -eq 0 ] && grep -q '^  model.context_start  *= 3 ' "$dir/out" && grep -q '^Defaults are those of preset small' "$dir/out"
verdict $? "the defaults of --help-keys are those of preset small, as it says"
says 0 "kernels" "--version tells the kernel sets" --version
as_json "--version as JSON" --version
says 0 "limits     threads " "--version tells what this job may use" --version
if ! grep -q fsanitize "$dir/out"; then # a sanitizer needs more for itself
    # shellcheck disable=SC3045
    (ulimit -v 200000 && timeout 60 "$MLVICX" --version >"$dir/out" 2>"$dir/err")
    [ $? -eq 1 ] && [ "$(wc -l <"$dir/err")" -eq 1 ] && grep -q RLIMIT_AS "$dir/err"
    verdict $? "too few addresses to start in are a line, not a loop"
    # shellcheck disable=SC3045
    (ulimit -s 64 && timeout 60 "$MLVICX" train --data x >"$dir/out" 2>"$dir/err")
    [ $? -eq 1 ] && [ "$(wc -l <"$dir/err")" -eq 1 ] && grep -q "RLIMIT_STACK" "$dir/err"
    verdict $? "too small a stack is a line, not a crash"
    # shellcheck disable=SC3045
    (ulimit -S -s 64 && timeout 60 "$MLVICX" train --data x >"$dir/out" 2>"$dir/err")
    [ $? -eq 1 ] && grep -q "there is none" "$dir/err"
    verdict $? "and is raised where that is allowed"
fi
says 0 "optim.lr" "--help-keys lists the settings" --help-keys
as_json "--help-keys as JSON" --help-keys

# ---- used wrongly ----

refused 2 "did you mean train" "an unknown command gets the nearest" trian
refused 2 "did you mean data import" "so does one of a family" data imprt
refused 2 "did you mean --detach" "an unknown option gets the nearest" train --detatch
refused 2 "did you mean --help-keys" "so does one before a command" --help-kyes
refused 2 "it is a setting, written optim.epochs=VALUE" "an option that is a setting gets its form" train --epochs 6
refused 2 "see --help" "but not where there are no settings" rename --epochs 6
refused 2 "did you mean data import" "other programs' names of commands get ours" import x
refused 2 "a value is missing" "a missing value is told" train --data
refused 2 "takes no value" "a flag takes no value" train --detach=yes
refused 2 "whole number" "a number must be one" resume x --from soon
refused 2 "too few words" "a missing word is told" pause
refused 2 "one word too many" "a surplus word is told" pause a b
refused 2 "did you mean model.width" "an unknown key gets the nearest" train --data x --set model.widht=8
refused 2 "out of range" "a value out of range is told with the range" train --data x --set data.batch=1
printf ':quit\n' >"$dir/quit.keys"
refused 2 "did you mean covariance" "an unknown screen gets the nearest" attach --screen covarience --script "$dir/quit.keys"
refused 1 "there is none" "a place without a store is none, and gets none: runs" --store "$dir/typing/error" runs
refused 1 "there is none" "so does the workbench" --store "$dir/typing/error" attach --script "$dir/quit.keys"
[ ! -e "$dir/typing" ]
verdict $? "no folder was made for them"
refused 2 "options of a command stand behind it" "an option of the workbench before another command" --ascii runs
run --ascii attach --graphics none --script "$dir/quit.keys"
verdict $? "its options may stand before attach"
refused 2 "did you mean covariance" "--view is an older name of --screen" attach --view covarience --script "$dir/quit.keys"
refused 2 "neither an option nor KEY=VALUE" "a word of train must be an assignment" train --data x y
refused 2 "no such preset" "an unknown preset lists them" train --preset smal --data x
refused 1 "$dir/none.ini" "a missing config file is named" train --config "$dir/none.ini"
printf '[model]\nwidth = 8\nhieght = 3\n' >"$dir/bad.ini"
refused 2 "line 3" "a bad key of a config file is told with its line" train --config "$dir/bad.ini"
printf '[model]\nwidth = 8\n\000\n' >"$dir/zero.ini"
refused 1 "zero.ini: line 3: a zero byte" "a zero byte in a config file drops nothing without a word" train --config "$dir/zero.ini"
mkfifo "$dir/pipe"
refused 1 "is a device, not a regular file" "a device is no config file" train --config /dev/zero
refused 1 "pipe: is a pipe, not a regular file" "a pipe is no picture, and not waited for" data image "$dir/pipe" -o "$dir/no.png"
refused 1 "pipe: is a pipe, not a regular file" "nor a fixture" verify "$dir/pipe"
refused 1 "pipe: is a pipe, not a table" "nor a table" data import csv "$dir/pipe" --name no
refused 2 "no data set was chosen" "training needs a data set" train
escape=$(printf 'x\033[31my')
refused 2 "x?[31my" "no escape sequence reaches the terminal" "$escape"
refused 2 "control characters" "nor into a setting" train --data "$escape"

# ---- data and runs ----

run data import phantom --name ghosts --patients 40 --size 40
verdict $? "phantoms are imported"
small="--set model.width=4 --set model.dim=8 --set model.fuse=8 --set data.size=32 --set data.batch=8 --set train.threads=1 --set diagnose.steps=5"
refused 1 "did you mean ghosts" "an unknown data set gets the nearest" train --data ghost
refused 2 "data.batch" "a batch larger than the data set is refused" train --data ghosts --set data.batch=4096
refused 1 "$dir/none.safetensors" "a missing initial file is named" train --data ghosts --set "model.init=$dir/none.safetensors"
echo junk >"$dir/junk.safetensors"
refused 1 "junk.safetensors" "so is one that is none" train --data ghosts $small --set "model.init=$dir/junk.safetensors"
refused 2 "name" "a name of digits is refused" train --data ghosts $small --name 12
[ ! -e "$dir/home/runs/1" ]
verdict $? "no refused run left anything"
mkdir -p "$dir/eval/test/A" "$dir/eval/test/B"
command -v python3 >/dev/null 2>&1 && python3 -c "
import struct, sys, zlib
chunk = lambda t, d: struct.pack('>I', len(d)) + t + d + struct.pack('>I', zlib.crc32(t + d))
for i, c in enumerate('AB'):
    rows = b''.join(b'\\0' + bytes((x * 3 + y * 5 + i * 90) % 256 for x in range(40)) for y in range(40))
    open(f'{sys.argv[1]}/test/{c}/{i}.png', 'wb').write(b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR',
        struct.pack('>IIBBBBB', 40, 40, 8, 0, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))" "$dir/eval"
if run data import folder "$dir/eval" --name tests --channels 1; then
    refused 1 "evaluation only" "an evaluation-only set is refused for training" train --data tests $small
else
    skip "an evaluation-only set is refused for training" "no python3 to make images"
fi
says 0 "GFLOP a step" "--dry-run prints layers and arithmetic" train --data ghosts $small --dry-run
grep -q '^  encoder.conv1  *stem ' "$dir/out" && ! grep '^  [a-z]' "$dir/out" | grep '.\{77\}'
verdict $? "its table fits into a page of 80 columns"
printf '[optim]\nepochs = 33\n' | "$MLVICX" train --data ghosts $small --dry-run --json --config - >"$dir/out" 2>"$dir/err" &&
    grep -q '"epochs": 33' "$dir/out"
verdict $? "a configuration from standard input"
# Asked to end while it starts, it leaves nothing: its first signal may come at any time.
for way in --detach --foreground; do
    "$MLVICX" train --data ghosts $small --set optim.epochs=100000 $way --name early >"$dir/out" 2>"$dir/err" </dev/null &
    kill -TERM $! 2>/dev/null
    wait $!
    [ $? -eq 143 ] && ! "$MLVICX" show early >/dev/null 2>&1
    verdict $? "train $way that is ended at once leaves no run"
done
says 0 "method     simclr" "--dry-run names the method" train --data ghosts $small --method simclr --dry-run
as_json "--dry-run as JSON" train --data ghosts $small --dry-run
[ ! -e "$dir/home/runs/1" ]
verdict $? "a dry run leaves no run"

says 0 "finished, step" "a run is trained to its end" train --data ghosts $small --set optim.epochs=2 --name first
grep -q '^step [0-9]*/[0-9]* .*img/s .*ETA .*global .*local ' "$dir/err"
verdict $? "progress goes to stderr as plain lines"
[ ! "$(stat -c %a "$dir/home/runs/1")" != 700 ] && [ -s "$dir/home/runs/1/config.ini" ] && [ -s "$dir/home/runs/1/log" ]
verdict $? "the run has a folder of its own"
run -q train --data ghosts $small --set optim.epochs=1 && [ ! -s "$dir/err" ]
verdict $? "-q is quiet"
refused 1 "taken" "a taken name is refused" train --data ghosts $small --name first
refused 1 "is finished" "a finished run is not resumed" resume first
says 0 "finished, step" "but with more epochs it is" resume first --set optim.epochs=3
refused 1 "is finished" "a finished run cannot be paused" pause first
refused 1 "did you mean first" "an unknown run gets the nearest" pause frist
refused 2 "cannot change while a run goes on" "a fixed setting is not changed" set first model.width=8

# ---- control ----

run train --data ghosts $small --set optim.epochs=100000 --set probe.epochs=0 --name long --detach --json && json
verdict $? "--detach returns once the run is held"
says 0 "paused at step" "pause" pause long
says 0 "is saved" "checkpoint, also while paused" checkpoint long
as_json "set answers as JSON" set long optim.lr=0.0005
refused 2 "did you mean optim.lr" "set names the nearest key" set long optim.lrr=1
refused 1 "has it already" "a second worker is refused" worker long
says 0 "running again" "resume wakes a paused run" resume long
refused 1 "is running already" "a running run is not resumed" resume long
says 0 "is saved" "stop ends it with a checkpoint" stop long
refused 1 "mlvicx resume long goes on" "a stopped run says how to go on" pause long
run resume long --detach
"$MLVICX" -q stop long >/dev/null 2>&1
verdict $? "a stopped run goes on and stops again"

"$MLVICX" train --data ghosts $small --set optim.epochs=100000 --set probe.epochs=0 --name watched >"$dir/watched.out" 2>"$dir/watched" </dev/null &
pid=$!
i=0
until grep -qs '^step' "$dir/watched" || [ $i -ge 300 ]; do
    sleep 0.1
    i=$((i + 1))
done
kill -INT $pid 2>/dev/null
wait $pid
status=$?
# a shell without job control lets its background commands ignore SIGINT; then SIGTERM is the same wish
[ $status -eq 130 ] && grep -q stopped "$dir/watched.out" && ls "$dir"/home/runs/*/step-*.safetensors >/dev/null
verdict $? "Ctrl-C stops the run cleanly, exit status 130"

"$MLVICX" train --data ghosts $small --set optim.epochs=100000 --set probe.epochs=0 --name hungup >"$dir/hungup.out" 2>"$dir/hungup" </dev/null &
pid=$!
i=0
until grep -qs '^step' "$dir/hungup" || [ $i -ge 300 ]; do
    sleep 0.1
    i=$((i + 1))
done
kill -HUP $pid 2>/dev/null
wait $pid 2>/dev/null
says 0 "is saved" "a hang-up leaves the run going on" stop hungup

# ---- bad workspaces ----

if [ "$(id -u)" -ne 0 ]; then
    cp -r "$dir/home" "$dir/locked" && chmod -R a-w "$dir/locked"
    refused 1 "$dir/locked" "a read-only store is told" --store "$dir/locked" train --data ghosts $small
    chmod -R u+w "$dir/locked"
elif mkdir "$dir/full" && mount -t tmpfs -o size=1400k tmpfs "$dir/full" 2>/dev/null; then
    cp -r "$dir/home/mlvicx.db" "$dir/home/packs" "$dir/full/" 2>/dev/null
    mount -o remount,ro "$dir/full"
    refused 1 "$dir/full" "a read-only store is told" --store "$dir/full" train --data ghosts $small
    mount -o remount,rw "$dir/full"
    dd if=/dev/zero of="$dir/full/fill" bs=4k 2>/dev/null
    run --store "$dir/full" train --data ghosts $small --set optim.epochs=2 --name crowded
    [ $? -eq 1 ] && grep -qi 'full\|no space\|room' "$dir/err" && [ "$(ls "$dir/full/runs" 2>/dev/null | wc -l)" -eq 0 ]
    verdict $? "a full disk is told, and no run stays"
    umount "$dir/full"
else
    skip "a read-only store is told" "nothing can be mounted here"
    skip "a full disk is told, and no run stays" "nothing can be mounted here"
fi
if command -v python3 >/dev/null 2>&1; then
    mkdir "$dir/newer" && python3 -c "
import sqlite3, sys
db = sqlite3.connect(sys.argv[1]); db.execute('create table x(a)'); db.execute('pragma user_version = 999'); db.commit()" "$dir/newer/mlvicx.db"
    refused 1 "newer" "a store of a newer version is refused" --store "$dir/newer" train --data ghosts
else
    skip "a store of a newer version is refused" "no python3"
fi
echo "not a database, but long enough to be looked at" >"$dir/notadb" && mkdir "$dir/damaged" && mv "$dir/notadb" "$dir/damaged/mlvicx.db"
refused 1 "not a database" "a damaged store is refused" --store "$dir/damaged" train --data ghosts

# ---- benchmarks: that they run and speak; their figures are nobody's business here ----
tiny="--size 32 --batch 2 --width 4 --dim 8 --repetitions 1 --threads 1"
# shellcheck disable=SC2086 # several words
{
    as_json "bench step is JSON" bench step $tiny --layers
    grep -q '"conv_effective_gflops"' "$dir/out" && grep -q '"backward.layer4"' "$dir/out" && grep -q '"peak_rss_mib"' "$dir/out"
    verdict $? "bench step has the keys of a step"
    as_json "bench step of another method is JSON" bench step $tiny --method simclr
    grep -q '"method": *"simclr"' "$dir/out"
    verdict $? "bench step times the method that it is told"
    as_json "bench step of features is JSON" bench step $tiny --features
}
sides=$("$MLVICX" --help-keys | sed -n 's/.* data\.size .*(\([0-9]* to [0-9]*\) px).*/\1/p')
says 0 "], $sides" "help tells an option's range as its setting has it" eval --help
refused 2 "--size: 1 is out of range $sides" "and the option has that range" eval x --size 1
refused 2 "method.name" "bench step refuses an unknown method" bench step --method vixreg
refused 2 "--batch" "bench step refuses a batch of one" bench step --batch 1
refused 2 "arch" "bench step refuses an unknown network" bench step --arch resnet19
as_json "bench store is JSON" bench store --steps 80
as_json "bench data is JSON" bench data --images 16 --side 64 --threads 1

finish
