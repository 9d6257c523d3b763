#!/usr/bin/python3
"""Time `mlvicx bench step` and the same step in PyTorch side by side: alternating, three times, ratios of medians.

    bench_peer.py build/mlvicx            the whole table, some minutes on an idle machine
    bench_peer.py --peer --size 64 ...    one measurement of the peer, as JSON (what the table calls)
The peer is the reference network of the fixtures (folded local branch), with and without channels-last memory; of a
fine-tuning step its encoder without gates, a linear map to five classes, binary cross-entropy, AdamW.
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
ROWS = [  # size, batch, width, kind: a step of two views, features in evaluation mode, a fine-tuning step of one view
    (224, 16, 64, "step"),
    (64, 64, 64, "step"),
    (224, 16, 64, "features"),
    (64, 64, 64, "features"),
    (224, 16, 64, "labels"),
    (64, 64, 64, "labels"),
    (64, 64, 32, "step"),
    (64, 64, 16, "step"),
]
OPTIONS = {"step": [], "features": ["--features"], "labels": ["--method", "supervised", "--optim", "adamw"]}
CLASSES = 5


def classifier(a, form):
    """A fine-tuning step on images that are made up."""
    import torch
    import torch.nn.functional as F
    from reference_torch import Encoder, bn_relu

    encoder = Encoder("resnet18", a.width).to(memory_format=form)
    head = torch.nn.Linear(encoder.channels[-1], CLASSES)
    parameters = list(encoder.parameters()) + list(head.parameters())
    adamw = torch.optim.AdamW(parameters, lr=3e-4)
    image = torch.randn(a.batch, 3, a.size, a.size).contiguous(memory_format=form)
    labels = (torch.rand(a.batch, CLASSES) < 0.5).float()

    def step():
        adamw.zero_grad(set_to_none=True)
        x = F.max_pool2d(bn_relu(encoder.conv1(image), encoder.bn1), 3, 2, 1)
        for i in range(1, 5):
            x = getattr(encoder, f"layer{i}")(x)
        F.binary_cross_entropy_with_logits(head(x.mean((2, 3))), labels).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adamw.step()

    return step


def pretraining(a, form):
    """A step of two views, or features, on images that are made up."""
    import torch
    from reference_torch import Lars, Mlvicx, step_losses

    model = Mlvicx("resnet18", a.width, a.dim, 8 * a.width).to(memory_format=form)
    views = [torch.randn(a.batch, 3, a.size, a.size).contiguous(memory_format=form) for _ in range(2)]
    lars = Lars(model.named_parameters())
    if a.kind == "features":
        model.eval()

    def features():
        with torch.no_grad():
            model.maps(views[0])[-1].mean((2, 3))

    def step():
        model.zero_grad(set_to_none=True)
        step_losses(model, *views)[2].backward()
        lars.step(0.01)

    return features if a.kind == "features" else step


def peer(a):
    import torch

    sys.path.insert(0, os.path.join(HERE, "fixtures"))
    torch.manual_seed(0)
    form = torch.channels_last if a.channels_last else torch.contiguous_format
    once = classifier(a, form) if a.kind == "labels" else pretraining(a, form)
    times = []
    for repetition in range(4):
        begun = time.perf_counter()
        once()
        if repetition:
            times.append(time.perf_counter() - begun)
    print(json.dumps({"images_per_second": a.batch / statistics.median(times),
                      "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def measure(command, **environment):
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True, env={**os.environ, **environment})
    return json.loads(out.stdout)


def table(program, dim, only):
    threads = str(len(os.sched_getaffinity(0)))
    # the library behind PyTorch's products does not know newer processors by itself
    best = {"OMP_NUM_THREADS": threads, "OPENBLAS_CORETYPE": os.environ.get("OPENBLAS_CORETYPE", "SkylakeX")}
    print(f"{'px batch width':>18} {'mlvicx':>9} {'peer':>9} {'peer, channels last':>20} {'ratio to the better':>20} {'memory':>7}")
    for size, batch, width, kind in ROWS:
        if only and kind != only:
            continue
        shape = ["--size", str(size), "--batch", str(batch), "--width", str(width), "--dim", str(dim)]
        ours, plain, last = [], [], []
        theirs = shape + ["--kind", kind]
        for _ in range(3):
            ours.append(measure([program, "bench", "step", "--json"] + shape + OPTIONS[kind]))
            plain.append(measure([sys.executable, __file__, "--peer"] + theirs, **best))
            last.append(measure([sys.executable, __file__, "--peer", "--channels-last"] + theirs, **best))
        a, b, c = ([statistics.median(r["images_per_second"] for r in runs)] for runs in (ours, plain, last))
        memory = min(r["peak_rss_mib"] for r in ours) / min(r["peak_rss_mib"] for r in plain + last)
        print(f"{size:>5} {batch:>5} {width:>5} {kind[0].upper() if kind != 'step' else ' '} {a[0]:>8.2f} {b[0]:>9.2f} {c[0]:>20.2f} "
              f"{a[0] / max(b[0], c[0]):>20.2f} {memory:>7.2f}", flush=True)
    print("images a second, medians of three; F: features in evaluation mode; L: a step with labels; memory: our peak over the peer's")


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("program", nargs="?")
    ap.add_argument("--peer", action="store_true")
    ap.add_argument("--size", type=int, default=64)
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--width", type=int, default=64)
    ap.add_argument("--dim", type=int, default=4096)
    ap.add_argument("--kind", choices=OPTIONS, help="only rows of this kind")
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
        table(a.program, a.dim, a.kind)
    else:
        ap.error("which program?")


if __name__ == "__main__":
    main()
