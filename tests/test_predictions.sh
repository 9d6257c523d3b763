#!/bin/sh
# Predictions of evaluations as a user meets them: kept, written as a table, figures computed from them again by numpy.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
small="--set model.width=4 --set model.dim=8 --set model.fuse=8 --set data.size=32 --set data.batch=8 --set optim.epochs=1
    --set optim.warmup_epochs=0 --set train.threads=1 --set data.threads=1"

ghosts 60
# shellcheck disable=SC2086
run -q train --data ghosts --name tiny $small
run export tiny predictions
[ $? -eq 1 ] && says "run tiny: has no such evaluation on ghosts; make one: mlvicx eval tiny --task ghosts"
verdict $? "before an evaluation there are none, and what makes some is told"
run -q eval tiny --protocol knn,linear --labels 10,100 --draws 2 --json && cp "$dir/out" "$dir/figures"
verdict $? "a run is evaluated"
for draw in 1 2; do run -q export tiny predictions --protocol linear --labels 10 --draw $draw -o "$dir/ten$draw.csv"; done
run -q export tiny predictions --protocol knn --labels 100 --draw 2 -o "$dir/knn.csv"
verdict $? "of a protocol, a share and a draw; of all labels there is one draw"
run -q export tiny predictions -o "$dir/newest.csv"
run -q export tiny predictions --protocol linear --labels 100 -o "$dir/all.csv"
cmp -s "$dir/newest.csv" "$dir/all.csv" && ! cmp -s "$dir/ten1.csv" "$dir/ten2.csv" && ! cmp -s "$dir/ten1.csv" "$dir/all.csv"
verdict $? "the newest evaluation by default"
head -1 "$dir/all.csv" | grep -q '^image,patient,split,label:.*,score:' && [ "$(head -1 "$dir/all.csv" | tr , '\n' | grep -c '^score:')" -gt 1 ] &&
    [ "$(sed 1d "$dir/all.csv" | cut -d, -f3 | sort -u | tr '\n' ' ')" = "test val " ]
verdict $? "a row for each validation and test image, a label and a probability for each class"
run export tiny predictions --protocol knn --labels 50
[ $? -eq 1 ] && says "has no such evaluation"
verdict $? "an evaluation that is not there is told"
refused 1 "nothere" "and a task that is not there" export tiny predictions --task nothere
refused 2 "neither on nor off" "a bad word for the gates" export tiny predictions --context maybe

# the same on images of another size: which one was taken is told, and --size chooses
run -q eval tiny --protocol linear --labels 100 --draws 1 --size 48 --json && says '"size": 48' && says '"settings": ""'
verdict $? "eval --json tells size and settings"
run export tiny predictions --labels 100 --protocol linear -o "$dir/large.csv" && says ", 48 px; the newest: 1 older one differs in size or settings alone (--size N chooses a size)"
verdict $? "of several that differ in size the newest is taken, which is told"
run export tiny predictions --labels 100 --protocol linear --size 32 -o "$dir/small.csv" && grep -q ', 32 px$' "$dir/err" && cmp -s "$dir/small.csv" "$dir/all.csv" && ! cmp -s "$dir/small.csv" "$dir/large.csv"
verdict $? "--size chooses another"
sizes=0
for what in roc pr reliability mistakes; do
    for size in 32 48; do
        run export tiny $what --class Effusion --labels 100 --protocol linear --size $size -o "$dir/$what$size.csv" && grep -q ", $size px\$" "$dir/err" || sizes=1
    done
done
! cmp -s "$dir/roc32.csv" "$dir/roc48.csv" && [ $sizes -eq 0 ] && run export tiny roc --class Effusion --size 300x320 -o "$dir/sized.png" && [ -s "$dir/sized.png" ]
verdict $? "of curves and mistakes, too; WxH is the size of a picture"
run export tiny scores --size 48 && head -1 "$dir/out" | grep -q ',size,settings$' && [ "$(sed 1d "$dir/out" | grep -vc ',48,$')" -eq 0 ] &&
    run export tiny scores && grep -q ',32,$' "$dir/out" && grep -q ',48,$' "$dir/out"
verdict $? "scores have a column of it"
refused 2 "--size: '9x9' is no side of the images in pixels, such as 64" "a size that is none is refused" export tiny scores --size 9x9
refused 1 "has no such evaluation" "one that was not scored is told" export tiny predictions --size 40

# encoders that are no run's: by the name that eval gave them, as compare takes them
net="--preset demo --set model.width=4 --set model.dim=8 --set model.fuse=8 --set train.threads=1 --size 32"
run -q export tiny encoder -o "$dir/w.safetensors"
# shellcheck disable=SC2086
run -q eval --init random --task ghosts --labels 10,100 --draws 2 $net --json && cp "$dir/out" "$dir/random.json" &&
    run -q eval --init "$dir/w.safetensors" --task ghosts --labels 100 --draws 1 --preset demo --set model.dim=8 --set model.fuse=8 --set train.threads=1 --size 32
encoder=$(sed -n 's/^ *"init": "\(.*\)",$/\1/p' "$dir/random.json" | head -1)
run export "init:$encoder" predictions --task ghosts --labels 10 --draw 2 -o "$dir/random.csv" && says "linear on ghosts" && [ "$(wc -l <"$dir/random.csv")" -eq "$(wc -l <"$dir/all.csv")" ] &&
    run -q export init:w.safetensors predictions --task ghosts -o "$dir/w.csv" && cmp -s "$dir/w.csv" "$dir/all.csv" && ! cmp -s "$dir/w.csv" "$dir/random.csv"
verdict $? "predictions of a random encoder and of a file, which are those of the run whose weights it holds"
run export "init:$encoder" scores --format csv && [ "$(grep -c "^$encoder,,ghosts,linear" "$dir/out")" -eq "$(($(wc -l <"$dir/out") - 1))" ] && grep -q "mean of findings" "$dir/out" &&
    run -q export init:w.safetensors mistakes --task ghosts --class Cardiomegaly
verdict $? "and their scores and mistakes"
refused 1 "eval --init has scored no encoder of that name; there are init:$encoder, init:w.safetensors" "another name is refused, with those that there are" export init:other predictions --task ghosts
run -q export init:random predictions --labels 10 --draw 2 -o "$dir/sole.csv" && cmp -s "$dir/sole.csv" "$dir/random.csv"
verdict $? "the only random encoder is taken, on the only data set that it was scored on"
curves=0
for what in roc pr reliability; do
    run -q export init:random $what --class Effusion --labels 10 --draw 2 -o "$dir/alone.csv" && [ "$(grep -c "^$encoder,Effusion," "$dir/alone.csv")" -eq "$(($(wc -l <"$dir/alone.csv") - 1))" ] &&
        run -q export tiny $what --class Effusion --labels 10 --draw 2 --with init:random -o "$dir/both.csv" && grep '^run\|^random' "$dir/both.csv" | cmp -s - "$dir/alone.csv" &&
        grep -q '^tiny,Effusion,' "$dir/both.csv" && run -q export tiny $what --class Effusion --labels 10 --draw 2 --with init:random -o "$dir/both.png" && [ -s "$dir/both.png" ] || curves=1
done
verdict $curves "its curves are drawn, alone and beside those of a run"
refused 1 "--with: init:other: eval --init has scored no encoder of that name" "one that is none is told" export tiny roc --class Cardiomegaly --with init:other -o "$dir/x.csv"
refused 1 "init:random" "figures of training are of runs" export tiny figure --screen loss --with init:random -o "$dir/x.png"
"$MLVICX" -q data import phantom --name second --patients 24 --size 32 --threads 1 >/dev/null 2>&1
# shellcheck disable=SC2086
run -q eval --init random --task second --labels 100 --draws 1 $net
refused 2 "--task: is missing: init:$encoder was scored on several data sets" "of several it is to be named" export init:random predictions
refused 2 "init:$encoder: is no run; of it there are predictions, scores" "it has no metrics" export "init:$encoder" metrics
refused 1 "init:$encoder: has no such evaluation on ghosts; make one: mlvicx eval --init random|FILE --task ghosts" "an evaluation that was not made is told" export "init:$encoder" predictions --task ghosts --protocol knn

# by numpy: areas, average precision, the operating point and calibration of every class, the macro area
python=
for p in /usr/bin/python3 python3; do "$p" -c 'import numpy' 2>/dev/null && python=$p && break; done
if [ -n "$python" ]; then
    cat >"$dir/check.py" <<'PYTHON'
import csv, json, sys
import numpy as np
figures, percent, draw, protocol, table = json.load(open(sys.argv[1])), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
row = [f for f in figures if f['fraction'] == percent and f['seed'] == draw and f['protocol'] == protocol][0]
rows = list(csv.DictReader(open(table)))
of = lambda r, key: np.array([float(x[key]) if x[key] else np.nan for x in r])
def threshold(p, y):
    best = (-1, None)
    for t in np.unique(p):
        tp, fp = ((p >= t) & (y == 1)).sum(), ((p >= t) & (y == 0)).sum()
        best = max(best, (2 * tp / (tp + fp + (y == 1).sum()), t))
    return best[1]
def close(name, got, want):
    if got is None or want is None or np.isnan(want): assert got is None and (want is None or np.isnan(want)), (name, got, want)
    else: assert abs(got - want) < 1e-9, (name, got, want)
areas = []
for c in row['classes']:
    part = {}
    for split in 'val', 'test':
        r = [x for x in rows if x['split'] == split]
        y, p = of(r, 'label:' + c['name']), of(r, 'score:' + c['name'])
        part[split] = y[~np.isnan(y)], p[~np.isnan(y)]
    y, p = part['test']
    m, n = (y == 1).sum(), (y == 0).sum()
    assert (m, n) == (c['positives'], c['negatives'])
    if not m or not n or np.isnan(p).any():
        close(c['name'], c['auc'], np.nan)
        continue
    d = p[y == 1][:, None] - p[y == 0][None, :]
    auc = ((d > 0) + .5 * (d == 0)).mean()
    close('auc', c['auc'], auc)
    areas += [auc] if c['finding'] else []
    ap = sum((((p >= t) & (y == 1)).sum() - ((p > t) & (y == 1)).sum()) / m * ((p >= t) & (y == 1)).sum() / (p >= t).sum() for t in np.unique(p))
    close('average precision', c['average_precision'], ap)
    close('Brier', c['brier'], ((p - y) ** 2).mean())
    bins = np.minimum((p * 15).astype(int), 14)
    close('calibration', c['calibration_error'], sum(abs((p - y)[bins == b].sum()) for b in range(15)) / len(p))
    if not (part['val'][0] == 1).any():
        close('threshold', c['threshold'], np.nan)
        continue
    t = threshold(part['val'][1], part['val'][0])
    close('threshold', c['threshold'], t)
    tp, fp = ((p >= t) & (y == 1)).sum(), ((p >= t) & (y == 0)).sum()
    close('sensitivity', c['sensitivity'], tp / m)
    close('specificity', c['specificity'], 1 - fp / n)
    close('F1', c['f1'], 2 * tp / (tp + fp + m))
close('macro', row['auc_macro'], np.mean(areas))
print(len(areas), 'classes')
PYTHON
    for which in "10 1 linear ten1" "10 2 linear ten2" "100 1 linear all" "100 2 knn knn"; do
        # shellcheck disable=SC2086
        set -- $which
        "$python" "$dir/check.py" "$dir/figures" "$1" "$2" "$3" "$dir/$4.csv" >"$dir/out" 2>"$dir/err" && grep -q '^[1-9][0-9]* classes' "$dir/out"
        verdict $? "numpy computes the figures of $3, $1 %, draw $2 from the table"
    done
else
    skip "figures from the table" "there is no numpy"
fi

# by facts of the images
run -q eval tiny --protocol linear --labels 100 --draws 1 --by age --json && cp "$dir/out" "$dir/ages" && says '"by": "age"' && says '"gap": ' && says '"too_small": ' &&
    says '"value": "20-39"'
verdict $? "figures of groups: ages in bands of 20 years"
if [ -n "$python" ]; then
    cat >"$dir/groups.py" <<'PYTHON'
import csv, json, sys
import numpy as np
row, sex = json.load(open(sys.argv[1]))[0], dict(csv.reader(open(sys.argv[3])))
rows = [r for r in csv.DictReader(open(sys.argv[2])) if r['split'] == 'test']
groups, done = row['by']['groups'], 0
assert sum(g['images'] for g in groups) == len(rows)
for g in groups:
    part = [r for r in rows if sex.get(r['image'], 'unknown') == g['value']]
    assert len(part) == g['images'], (g['value'], len(part), g['images'])
    for c in g['classes']:
        y, p = (np.array([float(r[k + c['name']] or 'nan') for r in part]) for k in ('label:', 'score:'))
        if c['auc'] is None: continue
        d = p[y == 1][:, None] - p[y == 0][None, :]
        assert abs(((d > 0) + .5 * (d == 0)).mean() - c['auc']) < 1e-9
        done += 1
def patients(g, c, value): # with or without a finding in a group
    return len({r['patient'] for r in rows if sex.get(r['image'], 'unknown') == g['value'] and r['label:' + c['name']] == value})
def gap(a, b): # of the findings of which both groups have ten patients with and without
    both = [x['auc'] - y['auc'] for x, y in zip(a['classes'], b['classes'])
            if x['finding'] and min(patients(g, x, v) for g in (a, b) for v in '01') >= 10]
    return [abs(np.mean(both))] if both else []
assert done > 3 and abs(row['by']['gap'] - max(sum((gap(a, b) for a in groups for b in groups if a is not b), []))) < 1e-9
for g in groups:
    for c in g['classes']: assert c['auc'] is None or (c['lo'] is None) == (min(patients(g, c, v) for v in '01') < 2), (g['value'], c['name'])
PYTHON
    if command -v sqlite3 >/dev/null 2>&1; then
        "$MLVICX" -q data import phantom --name many --patients 360 --size 32 --threads 1 >/dev/null 2>&1
        run -q eval tiny --task many --protocol linear --labels 100 --draws 1 --by sex --json && cp "$dir/out" "$dir/sexes"
        run -q export tiny predictions --task many -o "$dir/all.csv"
        sqlite3 -csv "$MLVICX_HOME/mlvicx.db" "select path, value from image i join image_attribute a on a.dataset_id = i.dataset_id and
            a.image_idx = i.idx where a.name = 'sex' and i.dataset_id = (select id from dataset where name = 'many')" | tr -d '\r' >"$dir/sex.csv"
        "$python" "$dir/groups.py" "$dir/sexes" "$dir/all.csv" "$dir/sex.csv" >"$dir/out" 2>"$dir/err"
        verdict $? "numpy computes them from the table"
    else
        skip "groups by numpy" "there is no sqlite3"
    fi
fi
run eval tiny --protocol linear --labels 100 --draws 1 --by sex && says "gap between groups, of findings that 10 patients of both have, and as many lack: "
verdict $? "as a table"
run eval tiny --protocol linear --labels 100 --draws 1 --by age,sex && [ "$(grep -c '^gap between groups, of findings that 10 patients of both have, and as many lack: ' "$dir/out")" -eq 2 ] && says ", by age" && says ", by sex"
verdict $? "several facts have a table each"
"$MLVICX" -q data import phantom --name few --patients 24 --size 32 --threads 1 >/dev/null 2>&1
run -q eval tiny --task few --protocol linear --labels 100 --draws 1 --by sex --per-class --json && cp "$dir/out" "$dir/few.json" &&
    run -q eval tiny --task few --protocol linear --labels 100 --draws 1 --by sex && cp "$dir/out" "$dir/few" && grep -q '^gap between groups, .*: -$' "$dir/few" &&
    grep -q '^too small for it: F' "$dir/few" && grep -q '"gap": null' "$dir/few.json" && ! grep -q '(\([01]\.[0-9]*\) - \1)' "$dir/few"
verdict $? "of a few patients there is no gap, no interval of no width, and the groups are named"
if has_python; then
    run -q eval tiny --protocol linear --labels 100 --draws 1 --by sex --json && cp "$dir/out" "$dir/sexes" && run -q eval tiny --protocol linear --labels 100 --draws 1 --by age,sex --json &&
        python3 -c 'import json, sys
ages, sexes, both = (json.load(open(f))[0]["by"] for f in sys.argv[1:])
assert both == [ages, sexes]' "$dir/ages" "$dir/sexes" "$dir/out" 2>"$dir/err"
    verdict $? "and in JSON a list of what each has alone"
else
    skip "and in JSON a list of what each has alone" "no python3"
fi
refused 2 "--by: 'sex' is there twice" "a fact is named once" eval tiny --by sex,age,sex
refused 1 "--by shoe: data set ghosts does not know it of any test image; it has " "a fact that is not known is told" eval tiny --by shoe

# a classifier: its own predictions, and those for the same images without labels
pictures="$srcdir/tests/fixtures/images"
for class in light dark; do
    [ $class = light ] && from=basi0g16.png || from=basi2c08.png
    for split in train val test; do
        mkdir -p "$dir/two/$split/$class"
        for i in 1 2 3 4 5 6; do run data image "$pictures/$from" --size 32 --augment $i$i -o "$dir/two/$split/$class/$split$i$class.png"; done
    done
done
run -q data import folder "$dir/two" --name two --size 32 --channels 1
# shellcheck disable=SC2086
run -q train --data two --name taught --method supervised $small && run -q eval taught --json && run -q export taught predictions -o "$dir/own.csv" &&
    [ "$(sed 1d "$dir/own.csv" | wc -l)" -eq 24 ]
verdict $? "what a classifier gives is kept"
cp -r "$dir/two/test" "$dir/new" && echo broken >"$dir/new/broken.png"
mkdir "$dir/tmp"
TMPDIR=$dir/tmp run predict taught "$dir/new" -o "$dir/p.csv" && says "broken.png: skipped: " && [ -z "$(ls -A "$dir/tmp")" ]
verdict $? "new images are scored, and one that cannot be read is named"
[ "$(head -1 "$dir/p.csv")" = "image,score:dark,score:light" ] && grep ',test,' "$dir/own.csv" | sed 's|^test/||' | cut -d, -f1,6- | sort >"$dir/a" &&
    sed 1d "$dir/p.csv" | sort | cmp -s - "$dir/a" && [ "$(wc -l <"$dir/a")" -eq 12 ]
verdict $? "as those of a data set are, to the last digit"
mkdir "$dir/only" && cp "$dir/new/broken.png" "$dir/only"
refused 1 "none of its 1 image" "nothing but broken ones is an error" predict taught "$dir/only" -o "$dir/none.csv"
refused 2 "has no classifier of its own; train one" "a run without a classifier is refused" predict tiny "$dir/new"
refused 1 "$dir/nothere" "a folder that is not there" predict taught "$dir/nothere" -o "$dir/none.csv"
TMPDIR=$dir/nowhere refused 1 "$dir/nowhere" "nor one for what is read" predict taught "$dir/new" -o "$dir/none.csv"
[ ! -e "$dir/none.csv" ] && [ -z "$(ls -A "$dir/tmp")" ]
verdict $? "and nothing is written"
run export taught encoder -o "$dir/taught.onnx" && run eval taught --task two && says "dark"
verdict $? "its ONNX model is written"

# what cannot be told apart from another set is not shown
run -q data rm ghosts --yes
ghosts 50
run export tiny predictions
[ $? -eq 1 ] && says "data set ghosts was imported anew after the evaluation; evaluate again"
verdict $? "predictions on images that are others by now are refused"

# what writes a table says so, rather than leaving --json unheard
refused 2 "export predictions: writes csv, not JSON: leave --json out, or take -o FILE" "a table is no JSON" export tiny predictions --json
refused 2 "export scores: writes csv, not JSON: leave --json out, or take -o FILE; mlvicx eval RUN --json has the figures" "nor are scores" export tiny scores --json
refused 2 "data splits: writes CSV, not JSON" "nor splits" data splits ghosts --json
refused 2 "predict: writes CSV, not JSON" "nor what predict writes" predict tiny "$dir" --json
run export tiny metrics --json && [ "$(head -c 1 "$dir/out")" = "[" ] || [ "$(head -c 1 "$dir/out")" = "{" ]
verdict $? "metrics are"
finish
