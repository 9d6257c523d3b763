#!/bin/sh
# Runs that learn from labels: what they refuse, which images they draw, their best epoch, and what becomes of it
# afterwards. Prints TAP.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"

# Two classes of drawn pictures, a patient each: train, val and test.
pictures="$srcdir/tests/fixtures/images"
for class in light dark; do
    [ $class = light ] && from=basi0g16.png || from=basi2c08.png
    for split in train val test; do
        [ $split = train ] && last=10 || last=5
        mkdir -p "$dir/folders/$split/$class"
        i=0
        while [ $((i += 1)) -le $last ]; do
            run data image "$pictures/$from" --size 32 --augment $i -o "$dir/folders/$split/$class/$split$i$class.png"
        done
    done
done
run -q data import folder "$dir/folders" --name two --size 32
verdict $? "class folders are imported"
run data show two && says "each in exactly one class" && run data list --json && says '"exclusive": true'
verdict $? "their classes exclude one another, and that is said"
run -q data import folder "$dir/folders" --name many --size 32 --exclusive off && run data show many --json && says '"exclusive": false'
verdict $? "unless told otherwise"
{
    echo path,class
    for class in light dark; do (cd "$dir/folders/train" && ls $class/*.png | sed "s/\$/,$class/"); done
} >"$dir/folders/t.csv"
run -q data import csv "$dir/folders/t.csv" --images "$dir/folders/train" --name listed --label-column class --size 32 --val 0 &&
    run data show listed --json && says '"exclusive": true'
verdict $? "so do those of a table that names one for each image"
ghosts 60
verdict $? "phantoms are imported"
run -q data import folder "$dir/folders/train/light" --name bare --size 32
verdict $? "and pictures without labels"

brief="--method supervised --set data.size=32 --set model.width=4 --set train.threads=1 --set data.threads=1 --set data.batch=8
--set optim.epochs=4 --set data.epoch_steps=3 --set diagnose.steps=0 --set probe.epochs=0 --set autotune=off"
seen() { "$MLVICX" show "$1" --json >"$dir/out" 2>"$dir/err"; }

# ---- what it takes ----
# shellcheck disable=SC2086 # several words
{
    refused 1 "has no labels to learn from" "a set without labels is refused" train $brief --data bare
    refused 2 "data.labels: 0 is out of range" "a share of nothing is refused" train $brief --data two --set data.labels=0
    refused 2 "did you mean data.labels" "a wrong key is told" train $brief --data two --set data.label=10
    run train $brief --data two --dry-run && says "method     supervised" && says "3 steps an epoch, 4 epochs, 12 steps"
    verdict $? "a dry run tells steps and time"
    run train $brief --data two --dry-run --set data.batch=64 && says "20 labelled images, so a batch is 20 of them, not 64"
    verdict $? "fewer images than a batch are one"
    run train $brief --data listed --dry-run && says "nothing tells which epoch is best"
    verdict $? "no validation images are said before it begins"
    run train $brief --data listed --dry-run --set data.held_out=20 && says "has no validation images: 20 % of its training patients (" && ! says "nothing tells which epoch" &&
        run train $brief --data two --dry-run --set data.held_out=20 && ! says "held out"
    verdict $? "training images are held out where there are no others, which is said"
    run -q train $brief --data listed --name held --set data.held_out=20 && [ "$(field held auc)" != null ]
    verdict $? "and choose the epoch"
    run bench step --method supervised --size 32 --width 8 --batch 4 --repetitions 1 --threads 1
    verdict $? "a step is measured"

    # ---- a run ----
    run -q train $brief --data two --name own --set optim.lr=0.01
    verdict $? "a classifier is trained from scratch"
}
seen own && says '"best": {' && says '"reason": "best"' && says '"config"' && says '"data.labels": 100'
verdict $? "its best epoch is named"
run show own && says "on validation images" && run runs --json && grep -q '"auc": [01][.]' "$dir/out"
verdict $? "in show and runs"
config="$MLVICX_HOME/runs/$(field own id)/config.ini"
grep -qx "context = off" "$config" && grep -qx "augment.rotate = 15" "$config" && grep -qx "clip = 1" "$config" && grep -qx "lr = 0.01" "$config"
verdict $? "gates are off, the rest is the method's but for what was set"
run export own metrics --long -o "$dir/numbers" && grep -q ",loss.labels.cross_entropy," "$dir/numbers" &&
    [ "$(grep -c ",auc.validation," "$dir/numbers")" -eq 4 ] && ! grep -q ",z[.]" "$dir/numbers" && ! grep -q ",loss.global" "$dir/numbers"
verdict $? "it records what it has, and nothing of z"
run export own metrics --format tensorboard -o "$dir/board" && [ -n "$(find "$dir/board" -name '*tfevents*')" ]
verdict $? "TensorBoard takes it"
run eval own --json && says '"protocol": "apply"' && says '"split": "test"' && says '"images": 20'
verdict $? "eval scores its own classifier on test images"
run eval own@best && cp "$dir/out" "$dir/best" && run eval own && cmp -s "$dir/out" "$dir/best"
verdict $? "of the best epoch"
run eval own --protocol linear --labels 50 --draws 1 && says "linear"
verdict $? "or a probe on its features"
run eval own --task many && run eval own --task ghosts
[ $? -eq 1 ] && says "has none of the classes that run own tells apart"
verdict $? "on another set too, classes by their names"
run -q export own encoder -o "$dir/encoder.safetensors" && run eval --init "$dir/encoder.safetensors" --task two --labels 100 --draws 1 --size 32
verdict $? "its encoder is exported"
run -q export own encoder -o "$dir/own.onnx" && tr '\n' '|' <"$dir/own.onnx" | LC_ALL=C grep -aqF 'dark|light' &&
    grep -aqF logits "$dir/own.onnx"
verdict $? "as ONNX with the names of its classes"
run eval own@5000
[ $? -eq 1 ] && says "no checkpoint at step 5000"
verdict $? "a step that is not there is refused"

# ---- many labels, a frozen encoder, weights ----
# shellcheck disable=SC2086
run -q train $brief --data ghosts --name multi --set method.weighting=balanced --set data.labels=60 --set data.draw=2 --set diagnose.steps=4 --set probe.epochs=2
verdict $? "several findings an image are learned, rare ones with weight"
run inspect multi && says "map5" && run inspect multi --json && says '"name": "h"'
verdict $? "its features can be inspected"
run -q train $tiny --name teacher --set optim.epochs=1 --set optim.warmup_epochs=0
verdict $? "a run without labels is trained"
# shellcheck disable=SC2086
run -q train $brief --parent teacher --data ghosts --name frozen --set method.freeze=encoder
verdict $? "a classifier is trained on its frozen encoder"
grep -qx "lr = 0.003" "$MLVICX_HOME/runs/$(field frozen id)/config.ini" && grep -qx "context = on" "$MLVICX_HOME/runs/$(field frozen id)/config.ini"
verdict $? "with the rate of that, and the gates of its parent"
# part NAME RUN: the bytes of one tensor in the newest checkpoint
part() {
    file=$(ls "$MLVICX_HOME/runs/$(field "$2" id)"/step-*.safetensors | tail -1)
    header=$(od -An -N8 -t u8 "$file" | tr -d ' ')
    span=$(head -c $((header + 8)) "$file" | tail -c +9 | sed "s/.*\"$1\":{[^}]*\"data_offsets\":\[\([0-9]*\),\([0-9]*\)\].*/\1 \2/")
    # shellcheck disable=SC2086
    set -- $span
    tail -c +$((header + 9 + $1)) "$file" | head -c $(($2 - $1))
}
part encoder.layer4.1.conv2.weight teacher >"$dir/a" && part encoder.layer4.1.conv2.weight frozen >"$dir/b" && [ -s "$dir/a" ] && cmp -s "$dir/a" "$dir/b"
verdict $? "which stays as it was, to the bit"

# ---- the same labels for every encoder ----
# shellcheck disable=SC2086
run train $brief --data ghosts --set data.labels=30 --set data.draw=3 --dry-run && drawn=$(sed -n 's/^data set .*ghosts: \([0-9]*\) training.*/\1/p' "$dir/out") &&
    run eval teacher --labels 30 --draws 3 --json && [ "$(grep '"images"' "$dir/out" | sed 's/[^0-9]//g' | tail -1)" = "$drawn" ]
verdict $? "a draw has the images that eval --draws has"

# ---- patience ----
# shellcheck disable=SC2086
run train $brief --data two --name patient --set optim.lr=0 --set train.patience=2 --set optim.epochs=20 --set checkpoint.every=1 && says "no better for 2 epochs, best epoch 1" && is_state patient finished &&
    [ "$(field patient step)" -eq 9 ]
verdict $? "epochs without progress end a run"
run fork patient@6 --name heir-of-patience && says "step 3, of the run that this one goes on from)" &&
    [ "$(field heir-of-patience step)" -eq 9 ] && is_state heir-of-patience finished
verdict $? "a fork counts the epochs before it"
run fork heir-of-patience@9 --name next --set train.patience=3 && [ "$(field next step)" -eq 12 ] && is_state next finished
verdict $? "and so does one of that"
run resume patient --from 6 && says "best epoch 1 (AUC" && [ "$(field patient step)" -eq 9 ]
verdict $? "a run that goes on from an earlier step ends where it ended"
run resume patient --set train.patience=3 && [ "$(field patient step)" -eq 12 ] && is_state patient finished
verdict $? "a longer patience goes on"
[ -n "$(ls "$MLVICX_HOME/runs/$(field patient id)/step-0000003.safetensors")" ]
verdict $? "its best epoch is kept"

# ---- parents that are gone, forks, queue ----
# shellcheck disable=SC2086
run -q train $brief --parent teacher --data ghosts --name heir --set checkpoint.every=1
verdict $? "a run is fine-tuned"
run export heir metrics --long -o "$dir/all" && cut -d, -f3,5- "$dir/all" | grep -v '^metric,\|^time[.]\|^images_per_second' | sort >"$dir/before"
run rm teacher --yes && run -q resume heir --from 0 && run export heir metrics --long -o "$dir/all" &&
    cut -d, -f3,5- "$dir/all" | grep -v '^metric,\|^time[.]\|^images_per_second' | sort >"$dir/after" && [ -s "$dir/before" ] && cmp -s "$dir/before" "$dir/after"
verdict $? "it begins again with the same numbers when its parent is gone"
run -q train --config "$MLVICX_HOME/runs/$(field heir id)/config.ini" --set model.init="$MLVICX_HOME/runs/$(field heir id)/init.safetensors" --name clone && run export clone metrics --long -o "$dir/all" &&
    cut -d, -f3,5- "$dir/all" | grep -v '^metric,\|^time[.]\|^images_per_second' | sort >"$dir/after" && cmp -s "$dir/before" "$dir/after"
verdict $? "and its clone, from the weights that were copied"
half=$(($(field heir steps) / 2))
run -q fork "heir@$half" --name again && [ "$(field again step)" -eq "$(field heir step)" ] && is_state again finished
verdict $? "a fork goes on from a step"
# shellcheck disable=SC2086
run -q train $brief --data two --name waits --queue && until_state waits finished 60
verdict $? "the queue trains it"
run runs --json && says '"method": "supervised"'
verdict $? "the list has it"

# ---- @best ----
# shellcheck disable=SC2086
run -q train $tiny --name plain --set optim.epochs=1 --set optim.warmup_epochs=0 --set probe.epochs=1 && run show @best && says "plain"
verdict $? "the best run is one that learned without labels"
run rm plain --yes && run show @best && says "supervised"
verdict $? "where there is one"
finish
