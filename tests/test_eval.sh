#!/bin/sh
# eval as a user meets it: a random encoder on phantoms, its figures as JSON, as a table and in the store; bad input.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"

small="--set model.width=4 --set model.dim=8 --set model.fuse=8 --set train.threads=1 --size 32"
run data import phantom --name ghosts --patients 30 --size 40 --threads 1
verdict $? "phantoms are imported"

run eval --init random --task ghosts --protocol knn,linear --labels 10,100 --draws 2 $small --json
[ $? -eq 0 ] && [ "$(grep -c '"auc_macro"' "$dir/out")" -eq 8 ] && grep -q '"run": null' "$dir/out" &&
    grep -q '"init": "random:1:resnet18-w4-s32"' "$dir/out" && grep -q '"split": "test"' "$dir/out" &&
    [ "$(grep -c '"protocol": "linear"' "$dir/out")" -eq 4 ] && [ "$(grep -c '"fraction": 10' "$dir/out")" -eq 8 ] &&
    grep -q '"positives": ' "$dir/out" && grep -q '"context": true' "$dir/out"
verdict $? "a random encoder is scored, a row for each protocol, share and draw"
grep -v '"progress"' "$dir/out" >"$dir/first"
run -q eval --init random --task ghosts --protocol knn,linear --labels 10,100 --seeds 2 $small --json
cmp -s "$dir/first" "$dir/out" && [ ! -s "$dir/err" ]
verdict $? "the same again, by the older name of --draws, gives the same figures, and -q says nothing"
run -q eval --init random --task ghosts --labels 100 --draws 1 $small --set train.seed=2 --json
[ $? -eq 0 ] && ! grep -qF "$(grep -m1 auc_macro "$dir/first")" "$dir/out"
verdict $? "another seed is another encoder"
run -q eval --init random --task ghosts --labels 100 --draws 1 $small --json && grep auc "$dir/out" >"$dir/bare" &&
    run -q eval --init random --preset small --task ghosts --labels 100 --draws 1 $small --json && grep auc "$dir/out" | cmp -s - "$dir/bare"
verdict $? "where no preset is named it is small, as the help says"
run eval --init random --task ghosts --labels 100 --draws 1 --context both $small
[ $? -eq 0 ] && grep -q '^linear   on' "$dir/out" && grep -q '^linear   off' "$dir/out" && grep -q 'Cardiomegaly' "$dir/out"
verdict $? "a table shows both forms, with and without gates"

refused 2 "either a run or --init" "neither run nor encoder is told" eval --task ghosts
refused 2 "either a run or --init" "both are told" eval x --init random --task ghosts
run eval --init random --labels 100 --draws 1 $small && says "data set ghosts: is the only one, so it is taken"
verdict $? "the only data set is taken where none is named"
"$MLVICX" -q data import phantom --name second --patients 12 --size 32 --threads 1 >/dev/null 2>&1
refused 2 "--task: is missing" "a missing task is told where there are several" eval --init random
run -q data rm second --yes
refused 1 "ghosts" "an unknown task gets the nearest" eval --init random --task ghost
refused 2 "not a share in percent" "a bad share is told" eval --init random --task ghosts --labels 1,200
refused 2 "is not one" "a bad protocol is told" eval --init random --task ghosts --protocol svm
refused 2 "neither on, off nor both" "a bad word for the gates is told" eval --init random --task ghosts --context yes
refused 2 "did you mean model.width" "a bad key is told" eval --init random --task ghosts --set model.widht=4
refused 2 "brings its own settings" "a run takes no settings" eval 1 --set model.width=4
refused 1 "nothere" "a run that is not there is told" eval nothere
refused 1 "$dir/none" "a missing file is told" eval --init "$dir/none" --task ghosts
echo broken >"$dir/broken.safetensors"
refused 1 "broken.safetensors" "a broken file is told" eval --init "$dir/broken.safetensors" --task ghosts

# a gate of 16 from 8 channels: no reduction gives it
{
    header='{"conv1.weight":{"dtype":"F32","shape":[16,3,7,7],"data_offsets":[0,9408]},"context.1.channel.reduce.weight":{"dtype":"F32","shape":[16,8],"data_offsets":[9408,9920]}}'
    # shellcheck disable=SC2059
    printf "$(printf '\\%03o\\0\\0\\0\\0\\0\\0\\0' ${#header})"
    printf '%s' "$header"
    head -c 9920 /dev/zero
} >"$dir/gate.safetensors"
refused 1 "leaves 16 of 8 channels" "a gate of a shape that no network has is told" eval --init "$dir/gate.safetensors" --task ghosts

run -q train --data ghosts --name tiny --set model.width=4 --set model.dim=8 --set model.fuse=8 --set data.size=32 --set data.batch=8 \
    --set optim.epochs=1 --set optim.warmup_epochs=0 --set train.threads=1
run -q eval tiny --labels 100 --draws 1 --json
[ $? -eq 0 ] && grep -q '"run": "tiny"' "$dir/out" && grep -q '"init": null' "$dir/out" && grep -q '"task": "ghosts"' "$dir/out" &&
    grep '"auc' "$dir/out" >"$dir/areas" && grep -q '"step": [1-9]' "$dir/out"
verdict $? "a run is scored at its newest checkpoint, on its own data set"
run -q export tiny encoder -o "$dir/encoder.safetensors" && run -q eval --init "$dir/encoder.safetensors" --task ghosts --labels 100 --draws 1 --size 32 --json
grep '"auc' "$dir/out" | cmp -s - "$dir/areas"
verdict $? "the exported encoder brings its width and scores the same"
run -q eval --init "$dir/encoder.safetensors" --task ghosts --labels 100 --draws 1 --size 32 --set model.width=8
[ $? -eq 1 ] && grep -q "has shape" "$dir/err"
verdict $? "a width that is not the file's is refused"
refused 1 "step 7777" "a checkpoint that is not there is told" eval tiny@7777

# gates that learned closed, in a file that tells it by its run's configuration
run -q train $tiny --name closed --set model.context_start=0 --set optim.epochs=1 --set optim.warmup_epochs=0
closed=$(find "$MLVICX_HOME/runs/$(field closed id)" -name "step-*.safetensors" | tail -n 1)
run -q eval closed --labels 100 --draws 1 --json && grep '"auc' "$dir/out" >"$dir/areas" &&
    run -q eval --init "$closed" --preset small --set model.dim=16 --set model.fuse=8 --task ghosts --labels 100 --draws 1 --size 32 --json && grep '"auc' "$dir/out" | cmp -s - "$dir/areas"
verdict $? "a checkpoint says itself how its gates began, whatever the preset"
cp "$closed" "$dir/closed.safetensors"
refused 2 "its gates learned with model.context_start=0, this run has 3; try --set model.context_start=0" \
    "a run whose gates would be open otherwise is refused" train $tiny --name ajar --set model.init="$dir/closed.safetensors"
run -q train $tiny --name shut --set model.init="$dir/closed.safetensors" --set model.context_start=0 --set optim.epochs=1 --set optim.warmup_epochs=0
verdict $? "and begins with what it was told to try"

# the best checkpoint by its name
best=$("$MLVICX" show tiny --json | sed -n 's/^ *"step": \([0-9]*\),$/\1/p' | head -1)
run export tiny@best encoder -o "$dir/best.safetensors" && says "encoder of run tiny at step $best" && cmp -s "$dir/best.safetensors" "$dir/encoder.safetensors" &&
    run -q export tiny@last encoder -o "$dir/last.safetensors" && cmp -s "$dir/last.safetensors" "$dir/encoder.safetensors"
verdict $? "RUN@best and RUN@last are steps of a run"
run -q train --data ghosts --name unprobed --set model.width=4 --set model.dim=8 --set model.fuse=8 --set data.size=32 --set data.batch=8 \
    --set optim.epochs=1 --set optim.warmup_epochs=0 --set train.threads=1 --set probe.epochs=0
refused 1 "run unprobed@best: no checkpoint of it has been probed; see probe.epochs" "a run without a probe has no best step" \
    export unprobed@best encoder -o "$dir/none.safetensors"

# weights of others
torch=$srcdir/tests/fixtures/torch
if "$MLVICX" --version | grep -q 'pytorch yes'; then
    run eval --init "$torch/good-moco.pth" --task ghosts --labels 100 --draws 1 --size 32
    [ $? -eq 0 ] && says '15 tensors loaded, prefix state_dict.module.encoder_q. stripped; 85 not in the file and left as drawn: ' &&
        says '16 in the file and not used: ' && says 'linear   off'
    verdict $? "a file of PyTorch brings its width and is scored, and what it brought is told"
    refused 1 "torch.save(torch.load('OLD.pth'" "the form before PyTorch 1.6 is refused with what converts it" \
        eval --init "$torch/bad-legacy.pth" --task ghosts
    refused 1 "model.init: $torch/bad-stranger.pth: conv1.weight is posix.system" "and so is code in place of a tensor, before there is a run" \
        train $tiny --name stranger --set model.init="$torch/bad-stranger.pth"
    run train $tiny --name begun --set model.init="$torch/good-lightly.pth" --set optim.epochs=1 --set optim.warmup_epochs=0
    [ $? -eq 0 ] && run log begun && says 'good-lightly.pth: 15 tensors loaded, prefix backbone. stripped (children of nn.Sequential by number)'
    verdict $? "a run begins with one, and its log tells what it brought"
else
    refused 1 "which this build cannot read (libzip was not there)" "without libzip a file of PyTorch is refused with that reason" \
        eval --init "$torch/good-moco.pth" --task ghosts
    refused 1 "which this build cannot read (libzip was not there)" "and so it is before there is a run" \
        train $tiny --name stranger --set model.init="$torch/good-moco.pth"
    skip "files of PyTorch" "this build has no libzip"
fi

# other programs' forms
run export tiny encoder -o "$dir/e.onnx" && [ "$(head -c 4 "$dir/e.onnx" | od -An -tx1 | tr -d ' ')" = 08071206 ] && grep -qa 'context.5.spatial.weight' "$dir/e.onnx"
verdict $? "an encoder is exported as ONNX, gates included"
run export tiny encoder --timm -o "$dir/timm.safetensors" && says 'timm' && grep -qa '"layer1.0.conv1.weight"' "$dir/timm.safetensors" &&
    ! grep -qa '"context.1.spatial.weight"' "$dir/timm.safetensors"
verdict $? "and under timm's names without gates, which is said"
refused 2 "--timm: names tensors of safetensors" "both at once are refused" export tiny encoder --timm -o "$dir/both.onnx"
[ ! -e "$dir/both.onnx" ]
verdict $? "and leave no file"

# a class stays out of the mean where its set marks it as "nothing was found", whatever it is called
if has_python; then
    mark() { python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit(); c.close()' "$MLVICX_HOME/mlvicx.db" "$1"; }
    finding() { # NAME: the word of "finding" for it
        tr -d ' \n' <"$dir/out" | grep -o "\"name\":\"$1\"[^}]*" | grep -o '"finding":[a-z]*' | head -n 1
    }
    run -q eval --init random --task ghosts --labels 100 --draws 1 $small --json && grep -m1 auc_macro "$dir/out" >"$dir/all" && [ "$(finding Mass)" = '"finding":true' ] &&
        mark "UPDATE class SET is_nothing = 1 WHERE name = 'Mass'; UPDATE class SET name = 'No Finding' WHERE name = 'Effusion'" &&
        run -q eval --init random --task ghosts --labels 100 --draws 1 $small --json && [ "$(finding Mass)" = '"finding":false' ] &&
        [ "$(finding 'NoFinding')" = '"finding":true' ] && ! grep -m1 auc_macro "$dir/out" | cmp -s - "$dir/all"
    verdict $? "what means that nothing was found is what the set says, not what a class is called"
fi

# two images that look alike may show one person, unless what is known of them says otherwise
mkdir -p "$dir/nih/images" && n_images=0
for f in "${srcdir:-.}"/tests/fixtures/images/basn0g08.png "${srcdir:-.}"/tests/fixtures/images/bas*g0[1248].png; do
    cp "$f" "$dir/nih/images/$n_images.png" && n_images=$((n_images + 1))
done
people() { # SEX AGE of the first image, whose twin is F, 40: how many pairs of one person count
    echo "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position" >"$dir/nih/Data_Entry_2017.csv"
    i=0
    while [ $i -lt $n_images ]; do
        who="$i,50,M" # another person each
        [ $i -ne 0 ] || who="900,$2,$1"
        ! cmp -s "$dir/nih/images/$i.png" "$dir/nih/images/0.png" || [ $i -eq 0 ] || who="900,40,F"
        echo "$i.png,Mass,0,$who,PA" >>"$dir/nih/Data_Entry_2017.csv"
        i=$((i + 1))
    done
    run data check nih "$dir/nih" --features twins --json && tr -d ' \n' <"$dir/out" | grep -o '"right":[0-9]*'
}
# shellcheck disable=SC2086
run train --foreground --name twins $tiny --set optim.epochs=1 && [ "$(people F 40)" = '"right":1' ] &&
    [ "$(people F 45)" = '"right":1' ] && [ "$(people M 40)" = '"right":0' ] && [ "$(people F 46)" = '"right":0' ]
verdict $? "images of different sex, or of ages more than five years apart, are no candidates for one person"
finish
