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
other=planted-without-data.batch
run explain planted --json && [ "$(told cause)" = '"method.sigreg"' ] && [ "$(told verdict)" != '"LEARNING"' ] &&
    [ "$(state "$trial-2")" = stopped ] && [ "$(state "$other-2")" = finished ]
verdict $? "asked again, it tries again under other names, and says it as JSON"
# shellcheck disable=SC2086
run -q train $small --name unseen --set optim.epochs=4 --set diagnose.steps=0
refused 1 "no verdict yet" "a run that was never looked at is refused" explain unseen
finish
