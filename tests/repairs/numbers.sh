#!/bin/sh
# Numbers that were wrong and advice that was cut: areas of classes that nothing was learned of, shapes in files, what
# verdicts and alarms say, dead dimensions of a map. Prints TAP.
# shellcheck source=tests/common.sh disable=SC2154
. "${srcdir:-.}/tests/common.sh"
fixtures=$srcdir/tests/fixtures/images

# table NAME LINE...: a data set of 24 small pictures; awk's LINE prints the classes of picture i of split s
pictures() {
    mkdir -p "$dir/pictures"
    for i in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24; do
        "$MLVICX" -q data image "$fixtures/grey.jpg" --size 32 --augment "$i" -o "$dir/pictures/$i.png" >/dev/null 2>&1
    done
}
table() { # NAME CLASSES BODY
    awk "BEGIN { print \"path,split,$2\"; for (i = 1; i <= 24; i++) { s = i <= 12 ? \"train\" : i <= 18 ? \"val\" : \"test\"
        $3; printf(\"pictures/%02d.png,%s,%s\\n\", i, s, c) } }" >"$dir/$1.csv"
    "$MLVICX" -q data import csv "$dir/$1.csv" --name "$1" --size 32 --class-columns "$2" --split-column split --threads 1 \
        >"$dir/out" 2>"$dir/err"
}
# flat: an evaluation a line, " macro=.5 usual=.5 late=null"
flat() {
    tr -d ' \n' <"$dir/out" | sed 's/"auc_macro":\([^,]*\),/\
 macro=\1 /g; s/"name":"\([^"]*\)","auc":\([^,]*\),/ \1=\2 /g' | grep '^ macro='
}

pictures
# usual: both values everywhere; late: in the test set alone; early: in the training set alone; blank: no training label;
# sure: always there
table tasks usual,late,early,blank,sure 'c = i % 2 "," (s == "test" && i % 3 == 0) "," (s != "test" && i % 3 == 0) "," (s == "test" ? i % 2 : "") ",1"'
verdict $? "a table with classes of every kind is imported"
run eval --init random --task tasks --protocol knn,linear --labels 20,100 --draws 2 --size 32 --set model.width=4 \
    --set model.dim=8 --set model.fuse=8 --json
[ "$(flat | grep ' late=null ' | grep ' early=null ' | grep ' blank=null ' | grep ' sure=null ' | grep -c ' usual=0*[.0-9]* ')" = 8 ]
verdict $? "a class without both values in the labels of the fit or of the test has no area, in every draw and protocol"
[ "$(flat | sed 's/^ macro=\([^ ]*\) .* usual=\([^ ]*\) .*/\1 \2/' | awk '$1 == $2' | grep -c .)" = 8 ]
verdict $? "it is left out of the mean"
[ "$(grep -c 'no AUC for' "$dir/err")" = 1 ] && grep 'no AUC for' "$dir/err" | grep late | grep early | grep blank | grep -q sure
verdict $? "which classes, and why, is said once"
table hopeless late,sure 'c = (s == "test" && i % 3 == 0) ",1"'
run eval --init random --task hopeless --labels 100 --draws 2 --size 32 --set model.width=4 --set model.dim=8 --set model.fuse=8
[ $? -eq 0 ] && [ "$(grep -c 'there is no mean' "$dir/err")" = 1 ] && grep -q '^linear .* -  *-  *-$' "$dir/out" && ! grep -q nan "$dir/out"
verdict $? "a task in which no class has an area has no mean, in one line"

probed() { # DATASET: a run of one epoch with the quick probe
    run train --data "$1" --name "$1" --set data.size=32 --set model.width=4 --set model.dim=16 --set model.fuse=8 \
        --set data.batch=4 --set optim.epochs=2 --set optim.warmup_epochs=0 --set train.threads=1 --set data.threads=1 \
        --set diagnose.steps=0 --set autotune=off
}
probed tasks && [ "$("$MLVICX" show tasks --json | grep -c 'no AUC for late, blank')" = 1 ] &&
    "$MLVICX" show tasks --json | grep -q '"auc": 0*[.0-9]'
verdict $? "the quick probe leaves it out too, and a run says so once"
probed hopeless && [ "$("$MLVICX" show hopeless --json | grep -c 'there is no mean')" = 1 ] &&
    "$MLVICX" show hopeless --json | grep -q '"auc": null' && [ "$("$MLVICX" show @best --json | grep -m1 '"name"')" = '  "name": "tasks",' ]
verdict $? "a run without any area is never the best one"

# weights FILE HEADER BYTES: a safetensors file whose numbers are 0
weights() {
    { # the length is a little-endian number of 8 bytes
        # shellcheck disable=SC2059
        printf "$(printf '\\%03o\\%03o\\0\\0\\0\\0\\0\\0' $((${#2} % 256)) $((${#2} / 256)))"
        printf '%s' "$2"
        head -c "$3" /dev/zero
    } >"$1"
}
# shaped STEM GATE BYTES-OF-GATE: is refused in a line that names the file, without a signal
shaped() {
    weights "$dir/shape.safetensors" "{\"conv1.weight\":{\"dtype\":\"F32\",\"shape\":[$1],\"data_offsets\":[0,9408]},\"context.1.channel.reduce.weight\":{\"dtype\":\"F32\",\"shape\":[$2],\"data_offsets\":[9408,$((9408 + $3))]}}" $((9408 + $3))
    run eval --init "$dir/shape.safetensors" --task tasks --labels 100 --draws 1 --size 32
    [ $? -eq 1 ] && [ "$(wc -l <"$dir/err")" = 1 ] && says "$dir/shape.safetensors: "
}
stem=16,3,7,7
shaped $stem 16,8 512 && shaped $stem 0,16 0 && shaped $stem 16,0 0 && shaped $stem 7,16 448 && shaped $stem 8 32 && shaped $stem '' 4 &&
    shaped $stem 1,70000 280000 && shaped $stem 1,100 400 && shaped 16,147 8,16 512 && shaped 2352 8,16 512 && shaped 2,24,7,7 8,16 512
verdict $? "no shape in a file of weights stops eval by a signal: each is refused by the file's name"
shaped_well() {
    shaped $stem 8,16 512
    ! grep -q 'has shape' "$dir/err"
}
shaped_well
verdict $? "a gate that narrows is taken"

# promised CONFIG: a fixture for verify whose config does not fit is refused
promised() {
    weights "$dir/fixture.safetensors" "{\"__metadata__\":{\"config\":\"{\\\"arch\\\":\\\"resnet18\\\",\\\"optim\\\":\\\"adamw\\\",\\\"dim\\\":8,\\\"fuse\\\":4,\\\"batch\\\":2,$1}\",\"lr\":\"[0.1]\",\"float32\":\"{}\",\"zero\":\"[]\"},\"input.1\":{\"dtype\":\"F32\",\"shape\":[2,3,32,32],\"data_offsets\":[0,24576]},\"input.2\":{\"dtype\":\"F32\",\"shape\":[2,3,32,32],\"data_offsets\":[24576,49152]}}" 49152
    run verify "$dir/fixture.safetensors"
    [ $? -eq 1 ] && [ "$(wc -l <"$dir/err")" = 1 ] && says "$dir/fixture.safetensors: "
}
keys() { printf '\\"width\\":%s,\\"grid\\":%s,\\"reduction\\":%s,\\"size\\":%s' "$@"; }
promised "$(keys 4 8 8 32)" && promised "$(keys 4 8 0 32)" && promised "$(keys 4 1048576 2 32)" && promised "$(keys 4 7 2 32)" &&
    promised "$(keys 0 8 2 32)" && promised "$(keys 4 8 2 1048576)" && promised "$(keys 4 8 2 8)"
verdict $? "no number in a fixture's config stops verify by a signal"

# ---- what verdicts and alarms say ----

ghosts 24 64
# taught NAME SETTINGS...: a small run with diagnostics
taught() {
    name=$1
    shift
    run train --data ghosts --name "$name" --set data.size=32 --set model.width=4 --set model.dim=16 --set model.fuse=8 \
        --set data.batch=4 --set optim.epochs=6 --set optim.warmup_epochs=0 --set train.threads=1 --set data.threads=1 \
        --set diagnose.steps=5 --set diagnose.images=16 --set autotune=off --set probe.epochs=0 "$@"
}
# events RUN KIND: their texts, a line each
events() { "$MLVICX" show "$1" --json | awk -v kind="\"$2\"" '/"kind":/ {k = $2; sub(/,$/, "", k)} /"text":/ && k == kind'; }
advices() { "$MLVICX" show "$1" --json | sed -n 's/^ *"advice": "\(.*\)",\{0,1\}$/\1/p'; }

# Nothing is learned at such a rate: the views share nothing, and the setting that is off is named first.
taught open --set loss.var=0 --set optim.lr=0.000001
[ $? -eq 0 ] && events open verdict >"$dir/out" && grep -q 'PLATEAU: shared [-0-9.]* (plateau below 0.15)' "$dir/out" &&
    grep -q 'WATCH: shared [-0-9.]* (watch below 0.15)' "$dir/out" && advices open >"$dir/err" &&
    grep -q 'loss.var 25: it is 0, and nothing holds' "$dir/err" && ! grep -v 'loss.var' "$dir/err" | grep -q .
verdict $? "views that share nothing are told, and without loss.var each advice names loss.var"
run inspect open
[ $? -eq 0 ] && grep -q '^[zd] [A-Z]* *shared [-0-9.]* watch, kept ' "$dir/out" && grep -q 'Try: loss.var 25: it is 0' "$dir/out"
verdict $? "inspect says the same"
events open verdict | grep -q '\. Try: '
verdict $? "reason and advice are told apart by one convention"
"$MLVICX" set open diagnose.rank_bad=0.1 2>"$dir/err"
[ $? -eq 2 ] || [ $? -eq 1 ] && grep -q 'no setting any more' "$dir/err"
verdict $? "a limit that was a setting is refused by name"

# level NAME KEY: a number of a level, from --json
level() { sed -n "/^ *\"name\": \"$1\"/,/\"verdict\"/s/^ *\"$2\": \([^,]*\),/\1/p" "$dir/out" | head -1; }
taught fair --set optim.lr=0.0001
run inspect fair --json
for l in map1 map2 map3 map4 map5 h; do level $l dead; done >"$dir/dead"
awk "BEGIN { exit !($(level map1 std_mean) < 0.1) }" && ! grep -qx '1\(\.0\)*' "$dir/dead" && [ "$(grep -c '^0' "$dir/dead")" = 6 ]
verdict $? "a map of a small scale is not dead: it is judged by its own"
run data import phantom --name many --patients 200 --size 32 --threads 1
run train --data many --name falls --set data.size=32 --set model.width=4 --set model.dim=64 --set model.fuse=8 --set data.batch=8 \
    --set optim.epochs=3 --set optim.warmup_epochs=0 --set train.threads=1 --set data.threads=1 --set diagnose.steps=5 \
    --set diagnose.images=64 --set autotune=off --set probe.epochs=0 --set loss.var=0 --set loss.cov=0 --set optim.lr=0.02
"$MLVICX" show falls --json >"$dir/out"
[ "$(state falls)" = finished ] && ! grep -q 'RankMe of' "$dir/out"
verdict $? "a rank that falls is no alarm of its own: the verdict tells it"

# A weight raised at a resume makes the gradient leap; the next worker knows that this was told.
taught leaps --set optim.epochs=10 --set optim.lr=0.0001
run resume leaps --set loss.inv=1000000 --set optim.epochs=11
events leaps alarm.gradient >"$dir/out"
[ "$(grep -c 'times its running median. Try: a lower optim.lr (it is 0.0001)' "$dir/out")" = 1 ]
verdict $? "a gradient that leaps is told with what to try"
run resume leaps --set optim.epochs=12
events leaps alarm.gradient >"$dir/out"
[ "$(state leaps)" = finished ] && [ "$(events leaps resume | grep -c .)" = 2 ] && [ "$(grep -c 'running median' "$dir/out")" = 1 ]
verdict $? "the worker that goes on does not tell it again"
finish
