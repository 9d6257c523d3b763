#!/bin/sh
# The map of an embedding that keeps neighbours: recorded by the worker at the last step, by `map` at others, the same
# numbers from both, and written beside the embedding by `export`.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
ghosts 60
# shellcheck disable=SC2086
run -q train $tiny --name a --set diagnose.steps=1 --set diagnose.images=16 --set optim.epochs=2 --set optim.warmup_epochs=0 --set checkpoint.every=1
steps=$(field a step)
half=$((steps / 2))
# cells COLUMN FILE: that column of a table, by its name
cells() { awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }' "$2"; }

run map a && [ "$(grep -c 'is there already' "$dir/out")" -eq 3 ] && says "h at step $steps: is there already"
verdict $? "the worker has recorded maps of the last step"
run -q export a embedding -o "$dir/h.csv" && [ "$(wc -l <"$dir/h.csv")" -eq 17 ] && [ "$(cells tsne:x "$dir/h.csv" | sort -u | wc -l)" -eq 16 ] &&
    head -1 "$dir/h.csv" | grep -q '^image,patient,split,label:Cardiomegaly,.*,tsne:x,tsne:y,h:0,h:1,' && ! cells image "$dir/h.csv" | grep -q '^$'
verdict $? "export writes image, labels, map and numbers"
run export a@$half embedding --level z -o "$dir/z.csv" && says "no map: first make one with mlvicx map a" && [ "$(cells tsne:x "$dir/z.csv" | grep -c .)" -eq 0 ] &&
    head -1 "$dir/z.csv" | grep -q ',z:15$'
verdict $? "without a map its cells are empty, which is said"
run map a@$half --level z --json && grep -q '"new": true' "$dir/out" && run export a@$half embedding --level z -o "$dir/z.csv" &&
    [ "$(cells tsne:y "$dir/z.csv" | sort -u | wc -l)" -eq 16 ] && run map a@$half && says "z at step $half: is there already" && says "h at step $half: 16 images in "
verdict $? "map makes those of an earlier step that has its embedding, once"
if has_python; then
    python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute("DELETE FROM snapshot WHERE kind = ? AND step = ?", ("tsne", int(sys.argv[2])))
c.commit()' "$MLVICX_HOME/mlvicx.db" "$steps" && OMP_NUM_THREADS=2 "$MLVICX" map a >"$dir/out" 2>"$dir/err" && says "h at step $steps: 16 images in " &&
        run -q export a embedding -o "$dir/again.csv" && cmp -s "$dir/h.csv" "$dir/again.csv"
    verdict $? "it is the map that the worker made, to the bit"
else
    skip "it is the map that the worker made, to the bit" "no python3 with sqlite3"
fi

refused 2 "--level: 'map5' has no embedding; take z, d or h" "a level that keeps no embedding is refused" map a --level map5
refused 1 "run a: no embedding is kept at that step or before" "a step before the first embedding has no map" map a@1
refused 1 "run a: no embedding of map1 is kept; z, d and h come with the diagnostics" "nor is there an embedding to export" export a embedding --level map1
refused 1 "run nobody" "a run that is not there is refused" map nobody
# shellcheck disable=SC2086
run -q train $tiny --name b --set optim.epochs=1 --set optim.warmup_epochs=0
refused 1 "run b: no embedding is kept yet; they come with the diagnostics (diagnose.steps)" "a run without diagnostics has no map" map b
run -q data rm ghosts --yes && run export a embedding && says "which images the rows are is not known any more" && sed -n 2p "$dir/out" | grep -q '^,,,'
verdict $? "without its data set an embedding is exported without names"
finish
