#!/bin/sh
# `explain`: what made a run collapse, by undoing one change at a time; and that a run that is well needs none. Prints TAP.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
LC_ALL=C

small="--preset demo --data ghosts --method lejepa --set model.width=8 --set model.dim=64 --set data.size=32 --set data.batch=16
--set optim.warmup_epochs=3 --set optim.epochs=16 --set diagnose.steps=8 --set diagnose.images=32 --set probe.epochs=0
--set train.threads=1 --set data.threads=1 --set autotune=off"
# told KEY: the value of a key of the JSON in $dir/out, of the first place that has it
told() { sed -n "s/^ *\"$1\": \(.*[^,]\),\{0,1\}\$/\1/p" "$dir/out" | head -1; }

run -q data import phantom --name ghosts --patients 60 --size 32 --threads 1
verdict $? "phantoms are imported"
# shellcheck disable=SC2086 # several words
{
    run -q train $small --name well && run -q train $small --name planted --set method.sigreg=0
    verdict $? "a run, and one without what holds its embeddings apart"
}
run explain well && grep -q 'nothing to explain: global LEARNING: shared 0' "$dir/out"
verdict $? "a run that is well has nothing to explain"
run explain well --json && [ "$(told conclusion)" = '"nothing to explain"' ] && [ "$(told cause)" = null ]
verdict $? "the same as JSON"
"$MLVICX" runs --json >"$dir/before"
run explain planted --dry-run && grep -q 'method.sigreg 0 -> 0.05' "$dir/out" && grep -q 'to undo, about .* of training' "$dir/out" &&
    "$MLVICX" runs --json >"$dir/after" && cmp -s "$dir/before" "$dir/after"
verdict $? "a dry run says what would be tried and what it costs, and trains nothing"
run explain planted && grep -q '^cause: method.sigreg=0: with 0.05 it is LEARNING at step ' "$dir/out"
verdict $? "the planted cause is named"
grep -q '^ *shared at step *planted ' "$dir/out"
verdict $? "with the curves side by side"
trial=planted-without-method.sigreg
[ "$(state "$trial")" = stopped ] && [ "$(sed -n 's/^sigreg = //p' "$MLVICX_HOME/runs/$(field "$trial" id)/config.ini")" = 0.05 ]
verdict $? "the trial is in the list of runs, with that change alone undone"
count() { "$MLVICX" runs --json | grep -c '"id"'; }
other=planted-without-data.batch
before=$(count)
run -q explain planted --json && cp "$dir/out" "$dir/first" && [ "$(told cause)" = '"method.sigreg"' ] && [ "$(told verdict)" != '"LEARNING"' ] &&
    [ "$(count)" -eq "$before" ] && [ "$(state "$other")" = finished ]
verdict $? "asked again, it takes up the trials that there are, and says it as JSON"
run show @last --json && grep -q '"name": "planted"' "$dir/out"
verdict $? "@last is the newest run that it has not made"
run -q rm --yes "$trial" "$other" && run explain planted --json && cmp -s "$dir/first" "$dir/out" && [ "$(count)" -eq "$before" ] &&
    [ "$(grep -c 'was in the trash and is back' "$dir/err")" -eq 2 ]
verdict $? "those that lie in the trash, too"
run -q rm --now --yes "$trial" && run -q explain planted --json && cmp -s "$dir/first" "$dir/out" && [ "$(count)" -eq "$before" ] && ! says trash
verdict $? "what is gone is made again, with the same answer"

# killed in the middle: its worker goes on, and the same command with it
run -q rm --now --yes "$trial" "$other"
"$MLVICX" explain planted --json >"$dir/out" 2>"$dir/err" </dev/null &
command=$!
alive() { "$MLVICX" runs --json | grep -q '"state": "running"'; }
wait_for 60 alive && kill -KILL $command
verdict $? "the command is killed while it trains a trial"
wait $command 2>/dev/null
run -q explain planted --json && cmp -s "$dir/first" "$dir/out" && [ "$(count)" -eq "$before" ]
verdict $? "the same command goes on with it and repeats nothing"

# a trial that is paused is waited for, and taken over when that dies
run -q rm --now --yes "$other"
"$MLVICX" explain planted --json >"$dir/out" 2>"$dir/err" </dev/null &
command=$!
wait_for 60 is_state "$other" running && pid=$(worker "$other") && "$MLVICX" -q pause "$other" >/dev/null 2>&1 && until_state "$other" paused; kill -KILL $command
wait $command 2>/dev/null
"$MLVICX" explain planted --json >"$dir/out" 2>"$dir/err" </dev/null &
command=$!
wait_for 60 says "run $other: is trained by process $pid on"
verdict $? "a trial that another process trains is waited for, which is said"
kill -INT $command
wait $command
[ $? -eq 130 ] && says "run $other is left to its worker (mlvicx stop $other ends it), and the same command goes on"
verdict $? "Ctrl-C ends the waiting"
"$MLVICX" explain planted --json >"$dir/out" 2>"$dir/err" </dev/null &
command=$!
wait_for 60 says "run $other: is trained by process $pid on"
kill -KILL "$pid"
wait $command && cmp -s "$dir/first" "$dir/out" && [ "$(count)" -eq "$before" ]
verdict $? "when its worker dies the trial is trained on"

# other trials than those
run -q resume "$other" --set optim.epochs=18 && run -q explain planted --json && [ "$(count)" -eq $((before + 1)) ] && [ "$(state "$other-2")" = finished ] && [ "$(told cause)" = '"method.sigreg"' ]
verdict $? "a trial that somebody changed is none"
run -q resume planted --set optim.epochs=17 && run -q explain planted --json && [ "$(count)" -gt $((before + 1)) ]
verdict $? "nor is one of the run as it was before"
# shellcheck disable=SC2086
run -q train $small --name unseen --set optim.epochs=4 --set diagnose.steps=0
refused 1 "no verdict yet" "a run that was never looked at is refused" explain unseen
finish
