#!/usr/bin/env python3
"""Judge recorded runs by the limits in engine/diagnose/verdict.c, and print the confusion matrices of VERDICT.md.

    tests/verdict_table.py [--errors] [--reference FILE] [--limits SIGN=WATCH,BAD ...]

Reads engine/diagnose/verdict.jsonl, which tests/record_verdict.py wrote; --reference takes a file of the reference
implementation's trainings as well (another network, another engine; the AUC is the mean of its two tasks). A run ends `above` where its AUC at 10 % of the
labels is above the random encoder's of the same seed by the deviation over ten draws (of the difference, since the draws
are the same) or more; `below` where it is not above it at all; in between it is `even`, and counts as neither. --errors names the runs that are judged wrongly."""
import collections
import json
import math
import os
import re
import statistics
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
WORDS = ["LEARNING", "PLATEAU", "WATCH", "COLLAPSING"]
WINDOW_LIMIT = "shared"


def table():
    """Signs in order: name, metric of z, below, watch, bad. And the share of the budget that a plateau may take."""
    text = open(os.path.join(ROOT, "engine/diagnose/verdict.c")).read()
    body = text[text.index("verdict_rules[SIGN_COUNT] = {"):]
    rows = re.findall(r'\[SIGN_\w+\] = \{ "(\w+)",\s*"[^"]*",\s*\{ "([\w.]+)", "[\w.]+" \},\s*(true|false),\s*([-\w.]+),\s*'
                      r'([-\w.]+),', body)
    share = float(re.search(r"verdict_plateau_share = ([\d.]+)", text).group(1))
    number = lambda t: math.nan if t == "NAN" else float(t)
    return [[n, m, b == "true", number(w), number(x)] for n, m, b, w, x in rows], share


def judge(values, share, rules, plateau):
    worst = 0
    for (name, _, below, watch, bad), v in zip(rules, values):
        past = lambda limit: v is not None and (v < limit if below else v > limit)
        grade = 3 if past(bad) else 0 if not past(watch) else 1 if name == WINDOW_LIMIT and share <= plateau else 2
        worst = max(worst, grade)
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
                row[3:5] = [float(v) for v in limits.split(",")]
    runs = list(own_runs())
    errors = "--errors" in arguments
    for data in ("kermany", "phantom"):
        confusion(f"{data}, {sum(r['data'] == data for r in runs)} runs", [r for r in runs if r["data"] == data], rules,
                  plateau, errors)
    if "--reference" in arguments:
        some = list(reference_runs(arguments[arguments.index("--reference") + 1]))
        confusion(f"reference implementation, {len(some)} runs", some, rules, plateau, errors)


if __name__ == "__main__":
    main()
