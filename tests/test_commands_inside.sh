#!/bin/sh
# Every command of the program, typed after : in the workbench: it does what it does elsewhere, or says in a line what to do
# instead. None waits for a terminal or for ever, and none takes anything away without a question. Prints TAP.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"

"$MLVICX" -q data import phantom --name ghosts --patients 24 --size 40 --threads 1 >/dev/null 2>&1
for name in one two; do
    "$MLVICX" -q train --data ghosts --name $name --set data.size=32 --set data.batch=8 --set model.width=4 --set model.dim=8 \
        --set model.fuse=8 --set optim.epochs=1 --set optim.warmup_epochs=0 --set diagnose.images=16 --set probe.epochs=0 \
        --set train.threads=1 --set data.threads=1 >/dev/null 2>&1
done

# what is typed | a text of the screen afterwards
cat >"$dir/table" <<'END'
attach one|1 one ✓ finished
attach one --screen spectrum|1 one ✓ finished
attach nobody|run nobody: there is none
attach|this is the workbench
attach one --mono|'--mono' is for a new workbench
data|needs one of these words: import, list, show
data nonsense|needs one of these words: import, list, show
data import|too few words
data list|ghosts  phantom
data show ghosts|phantom --patients 24
data check ghosts|mlvicx
data splits ghosts|,train
data merge|too few words
data share|too few words
data attach|too few words
data image|too few words
data rm ghosts|data rm ghosts: remove the data set and its pack?  y
data verify ghosts|each as its digest says
train --data ghosts --dry-run --set data.batch=8|encoder.
train --data ghosts --foreground|a run has its own process here
fork one@last|is its last; give the fork more
fork one@last --foreground|a run has its own process here
explain|too few words
resume one|is finished after 1 epoch
resume one --foreground|a run has its own process here
pause one|is finished
stop one|is finished
checkpoint one|is finished
set one optim.lr=1|is finished
queue run|queue run
queue up one|does not wait in the queue
queue down one|does not wait in the queue
queue drop one|does not wait in the queue
queue add one|is finished
queue|nothing waits
runs|2 runs
runs --json|"id": 2
show one|state      finished
inspect one|run one, step
map one|at step
tag one word|tag one: one: word
note one good|done
rename two second|done
rm one|rm one: move into the trash?  y
rm --now one|rm --now one: delete for good?  y
rm --trash|rm --trash: delete for good?  y
restore|the trash is empty
log one|start: begins
log one -f|would never end here
eval one --draws 1|protocol
compare one second|compare
predict one|too few words
export one encoder|-o FILE.safetensors
verify|too few words
bench step --help|usage: mlvicx bench step
bench data --help|usage: mlvicx bench data
bench store --help|usage: mlvicx bench store
demo --help|usage: mlvicx demo
worker 1|each gets its own worker
covariance 3|'3' is one word too many
END
k=0
while IFS='|' read -r typed text; do
    k=$((k + 1))
    wait=:wait
    case $text in *'?  y') wait= ;; esac # a question is open, and would take this as an answer
    printf ':%s\n%s\n:save-display %s\n<esc>\n1\n' "$typed" "$wait" "$dir/screen.$k"
done <"$dir/table" >"$dir/script"
"$MLVICX" attach one --screen runs --rows 40 --columns 140 --script "$dir/script" >"$dir/out" 2>"$dir/err" </dev/null
verdict $? "all are typed"
k=0
while IFS='|' read -r typed text; do
    k=$((k + 1))
    cp "$dir/screen.$k" "$dir/screen" 2>/dev/null
    grep -qF -- "$text" "$dir/screen" && ! grep -q 'no terminal\|--store: no such' "$dir/screen"
    verdict $? "$typed"
done <"$dir/table"

"$MLVICX" --help | sed -n 's/^  \([a-z][a-z]*\)\( [a-z][a-z]*\)\{0,1\} .*/\1\2/p' >"$dir/commands"
while read -r one two; do
    grep -qE "^$one( $two)?([ |]|\$)" "$dir/table" || echo "$one $two"
done <"$dir/commands" >"$dir/out"
[ -s "$dir/commands" ] && [ ! -s "$dir/out" ]
verdict $? "every command stands in the table above"
"$MLVICX" show one >/dev/null 2>&1 && "$MLVICX" data show ghosts >/dev/null 2>&1
verdict $? "nothing was taken away that was not answered with y"

printf ':rm one\ny\n:wait\n:data rm ghosts\ny\n:wait\n' >"$dir/script"
"$MLVICX" attach --screen runs --script "$dir/script" >"$dir/out" 2>"$dir/err" </dev/null
! "$MLVICX" show one >/dev/null 2>&1 && ! "$MLVICX" data show ghosts >/dev/null 2>&1 && "$MLVICX" restore one >/dev/null 2>&1
verdict $? "and with y it was"

# What a job has to show waits until what is being typed is done.
cat >"$dir/script" <<END
:show one
O<ctrl-u>a remark
:save-display $dir/before
<enter>
:wait
:save-display $dir/screen
END
"$MLVICX" attach one --screen runs --script "$dir/script" >"$dir/out" 2>"$dir/err" </dev/null && [ "$(field one note)" = "a remark" ] &&
    grep -q "note: a remark" "$dir/before" && grep -q "state      finished" "$dir/screen"
verdict $? "a page of output waits for a line that is being typed"
finish
