#!/usr/bin/python3
"""Time `mlvicx bench step` and the same step in PyTorch side by side: alternating, three times, ratios of medians.

    bench_peer.py build/mlvicx            the whole table, some minutes on an idle machine
    bench_peer.py --peer --size 64 ...    one measurement of the peer, as JSON (what the table calls)
The peer is the reference network of the fixtures (folded local branch), with and without channels-last memory.
Needs Debian's python3-torch.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = [  # size, batch, width, features
    (224, 16, 64, False),
    (64, 64, 64, False),
    (224, 16, 64, True),
    (64, 64, 64, True),
    (64, 64, 32, False),
    (64, 64, 16, False),
]


def peer(a):
    import torch

    sys.path.insert(0, os.path.join(HERE, "fixtures"))
    from reference_torch import Lars, Mlvicx, step_losses

    torch.manual_seed(0)
    form = torch.channels_last if a.channels_last else torch.contiguous_format
    model = Mlvicx("resnet18", a.width, a.dim, 8 * a.width).to(memory_format=form)
    views = [torch.randn(a.batch, 3, a.size, a.size).contiguous(memory_format=form) for _ in range(2)]
    lars = Lars(model.named_parameters())
    if a.features:
        model.eval()
    times = []
    for repetition in range(4):
        begun = time.perf_counter()
        if a.features:
            with torch.no_grad():
                model.maps(views[0])[-1].mean((2, 3))
        else:
            model.zero_grad(set_to_none=True)
            step_losses(model, *views)[2].backward()
            lars.step(0.01)
        if repetition:
            times.append(time.perf_counter() - begun)
    print(json.dumps({"images_per_second": a.batch / statistics.median(times),
                      "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def measure(command, **environment):
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True, env={**os.environ, **environment})
    return json.loads(out.stdout)


def table(program, dim):
    threads = str(len(os.sched_getaffinity(0)))
    # the library behind PyTorch's products does not know newer processors by itself
    best = {"OMP_NUM_THREADS": threads, "OPENBLAS_CORETYPE": os.environ.get("OPENBLAS_CORETYPE", "SkylakeX")}
    print(f"{'px batch width':>18} {'mlvicx':>9} {'peer':>9} {'peer, channels last':>20} {'ratio to the better':>20} {'memory':>7}")
    for size, batch, width, features in ROWS:
        shape = ["--size", str(size), "--batch", str(batch), "--width", str(width), "--dim", str(dim)] + ["--features"] * features
        ours, plain, last = [], [], []
        for _ in range(3):
            ours.append(measure([program, "bench", "step", "--json"] + shape))
            plain.append(measure([sys.executable, __file__, "--peer"] + shape, **best))
            last.append(measure([sys.executable, __file__, "--peer", "--channels-last"] + shape, **best))
        a, b, c = ([statistics.median(r["images_per_second"] for r in runs)] for runs in (ours, plain, last))
        memory = min(r["peak_rss_mib"] for r in ours) / min(r["peak_rss_mib"] for r in plain + last)
        print(f"{size:>5} {batch:>5} {width:>5} {'F' if features else ' '} {a[0]:>8.2f} {b[0]:>9.2f} {c[0]:>20.2f} "
              f"{a[0] / max(b[0], c[0]):>20.2f} {memory:>7.2f}", flush=True)
    print("images a second, medians of three; F: features in evaluation mode; memory: our peak over the peer's")


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("program", nargs="?")
    ap.add_argument("--peer", action="store_true")
    ap.add_argument("--size", type=int, default=64)
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--width", type=int, default=64)
    ap.add_argument("--dim", type=int, default=4096)
    ap.add_argument("--features", action="store_true")
    ap.add_argument("--channels-last", action="store_true")
    a = ap.parse_args()
    if a.peer:
        peer(a)
    elif a.program:
        try:
            import torch  # noqa: F401
        except ImportError:
            print("bench-peer: python3 finds no torch (Debian: python3-torch), so there is no peer to compare with")
            return
        table(a.program, a.dim)
    else:
        ap.error("which program?")


if __name__ == "__main__":
    main()
