#!/bin/sh
# What evaluations found as tables for papers and as curves of a class: every format read back, numbers against the store's and
# against numpy's, names of classes that would break a format.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
small="--set model.width=4 --set model.dim=8 --set model.fuse=8 --set data.size=32 --set data.batch=8 --set optim.epochs=1
    --set optim.warmup_epochs=0 --set train.threads=1 --set data.threads=1"
python=
for p in /usr/bin/python3 python3; do "$p" -c 'import numpy' 2>/dev/null && python=$p && break; done

ghosts 80
# shellcheck disable=SC2086
run -q train --data ghosts --name tiny $small
# shellcheck disable=SC2086
run -q train --data ghosts --name other $small --set train.seed=2
refused 2 "--format: 'word' is none of markdown, latex, csv, html" "a format that is not there" eval tiny --format word
refused 2 "--format: not with --json" "nor one beside JSON" eval tiny --format csv --json
refused 2 "--format: --queue has no figures yet" "nor of runs that only wait" eval tiny --format csv --protocol finetune --queue
for format in markdown latex html csv; do
    run -q eval tiny --protocol linear --labels 20,100 --draws 2 --format $format && cp "$dir/out" "$dir/eval.$format"
done
[ "$(grep -c '^| linear' "$dir/eval.markdown")" -eq "$(sed 1d "$dir/eval.csv" | wc -l)" ] && grep -q '^| linear | 100 | mean of findings | - | - | 0\.' "$dir/eval.markdown" &&
    grep -q '\\begin{tabular}{lllrrrrrrrrr}' "$dir/eval.latex" && [ "$(grep -c ' \\\\$' "$dir/eval.latex")" -eq "$(wc -l <"$dir/eval.csv")" ]
verdict $? "eval as Markdown and LaTeX: a row for each configuration and class, and the mean"
run -q eval tiny --protocol linear --labels 20,100 --draws 2 --json && cp "$dir/out" "$dir/eval.json"
run -q eval other --protocol linear --labels 20,100 --draws 2
run compare tiny other --json && cp "$dir/out" "$dir/compare.json"
for format in markdown latex html csv; do run compare tiny other --format $format && cp "$dir/out" "$dir/compare.$format"; done
grep -q '^| tiny | other | mean of findings | 0\.[0-9]* | 0\.[0-9]* | [-+]0\.[0-9]* (.* to .*) | - | [0-9.]* | [-0-9.]* |' "$dir/compare.markdown"
verdict $? "compare as Markdown"
# by groups, and probes for facts: the numbers of --json
by="eval tiny --protocol linear --labels 20,100 --draws 2 --by sex"
facts="eval tiny --probe-for sex,brightness"
for format in markdown csv; do
    run -q $by --format $format && cp "$dir/out" "$dir/by.$format" && run -q $facts --format $format && cp "$dir/out" "$dir/facts.$format"
done
run -q $by --json && cp "$dir/out" "$dir/by.json" && run -q $facts --json && cp "$dir/out" "$dir/facts.json"
[ "$(grep -c '^| linear' "$dir/by.markdown")" -eq "$(sed 1d "$dir/by.csv" | wc -l)" ] && grep -q '^| linear | 100 | all | .* | mean of findings | - | - | 0\.[0-9]* (0\.' "$dir/by.markdown" &&
    grep -q '^| sex | [FM] |' "$dir/facts.markdown"
verdict $? "groups and facts as Markdown"
several="eval tiny --protocol linear --labels 20,100 --draws 2 --by sex,age"
run -q $several --format csv && cp "$dir/out" "$dir/several.csv" && sed -n "1,$(wc -l <"$dir/by.csv")p" "$dir/several.csv" | cmp -s - "$dir/by.csv" &&
    [ "$(grep -c '^run,' "$dir/several.csv")" -eq 1 ] && grep -q ',age,20-39,' "$dir/several.csv" && run -q $several --format markdown &&
    sed -n "1,$(wc -l <"$dir/by.markdown")p" "$dir/out" | cmp -s - "$dir/by.markdown" && [ "$(grep -c '^| protocol' "$dir/out")" -eq 2 ]
verdict $? "several facts are one table in CSV, else a table each"
if has_python; then
    python3 - "$dir" >"$dir/out" 2>&1 <<'END'
import csv, json, sys
table = lambda name: list(csv.DictReader(open(f"{sys.argv[1]}/{name}.csv")))
value = lambda name: json.load(open(f"{sys.argv[1]}/{name}.json"))
near = lambda text, number: (text == "") == (number is None) and (text == "" or abs(float(text) - number) < 1e-9)
rows, results = table("by"), value("by")
groups = [g["value"] for g in results[0]["by"]["groups"]]
classes = [c["name"] for c in results[0]["classes"]]
assert len(rows) == 2 * (len(groups) + 1) * (len(classes) + 1), len(rows)
for r in rows:
    draws = [x for x in results if x["fraction"] == float(r["labels_percent"]) and "by" in x]
    assert len(draws) == int(r["draws"]) and r["by"] == "sex"
    parts = draws if r["group"] == "all" else [next(g for g in x["by"]["groups"] if g["value"] == r["group"]) for x in draws]
    if r["class"] == "mean of findings":
        areas, ends = [p["auc_macro"] for p in parts], (parts[0]["lo_macro"], parts[0]["hi_macro"])
    else:
        of = [next(c for c in p["classes"] if c["name"] == r["class"]) for p in parts]
        areas, ends = [c["auc"] for c in of], (of[0]["lo"], of[0]["hi"])
        assert int(r["positives"]) == of[0]["positives"]
    areas = [a for a in areas if a is not None]
    assert near(r["auc"], sum(areas) / len(areas) if areas else None), r
    assert near(r["auc_highest"], max(areas) if areas else None), r
    if len(parts) > 1: assert r["auc_lo"] == "", r
    else: assert near(r["auc_lo"], ends[0]) and near(r["auc_hi"], ends[1]), r
facts = value("facts")["facts"]
for r, f in zip(table("facts"), facts, strict=True):
    assert r["fact"] == f["fact"] and r["value"] == f["value"] and (r["told"] == "yes") == f["told"], r
    for k in ("auc", "auc_random", "difference", "p"): assert near(r[k], f[k]), (k, r)
    assert near(r["auc_lo"], f["lo"]) and near(r["auc_random_hi"], f["hi_random"]), r
END
    verdict $? "and as CSV with the numbers of JSON"
else
    skip "and as CSV with the numbers of JSON" "no python3"
fi
run export tiny scores --format csv && cp "$dir/out" "$dir/scores.csv" && run -q export tiny scores -o "$dir/scores.tex" && grep -q '^.begin.tabular' "$dir/scores.tex" &&
    run -q export tiny scores -o "$dir/scores.md" && grep -q '^| 10 | ghosts\|^| [0-9]* | ghosts' "$dir/scores.md" && run -q export tiny scores -o "$dir/scores.html" &&
    grep -q '<caption>evaluations of run tiny' "$dir/scores.html"
verdict $? "the name of a file says the format of scores"
run export tiny scores --protocol knn
[ $? -eq 1 ] && says "run tiny: has no such evaluation"
verdict $? "of a protocol that was not evaluated there are none"

if [ -n "$python" ]; then
    cat >"$dir/tables.py" <<'PYTHON'
import csv, html.parser, json, sys
d = sys.argv[1]
rows = lambda name: list(csv.DictReader(open(d + '/' + name)))
class Cells(html.parser.HTMLParser):
    def __init__(self): super().__init__(); self.rows, self.cell = [], None
    def handle_starttag(self, tag, a):
        if tag == 'tr': self.rows.append([])
        if tag in ('td', 'th'): self.rows[-1].append('')
        self.inside = tag in ('td', 'th')
    def handle_endtag(self, tag): self.inside = False
    def handle_data(self, data):
        if self.rows and self.inside: self.rows[-1][-1] += data
number = lambda x: float(x) if x else None
same = lambda a, b: (a is None) == (b is None) and (a is None or abs(a - b) < 1e-12)
# eval: means over draws of what --json has draw by draw; the interval of one draw is its own
table, figures, checked = rows('eval.csv'), json.load(open(d + '/eval.json')), 0
for r in table:
    draws = [f for f in figures if f['fraction'] == float(r['labels_percent'])]
    if int(r['draws']) == 1: draws = draws[:1]
    assert len(draws) == int(r['draws']) and r['run'] == 'tiny'
    if r['class'] == 'mean of findings':
        values = [f['auc_macro'] for f in draws]
        if len(draws) == 1: assert same(number(r['auc_lo']), draws[0]['lo_macro']) and same(number(r['auc_hi']), draws[0]['hi_macro'])
    else:
        classes = [[c for c in f['classes'] if c['name'] == r['class']][0] for f in draws]
        values = [c['auc'] for c in classes]
        if len(draws) == 1: assert same(number(r['auc_lo']), classes[0]['lo']) and same(number(r['auc_hi']), classes[0]['hi'])
        for key in 'average_precision', 'sensitivity', 'specificity', 'f1', 'brier', 'calibration_error':
            known = [c[key] for c in classes if c[key] is not None]
            assert same(number(r[key]), sum(known) / len(known) if known else None), (r['class'], key)
        assert int(r['positives']) == classes[0]['positives']
    known = [v for v in values if v is not None]
    assert same(number(r['auc']), sum(known) / len(known) if known else None), r
    if len(known) > 1 and (r['auc_lo'] or r['class'] == 'mean of findings'): assert float(r['auc_lo']) <= float(r['auc']) <= float(r['auc_hi'])
    if len(known) > 1: assert same(float(r['auc_lowest']), min(known)) and same(float(r['auc_highest']), max(known))
    checked += 1
assert checked == 2 * (len(figures[0]['classes']) + 1)
page = Cells(); page.feed(open(d + '/eval.html').read())
assert page.rows[0][2] == 'class' and [r[2] for r in page.rows[1:]] == [r['class'] for r in table]
for got, r in zip(page.rows[1:], table):
    if r['auc_lo']: assert got[5] == '%.3f (%.3f to %.3f)' % tuple(float(r[k]) for k in ('auc', 'auc_lo', 'auc_hi')), (got, r)
# compare: the table is the JSON
c, table = json.load(open(d + '/compare.json')), rows('compare.csv')
for r, k in zip(table, c['classes'] + [{'p_holm': None, **c['macro'], 'name': 'mean of findings'}]):
    assert r['class'] == k['name']
    for key, other in dict(auc_a='auc_a', auc_b='auc_b', difference='difference', difference_lo='lo', difference_hi='hi', p='p',
                           p_patient='p_patient', p_holm='p_holm', detectable='detectable').items():
        assert same(number(r[key]), k[other]), (r['class'], key, r[key], k[other])
assert len(table) == len(c['classes']) + 1
# scores: what was stored of the draw
table = [r for r in rows('scores.csv') if r['split'] == 'test' and r['protocol'] == 'linear']
for f in figures:
    part = [r for r in table if float(r['labels_percent']) == f['fraction'] and int(r['draw']) == f['seed']]
    assert len(part) == len(f['classes']) + 1
    for k in f['classes']:
        r = [r for r in part if r['class'] == k['name']][0]
        assert same(number(r['auc']), k['auc']) and same(number(r['auc_lo']), k['lo']) and same(number(r['auc_hi']), k['hi'])
PYTHON
    "$python" "$dir/tables.py" "$dir" >"$dir/out" 2>"$dir/err"
    verdict $? "CSV and HTML, read back, are the figures of --json"
else
    skip "CSV and HTML are the figures of --json" "there is no python"
fi

# curves
run -q export tiny predictions --protocol linear --labels 100 -o "$dir/p.csv"
class=Effusion
refused 2 "roc: --class is missing: of ghosts there are Cardiomegaly, Effusion, " "without a class the classes are told" export tiny roc -o "$dir/x.png"
refused 1 "has no class 'Cardiomegali'; did you mean Cardiomegaly" "a class that is not there" export tiny roc --class Cardiomegali -o "$dir/x.png"
refused 2 "say where it goes: -o FILE.png, or --format csv" "a picture needs a file" export tiny pr --class "$class"
refused 1 "Cardiomegaly on ghosts has no such curve" "nor a curve of a class with one value" export tiny roc --class Cardiomegaly -o "$dir/x.png"
run export nobody roc --class "$class" -o "$dir/x.png"
[ $? -eq 1 ] && [ ! -e "$dir/x.png" ]
verdict $? "and a run; nothing is left"
for curve in roc pr reliability; do
    run -q export tiny $curve --class "$class" --labels 100 -o "$dir/$curve.csv" && run -q export tiny $curve --class "$class" --labels 100 --with other -o "$dir/$curve.png" &&
        head -c 8 "$dir/$curve.png" | od -An -c | grep -q 'P *N *G'
    verdict $? "$curve as numbers and as a picture of two runs"
done
run -q export tiny mistakes --class "$class" --labels 100 -o "$dir/mistakes.csv" && head -1 "$dir/mistakes.csv" | grep -q '^image,patient,class,label,score,threshold$'
verdict $? "mistakes as a table"
if [ -n "$python" ]; then
    cat >"$dir/curves.py" <<'PYTHON'
import csv, json, sys
import numpy as np
d, name = sys.argv[1:3]
rows = lambda file: list(csv.DictReader(open(d + '/' + file)))
column = lambda r, key: np.array([float(x[key]) if x[key] else np.nan for x in r])
stored = [f for f in json.load(open(d + '/eval.json')) if f['fraction'] == 100][0]
k = [c for c in stored['classes'] if c['name'] == name][0]
p = rows('p.csv')
test = [r for r in p if r['split'] == 'test' and r['label:' + name]]
y, s = column(test, 'label:' + name), column(test, 'score:' + name)
roc = rows('roc.csv')
x, t, thresholds = column(roc, 'false_positive_rate'), column(roc, 'true_positive_rate'), column(roc, 'threshold')
area = ((x[1:] - x[:-1]) * (t[1:] + t[:-1]) / 2).sum()
assert abs(area - k['auc']) < 1e-12, (area, k['auc'])
assert (x[0], t[0], x[-1], t[-1]) == (0, 0, 1, 1)
for i in range(1, len(roc)):
    assert abs(t[i] - (s[y == 1] >= thresholds[i]).mean()) < 1e-12 and abs(x[i] - (s[y == 0] >= thresholds[i]).mean()) < 1e-12
chosen = [r for r in roc if r['chosen'] == '1']
assert len(chosen) == 1
assert abs(float(chosen[0]['true_positive_rate']) - k['sensitivity']) < 1e-12
assert abs(1 - float(chosen[0]['false_positive_rate']) - k['specificity']) < 1e-12
pr = rows('pr.csv')
recall, precision = column(pr, 'recall'), column(pr, 'precision')
assert np.isnan(precision[0]) and recall[0] == 0
assert abs(((recall[1:] - recall[:-1]) * precision[1:]).sum() - k['average_precision']) < 1e-12
one = [r for r in pr if r['chosen'] == '1'][0]
assert abs(2 / (1 / float(one['recall']) + 1 / float(one['precision'])) - k['f1']) < 1e-12
bins = rows('reliability.csv')
n, mean, share = column(bins, 'images'), column(bins, 'mean_score'), column(bins, 'share_positive')
assert len(bins) == 15 and n.sum() == len(y)
assert abs(np.nansum(n * abs(mean - share)) / len(y) - k['calibration_error']) < 1e-12
for b, r in enumerate(bins):
    inside = np.minimum((s * 15).astype(int), 14) == b
    assert inside.sum() == n[b] and (not n[b] or abs(y[inside].mean() - share[b]) < 1e-12)
wrong = [(abs(float(r['score:' + name]) - float(r['label:' + name])), r['image']) for r in test
         if (float(r['score:' + name]) >= k['threshold']) != (r['label:' + name] == '1')]
mistakes = rows('mistakes.csv')
off = [abs(float(r['score']) - float(r['label'])) for r in mistakes]
assert sorted(i for _, i in wrong) == sorted(r['image'] for r in mistakes) and off == sorted(off, reverse=True) and len(off) > 3
PYTHON
    "$python" "$dir/curves.py" "$dir" "$class" >"$dir/out" 2>"$dir/err"
    verdict $? "numpy: the area below the exported curve is the stored one; operating point, precision, bins and mistakes too"
else
    skip "curves by numpy" "there is no numpy"
fi

# the same on the screen Downstream: the numbers are those of the tables
share() { awk -v x="$1" 'BEGIN {s = sprintf("%.3f", x); sub(/^0/, "", s); print s}'; }
figure() { # KEY of the class in the evaluation of all labels
    sed -n '/"fraction": 100/,$p' "$dir/eval.json" | sed -n "/\"name\": \"$class\"/,/}/p" | sed -n "s/^ *\"$1\": \([0-9.e-]*\),*\$/\1/p" | head -1
}
look() { # ROWS COLUMNS
    {
        printf ':size %s %s\n:run tiny\n:mark other\n:downstream\nj\nc\n<down><down><enter>\n' "$1" "$2"
        for pane in roc pr reliability mistakes; do printf 'v\n:save-display %s\n' "$dir/screen-$pane"; done
        printf 'v\n:wait 20\n:save-display %s\n' "$dir/screen-compared"
    } >"$dir/keys"
    run --ascii --script "$dir/keys"
}
look 24 80
auc=$(share "$(figure auc)") lo=$(share "$(figure lo)") hi=$(share "$(figure hi)")
[ -n "$(figure auc)" ] && grep -q "ROC curve of Effusion, draw 1  true positive rate; o: threshold of validation" "$dir/screen-roc" && grep -qF "AUC $auc ($lo to $hi)" "$dir/screen-roc" &&
    grep -q "sensitivity *$(share "$(figure sensitivity)")" "$dir/screen-roc" && grep -q "AP $(share "$(figure average_precision)")" "$dir/screen-pr" &&
    grep -q "ECE $(share "$(figure calibration_error)")" "$dir/screen-reliability" && grep -q "0.*[0-9]  *false positive rate" "$dir/screen-roc"
verdict $? "at 80 x 24 the curves of Downstream are whole, with the numbers of the evaluation"
grep -q "^ $(sed 1d "$dir/mistakes.csv" | wc -l) of [0-9]* on the wrong side of" "$dir/screen-mistakes" &&
    grep -q "$(sed -n 2p "$dir/mistakes.csv" | cut -d, -f5 | awk '{s = sprintf("%.2f", $1); sub(/^0/, "", s); print s}') .*labelled" "$dir/screen-mistakes"
verdict $? "the worst mistakes are shown, the most confident first"
run compare tiny other --labels 100 --json && cp "$dir/out" "$dir/screen-json"
grep -q "tiny and other: $(sed -n 's/^ *"verdict": "\([^";]*\).*/\1/p' "$dir/screen-json")" "$dir/screen-compared" && grep -q "mean of findings" "$dir/screen-compared"
verdict $? "marked runs are compared, as compare does"
look 12 40
grep -q "^ AUC $auc" "$dir/screen-roc" && ! grep -q "curve of" "$dir/screen-roc"
verdict $? "a smaller screen has the number alone"

# names of classes that would end a cell or begin a command
mkdir "$dir/odd"
{
    printf '%s\n' 'file,"a|b & <i>c</i>","50%_$x^2~#{y}\end{tabular}","=1+1"'
    i=0
    for seed in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36; do
        run data image "$srcdir/tests/fixtures/images/basi0g16.png" --size 32 --augment $seed -o "$dir/odd/$seed.png"
        i=$((i + 1))
        echo "$seed.png,$((i % 2)),$((i / 2 % 2)),$((i / 3 % 2))"
    done
} >"$dir/odd/table.csv"
run -q data import csv "$dir/odd/table.csv" --name odd --path-column file --size 32 --class-columns 'a|b & <i>c</i>,50%_$x^2~#{y}\end{tabular},=1+1'
verdict $? "a data set with such names is imported"
for format in markdown latex html csv; do
    run -q eval tiny --task odd --protocol linear --labels 100 --draws 1 --format $format && cp "$dir/out" "$dir/odd.$format"
done
grep -qF '| a\|b &amp; &lt;i&gt;c&lt;/i&gt; |' "$dir/odd.markdown" && grep -qF ' & 50\%\_\$x\textasciicircum{}2\textasciitilde{}\#\{y\}\textbackslash{}end\{tabular\} & ' "$dir/odd.latex" &&
    grep -qF '<td>a|b &amp; &lt;i&gt;c&lt;/i&gt;</td>' "$dir/odd.html" && grep -qF ",'=1+1," "$dir/odd.csv"
verdict $? "their names stay in their cells in every format"
run -q export tiny roc --task odd --class '50%_$x^2~#{y}\end{tabular}' -o "$dir/odd.png" && run export tiny roc --task odd --class =1+1 --format csv && says "tiny,'=1+1,inf,0,0,0"
verdict $? "and in curves"
finish
