#!/usr/bin/env python3
"""Judge recorded runs by the limits in engine/diagnose/verdict.c, and print the confusion matrices of VERDICT.md.

    tests/verdict_table.py [--errors] [--fit] [--reference FILE] [--limits SIGN=WATCH,BAD,EXCUSED ...]

Reads engine/diagnose/verdict.jsonl, which tests/record_verdict.py wrote; --reference takes a file of the reference
implementation's trainings as well (another network, another engine; the AUC is the mean of its two tasks). A run ends `above` where its AUC at 10 % of the
labels is above the random encoder's of the same seed by the deviation over ten draws (of the difference, since the draws
are the same) or more; `below` where it is not above it at all; in between it is `even`, and counts as neither. --errors names the runs that are judged wrongly. --fit
finds limits on kermany alone, and without one method at a time, and counts their errors on what they have not seen."""
import collections
import json
import math
import os
import re
import statistics
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
WORDS = ["LEARNING", "PLATEAU", "WATCH", "COLLAPSING"]
GRADES = ["FINE", "PLATEAU", "WATCH", "BAD"]
WINDOW_LIMIT = "shared"
EXCUSE = "features"
OWN = ("kermany", "phantom", "phantom, 30 passes")


def table():
    """Signs in order: name, metric of z, below, watch, bad, early, excused. And the share of the budget that a plateau
    may take."""
    text = open(os.path.join(ROOT, "engine/diagnose/verdict.c")).read()
    body = text[text.index("verdict_rules[SIGN_COUNT] = {"):]
    rows = re.findall(r'\[SIGN_\w+\] = \{ "(\w+)",\s*"[^"]*",\s*\{ "([\w.]+)", "[\w.]+" \},\s*(true|false),\s*([-\w.]+),\s*'
                      r'([-\w.]+),\s*GRADE_(\w+),\s*([-\w.]+),', body)
    share = float(re.search(r"verdict_plateau_share = ([\d.]+)", text).group(1))
    number = lambda t: math.nan if t == "NAN" else float(t)
    return [[n, m, b == "true", number(w), number(x), GRADES.index(early), number(excused)]
            for n, m, b, w, x, early, excused in rows], share


def judge(values, share, rules, plateau):
    worst, features = 0, next((v for r, v in zip(rules, values) if r[0] == EXCUSE), None)
    for (_, _, below, watch, bad, early, excused), v in zip(rules, values):
        past = lambda limit: v is not None and (v < limit if below else v > limit)
        if features is not None and features >= excused:
            continue
        worst = max(worst, 3 if past(bad) else 0 if not past(watch) else 2 if share > plateau else early)
    return WORDS[worst]


def words(run, rules, plateau, level="z", rho="rho.global"):
    """(share of the budget, word) of each reading."""
    out, peak, begun = [], 0, False
    limit = next(r[3] for r in rules if r[0] == WINDOW_LIMIT)
    for x in run["readings"]:
        shared = x.get(rho)
        if shared is None:
            continue
        peak, begun = max(peak, shared), begun or shared >= limit
        kept = max(0, shared) / peak if begun else 1
        known = {f"{level}.rho": shared, f"{level}.kept": kept}
        for part in ("h", level):
            known.update({f"{part}.{k}": v for k, v in x.get(part, {}).items()})
        values = [known.get(r[1] if level == "z" else r[1].replace("z.", "d.")) for r in rules]
        share = x["step"] / run["steps"]
        out.append((share, judge(values, share, rules, plateau)))
    return out


def worse(run, rules, plateau):
    """Of both levels the worse, by reading."""
    z = words(run, rules, plateau)
    d = words(run, rules, plateau, "d", "rho.local")
    return [(s, max(a, b, key=WORDS.index)) for (s, a), (_, b) in zip(z, d or z)]


def outcome(run, random):
    own, start = run["final"], random
    if not own or not start:
        return "below" if run.get("state") != "finished" else None
    gain = statistics.mean(own) - statistics.mean(start)
    spread = math.hypot(statistics.stdev(own), statistics.stdev(start))
    if run["data"] != "reference":  # the draws are the same for every encoder
        spread = statistics.stdev([a - b for a, b in zip(own, start)])
    return "above" if gain >= spread else "below" if gain <= 0 else "even"


def own_runs():
    rows = [json.loads(line) for line in open(os.path.join(ROOT, "engine/diagnose/verdict.jsonl"))]
    start = {(r["data"], r["seed"], r["set"][0]): r["final"]["10"] for r in rows if r["method"] == "random"}
    for r in rows:
        if r["method"] == "random":
            continue
        gates = "model.context=" + ("on" if r["method"] == "mlvicx" else "off")
        r["final"] = (r["final"] or {}).get("10")
        r["name"] = f"{r['data']} {r['method']} {' '.join(r['set'])} seed {r['seed']}"
        r["outcome"] = outcome(r, start.get((r["data"], r["seed"], gates)))
        if "epochs" in r:
            r["data"] = f"{r['data']}, {r['epochs']} passes"
        yield r


def reference_runs(path):
    names = {"stable": "stable_rank", "unif": "uniformity", "rank": "rankme_ratio", "part": "participation",
             "std": "std_mean"}
    rows = [json.loads(line) for line in open(path)]
    both = lambda r: [(a + b) / 2 for a, b in zip(r["final"]["bv10"], r["final"]["pneu10"])]
    start = [v for r in rows if r["name"] == "random" for v in both(r)]
    for r in rows:
        if r["name"] == "random":
            continue
        for x in r["readings"]:
            x["rho.global"] = x["rho"]
            for part in ("z", "h"):
                if part in x:
                    x[part] = {names.get(k, k): v for k, v in x[part].items()}
        r.update(data="reference", steps=r["readings"][-1]["step"], planted="", state="finished")
        r["name"] = f"reference {r['name']} seed {r['seed']}"
        r["final"] = both(r)
        r["outcome"] = outcome(r, start)
        yield r


def confusion(title, runs, rules, plateau, errors):
    counts, wrong = collections.Counter(), []
    for r in runs:
        seen = worse(r, rules, plateau) if r["readings"] else []
        if r["outcome"] is None or not seen:
            continue
        end, half = seen[-1][1], [w for s, w in seen if s <= 0.5 + 1e-9][-1]
        counts[r["outcome"], "end", end] += 1
        counts[r["outcome"], "half", half] += 1
        bad = WORDS.index("WATCH")
        if (r["outcome"] == "above" and WORDS.index(end) >= bad) or (r["outcome"] == "below" and WORDS.index(half) < bad):
            wrong.append(f"    {r['outcome']}: {r['name']} {r['planted']}: {' '.join(w[0] for _, w in seen)}")
    print(f"{title}\n  {'ends':6} {'when':5}" + "".join(f"{w:>12}" for w in WORDS))
    for ends in ("above", "even", "below"):
        for when in ("half", "end"):
            print(f"  {ends:6} {when:5}" + "".join(f"{counts[ends, when, w]:12}" for w in WORDS))
    if errors and wrong:
        print("  judged wrongly:", *wrong, sep="\n")


def value_at_end(run, rule):
    """The worst value of both levels at the last reading; None where there is none."""
    x, some = run["readings"][-1], []
    for level, rho in (("z", "rho.global"), ("d", "rho.local")):
        part, number = rule[1].replace("z.", level + ".").split(".")
        seen = [y[rho] for y in run["readings"] if y.get(rho) is not None]
        if part == level and number == "rho":
            some.append(x.get(rho))
        elif number == "kept":
            some.append(max(0, seen[-1]) / max(seen) if seen and max(seen) > 0.15 else None)
        else:
            some.append(x.get(part, {}).get(number))
    some = [v for v in some if v is not None]
    return (min(some) if rule[2] else max(some)) if some else None


def fitted(runs, rules):
    """Watch limits halfway between the worst run that ends above random, and was not made to collapse, and the next one
    beyond it that does not end above."""
    out = []
    for rule in rules:
        sense = 1 if rule[2] else -1
        values = {k: [sense * v for r in runs if r["outcome"] == k and r["readings"] and (k == "below" or not r["planted"])
                      for v in [value_at_end(r, rule)] if v is not None] for k in ("above", "below")}
        worst = min(values["above"])
        beyond = [v for v in values["below"] if v < worst]
        limit = (worst + max(beyond)) / 2 if beyond else worst - abs(worst) / 4
        out.append(rule[:3] + [sense * limit, math.nan] + rule[5:])
    return out


def errors_of(runs, rules, plateau):
    """Runs above random that end at WATCH or worse, of how many; runs not above it that are not WATCH by half, of how
    many."""
    count, bad = collections.Counter(), WORDS.index("WATCH")
    for r in runs:
        seen = worse(r, rules, plateau) if r["readings"] else []
        if r["outcome"] not in ("above", "below") or not seen:
            continue
        half = [w for s, w in seen if s <= 0.5 + 1e-9][-1]
        count[r["outcome"]] += 1
        count["false alarm"] += r["outcome"] == "above" and WORDS.index(seen[-1][1]) >= bad
        count["missed"] += r["outcome"] == "below" and WORDS.index(half) < bad
    return f"{count['false alarm']} of {count['above']} above, {count['missed']} of {count['below']} below"


def out_of_sample(runs, rules, plateau):
    kermany = [r for r in runs if r["data"] == "kermany"]
    rest = [d for d in OWN[1:] + ("reference",) if any(r["data"] == d for r in runs)]
    fit = fitted(kermany, rules)
    print("limits fitted on kermany:", ", ".join(f"{r[0]} {r[3]:.3g}" for r in fit))
    print("  errors on kermany itself:", errors_of(kermany, fit, plateau))
    for data in rest:
        print(f"  errors on {data}:", errors_of([r for r in runs if r["data"] == data], fit, plateau))
    left = collections.defaultdict(list)
    for method in sorted({r["method"] for r in kermany}):
        fit = fitted([r for r in kermany if r["method"] != method], rules)
        for data in ["kermany"] + rest:
            some = [r for r in runs if r["method"] == method and r["data"] == data]
            left[data].append(f"{method}: {errors_of(some, fit, plateau)}")
    for data, lines in left.items():
        print(f"  fitted without a method, errors on its runs ({data}):", *lines, sep="\n    ")


def main():
    rules, plateau = table()
    arguments = sys.argv[1:]
    for i, a in enumerate(arguments):
        if a == "--limits":
            for one in arguments[i + 1:]:
                if "=" not in one:
                    break
                name, limits = one.split("=")
                row = next(r for r in rules if r[0] == name)
                for k, v in zip((3, 4, 6), limits.split(",")):
                    row[k] = float(v)
    runs = list(own_runs())
    errors = "--errors" in arguments
    for data in OWN:
        confusion(f"{data}, {sum(r['data'] == data for r in runs)} runs", [r for r in runs if r["data"] == data], rules,
                  plateau, errors)
    if "--reference" in arguments:
        runs += reference_runs(arguments[arguments.index("--reference") + 1])
        some = [r for r in runs if r["data"] == "reference"]
        confusion(f"reference implementation, {len(some)} runs", some, rules, plateau, errors)
    if "--fit" in arguments:
        out_of_sample(runs, rules, plateau)


if __name__ == "__main__":
    main()
