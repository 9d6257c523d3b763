#!/usr/bin/env python3
"""Record the runs that the verdict's limits are chosen and judged on: engine/diagnose/verdict.jsonl.

    MLVICX=build/mlvicx MLVICX_HOME=STORE tests/record_verdict.py [--long] OUT [PART/PARTS]

STORE holds the data sets `kermany` (three classes, from kermany_128_classes.csv) and `phantom` (1,000 patients, 128 px).
Network of preset demo (48 px, width 16), batch 32, one thread, 10,000 to 12,000 images of training. A line of OUT is one
run: what was set, ten readings along the way, and the AUC of a linear probe on frozen features at 1 and 10 % of the
labels, ten draws each. Lines that OUT has already are not trained again; a second process takes the other PART.
--long: the longer runs on phantoms alone."""
import itertools
import json
import math
import os
import sqlite3
import subprocess
import sys

METHODS = ["mlvicx", "vicreg", "barlow", "simclr", "byol", "simsiam", "lejepa"]
MADE = [  # method, what is planted, settings
    ("vicreg", "no variance term", ["loss.var=0"]),
    ("vicreg", "no covariance term", ["loss.cov=0"]),
    ("vicreg", "neither term", ["loss.var=0", "loss.cov=0"]),
    ("mlvicx", "no variance term", ["loss.var=0", "optim.lr=1e-2"]),
    ("mlvicx", "no covariance term", ["loss.cov=0"]),
    ("mlvicx", "neither term", ["loss.var=0", "loss.cov=0"]),
    ("barlow", "no off-diagonal term", ["method.off=0"]),
    ("byol", "no predictor", ["method.predictor=off"]),
    ("byol", "frozen target", ["method.ema=1"]),
    ("byol", "no moving average", ["method.ema=0"]),
    ("simsiam", "no predictor", ["method.predictor=off"]),
    ("simclr", "temperature 10", ["method.temperature=10"]),
    ("lejepa", "no SIGReg", ["method.sigreg=0"]),
    ("vicreg", "batch 8", ["data.batch=8"]),
    ("simclr", "batch 8", ["data.batch=8"]),
]
EPOCHS = {"kermany": 3, "phantom": 6}
LONG = 30  # epochs of the longer runs on phantoms, which take longer to tell anything
LEVELS = {"z": ["std_mean", "std_min", "rankme_ratio", "stable_rank", "uniformity"], "d": ["std_mean", "uniformity"],
          "h": ["std_min", "stable_rank", "uniformity", "rho"]}
READINGS = 10


def plan():
    """Data set, method, planted cause, seed, settings: every kind of run once, every third on phantoms too, before a
    second seed; then all of them on phantoms for longer."""
    kinds = [(m, "", [f"optim.lr={lr}"]) for lr in ("1e-3", "4e-3") for m in METHODS]
    kinds += [(m, "ten times the rate", ["optim.lr=1e-2"]) for m in METHODS]
    kinds += [(m, "a hundred times the rate", ["optim.lr=1e-1"]) for m in METHODS]
    kinds += [(m, "", ["optim.lr=3e-4"]) for m in METHODS] + MADE
    order = sorted(range(len(kinds)), key=lambda i: (i * 7919) % 10007 % len(kinds) * len(kinds) + i)
    for seed, (place, i) in itertools.product((1, 2, 3), enumerate(order)):
        method, planted, sets = kinds[i]
        for data in ("kermany", "phantom")[: 1 + ((place + seed) % 3 == 0)]:
            own = seed + (data == "phantom") * 10
            yield {"data": data, "method": method, "planted": planted, "seed": own, "set": sets}
    for seed in (21, 22):
        for i in order:
            method, planted, sets = kinds[i]
            yield {"data": "phantom", "epochs": LONG, "method": method, "planted": planted, "seed": seed, "set": sets}


def mlvicx(*words):
    return subprocess.run([os.environ["MLVICX"], *words], capture_output=True, text=True)


def number(v):
    return None if v is None or not math.isfinite(v) else float(f"{v:.4g}")


def areas(*words):
    """Macro AUC by share of the labels: ten draws each."""
    done = mlvicx("eval", *words, "--protocol", "linear", "--labels", "1,10", "--draws", "10", "--json", "-q")
    if done.returncode:
        return None
    rows = json.loads(done.stdout)
    return {f"{f:g}": [number(r["auc_macro"]) for r in rows if r["fraction"] == f] for f in (1.0, 10.0)}


def readings(run):
    db = sqlite3.connect(f"file:{os.environ['MLVICX_HOME']}/mlvicx.db?mode=ro", uri=True)
    points = {}
    for name, step, value in db.execute(
            "select name, step, value from point join metric on metric.id = metric_id where run_id = ?", (run,)):
        points.setdefault(name, {})[step] = value
    db.close()
    steps = sorted(points.get("h.stable_rank", {}))
    out = []
    for before, step in zip([0] + steps, steps):
        row = {"step": step}
        for name in ("rho.global", "rho.local", "loss"):  # means since the last reading
            some = [v for s, v in points.get(name, {}).items() if before < s <= step and v is not None]
            row[name] = number(sum(some) / len(some)) if some else None
        for level, numbers in LEVELS.items():
            row[level] = {k: number(points.get(f"{level}.{k}", {}).get(step)) for k in numbers}
            if all(v is None for v in row[level].values()):
                del row[level]
        out.append({k: v for k, v in row.items() if v is not None})
    return out


def record(job):
    batch = next((int(s.split("=")[1]) for s in job["set"] if s.startswith("data.batch=")), 32)
    images = {"kermany": 3607, "phantom": 1678}[job["data"]]
    epochs = job.get("epochs", EPOCHS[job["data"]])
    steps = images // batch * epochs
    sets = [f"data.batch={batch}", f"optim.epochs={epochs}", "optim.warmup_epochs=1", "probe.epochs=0",
            f"train.seed={job['seed']}", f"diagnose.steps={steps // READINGS}", "diagnose.images=512",
            "train.on_divergence=stop", "train.threads=1", "data.threads=1", "checkpoint.keep=1", *job["set"]]
    words = itertools.chain.from_iterable(("--set", s) for s in sets)
    name = f"record-{os.getpid()}"
    mlvicx("train", "--foreground", "--preset", "demo", "--data", job["data"], "--method", job["method"], "--name", name,
           "-q", *words)
    shown = json.loads(mlvicx("show", name, "--json").stdout)
    out = {**job, "state": shown["state"], "steps": steps, "step": shown["step"], "readings": readings(shown["id"]),
           "final": areas(name)}
    mlvicx("rm", name, "-q", "--yes")
    return out


def random_encoder(job):
    gates = "on" if job["method"] == "mlvicx" else "off"
    sets = ["--set", f"train.seed={job['seed']}", "--set", "train.threads=1"]
    return {"data": job["data"], "method": "random", "planted": "", "seed": job["seed"], "set": [f"model.context={gates}"],
            "final": areas("--init", "random", "--preset", "demo", "--task", job["data"], "--context", gates, *sets)}


def main():
    words = [w for w in sys.argv[1:] if w != "--long"]
    out, part, parts = words[0], *(map(int, words[1].split("/")) if len(words) > 1 else (0, 1))
    key = lambda r: json.dumps([r[k] for k in ("data", "method", "planted", "seed", "set")])
    jobs = [j for j in plan() if "epochs" in j or "--long" not in sys.argv]
    for i, job in enumerate(jobs):
        done = {key(json.loads(line)) for line in open(out)} if os.path.exists(out) else set()
        if i % parts != part or key(job) in done:
            continue
        rows = [record(job)]
        start = random_encoder(job) if not any(
            json.loads(k)[:2] == [job["data"], "random"] and json.loads(k)[3] == job["seed"] and
            json.loads(k)[4] == [f"model.context={'on' if job['method'] == 'mlvicx' else 'off'}"] for k in done) else None
        for row in rows + [start] * (start is not None):
            with open(out, "a") as f:
                f.write(json.dumps(row, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
