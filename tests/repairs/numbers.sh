#!/bin/sh
# Numbers that were wrong and advice that was cut: areas of classes that nothing was learned of, shapes in files, what
# verdicts and alarms say, dead dimensions of a map. Prints TAP.
. "${srcdir:-.}/tests/repairs/common.sh"
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
run eval --init random --task tasks --protocol knn,linear --labels 20,100 --seeds 2 --size 32 --set model.width=4 \
    --set model.dim=8 --set model.fuse=8 --json
[ "$(flat | grep ' late=null ' | grep ' early=null ' | grep ' blank=null ' | grep ' sure=null ' | grep -c ' usual=0*[.0-9]* ')" = 8 ]
verdict $? "a class without both values in the labels of the fit or of the test has no area, in every draw and protocol"
[ "$(flat | sed 's/^ macro=\([^ ]*\) .* usual=\([^ ]*\) .*/\1 \2/' | awk '$1 == $2' | grep -c .)" = 8 ]
verdict $? "it is left out of the mean"
[ "$(grep -c 'no AUC for' "$dir/err")" = 1 ] && grep 'no AUC for' "$dir/err" | grep late | grep early | grep blank | grep -q sure
verdict $? "which classes, and why, is said once"
table hopeless late,sure 'c = (s == "test" && i % 3 == 0) ",1"'
run eval --init random --task hopeless --labels 100 --seeds 2 --size 32 --set model.width=4 --set model.dim=8 --set model.fuse=8
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
finish
