#!/bin/sh
# The data commands as a user meets them: import, list, show, verify, rm; bad input; kills.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"

# refused STATUS TEXT NAME WORDS...: and nothing is left behind
refused() {
    want=$1 text=$2 name=$3
    shift 3
    refusal "$want" "$text" "$@" && [ "$(ls "$MLVICX_HOME/packs" 2>/dev/null | grep -c pack)" -eq "${kept:-0}" ]
    verdict $? "$name"
}

refused 1 "no such directory" "a missing folder is told" data import folder "$dir/missing" --name a
mkdir "$dir/empty"
refused 1 "no PNG, JPEG, TIFF or DICOM" "an empty folder is told" data import folder "$dir/empty" --name a
refused 2 "--name NAME is missing" "a name is needed" data import folder "$dir/empty"
refused 2 "no kind of data set" "an unknown kind lists the kinds" data import dicom "$dir/empty" --name a
refused 2 "data set" "a name that leaves the folder is refused" data import folder "$dir/empty" --name ../a
refused 2 "phantom" "an option of another kind is refused" data import phantom --name a --path-column x
printf 'path,x\nx.png,0,5\n' >"$dir/empty/t.csv"
refused 1 "line 2: has 3 fields, its header 2" "a row of another width is told" data import csv "$dir/empty/t.csv" --name a
printf 'file,label\nx.png,1\n' >"$dir/empty/t.csv"
refused 1 "no column 'path'" "a table without the column is told" data import csv "$dir/empty/t.csv" --name a
printf 'path\n../x.png\n' >"$dir/empty/t.csv"
refused 1 "is not allowed" "a path that leaves the folder is refused" data import csv "$dir/empty/t.csv" --name a
printf 'path\n/etc/passwd\n' >"$dir/empty/t.csv"
refused 1 "absolute path" "an absolute path is refused" data import csv "$dir/empty/t.csv" --name a
escape=$(printf 'x\033[31m.png')
mkdir "$dir/escape" && echo broken >"$dir/escape/$escape"
refused 1 "x?[31m.png" "no escape sequence of a file name reaches the terminal" data import folder "$dir/escape" --name a

run data import phantom --name ghosts --patients 12 --size 48 --threads 2
verdict $? "phantoms are imported"
run data list --json && grep -q '"name": "ghosts"' "$dir/out" && grep -q '"size": 48' "$dir/out" && grep -q '"unreadable": 0' "$dir/out"
verdict $? "list gives the set as JSON"
run data show ghosts --json && grep -q '"shared_patients": 0' "$dir/out" && grep -q '"patients": 12' "$dir/out" && grep -q '"cooccurrence"' "$dir/out"
verdict $? "show gives splits, patients and classes as JSON"
run data show ghosts && grep -q 'Cardiomegaly' "$dir/out"
verdict $? "show prints a table"
run data verify ghosts
verdict $? "a whole pack verifies"
kept=1
refused 1 "the name is taken" "a taken name is refused" data import phantom --name ghosts
refused 1 "ghosts" "an unknown name gets the nearest" data show ghost

pack=$(ls "$MLVICX_HOME"/packs/*.pack)
cp "$pack" "$dir/saved"
printf '\377' | dd of="$pack" bs=1 seek=300 conv=notrunc 2>/dev/null
printf '\001' | dd of="$pack" bs=1 seek=301 conv=notrunc 2>/dev/null
refused 1 "do not match their digest" "a changed pixel is found" data verify ghosts
truncate -s 1000 "$pack"
refused 1 "cut off" "a truncated pack is refused" data verify ghosts
cp "$dir/saved" "$pack"

# PATH alone: what lies there tells the kind, also where the folder bears the name of a kind
mkdir -p "$dir/g/nih"
cp "${srcdir:-.}/assets/docs/phantom.png" "$dir/g/nih/1.png"
printf 'Image Index,Finding Labels,Patient ID\n1.png,Mass,1\n' >"$dir/g/nih/Data_Entry_2017.csv"
before=$(cd "$dir/g" && "$MLVICX" data check nih --json 2>"$dir/err")
printf '%s' "$before" | grep -q '"kind": "nih"' && grep -q "kind of data set: nih (Data_Entry_2017.csv is there)" "$dir/err"
verdict $? "a folder alone is checked, and its kind told"
kept=1
refused 1 "no such file or directory" "a path that is not there is told" data check "$dir/g/none"
run data import "$dir/g/nih" --name found --size 32 && run data check "$dir/g/nih" --against found --json &&
    grep -q '"shared": 1' "$dir/out" && grep -q '"near_shared": 0' "$dir/out" && run data rm found --yes
verdict $? "what another set has is counted"

# splits go out and come back the same, whatever the set would have drawn; a draw of labels goes with them
mkdir -p "$dir/s/A" "$dir/s/B"
for i in 1 2 3 4 5 6 7 8; do
    k=A
    [ $((i % 2)) -eq 0 ] && k=B
    cp "${srcdir:-.}/assets/docs/phantom.png" "$dir/s/$k/$i.png"
done
run data import folder "$dir/s" --name parts --size 32 --seed 3 && run data splits parts --labels 50 -o "$dir/parts.csv" &&
    grep -q '^image,patient,split,labels$' "$dir/parts.csv" && [ "$(wc -l <"$dir/parts.csv")" -eq 9 ]
verdict $? "splits are written"
run data import folder "$dir/s" --name again --size 32 --seed 8 --splits "$dir/parts.csv" && run data splits again &&
    cut -d, -f1-3 "$dir/parts.csv" | cmp -s - "$dir/out"
verdict $? "and taken again"
run data rm parts --yes && run data rm again --yes
verdict $? "both sets go"
kept=1
refused 2 "add --labels" "a draw needs a share" data splits ghosts --draw 2

# splits and draws do not depend on the order of files, nor on the store
i=1
echo 'image,sign,patient' >"$dir/ordered.csv"
while [ $i -le 8 ]; do
    k=A
    [ $((i % 2)) -eq 0 ] && k=B
    for j in 1 2 3; do
        cp "$dir/s/$k/$i.png" "$dir/s/$i-$j.png"
        echo "$i-$j.png,$((i % 2)),person $i" >>"$dir/ordered.csv"
    done
    i=$((i + 1))
done
{ head -1 "$dir/ordered.csv" && sed 1d "$dir/ordered.csv" | sort -t- -k2 -r; } >"$dir/shuffled.csv"
# split and draw by name, sorted; patients are hashed with a key of each store
splits_of() {
    "$MLVICX" data splits "$1" --labels 50 --draw "$2" | cut -d, -f1,3,4 | sort
}
run data import csv "$dir/ordered.csv" --images "$dir/s" --name ordered --size 48 --path-column image --class-columns sign --patient-column patient &&
    run data import csv "$dir/shuffled.csv" --images "$dir/s" --name shuffled --size 48 --path-column image --class-columns sign --patient-column patient &&
    ! cmp -s "$dir/ordered.csv" "$dir/shuffled.csv" && splits_of ordered 1 >"$dir/first" && splits_of shuffled 1 >"$dir/second" &&
    [ "$(grep -c ',train,1' "$dir/first")" -gt 0 ] && cmp -s "$dir/first" "$dir/second" && splits_of ordered 2 >"$dir/third" &&
    MLVICX_HOME="$dir/other" "$MLVICX" -q data import csv "$dir/shuffled.csv" --images "$dir/s" --name x --size 48 \
        --path-column image --class-columns sign --patient-column patient >/dev/null 2>&1 && MLVICX_HOME="$dir/other" splits_of x 1 | cmp -s - "$dir/first" &&
    MLVICX_HOME="$dir/other" splits_of x 2 | cmp -s - "$dir/third"
verdict $? "splits and draws are those of another order and another store"

# names of files that are no text, or would steer a terminal, are found again in the table of splits
mkdir "$dir/odd" && for name in 'caf\351' 'caf\351e' 'red\033[31m' plain; do
    cp "${srcdir:-.}/assets/docs/phantom.png" "$dir/odd/$(printf "$name").png"
done
home=$MLVICX_HOME MLVICX_HOME=$dir/oddhome
run data import folder "$dir/odd" --name one --size 32 && run data splits one -o "$dir/odd.csv" && [ "$(wc -l <"$dir/odd.csv")" -eq 5 ] &&
    run data import folder "$dir/odd" --name two --size 32 --seed 7 --splits "$dir/odd.csv" && ! says "in no split" && ! says "not in the set" &&
    run data splits two && cmp -s "$dir/out" "$dir/odd.csv"
verdict $? "splits of files with odd names are read again"
MLVICX_HOME=$home

# two sets become one; what one does not know of a class stays missing
mkdir -p "$dir/tmp"
run data rm shuffled --yes && run data merge ordered ghosts --name both && run data show both --json &&
    grep -q '"kind": "merge"' "$dir/out" && grep -q 'merged: 24 images of ordered' "$dir/out" && run data splits both &&
    grep -q '^ordered/1-1.png,ordered/' "$dir/out" && run data verify both --json && run data rm both --yes
verdict $? "two data sets are merged"
kept=2
refused 2 "one data set" "a set is not merged with itself" data merge ghosts ghosts --name twice

# what cannot be merged leaves nothing; sets that others damaged are read no further than they are whole
mkdir "$dir/colour" && cp "${srcdir:-.}/tests/fixtures/images/basn2c08.png" "$dir/colour/1.png"
run data import folder "$dir/colour" --name colour --size 32 && run data import phantom --name small --patients 3 --size 32
kept=4
refused 1 "have 3 channels, those of" "grey and colour are not merged" data merge colour small --name both
refused 1 "have 32 pixels a side, those of" "nor two sizes" data merge small ordered --name both
refused 1 "the name is taken" "nor under a name that is taken" data merge ordered ghosts --name small
refused 2 "cannot begin with" "nor under a path" data merge ordered ghosts --name ../x
refused 1 "there is none" "nor with a set that is not there" data merge ordered nobody --name both
at=$(ls "$MLVICX_HOME"/packs/ordered-*.pack)
cp "$at" "$dir/ordered.pack"
printf '\377\376\375' | dd of="$at" bs=1 seek=301 conv=notrunc 2>/dev/null
refused 1 "its pixels are not those that were imported" "pixels that changed are not copied" data merge ghosts ordered --name both
truncate -s 2000 "$at"
refused 1 "not a whole pack" "a pack that was cut is not merged" data merge ghosts ordered --name both
kept=3
rm "$at"
refused 1 "the pack is gone; import the data set again" "nor one that is gone" data merge ghosts ordered --name both
cp "$dir/ordered.pack" "$at"
kept=4
if has_python; then
    sql() { python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit(); c.close()' "$MLVICX_HOME/mlvicx.db" "$1"; }
    sql "UPDATE label SET class_idx = 7 WHERE dataset_id = (SELECT id FROM dataset WHERE name = 'ordered') AND class_idx = 0 AND image_idx = 1"
    refused 1 "class_idx is" "a label of a class that is not there is refused" data merge ghosts ordered --name both
    sql "UPDATE label SET class_idx = 0 WHERE class_idx = 7 AND dataset_id = (SELECT id FROM dataset WHERE name = 'ordered'); UPDATE class SET name = char(27) || '[31mred' WHERE dataset_id = (SELECT id FROM dataset WHERE name = 'ordered')"
    run data merge ghosts ordered --name both && run data show both && ! grep -q "$(printf '\033')" "$dir/out" && run data rm both --yes
    verdict $? "a class whose name would steer the terminal is merged, and shown tamely"
fi
run data rm colour --yes && run data rm small --yes
verdict $? "the others go"
kept=2
run data rm ordered --yes

# copies at three levels, before anything is in the store; nothing stays in $TMPDIR
mkdir -p "$dir/c/train/A" "$dir/c/test/A" && cp "${srcdir:-.}/assets/docs/phantom.png" "$dir/c/train/A/1.png"
cp "$dir/c/train/A/1.png" "$dir/c/test/A/2.png"
TMPDIR="$dir/tmp" "$MLVICX" data check folder "$dir/c" --json >"$dir/out" 2>"$dir/err" && grep -q '"bytes": 1' "$dir/out" &&
    grep -q '"train_test": 1' "$dir/out" && grep -q '"near_copies"' "$dir/out" && grep -q '"levels"' "$dir/out" && [ -z "$(ls "$dir/tmp")" ]
verdict $? "copies of equal bytes are told, and nothing is left"

# files of strangers, and a check that is killed: what it left goes with the next, what another one works on stays
mkfifo "$dir/c/train/A/pipe.png" && ln -s /etc/passwd "$dir/c/train/A/link.png" && printf '\211PNG\r\n\032\n\0\0\0\rIHDR\177\377\377\377\177\377\377\377\010\0\0\0\0' >"$dir/c/train/A/huge.png"
TMPDIR="$dir/tmp" timeout 60 "$MLVICX" data check folder "$dir/c" >"$dir/out" 2>"$dir/err"
[ $? -eq 1 ] && [ "$(wc -l <"$dir/err")" -eq 1 ] && ! grep -q root: "$dir/out" "$dir/err" && [ -z "$(ls "$dir/tmp")" ]
verdict $? "a link that leads out ends a check in one line"
rm "$dir/c/train/A/link.png"
TMPDIR="$dir/tmp" timeout 60 "$MLVICX" data check folder "$dir/c" --json >"$dir/out" 2>"$dir/err" && grep -q 'pipe.png' "$dir/out" && grep -q 'huge.png' "$dir/out" && [ -z "$(ls "$dir/tmp")" ]
verdict $? "a pipe and a picture beyond reason are named, and nothing is waited for"
TMPDIR="$dir/tmp" "$MLVICX" -q data check phantom --json >/dev/null 2>&1 # phantoms have no files; it may refuse them, and leaves nothing
[ -z "$(ls "$dir/tmp")" ]
verdict $? "a check of what has no files leaves nothing"
mkdir "$dir/slow" && i=0
while [ $i -lt 400 ]; do
    ln "$dir/c/train/A/1.png" "$dir/slow/$i.png"
    i=$((i + 1))
done
TMPDIR="$dir/tmp" "$MLVICX" -q data check folder "$dir/slow" --threads 1 >/dev/null 2>&1 &
pid=$!
wait_for 60 sh -c "ls $dir/tmp/mlvicx-check-* >/dev/null 2>&1" && kill -STOP $pid && other=$(ls "$dir/tmp")
TMPDIR="$dir/tmp" "$MLVICX" -q data check folder "$dir/slow" --threads 1 >/dev/null 2>&1 &
second=$!
wait_for 60 sh -c "[ \$(ls $dir/tmp | wc -l) -eq 2 ]" && kill -KILL $second
left=$?
wait $second 2>/dev/null
TMPDIR="$dir/tmp" "$MLVICX" -q data check folder "$dir/c" >/dev/null 2>&1 && [ $left -eq 0 ] && [ -n "$other" ] && [ "$(ls "$dir/tmp")" = "$other" ]
verdict $? "what a killed check left goes with the next one, and not what a live one works in"
kill -KILL $pid
wait $pid 2>/dev/null
TMPDIR="$dir/tmp" "$MLVICX" -q data check folder "$dir/c" >/dev/null 2>&1 && [ -z "$(ls "$dir/tmp")" ]
verdict $? "until that one is dead"
rm -r "$dir/slow" "$dir/c/train/A/pipe.png" "$dir/c/train/A/huge.png"
kept=1
refused 2 "one at a time" "features and another set are not asked for at once" data check folder "$dir/c" --features x --against ghosts
refused 1 "there is none" "a run that is not there is told" data check folder "$dir/c" --features nobody

# a kill in the middle of an import leaves no set, and the next import takes the rest away
run data import phantom --name second --patients 3 --size 32
"$MLVICX" -q data import phantom --name killed --patients 100000 --size 64 >"$dir/out" 2>"$dir/err" &
pid=$!
i=0
while ! ls "$MLVICX_HOME"/packs/killed*.tmp* >/dev/null 2>&1 && [ $i -lt 200 ]; do
    sleep 0.05
    i=$((i + 1))
done
kill -9 $pid
wait $pid 2>/dev/null
ls "$MLVICX_HOME"/packs/killed*.tmp* >/dev/null 2>&1
left=$?
cp "$dir/saved" "$MLVICX_HOME/packs/orphan-0123456789abcdef.pack"
run data import phantom --name third --patients 3 --size 32
[ $? -eq 0 ] && [ $left -eq 0 ] && [ "$(ls "$MLVICX_HOME/packs" | grep -c pack)" -eq 3 ]
verdict $? "what a killed import left goes with the next"

"$MLVICX" -q data import phantom --name stopped --patients 100000 --size 64 >"$dir/out" 2>"$dir/err" &
pid=$!
i=0
while ! ls "$MLVICX_HOME"/packs/stopped*.tmp* >/dev/null 2>&1 && [ $i -lt 200 ]; do
    sleep 0.05
    i=$((i + 1))
done
kill -TERM $pid
wait $pid
[ $? -eq 143 ] && [ "$(ls "$MLVICX_HOME/packs" | grep -c pack)" -eq 3 ] && [ "$(wc -l <"$dir/err")" -eq 1 ]
verdict $? "a stopped import leaves nothing and exits 143"

# another program has the database when all images are read: who gives up then loses nothing
if has_python; then
    home=$MLVICX_HOME MLVICX_HOME=$dir/busy
    run data import phantom --name first --patients 3 --size 32 && run data rm first --yes
    hold 300
    "$MLVICX" data import folder "$dir/c" --name late --size 32 >"$dir/out" 2>"$dir/err" &
    pid=$!
    wait_for 60 sh -c "ls $dir/busy/packs/late-*.pack >/dev/null 2>&1" && wait_for 60 grep -q "are kept and tried again" "$dir/err"
    kill -TERM $pid
    wait $pid
    [ $? -eq 143 ] && says "what was read of late is kept; the same command goes on there" && kill $holder && wait $holder 2>/dev/null
    run data import folder "$dir/c" --name late --size 32 && says "goes on with an import that was cut off: 2 of 2 images are packed already" &&
        run data verify late && [ "$(ls "$dir/busy/packs" | grep -c late)" -eq 1 ]
    verdict $? "an import that gives up at its rows goes on with what it read"
    MLVICX_HOME=$home
fi

mkdir -p "$dir/few/val/A" "$dir/few/val/B"
cp "${srcdir:-.}/tests/fixtures/images/basn3p08.png" "$dir/few/val/A/1.png" && cp "${srcdir:-.}/tests/fixtures/images/basn0g04.png" "$dir/few/val/B/2.png"
run data import folder "$dir/few" --name few --size 32 && grep -q "WARNING: no image is in the split train" "$dir/err"
verdict $? "a set that nothing can be trained on is told when it is imported"
rm -r "$dir/few/val/B" && mkdir "$dir/few/train" && cp "$dir/few/val/A/1.png" "$dir/few/train"
run data import folder "$dir/few" --name few2 --size 32 && grep -q "WARNING: 1 of val shows the same pixels" "$dir/err" &&
    run data verify few2 && grep -q "1 image repeats another; 1 of val stands in train" "$dir/out"
verdict $? "one of something is told in the singular"
mv "$dir/few/train/1.png" "$dir/few/train/$(printf 'x\ny').png"
run data import folder "$dir/few" --name few3 --size 32 && grep -q "x?y.png" "$dir/err" && ! grep -qv "^mlvicx: " "$dir/err"
verdict $? "a line break in the name of a copy makes no line of its own"
run data rm few3 --yes
run data rm few --yes && run data rm -y few2 && ! run data show few
verdict $? "rm takes --yes, as that of runs"
run data rm second && run data rm third && run data rm ghosts && [ "$(ls "$MLVICX_HOME/packs" | grep -c pack)" -eq 0 ]
verdict $? "rm takes the rows and the pack"
run data list --json && [ "$(tr -d ' \n' <"$dir/out")" = "[]" ]
verdict $? "an empty workspace lists as []"

finish
