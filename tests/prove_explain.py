#!/usr/bin/env python3
"""Does `explain` name the cause that was planted? Trains runs with one cause each beside a difference that does no harm,
and runs that are well, asks `explain` about all of them, and prints a table (VERDICT.md).

    MLVICX=build/mlvicx MLVICX_HOME=STORE tests/prove_explain.py [--json FILE] [NAME ...]

STORE holds the data set `kermany` (three classes, from kermany_128_classes.csv). Network of preset demo (48 px, width 16),
batch 32, one thread, 3 passes. Runs that are there already are not trained again."""
import json
import os
import subprocess
import sys
import time

HARMLESS = ["optim.warmup_epochs=1", "data.augment.rotate=5"]
PLANTED = [  # name, method, the cause, further settings, live changes: (share of the steps, what is set)
    ("var", "vicreg", "loss.var", ["loss.var=0"], []),
    ("cov", "vicreg", "loss.cov", ["loss.cov=0"], []),
    ("gated-cov", "mlvicx", "loss.cov", ["loss.cov=0"], []),
    ("predictor", "simsiam", "method.predictor", ["method.predictor=off"], []),
    ("sigreg", "lejepa", "method.sigreg", ["method.sigreg=0"], []),
    ("off", "barlow", "method.off", ["method.off=0"], []),
    ("rate", "byol", "optim.lr", ["optim.lr=1e-1"], []),
    ("siam-rate", "simsiam", "optim.lr", ["optim.lr=1e-1"], []),
    ("ten-rate", "simsiam", "optim.lr", ["optim.lr=1e-2"], []),
    ("inv", "vicreg", "loss.inv", ["loss.inv=1e4"], []),
    ("live-var", "vicreg", "loss.var", [], [(.4, "loss.var=0")]),
    ("live-cov", "vicreg", "loss.cov", [], [(.3, "loss.cov=0")]),
]
WELL = [("well-vicreg", "vicreg", None, [], []), ("well-simclr", "simclr", None, [], []),
        ("well-lejepa", "lejepa", None, [], [])]


def mlvicx(*words):
    return subprocess.run([os.environ["MLVICX"], *words], capture_output=True, text=True)


def step_of(name):
    done = mlvicx("show", name, "--json")
    return json.loads(done.stdout)["step"] if not done.returncode else 0


def train(name, method, sets, live):
    words = [w for s in ["data.batch=32", "optim.epochs=3", "probe.epochs=0", "diagnose.steps=16", "diagnose.images=256",
                         "checkpoint.every=1", "checkpoint.minutes=0", "checkpoint.keep=9", "train.threads=1",
                         "data.threads=1", "train.on_divergence=stop", *HARMLESS, *sets] for w in ("--set", s)]
    words = ["train", "--preset", "demo", "--data", "kermany", "--method", method, "--name", name, "-q", *words]
    if not live:
        return mlvicx(*words)
    mlvicx(*words, "--detach")
    for share, change in live:
        while step_of(name) < share * 336:
            time.sleep(.2)
        mlvicx("set", name, change, "-q")
    while json.loads(mlvicx("show", name, "--json").stdout)["state"] == "running":
        time.sleep(1)


def main():
    arguments = sys.argv[1:]
    out = arguments.pop(arguments.index("--json") + 1) if "--json" in arguments else None
    names = [a for a in arguments if a != "--json"]
    rows = []
    for name, method, cause, sets, live in PLANTED + WELL:
        if names and name not in names:
            continue
        if mlvicx("show", name).returncode:
            train(name, method, sets, live)
        done = mlvicx("explain", name, "--json", "-q")
        told = json.loads(done.stdout) if not done.returncode else {"conclusion": done.stderr.strip(), "cause": None}
        right = told["cause"] == cause if cause else told["conclusion"] == "nothing to explain"
        rows.append({"name": name, "method": method, "planted": cause, "set": sets, "live": live, "right": right, **told})
        print(f"{name:12} {method:8} {cause or '-':20} {'right' if right else 'WRONG':6} {told.get('verdict')}: "
              f"{told['conclusion']}", flush=True)
        if out:
            json.dump(rows, open(out, "w"), indent=1)
    print(f"{sum(r['right'] for r in rows)} of {len(rows)} right")


if __name__ == "__main__":
    main()
