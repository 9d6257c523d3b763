#!/usr/bin/env python3
"""How soon the workbench answers a key: 500 keys over all screens, in a pseudo-terminal of 132 x 43, while a run trains
on all cores.

    python3 tests/bench_keys.py build/mlvicx [STORE]

Makes a store of its own (a generated data set, a finished run, a run that trains until the end of the measurement), or
uses STORE, where the newest run should be training. Prints, of all keys and of each screen, the median, p95, p99 and
most of the milliseconds until the first byte and until the last byte of the answer (20 ms of silence end it).
Needs nothing beyond Python's library. Exits 1 if p99 of the first byte is above 50 ms.
"""
import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

ROWS, COLUMNS, KEYS = 43, 132, 500
SILENCE, PATIENCE, LIMIT = 0.02, 1.0, 50.0
UP, DOWN, LEFT, RIGHT = b"\033[A", b"\033[B", b"\033[D", b"\033[C"
# A screen, and keys that change what it shows each time they are pressed: a key without effect would be answered by
# the next number of the live run.
SCREENS = [
    ("runs", b"1", [b" ", b"r", b" ", b"r", b"x", b":", b"\r"]),
    ("loss", b"2", [LEFT, LEFT, RIGHT, b"y", b"k", b"x", b"t", b"s"]),
    ("variance", b"3", [b"m", b"v", b"m", b"o", b"m", b"y", b"x"]),
    ("covariance", b"4", [b"v", RIGHT, b"v", b"o", b"v", b"x"]),
    ("spectrum", b"5", [b"v", b"t", b"y", b"l", b"c", b"r", b"n", b"c"]),
    ("downstream", b"6", [b":", b"\r", b"x"]),
    ("embedding", b"7", [b"v", b"v"]),
    ("images", b"8", [RIGHT, LEFT]),
    ("checkpoints", b"9", [DOWN, UP]),
    ("profile", b"0", [DOWN, b"s", UP]),
    ("help", b"?", [DOWN, UP]),
]
SMALL = ("model.width=16 model.dim=64 model.fuse=16 data.size=48 data.batch=32 optim.warmup_epochs=0 diagnose.steps=20"
         " diagnose.images=128 checkpoint.every=2").split()


def run(program, store, *words):
    subprocess.run([program, "--store", store, "-q", *words], check=True, stdin=subprocess.DEVNULL)


def make_store(program, store):
    run(program, store, "data", "import", "phantom", "--name", "ghosts", "--patients", "200", "--size", "56")
    given = [word for key in SMALL for word in ("--set", key)]
    run(program, store, "train", "--data", "ghosts", "--name", "before", *given, "--set", "optim.epochs=8")
    run(program, store, "train", "--data", "ghosts", "--name", "live", *given, "--set", "optim.epochs=100000", "--detach")


def waited(pid):
    """Seconds that a process has waited for a core so far."""
    with open("/proc/%d/schedstat" % pid, encoding="ascii") as f:
        return int(f.read().split()[1]) / 1e9


def answer(fd, quiet, patience):
    """Seconds until the first and the last byte of what comes next, and how many bytes; None: nothing came."""
    begun, first, last, size = time.perf_counter(), None, None, 0
    while True:
        now = time.perf_counter()
        wait = (begun + patience if last is None else last + quiet) - now
        if wait <= 0 or not select.select([fd], [], [], wait)[0]:
            break
        size += len(os.read(fd, 1 << 16))
        last = time.perf_counter()
        first = first or last
    return first and (first - begun, last - begun, size)


def open_workbench(program, store):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.environ.pop("COLORTERM", None)
        os.execv(program, [program, "--store", store, "attach", "@last", "--screen", "runs"])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    answer(fd, 1.0, 20)
    return pid, fd


def press_all(pid, fd, keys):
    """Rows of (screen, first, last, bytes, waited for a core, key); keys that the screen does not answer are left out, and counted."""
    rows, silent = [], 0
    while len(rows) + silent < keys:
        for name, digit, others in SCREENS:
            for key in [digit] + others:
                time.sleep(0.03)
                while select.select([fd], [], [], 0)[0]:  # what a live run shows by itself
                    os.read(fd, 1 << 16)
                before = waited(pid)
                os.write(fd, key)
                got = answer(fd, SILENCE, PATIENCE)
                if got:
                    rows.append((name, *got, waited(pid) - before, key))
                else:
                    silent += 1
    return rows, silent


def at(values, share):
    values = sorted(values)
    return 1000 * values[min(len(values) - 1, int(share * len(values)))]


def tell(title, rows):
    parts = []
    for k in (1, 2):
        values = [row[k] for row in rows]
        parts.append("%7.1f %7.1f %7.1f %7.1f" % (at(values, 0.5), at(values, 0.95), at(values, 0.99), at(values, 1)))
    print("%-12s %4d   %s   %s" % (title, len(rows), *parts))


def main():
    program = os.path.abspath(sys.argv[1])
    own = len(sys.argv) < 3
    store = tempfile.mkdtemp(prefix="mlvicx-keys-") if own else sys.argv[2]
    pid = 0
    try:
        if own:
            make_store(program, store)
            time.sleep(15)  # the live run has some checkpoints then
        pid, fd = open_workbench(program, store)
        rows, silent = press_all(pid, fd, KEYS)
    finally:
        if pid:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
        if own:
            subprocess.run([program, "--store", store, "-q", "stop", "live"], check=False)
            shutil.rmtree(store, ignore_errors=True)
    print("%-12s %4s   %-31s   %s" % ("ms", "keys", "first byte: p50 p95 p99 most", "last byte: p50 p95 p99 most"))
    for name, _, _ in SCREENS:
        tell(name, [row for row in rows if row[0] == name])
    tell("all", rows)
    print("%d keys were not answered; the slowest:" % silent)
    for row in sorted(rows, key=lambda row: -row[1])[:8]:
        print("  %-12s %-10r %7.1f ms, %7.1f of them waiting for a core, %6d bytes"
              % (row[0], row[5].decode(), 1000 * row[1], 1000 * row[4], row[3]))
    return 1 if at([row[1] for row in rows], 0.99) > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
