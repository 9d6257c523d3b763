#!/bin/sh
# compare as a user meets it: two runs on one test set, by the table and as JSON; the same by numpy and by R's pROC from what
# export predictions writes; null cases; bad input.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
small="--set model.width=4 --set model.dim=8 --set model.fuse=8 --set data.size=32 --set data.batch=8 --set optim.epochs=1
    --set optim.warmup_epochs=0 --set train.threads=1 --set data.threads=1"

ghosts 80
for seed in 1 2; do
    # shellcheck disable=SC2086
    run -q train --data ghosts --name "r$seed" $small --set train.seed=$seed
done
refused 1 "run r1: has no evaluation with predictions on ghosts; make them: mlvicx eval r1 --task ghosts" "what was not evaluated is told" \
    compare r1 r2
for seed in 1 2; do run -q eval r$seed --labels 10,100 --draws 3; done
run compare r1 r2 && cp "$dir/out" "$dir/table" && says "1 draw; " && says "of the labels" && says "p patient" && says "mean of findings" && says "at 80 % power"
verdict $? "two runs are compared by their newest evaluations"
grep -q 'not distinguishable here; about [0-9]* images would be needed\|is better than\|more than ten million' "$dir/table"
verdict $? "and what may be said of it is said"
run compare r1 r2 --json && cp "$dir/out" "$dir/one" && says '"difference": ' && says '"p_patient": ' && says '"p_holm": ' && says '"detectable": ' && says '"macro": {'
verdict $? "as JSON"
run compare r1 r2 --labels 10 --json && cp "$dir/out" "$dir/several" && says '"draws": 3' && [ "$(grep -c '"p": null' "$dir/out")" -ge 8 ]
verdict $? "with several draws DeLong's p is null"
refused 2 "compare: r1 is there twice, and does not differ from itself" "a run is not compared with itself" compare r1 r1
refused 2 "compare: r1 is there twice, and does not differ from itself" "not among others either" compare r1 r2 r1
run -q eval r1 --protocol knn --labels 100 --draws 1
refused 1 "run r2: has no knn evaluation with predictions of 100 % of the labels on ghosts; make them: mlvicx eval r2 --task ghosts --protocol knn --labels 100" "the other run has to be scored alike" compare r1 r2
run compare r2 r1 && says "linear"
verdict $? "the first run says which evaluation is meant"
refused 1 "nothere" "a task that is not there is told" compare r1 r2 --task nothere
refused 1 "r3" "and a run" compare r1 r3
refused 2 "neither on nor off" "a bad word for the gates" compare r1 r2 --context both

# several seeds of a method as one side
for seed in 3 4; do
    # shellcheck disable=SC2086
    run -q train --data ghosts --name "r$seed" $small --set train.seed=$seed
    run -q eval r$seed --protocol linear --labels 10,100 --draws 3
done
run compare r1,r2 r3,r4 --protocol linear --labels 10 --json && cp "$dir/out" "$dir/sides" && says '"run_a": "r1,r2"' && [ "$(grep -c '"seed": ' "$dir/out")" -eq 4 ] &&
    says '"draws": 3' && [ "$(grep -c '"p": null' "$dir/out")" -ge 8 ] && ! grep -q differ "$dir/err"
verdict $? "several seeds are one side"
run compare r1,r2 r3,r4 --protocol linear && says "r1,r2 (2 seeds) and r3,r4 (2 seeds)" && grep -q 'not distinguishable here\|is better than' "$dir/out"
verdict $? "as a table, with what would be needed"
run compare r1 r3,r4 --protocol linear && says "one side has a single seed"
verdict $? "a single seed beside several is told"
run compare r1,r2 r3 r4 --protocol linear --json && [ "$(grep -c '"run_b"' "$dir/out")" -eq 2 ] && [ "$(grep -c '"p_holm"' "$dir/out")" -gt 2 ]
verdict $? "several sides are compared with the first, and corrected for their number"
# shellcheck disable=SC2086
run -q train --data ghosts --name odd $small --set optim.lr=0.0001 && run -q eval odd --protocol linear --labels 10,100 --draws 3
run compare r1,odd r3,r4 --protocol linear && says "r1,odd: these runs differ in optim.lr, not in their seeds alone"
verdict $? "runs that are no seeds of one method are told"
# shellcheck disable=SC2086
run -q eval --init random --task ghosts --protocol linear --labels 10,100 --draws 3 --set model.width=4 --set model.dim=8 --set model.fuse=8 --size 32 &&
    run compare r1,r2 init:random:1:resnet18-w4-s32 --protocol linear --labels 10 --json && says '"run_b": "random:1:resnet18-w4-s32"' && says '"draws": 3'
verdict $? "an encoder that is no run's is compared by its name"
run compare r1,r2 init:random --protocol linear --labels 10 --json && says '"run_b": "random:1:resnet18-w4-s32"' && run compare init:random r1 --protocol linear --labels 10 && says "random:1:resnet18-w4-s32"
verdict $? "or by the beginning of its name, where no other begins so; the data set is the one that it was scored on"
refused 1 "init:random:9: eval --init has scored no encoder of that name; there are init:random:1:resnet18-w4-s32" "one that was not scored is told" \
    compare r1 init:random:9
# shellcheck disable=SC2086
run -q eval --init random --task ghosts --protocol linear --labels 10 --draws 1 --set train.seed=12 --set model.width=4 --set model.dim=8 --set model.fuse=8 --size 32
refused 1 "init:random: several encoders begin so: init:random:1:resnet18-w4-s32, init:random:12:resnet18-w4-s32; name one" "several that begin so are told" compare r1 init:random
run compare r1 init:random:1: --protocol linear --labels 10 && says "random:1:resnet18-w4-s32"
verdict $? "and one of them is named by more of it"
refused 2 "run r1 is there twice in 'r1,r2,r1'" "a seed counts once" compare r1,r2,r1 r3,r4
refused 2 "'r1,,r2' is no list of runs" "a list of nothing" compare r1,,r2 r3
refused 2 "',r1' is no list of runs" "nor one that begins with it" compare ,r1 r3
refused 1 "nobody" "a seed that is not there" compare r1,nobody r3,r4

# the same from the tables
for seed in 1 2; do run -q export r$seed predictions --protocol linear --labels 100 -o "$dir/r$seed.csv"; done
python=
for p in /usr/bin/python3 python3; do "$p" -c 'import numpy' 2>/dev/null && python=$p && break; done
if [ -n "$python" ]; then
    cat >"$dir/check.py" <<'PYTHON'
import csv, json, math, sys
import numpy as np
c = json.load(open(sys.argv[1]))
a, b = (([r for r in csv.DictReader(open(f)) if r['split'] == 'test']) for f in sys.argv[2:4])
done = 0
with open(sys.argv[4], 'w') as out:
    for k in c['classes']:
        keep = [i for i, r in enumerate(a) if r['label:' + k['name']]]
        y = np.array([int(a[i]['label:' + k['name']]) for i in keep])
        patient = np.array([a[i]['patient'] or str(i) for i in keep])
        s = [np.array([float(r[i]['score:' + k['name']] or 'nan') for i in keep]) for r in (a, b)]
        m, n = (y == 1).sum(), (y == 0).sum()
        if min(m, n) < 2 or np.isnan(s).any(): continue
        d = [x[y == 1][:, None] - x[y == 0][None, :] for x in s]
        w = [(x > 0) + .5 * (x == 0) for x in d]
        auc = [x.mean() for x in w]
        v10, v01 = [np.cov([x.mean(i) for x in w]) for i in (1, 0)]
        var = v10 / m + v01 / n
        plain = var[0, 0] + var[1, 1] - 2 * var[0, 1]
        part = [w[0].mean(i) - w[1].mean(i) - (auc[0] - auc[1]) for i in (1, 0)]
        who = sorted(set(patient))
        s10 = np.array([part[0][patient[y == 1] == p].sum() for p in who])
        s01 = np.array([part[1][patient[y == 0] == p].sum() for p in who])
        i10, i01, i = len(set(patient[y == 1])), len(set(patient[y == 0])), len(who)
        cluster = i10 / ((i10 - 1) * m * m) * (s10 ** 2).sum() + i01 / ((i01 - 1) * n * n) * (s01 ** 2).sum() + 2 * i / ((i - 1) * m * n) * (s10 * s01).sum()
        p = lambda v: math.erfc(abs(auc[0] - auc[1]) / math.sqrt(2 * v))
        for name, got, want in ('a', k['auc_a'], auc[0]), ('b', k['auc_b'], auc[1]), ('p', k['p'], p(plain)), ('patient', k['p_patient'], p(cluster)):
            assert abs(got - want) < 1e-7, (k['name'], name, got, want)
        done += 1
        if done == 1:
            out.write('y,a,b,p\n')
            for row in zip(y, s[0], s[1]): out.write('%d,%.17g,%.17g,%.17g\n' % (*row, k['p']))
assert done > 1
macro = [(k['auc_a'], k['auc_b']) for k in c['classes'] if k['finding'] and k['auc_a'] is not None and k['auc_b'] is not None]
assert abs(c['macro']['auc_a'] - np.mean([x[0] for x in macro])) < 1e-9
assert c['macro']['lo'] <= c['macro']['difference'] <= c['macro']['hi']
PYTHON
    "$python" "$dir/check.py" "$dir/one" "$dir/r1.csv" "$dir/r2.csv" "$dir/class.csv" >"$dir/out" 2>"$dir/err"
    verdict $? "numpy computes areas and both p of every class from the tables"
else
    skip "areas and p from the tables" "there is no numpy"
fi
if [ -n "$python" ]; then
    for seed in 1 2 3 4; do for draw in 1 2 3; do
        run -q export r$seed predictions --protocol linear --labels 10 --draw $draw -o "$dir/s$seed-$draw.csv"
    done; done
    cat >"$dir/sides.py" <<'PYTHON'
import csv, json, sys
import numpy as np
c, folder = json.load(open(sys.argv[1])), sys.argv[2]
rows = {(s, d): [r for r in csv.DictReader(open('%s/s%d-%d.csv' % (folder, s, d))) if r['split'] == 'test'] for s in (1, 2, 3, 4) for d in (1, 2, 3)}
def area(r, name):
    y, p = (np.array([float(x[k + name] or 'nan') for x in r]) for k in ('label:', 'score:'))
    p, y = p[~np.isnan(y)], y[~np.isnan(y)]
    if len(set(y)) < 2 or np.isnan(p).any(): return np.nan
    d = p[y == 1][:, None] - p[y == 0][None, :]
    return ((d > 0) + .5 * (d == 0)).mean()
done = 0
for k in c['classes']:
    each = {s: np.mean([area(rows[s, d], k['name']) for d in (1, 2, 3)]) for s in (1, 2, 3, 4)}
    for key, seeds in ('auc_a', (1, 2)), ('auc_b', (3, 4)):
        want = np.mean([each[s] for s in seeds])
        if np.isnan(want): assert k[key] is None
        else:
            assert abs(k[key] - want) < 1e-9, (k['name'], key, k[key], want)
            done += 1
    if k['lo'] is not None: assert k['lo'] <= k['difference'] <= k['hi']
assert done > 4
PYTHON
    "$python" "$dir/sides.py" "$dir/sides" "$dir" >"$dir/out" 2>"$dir/err"
    verdict $? "areas are averaged over seeds and draws, never scores"
else
    skip "areas of seeds from the tables" "there is no numpy"
fi
if [ -n "$python" ] && Rscript -e 'library(pROC)' >/dev/null 2>&1; then
    Rscript -e 'suppressMessages(library(pROC)); x <- read.csv(commandArgs(TRUE)[1])
        t <- roc.test(roc(x$y, x$a, direction = "<", quiet = TRUE), roc(x$y, x$b, direction = "<", quiet = TRUE), method = "delong")
        v <- roc.test(roc(c(1,1,1,1,0,0,0,0,0), c(.9,.8,.8,.4,.7,.8,.3,.2,.4), direction = "<", quiet = TRUE),
                      roc(c(1,1,1,1,0,0,0,0,0), c(.6,.9,.5,.7,.6,.1,.3,.5,.2), direction = "<", quiet = TRUE), method = "delong")
        stopifnot(abs(t$p.value - x$p[1]) < 1e-7, abs(v$p.value - .69814) < 5e-6)' "$dir/class.csv" >"$dir/out" 2>"$dir/err"
    verdict $? "pROC has the same p"
else
    skip "p by pROC" "there is no R with pROC"
fi
# what was scored otherwise is not set against it
run -q eval r2 --protocol linear --labels 100 --draws 1 --size 48
run compare r1 r2 --protocol linear --labels 100 && cp "$dir/out" "$dir/old" && says "100 % of the labels, 32 px, gates on, 1 draw; "
verdict $? "of each run the newest evaluation of the same image size counts, though one has a newer"
run compare r2 r1 --protocol linear --labels 100 --json && says '"size": 32' && says '"context_a": true' && says '"context_b": true' && says '"settings": ""'
verdict $? "whichever is named first; size, gates and settings stand in JSON"
refused 1 "run r1: has no linear evaluation with predictions of 100 % of the labels at 48 px on ghosts; make them: mlvicx eval r1 --task ghosts --protocol linear --labels 100 --size 48" \
    "--size chooses" compare r1 r2 --protocol linear --labels 100 --size 48
run -q eval r1 --protocol linear --labels 100 --draws 1 --size 48 && run compare r1 r2 --protocol linear --labels 100 && says "48 px" &&
    run compare r1 r2 --protocol linear --labels 100 --size 32 && cmp -s "$dir/out" "$dir/old"
verdict $? "evaluated alike, the newest size counts, and --size has the other as before"
for format in csv markdown latex html; do
    run compare r1 r2 --protocol linear --labels 100 --size 32 --format $format
    if [ $format = csv ]; then head -1 "$dir/out" | grep -q 'size,gates_a,gates_b,settings' && grep -q ',32,on,on,' "$dir/out"; else says "32 px, gates on"; fi
    verdict $? "size and gates stand in the table as $format"
done
run -q eval r1 --protocol knn --labels 50 --draws 1 --size 64 && run -q eval r2 --protocol knn --labels 50 --draws 1
refused 1 "compare: no evaluations of r1 and r2 agree, the newest differ in size (64 and 32 px); make one: mlvicx eval r2 --task ghosts --protocol knn --labels 50 --size 64 --context on" \
    "where none agree, it is told in what, and what to type" compare r1 r2 --protocol knn --labels 50
run -q eval r2 --protocol knn --labels 50 --draws 1 --size 64 --context off
refused 1 "differ in gates (on and off); make one: mlvicx eval r2 --task ghosts --protocol knn --labels 50 --size 64 --context on" "gates have to agree, too" \
    compare r1 r2 --protocol knn --labels 50
# shellcheck disable=SC2086
run -q train --data ghosts --name plain $small --method vicreg && run -q eval plain --protocol linear --labels 100 --draws 1 &&
    run compare plain r1 --protocol linear --labels 100 && says "32 px, gates off and on (plain has none)" &&
    run compare r1 plain --protocol linear --labels 100 --format csv && grep -q ',32,on,off,' "$dir/out"
verdict $? "a network without gates is compared with one that has them, which is told"
run -q eval r1 --protocol linear --labels 30,30 --draws 1 --json && [ "$(grep -c '"protocol"' "$dir/out")" -eq 1 ]
verdict $? "a share that is named twice is scored once"
finish
