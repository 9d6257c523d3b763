#!/bin/sh
# Heatmaps as a user meets them: pictures and numbers of one image, and whether they lie where boxes are, computed again by numpy.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
small="--set model.width=4 --set model.dim=8 --set model.fuse=8 --set data.size=32 --set data.batch=8 --set optim.epochs=1
    --set optim.warmup_epochs=0 --set train.threads=1 --set data.threads=1"

ghosts 80
# shellcheck disable=SC2086
run -q train --data ghosts --name tiny $small
# shellcheck disable=SC2086
run -q train --data ghosts --name taught --method supervised $small
run -q eval tiny --protocol linear --labels 100 --draws 1 && run -q export tiny predictions -o "$dir/p.csv"
image=$(grep ',test,' "$dir/p.csv" | sed -n 1p | cut -d, -f1)
heat="heatmap --class Effusion --image $image"
# shellcheck disable=SC2086
for run in tiny taught; do
    run -q export $run $heat -o "$dir/$run.png" && head -c 8 "$dir/$run.png" | od -An -c | grep -q 'P *N *G' &&
        run -q export $run $heat --level map3 -o "$dir/$run.csv" && [ "$(wc -l <"$dir/$run.csv")" -eq 1025 ] &&
        awk -F, 'NR > 1 && !($3 >= 0 && $3 <= 1) {exit 1}' "$dir/$run.csv"
    verdict $? "the heatmap of $run as a picture and as numbers"
done
# shellcheck disable=SC2086
run -q export taught $heat --level map3 --protocol linear -o "$dir/probe.csv" && ! cmp -s "$dir/probe.csv" "$dir/taught.csv"
verdict $? "of a run with a classifier a probe can be asked for"
refused 1 "images of ghosts end with '${image#*/}'; give more of the path" "the end of a path that several images have" \
    export tiny heatmap --class Effusion --image "${image#*/}" -o "$dir/x.png"
# shellcheck disable=SC2086
{
    refused 2 "--protocol knn: has no heatmaps" "neighbours have no heatmaps" export tiny $heat --protocol knn -o "$dir/x.png"
    refused 2 "has no classifier of its own" "nor has a classifier that is not there" export tiny $heat --protocol apply -o "$dir/x.png"
    refused 2 "none of map1, map2" "a map that is not there" export tiny $heat --level z -o "$dir/x.png"
    refused 2 "say where it goes" "a picture needs a file" export tiny $heat
}
refused 1 "has no image 'nothing'" "an image that is not there" export tiny heatmap --class Effusion --image nothing -o "$dir/x.png"
refused 2 "--image is missing" "or is not told" export tiny heatmap --class Effusion -o "$dir/x.png"
[ ! -e "$dir/x.png" ]
verdict $? "nothing is left of what failed"

# the probe that eval kept is used, and is what would be fitted; another share of the labels has a probe of its own
if has_python; then
    sql() { python3 -c 'import sqlite3, sys, zlib, struct
c = sqlite3.connect(sys.argv[1], timeout=60)
where = "FROM snapshot WHERE kind LIKE ? AND run_id = (SELECT id FROM run WHERE name = ?)"
found = c.execute("SELECT rowid, rows * cols, data " + where, ("probe-%", "tiny")).fetchall()
if sys.argv[2] == "count": print(len(found))
for row, n, data in found:
    if sys.argv[2] == "drop": c.execute("DELETE FROM snapshot WHERE rowid = ?", (row,))
    if sys.argv[2] == "turn":
        turned = struct.pack(f"<{n}f", *(-x for x in struct.unpack(f"<{n}f", zlib.decompress(data))))
        c.execute("UPDATE snapshot SET data = ? WHERE rowid = ?", (zlib.compress(turned), row))
c.commit()' "$MLVICX_HOME/mlvicx.db" "$1"; }
    # shellcheck disable=SC2086
    [ "$(sql count)" -eq 1 ] && run -q export tiny $heat --level map3 --labels 50 -o "$dir/half.csv" && sql turn && run -q export tiny $heat --level map3 -o "$dir/turned.csv" &&
        ! cmp -s "$dir/turned.csv" "$dir/tiny.csv" && run -q export tiny $heat --level map3 --labels 50 -o "$dir/other.csv" && cmp -s "$dir/half.csv" "$dir/other.csv"
    verdict $? "the probe that eval has kept is the one that a heatmap shows"
    # shellcheck disable=SC2086
    sql drop && run -q export tiny $heat --level map3 -o "$dir/fitted.csv" && cmp -s "$dir/fitted.csv" "$dir/tiny.csv"
    verdict $? "without it the same is fitted, to the bit"
    run -q eval tiny --protocol linear,knn --labels 50,100 --draws 2 && [ "$(sql count)" -eq 2 ]
    verdict $? "of each share the first draw is kept"
else
    skip "the probe that eval has kept is the one that a heatmap shows" "no python3 with sqlite3"
fi

# on the screen Images: the same heat, its hottest place marked
printf ':size 24 80\n:run tiny\n:images\n/\n%s<enter>\n<enter>\nm\n<down><enter>\n:wait 20\n:save-display %s\nm\n<up><enter>\n:save-display %s\n' \
    "$image" "$dir/screen" "$dir/screen-without" >"$dir/keys"
run --ascii --script "$dir/keys"
# rows of the screen below title, tabs and head; 32 pixels on 19 rows of two columns each
hottest=$(sed 1d "$dir/tiny.csv" | sort -t, -k3,3gr -k1,1n -k2,2n | awk -F, 'NR == 1 {print 1 + 3 + int(($1 + .5) / 32 * rows), 1 + int(($2 + .5) / 32 * 2 * rows)}' rows=19)
at=$(grep -n 'x' "$dir/screen" | grep -v 'x heat of' | sed -n 's/^\([0-9]*\):\( *\)x.*/\1 \2/p' | awk '{print $1}' | head -1)
grep -q "x heat of Effusion: tiny at map3" "$dir/screen" && ! grep -q "heat of" "$dir/screen-without" && [ -n "$at" ] && [ "$at" -eq "${hottest%% *}" ]
verdict $? "Images lays it over the picture and marks the hottest place"

run -q eval tiny --localise --level map3 && says "pointing game" && says "Effusion" && says "IoU with the heat from"
verdict $? "heatmaps are compared with boxes"
run -q eval tiny --localise --level map3 --format csv && cp "$dir/out" "$dir/table.csv" && run -q eval tiny --localise --level map3 --json && cp "$dir/out" "$dir/json" &&
    [ "$(grep -c '"encoder": "random"' "$dir/json")" -eq "$(grep -c ',random,' "$dir/table.csv")" ]
verdict $? "as a table for papers and as JSON, a random encoder beside the run"
refused 2 "--localise: not with --by" "what goes with it is told" eval tiny --localise --by sex
mkdir -p "$dir/two/train/a" "$dir/two/train/b" "$dir/two/test/a" "$dir/two/test/b"
for place in train/a train/b test/a test/b; do
    for i in 1 2 3; do run data image "$srcdir/tests/fixtures/images/basi0g16.png" --size 32 --augment "$i" -o "$dir/two/$place/$(echo $place | tr / -)$i.png"; done
done
run -q data import folder "$dir/two" --name two --size 32 --channels 1
refused 1 "data set two: has no boxes" "without boxes there is nothing to compare with" eval tiny --localise --task two
python=
for p in /usr/bin/python3 python3; do "$p" -c 'import numpy, sqlite3' 2>/dev/null && python=$p && break; done
if [ -n "$python" ]; then
    cat >"$dir/again.py" <<'PYTHON'
import csv, json, sqlite3, subprocess, sys
import numpy as np
program, home, table = sys.argv[1:4]
rows = [r for r in json.load(open(table)) if r['encoder'] == 'tiny']
db = sqlite3.connect('file:' + home + '/mlvicx.db?mode=ro', uri=True)
ghosts = db.execute("select id from dataset where name = 'ghosts'").fetchone()[0]
names = dict(db.execute('select idx, name from class where dataset_id = ?', [ghosts]))
path = dict(db.execute("select idx, path from image where split = 'test' and dataset_id = ?", [ghosts]))
columns = [c[1] for c in db.execute('pragma table_info(box)')]
boxes = {}
for b in db.execute('select * from box where dataset_id = ?', [ghosts]):
    b = dict(zip(columns, b))
    boxes.setdefault((names[b['class_idx']], b['image_idx']), []).append([b[k] for k in ('x0', 'y0', 'x1', 'y1')])
done = 0
for r in rows:
    mine = [(i, l) for (name, i), l in boxes.items() if name == r['class'] and i in path]
    assert len(mine) == r['images'], (r['class'], len(mine), r['images'])
    if r['class'] not in ('Effusion', 'Atelectasis'): continue
    hits, energy, area, iou = [], [], [], []
    for i, l in mine:
        out = subprocess.run([program, '-q', 'export', 'tiny', 'heatmap', '--class', r['class'], '--image', path[i], '--level', 'map3', '--format', 'csv'],
                             capture_output=True, text=True, check=True).stdout
        heat = np.zeros((32, 32))
        for p in csv.DictReader(out.splitlines()): heat[int(p['row']), int(p['column'])] = float(p['heat'])
        y, x = np.mgrid[0:32, 0:32] + .5
        within = np.zeros((32, 32), bool)
        for x0, y0, x1, y1 in l: within |= (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
        hits.append(bool(heat.any()) and within.flat[heat.argmax()])
        energy.append(heat[within].sum() / heat.sum() if heat.any() else 0)
        area.append(within.mean())
        hot = heat >= r['threshold'] - 1e-9
        iou.append((hot & within).sum() / (hot | within).sum())
    for key, values in ('pointing', hits), ('energy', energy), ('box_area', area), ('iou', iou):
        assert abs(np.mean(values) - r[key]) < 1e-6, (r['class'], key, np.mean(values), r[key])
    assert abs(np.mean([v >= .1 for v in iou]) - r['iou_above_10']) < 1e-6
    done += len(mine)
assert done > 5
PYTHON
    "$python" "$dir/again.py" "$MLVICX" "$MLVICX_HOME" "$dir/json" >"$dir/out" 2>"$dir/err"
    verdict $? "numpy finds the same in the exported heatmaps and the boxes of the store"
else
    skip "heatmaps and boxes by numpy" "there is no numpy"
fi
finish
