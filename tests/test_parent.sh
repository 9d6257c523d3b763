#!/bin/sh
# Runs that come from others: `train --parent` takes weights and network of a checkpoint, `fork` all of it. Prints TAP.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
LC_ALL=C

# numbers RUN FILE: all that it recorded but times, which no two runs share
numbers() {
    "$MLVICX" export "$1" metrics --long -o "$2.all" >"$dir/out" 2>"$dir/err" </dev/null &&
        cut -d, -f3,5- "$2.all" | grep -v '^metric,\|^time[.]\|^images_per_second' | sort >"$2"
}

# config RUN LINE: the settings that it was given have it
config() { grep -qx -- "$2" "$MLVICX_HOME/runs/$(field "$1" id)/config.ini"; }

run -q data import phantom --name ghosts --patients 24 --size 40 --threads 1
verdict $? "phantoms are imported"
small="--set model.width=4 --set model.dim=8 --set model.fuse=8 --set data.size=32 --set data.batch=8 --set train.threads=1
--set data.threads=1 --set optim.epochs=4 --set optim.warmup_epochs=0 --set diagnose.steps=2 --set diagnose.images=16
--set checkpoint.every=1 --set checkpoint.keep=9"
# shellcheck disable=SC2086 # several words
run -q train $small --data ghosts --name first --set optim.lr=0.01
verdict $? "a run is trained"
steps=$(field first step)

# ---- --parent: the weights and the network ----
brief="--set data.size=32 --set data.batch=8 --set train.threads=1 --set data.threads=1 --set optim.epochs=2
--set optim.warmup_epochs=0 --set diagnose.images=16"
# shellcheck disable=SC2086
{
    run -q train --parent first $brief --name child
    verdict $? "a run begins with the weights of another"
    config child 'dim = 8' && config child 'lr = 0.004'
    verdict $? "it has the network of its parent, and the optimizer of its preset"
    for method in vicreg simclr; do
        run -q train --parent first --method $method $brief --name "by-$method"
        verdict $? "a parent's local level is no hindrance to $method"
        config "by-$method" 'local = off'
        verdict $? "which builds none"
    done
    refused 2 "has no local level" "but who asks for one is told" train --parent first --method vicreg $brief --set model.local=on
}

# ---- fork: all of it ----
half=$((steps / 2))
# after FILE: of the numbers those behind the step that was forked at
after() { awk -F, -v step="$half" '$2 > step' "$1"; }
numbers first "$dir/first" && after "$dir/first" >"$dir/rest" && [ -s "$dir/rest" ]
verdict $? "the numbers of a parent are read"
run -q fork "first@$half" --name again && numbers again "$dir/again" && cmp -s "$dir/rest" "$dir/again"
verdict $? "a fork with no change has the numbers that its parent has from there, bit for bit"
[ "$(field again step)" -eq "$steps" ] && [ "$(state again)" = finished ]
verdict $? "to the end"
# tensors RUN: the last checkpoint behind its header, which names the run
tensors() {
    file=$(ls "$MLVICX_HOME/runs/$(field "$1" id)"/step-*.safetensors | tail -1)
    header=$(od -An -N8 -t u8 "$file" | tr -d ' ')
    tail -c +$((header + 9)) "$file"
}
tensors first >"$dir/a" && tensors again >"$dir/b" && [ -s "$dir/a" ] && cmp -s "$dir/a" "$dir/b"
verdict $? "its last checkpoint holds the same state, the optimizer's too"
run -q fork "first@$half" --name slower --set optim.lr=0.001 && numbers slower "$dir/slower" &&
    ! cmp -s "$dir/rest" "$dir/slower" && grep -q "^rate,$((half + 1))," "$dir/slower"
verdict $? "with another rate it goes another way"
refused 2 "model.width" "what the state depends on is not changed" fork "first@$half" --set model.width=8
run fork "first@$half" --set train.patience=3 --name unread && says "train.patience: method mlvicx does not read it"
verdict $? "what the method does not read is told"
refused 1 "is its last" "the end is not gone on from" fork "first@$steps"
refused 1 "step" "nor a step without a checkpoint" fork first@1
refused 1 "there is none" "nor a run that there is not" fork nobody
run -q fork "first@$half" --name again --detach
[ $? -eq 1 ] && grep -q "the name is taken" "$dir/err" && [ "$(ls "$MLVICX_HOME/runs" | wc -l)" -eq 7 ]
verdict $? "a name that is taken leaves nothing"
run -q fork "first@$half" --name queued --queue && wait_for 60 sh -c "'$MLVICX' show queued --json | grep -q finished" &&
    numbers queued "$dir/queued" && cmp -s "$dir/rest" "$dir/queued"
verdict $? "a queued fork has the same numbers"

numbers child "$dir/before"
verdict $? "its numbers are read"
run rm first --yes && run -q resume child --from 0 && numbers child "$dir/after" && cmp -s "$dir/before" "$dir/after"
verdict $? "it begins again with the same numbers when its parent is gone"
[ -s "$dir/before" ] && [ "$steps" -gt 0 ]
verdict $? "which are some"

# ---- the settings of a child whose parent is gone ----
"$MLVICX" attach child --view runs --script /dev/stdin >"$dir/out" 2>"$dir/err" <<'END'
Y
B
:wait
END
until_state @last finished && [ "$(field @last id)" != "$(field child id)" ] && numbers @last "$dir/clone" &&
    cmp -s "$dir/before" "$dir/clone"
verdict $? "a clone begins with the copy that the child has, and has its numbers"
[ -s "$MLVICX_HOME/runs/$(field @last id)/init.safetensors" ]
verdict $? "and keeps a copy of its own"
# shellcheck disable=SC2086
refused 1 "model.init: " "one that begins with what is gone is refused" train --data ghosts $brief \
    --set model.init="$MLVICX_HOME/runs/1/$(basename "$(find "$MLVICX_HOME/runs/2" -name 'step-*' | head -n 1)")"
run -q fork child --name offshoot --set optim.epochs=3 && run rm child --yes && run -q resume offshoot --from 0
verdict $? "a fork of a child begins again when the child is gone, too"
# shellcheck disable=SC2086
run -q train --parent offshoot $brief --set optim.epochs=1 --name late && [ "$(field late parent)" = "$(field offshoot id)" ] &&
    run -q train --data ghosts --config "$MLVICX_HOME/runs/$(field late id)/config.ini" --name twin \
        --set model.init="$MLVICX_HOME/runs/$(field late id)/init.safetensors" &&
    [ "$(field twin parent)" = "$(field offshoot id)" ]
verdict $? "who begins with a child's first weights descends from its parent"

# ---- a file of the user's ----
run export offshoot encoder -o "$dir/own.safetensors" && cp "$srcdir/tests/fixtures/torch/good-torchvision.pth" "$dir/own.pth"
verdict $? "there are files of weights"
for own in own.safetensors:init.safetensors own.pth:init.pt; do
    # shellcheck disable=SC2086
    run -q train --data ghosts $small --set optim.epochs=1 --set model.init="$dir/${own%:*}" --name "${own%%.*}-${own##*.}" &&
        numbers @last "$dir/before" && cmp -s "$dir/${own%:*}" "$MLVICX_HOME/runs/$(field @last id)/${own#*:}" && rm "$dir/${own%:*}" &&
        run -q resume @last --from 0 && numbers @last "$dir/after" && [ -s "$dir/before" ] && cmp -s "$dir/before" "$dir/after"
    verdict $? "a run keeps a copy of the file that it begins with, and begins again without ${own%:*}"
    run -q fork @last --name "fork-${own##*.}" --set optim.epochs=2 && cmp -s "$MLVICX_HOME/runs/$(field @last id)/${own#*:}" \
        "$MLVICX_HOME/runs/$(field "${own%%.*}-${own##*.}" id)/${own#*:}"
    verdict $? "and so does its fork"
done

run -q resume again --from "$half" && numbers again "$dir/again" && cmp -s "$dir/rest" "$dir/again"
verdict $? "a fork goes on again from its beginning when its parent is gone"
finish
