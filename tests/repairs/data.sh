#!/bin/sh
# Data sets: what imports leave to each other, copies across splits, class names, paths and links.
. "${srcdir:-.}/tests/common.sh"

packs=$MLVICX_HOME/packs
fixtures=$srcdir/tests/fixtures/images
# picture FILE SEED: a small PNG, another one for each seed
picture() { "$MLVICX" -q data image "$fixtures/basn3p08.png" --size 32 --augment "$2" -o "$1" >/dev/null; }
imports() { # NAME KIND ARGUMENTS...
    name=$1
    shift
    run data import "$@" --name "$name" --size 32
}

# ---- who else imports ----

"$MLVICX" -q data import phantom --name long --patients 100000 --size 64 >/dev/null 2>&1 &
pid=$!
wait_for 30 sh -c "ls '$packs'/long*.tmp* >/dev/null 2>&1"
if unshare --pid --uts --fork true 2>/dev/null; then
    unshare --pid --uts --fork sh -c 'hostname elsewhere; exec "$@"' - "$MLVICX" data import phantom --name beside --patients 3 --size 32 >"$dir/out" 2>"$dir/err"
    [ $? -eq 0 ] && ls "$packs"/long*.tmp* >/dev/null 2>&1
    verdict $? "an import of another container, where process numbers are others, leaves a running one alone"
else
    skip "an import of another container leaves a running one alone" "no namespaces here"
fi
kill -KILL $pid
wait $pid 2>/dev/null
imports after phantom --patients 3
[ $? -eq 0 ] && ! ls "$packs"/long*.tmp* >/dev/null 2>&1
verdict $? "what a killed import left goes with the next, by its lock"
: >"$packs/old.pack.tmp.1"
imports after2 phantom --patients 3
[ -f "$packs/old.pack.tmp.1" ]
verdict $? "a temporary without lock and host is not judged by a process number"
touch -d '3 days ago' "$packs/old.pack.tmp.1"
imports after3 phantom --patients 3
[ ! -f "$packs/old.pack.tmp.1" ]
verdict $? "and goes when it is old"

# ---- copies ----

mkdir -p "$dir/c/train/A" "$dir/c/train/B" "$dir/c/test/A" "$dir/c/test/B"
for i in 1 2 3 4; do picture "$dir/c/train/A/a$i.png" $i && picture "$dir/c/train/B/b$i.png" 1$i; done
picture "$dir/c/test/A/new.png" 30
cp "$dir/c/train/A/a1.png" "$dir/c/test/A/same-file.png"
cp "$fixtures/basn0g04.png" "$dir/c/train/A/plain.png" && cp "$fixtures/basi0g04.png" "$dir/c/test/A/interlaced.png"
cp "$dir/c/train/A/a3.png" "$dir/c/test/B/other-label.png"
imports copies folder "$dir/c" --val 0
[ $? -eq 0 ] && says "WARNING: 3 of test show the same pixels as images of train" && says "test/A/interlaced.png = train/A/plain.png" && says "contradicting labels"
verdict $? "copies across splits are counted and named at import, re-encoded ones too"
run data verify copies && says "test/A/same-file.png = train/A/a1.png" && says "WARNING"
verdict $? "data verify names them"
run data verify copies --json && says '"train_test": 3' && says '"contradicting": 1' && run data show copies --json && says '"train_test": 3'
verdict $? "verify and show give the counts as JSON"

# ---- class names ----

mkdir -p "$dir/n/train/NORMAL" "$dir/n/train/PNEUMONIA" "$dir/n/test/Normal " "$dir/n/test/pneumonia"
picture "$dir/n/train/NORMAL/1.png" 1 && picture "$dir/n/train/PNEUMONIA/2.png" 2 && picture "$dir/n/test/Normal /3.png" 3 && picture "$dir/n/test/pneumonia/4.png" 4
imports names folder "$dir/n" && says "2 classes" && says "one class, 'NORMAL': 'NORMAL', 'Normal '"
verdict $? "class folders that differ in case or blanks are one class, with a remark"

# ---- paths, links ----

mkdir -p "$dir/d/a" "$dir/pool" "$dir/secret" "$dir/l/A" "$dir/l/B"
picture "$dir/d/a/1.png" 1 && picture "$dir/pool/2.png" 2 && picture "$dir/pool/4.png" 4 && picture "$dir/secret/3.png" 3
printf 'path\r\n%s\r\n' "$dir/d/a/1.png" >"$dir/t.csv"
imports abs csv "$dir/t.csv" --images "$dir/d" && imports abs2 csv "$dir/t.csv" --images "$dir/d/a/../" && imports abs3 csv "$dir/t.csv" --images /
verdict $? "an absolute path of a table may lie below --images, / too"
! imports abs4 csv "$dir/t.csv" --images "$dir/pool" && says "line 2" && says "must lie below $dir/pool" && [ "$(wc -l <"$dir/err")" -eq 1 ]
verdict $? "one that lies elsewhere is refused with its line"
printf 'path,l\na/1.png,x\n./a//1.png,y\n' >"$dir/twice.csv"
! imports twice csv "$dir/twice.csv" --images "$dir/d" --label-column l && says "2 and 3, with different labels"
verdict $? "an image listed twice is told with both lines and what they say differently"
ln -s "$dir/pool/2.png" "$dir/l/A/2.png" && ln -s "$dir/pool/4.png" "$dir/l/B/4.png" && ln -s "$dir/secret/3.png" "$dir/l/B/3.png" && ln -s /dev/zero "$dir/l/B/z.png"
! imports links folder "$dir/l" && says "--follow-links"
verdict $? "links that lead out are refused, and the way to allow them is named"
imports links folder "$dir/l" --follow-links --images "$dir/pool" && says "2 images were read through links" && says "B/3.png: skipped" && says "2 unreadable"
verdict $? "--follow-links follows those that lead to --images, counts them, and names the others"
imports links2 folder "$dir/l" --follow-links --images "$dir/pool" --images "$dir/secret" && says "3 images were read through links"
verdict $? "--images may be repeated"
mkdir -p "$dir/ln/src/train/A" "$dir/ln/src/train/B" "$dir/ln/pool/A" "$dir/ln/pool/B"
picture "$dir/ln/src/train/A/1.png" 1 && picture "$dir/ln/src/train/B/2.png" 2 && picture "$dir/ln/pool/A/3.png" 3 && picture "$dir/ln/pool/B/4.png" 4
ln -s ../pool "$dir/ln/src/val"
all=0
for root in "$dir/ln/pool" "$dir/ln" /; do
    imports wide folder "$dir/ln/src" --follow-links --images "$root" && says "wide: 4 images" && says "2 images were read through links" || all=1
    "$MLVICX" data rm wide --yes
done
verdict $all "a linked split is read whatever folder of --images holds it"

# ---- data sets and the database's lock ----

imports large phantom --patients 1000
"$MLVICX" data rm large >/dev/null 2>&1 &
pid=$!
wait_for 30 sh -c "! '$MLVICX' data list --json | grep -q '\"large\"'"
kill -KILL $pid 2>/dev/null
wait $pid 2>/dev/null
run data list --json && ! says '"large"' && ! says '"name": ".' && imports large phantom --patients 3 && run data list --json && says '"large"'
verdict $? "a removal that is killed half-way shows no half set, and its name is free again"
"$MLVICX" data rm large && ! ls "$packs"/large* >/dev/null 2>&1
verdict $? "and its pack is gone"
finish
