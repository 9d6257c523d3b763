#!/usr/bin/python3
"""PNG import against Pillow, in one sitting: bench_import.py MLVICX [IMAGES] [THREADS] [ROUNDS]

Both turn the same grey 1024 x 1024 PNG files (a smooth picture with noise, as Pillow writes them) into 256 x 256 by
bicubic resampling, with equally many threads of mlvicx and processes of Pillow. mlvicx also hashes them and writes pack and
store. They take turns; printed are the medians, the ratio, and how busy the machine was. Needs Pillow and numpy."""
import io, multiprocessing, os, shutil, statistics, subprocess, sys, tempfile, time

import numpy as np
from PIL import Image


def draw(seed, side=1024):
    r = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side] / side
    v = 90 + 70 * np.sin(3 * x + seed) * np.cos(4 * y) + 40 * (np.hypot(x - .5, y - .5) < .3)
    return np.clip(v + r.normal(0, 2.5, (side, side)), 0, 255).astype(np.uint8)


def read(path):
    im = Image.open(path)
    im.load()
    return im.resize((256, 256), Image.BICUBIC).tobytes()


def with_pillow(paths, threads):
    start = time.perf_counter()
    if threads == 1:
        for p in paths:
            read(p)
    else:
        with multiprocessing.Pool(threads) as pool:
            pool.map(read, paths, chunksize=4)
    return time.perf_counter() - start


def with_mlvicx(program, folder, threads):
    home = tempfile.mkdtemp()
    start = time.perf_counter()
    subprocess.run([program, "-q", "--store", home, "data", "import", "folder", folder, "--name", "b", "--threads", str(threads)],
                   check=True, stdout=subprocess.DEVNULL)
    spent = time.perf_counter() - start
    shutil.rmtree(home)
    return spent


def main():
    program = sys.argv[1]
    images, threads, rounds = (int(a) for a in (sys.argv[2:] + ["100", "1", "5"][len(sys.argv) - 2:]))
    folder = tempfile.mkdtemp()
    paths = []
    for i in range(images):
        paths.append(os.path.join(folder, "%05d.png" % i))
        if i < 20:
            Image.fromarray(draw(i)).save(paths[-1])
        else:
            shutil.copy(paths[i % 20], paths[-1])
    with_pillow(paths, threads), with_mlvicx(program, folder, threads)
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(with_pillow(paths, threads))
        ours.append(with_mlvicx(program, folder, threads))
    shutil.rmtree(folder)
    a, b = statistics.median(theirs), statistics.median(ours)
    print("%d images of 1024 x 1024, %d thread(s), median of %d: Pillow %.2f ms, mlvicx %.2f ms an image, %.2f x; load %s" %
          (images, threads, rounds, 1e3 * a / images, 1e3 * b / images, a / b, " ".join("%.1f" % v for v in os.getloadavg())))


main()
