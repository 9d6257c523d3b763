#!/bin/sh
# Looking at runs and keeping them in order: runs, show, inspect, tag, note, rename, log, export, rm. Prints TAP.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
LC_ALL=C
escape=$(printf '\033')

# says TEXT NAME ARGUMENTS...: exit 0, TEXT on stdout, no escape
says() {
    text=$1 name=$2
    shift 2
    run "$@" && grep -qF -- "$text" "$dir/out" && ! grep -qF "$escape" "$dir/out"
    verdict $? "$name"
}

# keys "a b c": the keys of the first object of stdout, in order and none else, read off its indentation
keys() {
    [ "$(grep -oE "^ {$2}\"[a-z_0-9]+\":" "$dir/out" | tr -d ' ":' | awk '!seen[$0]++' | tr '\n' ' ' | sed 's/ $//')" = "$1" ]
}

# ---- an empty workspace ----
run runs
[ $? -eq 0 ] && [ ! -s "$dir/out" ] && grep -qF "no runs yet" "$dir/err" && [ ! -e "$dir/home" ]
verdict $? "no runs, and none is made by looking"
run runs --json && [ "$(cat "$dir/out")" = "[]" ]
verdict $? "no runs as JSON"
refused 1 "there is none" "@last of nothing" show @last

# ---- two small runs ----
run -q data import phantom --name ghosts --patients 24 --size 40 --threads 1
verdict $? "phantoms are imported"
small="--data ghosts --set model.width=4 --set model.dim=8 --set model.fuse=8 --set data.size=32 --set data.batch=8
--set train.threads=1 --set data.threads=1 --set optim.epochs=2 --set optim.warmup_epochs=0 --set diagnose.steps=2 --set diagnose.images=16"
run -q train $small --name first && run -q train $small --name second --set train.seed=2 --set optim.epochs=1
verdict $? "two runs are trained"

# shellcheck disable=SC2086
run train ${small#--data ghosts} --dry-run && grep -qF "data set ghosts: is the only one, so it is taken" "$dir/err" && run -q data import phantom --name more --patients 12 --size 40 --threads 1 &&
    refusal 2 "no data set was chosen" train ${small#--data ghosts} --dry-run && run -q data rm more --yes
verdict $? "the only data set is taken where none is named, of several none"
says "finished" "the list shows states" runs
[ "$(sed -n 2p "$dir/out" | awk '{print $2}')" = second ] && [ "$(wc -l <"$dir/out")" -eq 3 ]
verdict $? "newest first"
run runs --json && keys "id name state method dataset epoch epochs step steps loss loss_global loss_local images_per_second auc \
rankme_global rankme_local eta_seconds verdict_global verdict_local best seed created tags" 4
verdict $? "the list as JSON has the promised keys"

# ---- tags, notes, names ----
says "first: baseline keep" "tags are put on" tag first baseline +keep
says "first: keep" "and taken off, beginning with a dash" tag first -baseline
run tag first --json && grep -qF '"keep"' "$dir/out"
verdict $? "tags as JSON"
refused 2 "letters, digits" "a bad tag is refused" tag first "a b"
refused 2 "no such option" "a long option is no tag" tag first --keep
run note first "kept	for$escape[31m" reasons && says "note       kept?for?[31m reasons" "a note is shown clean" show first
run rename second other && says "other" "a run has a new name" runs
run rename other a-name-longer-than-its-column-is && says "a-name-longer-than-its-colu~  " "a cell that is cut says so" runs &&
    run rename a-name-longer-than-its-column-is other
refused 1 "the name is taken" "a taken name is refused" rename other first
refused 2 "cannot be a number" "a number is no name" rename other 12

# ---- filters ----
wrong=
for row in "state:finished 2" "state:lost 0" "tag:keep 1" "data:ghosts 2" "data:other 0" "epochs>1 1" "seed=2 1" "loss>0 2" \
    "loss<=0 0" "z.rankme>0 2" "reasons 1" "KEPT 1" "state:finished_tag:keep_first 1" "tag:keep_other 0" "name:oth 1" "preset:small 2"; do
    run runs --json --filter "$(echo "${row% *}" | tr _ ' ')"
    [ $? -eq 0 ] && [ "$(grep -c '"name"' "$dir/out")" -eq "${row##* }" ] || wrong="$wrong $row"
done
echo "wrong:$wrong" >"$dir/err"
[ -z "$wrong" ]
verdict $? "each filter finds its runs"
refused 2 "did you mean state" "an unknown key of a filter gets the nearest" runs --filter stat:running
refused 2 "a state is queued" "an unknown state is told" runs --filter state:runing
refused 2 "there is none" "an unknown number is told" runs --filter 'nonsense>1'
refused 2 "and a number" "a comparison with no number is told" runs --filter 'auc>high'

# ---- show ----
says "settings   preset small, but" "show tells what differs from the preset" show first
run show first --json
for key in id state tags pid config events checkpoints phases; do grep -qE "^  \"$key\":" "$dir/out" || wrong="$wrong $key"; done
for key in load augment wait forward backward step; do grep -qE "^ +\"$key\":" "$dir/out" || wrong="$wrong $key"; done
[ -z "$wrong" ] && grep -qF '"model.width": 4' "$dir/out" && grep -qF '"pid": null' "$dir/out" && grep -qF '"kind": "finish"' "$dir/out" &&
    grep -qF '"forward":' "$dir/out"
verdict $? "show as JSON"
refused 1 "did you mean first" "an unknown run gets the nearest" show firts
run show f && grep -qF "run        1 first" "$dir/out"
verdict $? "the beginning of a name is enough"

# ---- inspect ----
says "RankMe" "inspect prints tables" inspect first
[ "$(awk '{ if (length($0) > w) w = length($0) } END { print w }' "$dir/out")" -lt 110 ] && grep -q '^z ' "$dir/out"
verdict $? "of modest width"
run inspect first --json && keys "name dims std_mean std_min dead corr_abs_mean corr_abs_max rankme rankme_ceiling rankme_isotropic \
rankme_ratio participation stable_rank alpha alpha_r2 condition uniformity alignment corr_floor verdict advice signs spectrum" 6
verdict $? "a level has the promised keys"
run inspect first --json && keys "run step levels cka" 2 && grep -qF '"name": "crowding"' "$dir/out"
verdict $? "inspect has the promised keys, and its signs"
run inspect first@3 --json && grep -qF '"step": 2' "$dir/out" && grep -qF "this is step 2" "$dir/err"
verdict $? "a step that was not looked at gives the one before"
refused 2 "is not a step; give RUN@STEP" "a bad step is told" inspect first@x

# ---- log, export ----
says "begins with" "the log is shown" log first
says "finish" "following a run that has ended ends" log first -f
run log first --json && grep -qF '"lines": [' "$dir/out"
verdict $? "the log as JSON"
run export first metrics -o "$dir/m.csv" && head -1 "$dir/m.csv" | grep -q '^step,loss,' &&
    [ "$(tail -1 "$dir/m.csv" | cut -d, -f1)" = "$("$MLVICX" runs --json | sed -n 's/^    "step": \([0-9]*\),/\1/p' | tail -1)" ] &&
    [ "$(head -1 "$dir/m.csv" | tr -cd , | wc -c)" -eq "$(tail -1 "$dir/m.csv" | tr -cd , | wc -c)" ]
verdict $? "metrics as a table"
run export first metrics && cmp -s "$dir/out" "$dir/m.csv"
verdict $? "the same on standard output"
run export first metrics --format json && grep -qF '"name":"loss","unit":"","steps":[1,2,' "$dir/out"
verdict $? "metrics as JSON"
run export first encoder -o "$dir/e.safetensors" && grep -aqF '"layer4.1.bn2.running_var"' "$dir/e.safetensors" &&
    grep -aqF '"context.5.spatial.weight"' "$dir/e.safetensors" && ! grep -aqF 'global.' "$dir/e.safetensors"
verdict $? "the encoder with torchvision's names"
refused 2 "-o FILE" "an encoder needs a file" export first encoder
refused 2 "did you mean metrics" "an unknown kind gets the nearest" export first metric
refused 2 "there are csv, jsonl, json, tensorboard" "an unknown format is told" export first metrics --format xml
refused 2 "no format of encoder" "a format of another kind is told" export first encoder --format csv -o "$dir/no.safetensors"
refused 2 "name a run" "an encoder of all runs is refused" export encoder --all -o "$dir/no.safetensors"
refused 2 "without a RUN" "a run and all runs is told" export first metrics --all
refused 2 "-o DIR" "TensorBoard needs a folder" export first metrics --format tensorboard
refused 1 "is a file" "a file is no folder" export first metrics --format tensorboard -o "$dir/m.csv"
refused 1 "no checkpoint at step 1" "a step without checkpoint is told" export first@1 encoder -o "$dir/no.safetensors"
refused 1 "No such file" "a folder that is not there is told" export first metrics -o "$dir/none/m.csv"
refused 1 "no regular file" "a device is not replaced" export first metrics -o /dev/null
for view in loss variance covariance spectrum; do
    run export first figure --screen $view -o "$dir/$view.png" && [ "$(head -c 4 "$dir/$view.png" | tail -c 3)" = PNG ] || break
    run export first@2 figure --screen $view --format csv && grep -q '^first,.*,mlvicx$' "$dir/out" &&
        head -n 1 "$dir/out" | grep -q ',method$' || break
done
[ $view = spectrum ] && grep -q '^first,z,2,1,' "$dir/out"
verdict $? "figures as pictures and as numbers"
run export first figure --screen spectrum --level map5 --with other --size 640x480 --dark -o "$dir/two.png" &&
    run export first figure --screen spectrum --level map5 --with other -o "$dir/two.csv" && grep -q ^first, "$dir/two.csv" && grep -q ^other, "$dir/two.csv"
verdict $? "two runs in one figure"
refused 2 "--screen loss, variance, covariance, spectrum" "a figure needs a view" export first figure -o "$dir/no.png"
refused 2 "none of loss, variance" "an unknown view is told" export first figure --screen rank -o "$dir/no.png"
refused 2 "WIDTHxHEIGHT" "a bad size is told" export first figure --screen loss --size 100 -o "$dir/no.png"
refused 2 "FIRST:LAST" "a bad span is told" export first figure --screen loss --span 5:5 -o "$dir/no.png"
run export first figure --screen loss --span 3:6 --format csv && [ "$(grep -c '^first,loss,' "$dir/out")" -eq 4 ]
verdict $? "a span of steps"
refused 2 "step, epoch, images, time" "an unknown axis is told" export first figure --screen loss --x hours -o "$dir/no.png"
refused 2 "only the figure of loss" "groups of other figures are told" export first figure --screen spectrum --group seeds -o "$dir/no.png"
refused 2 "loss.covv" "an unknown setting of groups is told" export first figure --screen loss --group loss.covv -o "$dir/no.png"
run export first figure --screen loss --with other --x time -o "$dir/time.png" && run export first figure --screen loss --x epoch --format csv &&
    head -n 1 "$dir/out" | grep -q ',method,first_x,last_x,x_unit$' && grep -q '^first,loss,2,2,.*,mlvicx,[0-9.]*,[0-9.]*,epoch$' "$dir/out"
verdict $? "a figure over epochs"
refused 2 "map1 to map5" "an unknown level is told" export first figure --screen spectrum --level q -o "$dir/no.png"
refused 2 "-o FILE.png" "a picture needs a file" export first figure --screen loss
refused 1 "--with: run nobody: there is none" "an unknown other run is told" export first figure --screen loss --with nobody -o "$dir/no.png"
[ ! -e "$dir/no.png" ] && [ ! -e "$dir/no.safetensors" ] && ! ls "$dir"/*.tmp.* >/dev/null 2>&1
verdict $? "nothing half-written stays"

# ---- lost runs, and removing ----
run -q train $small --name third --set optim.epochs=100000 --detach
verdict $? "a long run is started"
says "running" "it is running" runs --filter name:third
refused 1 "is running" "a run that is alive is not removed" rm third --yes
pid=$("$MLVICX" show third --json | sed -n 's/^  "pid": \([0-9]*\),/\1/p')
[ -n "$pid" ] && kill -9 "$pid"
for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null && sleep 0.2; done
run show third --json && grep -qF '"state": "lost"' "$dir/out" && grep -qF '"pid": null' "$dir/out"
verdict $? "killed, it is lost"
says "lost" "the list says so" runs --filter state:lost
refused 2 "--yes" "removing without anybody to ask needs --yes" rm third
run rm third other --yes && [ -e "$dir/home/runs/3" ] && [ -e "$dir/home/runs/2" ] && grep -q "mlvicx restore 3 brings it back" "$dir/err" &&
    run runs --json && [ "$(grep -c '"name"' "$dir/out")" -eq 1 ]
verdict $? "removed runs are gone from the list, and in the trash with their folders"
refused 1 "third: is in the trash; mlvicx restore 3" "a removed run is not found, but said to be in the trash" show third
run runs && grep -q "2 runs in the trash" "$dir/err"
verdict $? "the list says what is in the trash"
run restore --json && grep -qF '"name": "third"' "$dir/out" && grep -qF '"until":' "$dir/out" && run restore && grep -q "third" "$dir/out"
verdict $? "the trash can be looked at"
refused 1 "nobody: is not in the trash" "what is not there does not come back" restore third nobody
run restore @last && run runs --json && [ "$(grep -c '"name"' "$dir/out")" -eq 3 ] && run show third --json && grep -qF '"state": "lost"' "$dir/out"
verdict $? "what was removed together comes back together, as it was"
run rm third --yes && run -q train $small --name third --set optim.epochs=1 && run restore 3 && grep -q "run 3 third-3 is back, under another name" "$dir/err" && run rm third --now --yes
verdict $? "a name that is taken meanwhile stays with who took it"
refused 2 "name the run, or say --trash" "rm without a run removes nothing" rm --yes
refused 2 "name no run" "the trash is emptied as a whole" rm --trash other --yes
run rm third-3 other --now --yes && [ ! -e "$dir/home/runs/3" ] && [ ! -e "$dir/home/runs/2" ] && [ -e "$dir/home/runs/1" ] && run restore --json && [ "$(cat "$dir/out")" = "[]" ]
verdict $? "runs that are removed at once are gone with their folders"
mkdir "$dir/home/runs/2" "$dir/home/runs/99" && : >"$dir/home/runs/2/step-0000001.safetensors" # a removal killed half-way
run rm first --yes && [ ! -e "$dir/home/runs/2" ] && [ -e "$dir/home/runs/1" ] && [ -e "$dir/home/runs/99" ]
verdict $? "a folder left by a removal goes with the next; a number not given out yet stays"
run rm first --now --yes && [ ! -e "$dir/home/runs/1" ] && run restore --json && [ "$(cat "$dir/out")" = "[]" ]
verdict $? "what is in the trash can be deleted by its name"
run -q train $small --name last --set optim.epochs=1 && run rm last --yes
refused 2 "delete 1 run in the trash" "emptying the trash asks" rm --trash
run rm --trash --yes && [ -z "$(find "$dir/home/runs" -name 'step-*')" ] && run restore --json && [ "$(cat "$dir/out")" = "[]" ]
verdict $? "the trash is emptied when it is asked for"
run -q train $small --name foo --set optim.epochs=1 && run -q train $small --name foobar --set optim.epochs=1 && run rm foo --yes
refused 1 "run foo: is in the trash" "a name in the trash is not the beginning of another one" rm foo --yes
refused 2 "takes whole names; did you mean foobar" "what cannot be brought back is named whole" rm fooba --now --yes
run rm foo --now --yes && run restore --json && [ "$(cat "$dir/out")" = "[]" ] && run show foobar
verdict $? "a run in the trash is deleted by its name, and no other"
run rm foobar --now --yes
if command -v sqlite3 >/dev/null; then
    run -q train $small --name late --set optim.epochs=1 && run rm late --yes
    sqlite3 "$dir/home/mlvicx.db" "UPDATE trash SET trashed_at = trashed_at - 700000 WHERE name = 'late'"
    run restore late && run show late && run rm late --now --yes
    verdict $? "a run whose week is over is brought back by who asks for it first"
    run -q train $small --name old --set optim.epochs=1 && run -q train $small --name young --set optim.epochs=1 && run rm old young --yes
    id=$(sqlite3 "$dir/home/mlvicx.db" "UPDATE trash SET trashed_at = trashed_at - 700000 WHERE name = 'old'; SELECT id FROM trash WHERE name = 'old'")
    run runs && [ -e "$dir/home/runs/$id" ] # only reads
    run note @last x
    run restore --json && [ "$(grep -c '"name": "young"' "$dir/out")" -eq 1 ] && ! grep -q '"name": "old"' "$dir/out" && [ ! -e "$dir/home/runs/$id" ]
    verdict $? "what has been in the trash for a week goes when the store is opened for writing"
else
    skip "what has been in the trash for a week goes when the store is opened for writing" "no sqlite3"
fi

# Deviations of vectors of which only the direction counts say nothing: none of them is dead.
run -q train $small --name sphere --set method.name=byol --set optim.epochs=1 && run inspect sphere --json &&
    [ "$(grep -c '"dead": null' "$dir/out")" -eq 1 ] && [ "$(grep -c '"dead": ' "$dir/out")" -gt 1 ]
verdict $? "inspect finds dead dimensions where the objective has a scale, and nowhere else"

finish
