#!/bin/sh
# Screens that kept old numbers. Twelve workbenches stay open, three each on Runs, Downstream, Loss and Checkpoints, while
# runs are queued, scored, taken back, renamed and removed. After each all must show what a workbench shows that was opened
# then, and what --json says.
# shellcheck source=tests/common.sh
. "$srcdir/tests/common.sh"

screens="runs downstream loss checkpoints"
# The clock stands, so that ages do not differ; and what is chosen stays chosen while rows come and go, where a new
# workbench begins with the first.
begin() { echo ":clock 2031-03-01T12:00:00"; }
show() { # SCREEN FILE
    case $1 in downstream) echo t ;; checkpoints) echo '<home>' ;; esac
    echo ":save-display $2"
}
# stay NUMBER SCREEN: a workbench that shows what it sees in $dir/SCREEN.NUMBER until it is killed
stay() {
    begin >"$dir/stay.$2.$1"
    i=0
    while [ $i -lt 600 ]; do
        i=$((i + 1))
        echo ":wait 0.5"
        show "$2" "$dir/$2.$1"
    done >>"$dir/stay.$2.$1"
    "$MLVICX" attach first --screen "$2" --script "$dir/stay.$2.$1" --rows 40 --columns 100 >/dev/null 2>&1 </dev/null &
    benches="$benches $!"
}
same() { # NUMBER SCREEN: as a new workbench
    { begin; show "$2" "$dir/anew"; } >"$dir/look"
    "$MLVICX" attach first --screen "$2" --script "$dir/look" --rows 40 --columns 100 >/dev/null 2>&1 </dev/null
    cp "$dir/$2.$1" "$dir/screen" 2>/dev/null
    cmp -s "$dir/screen" "$dir/anew"
}
agree() {
    for screen in $screens; do
        for number in 1 2 3; do wait_for 30 same $number "$screen" || return 1; done
    done
}
all() { # SCREEN REGEX: three show it
    for number in 1 2 3; do grep -qE "$2" "$dir/$1.$number" || return 1; done
}
number() { sed -n "s/^ *\"$1\": \([-0-9.e]*\),*\$/\1/p" | head -1; }
# "0.58123" as the screens say it: ".581"
share() { printf '%.3f' "$1" | sed 's/^0//'; }
true_auc() { # RUN: what Runs must show in all three
    auc=$(share "$("$MLVICX" runs --json | sed -n "/\"name\": \"$1\"/,/}/p" | number auc)")
    all runs "[0-9] $1 .* \\$auc "
}

ghosts 40
benches=
trap 'kill -KILL $benches 2>/dev/null; clean_up' EXIT
looked="$tiny --set diagnose.steps=5 --set probe.epochs=1 --set checkpoint.every=1 --set optim.epochs=4"
# shellcheck disable=SC2086 # words
"$MLVICX" train $looked --name first --queue >/dev/null 2>&1
for screen in $screens; do
    for number in 1 2 3; do stay $number "$screen"; done
done
for name in second third fourth fifth; do
    # shellcheck disable=SC2086
    "$MLVICX" train $looked --name $name --queue --set train.seed=${#name} >/dev/null 2>&1
done
for name in first second third fourth fifth; do until_state $name finished 120; done
agree && true_auc first && true_auc second && true_auc third && true_auc fourth && true_auc fifth
verdict $? "five queued runs: workbenches show the newest numbers of each"

run eval first --labels 50,100 --draws 3 --json &
scoring=$!
parts=0
while kill -0 $scoring 2>/dev/null; do
    rows=$("$MLVICX" show first --json | grep -c '"split": "test"')
    [ "$rows" -eq 0 ] || [ "$rows" -eq 6 ] || parts=1
done
wait $scoring
[ $parts -eq 0 ] && [ "$("$MLVICX" show first --json | grep -c '"split": "test"')" -eq 6 ]
verdict $? "an evaluation is recorded whole"
auc=$(share "$(sed -n '/"fraction": 100/,$p' "$dir/out" | number auc_macro)")
agree && all downstream "test +linear.*100 %.* \\$auc"
verdict $? "workbenches show an evaluation that has ended"

"$MLVICX" resume first --from 9 --set optim.epochs=2 >/dev/null 2>&1
until_state first finished 60
agree && true_auc first && ! grep -qE "test +linear" "$dir/downstream.1" && all loss " 18/18"
verdict $? "workbenches go back with a run, and on with it"

"$MLVICX" resume first --set optim.epochs=6 >/dev/null 2>&1
until_state first finished 60
agree && true_auc first && all loss " 54/54"
verdict $? "and show what it is given more"

"$MLVICX" rename second another >/dev/null 2>&1 && "$MLVICX" note first "seen by all" >/dev/null 2>&1 &&
    "$MLVICX" tag first kept >/dev/null 2>&1 && "$MLVICX" rm third --yes >/dev/null 2>&1
agree && all runs " another " && all runs "note: seen by all" && ! grep -q " third " "$dir/runs.3"
verdict $? "names, notes, tags and removals show everywhere"
# shellcheck disable=SC2086 # numbers
kill -KILL $benches 2>/dev/null
wait 2>/dev/null
benches=

# ---- the alarm line ----
# at ROWS COLUMNS VIEW: what stands on it
at() {
    printf ':save-display %s\n' "$dir/screen" >"$dir/look"
    "$MLVICX" attach long --screen "$3" --script "$dir/look" --rows "$1" --columns "$2" >/dev/null 2>&1 </dev/null
}
# shellcheck disable=SC2086
"$MLVICX" train $tiny --name long --set optim.epochs=100000 --detach >/dev/null 2>&1
until_state long running
kill -KILL "$(worker long)"
until_state long lost
status=0
for width in 20 27 40 60 80; do at 24 $width loss && grep -qF "Try: R, resume" "$dir/screen" || status=1; done
verdict $status "what to do is said in terminals of 20 to 80 columns"
at 24 80 images && grep -qF "run 6 is lost" "$dir/screen"
verdict $? "an alarm on another screen names its run"
"$MLVICX" resume long >/dev/null 2>&1 </dev/null &
follower=$!
until_state long running
at 24 80 runs && ! grep -qF "is lost" "$dir/screen"
verdict $? "an alarm that no longer holds is gone"
kill -KILL $follower 2>/dev/null
finish
