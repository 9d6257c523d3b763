#!/usr/bin/env python3
"""Turn bitmap fonts of the X Window System into views/figures/font.inc.

    apt-get download xfonts-base && dpkg-deb -x xfonts-base*.deb x
    views/figures/make_font.py x/usr/share/fonts/X11/misc/{8x13,10x20}.pcf.gz >views/figures/font.inc

The misc-fixed fonts say of themselves: "Public domain font.  Share and enjoy."
"""
import gzip
import os
import struct
import sys

WANTED = (list(range(0x20, 0x7F)) + list(range(0xA0, 0x100)) + list(range(0x391, 0x3CA)) +
          [0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026, 0x2070, *range(0x2074, 0x2080), *range(0x2080, 0x208A),
           0x2190, 0x2191, 0x2192, 0x2193, 0x2202, 0x2206, 0x2211, 0x2212, 0x221A, 0x221E, 0x2248, 0x2260, 0x2264, 0x2265,
           0x25B2, 0x25BC, 0x25CF])


def tables(data):
    assert data[:4] == b"\1fcp"
    (count,) = struct.unpack_from("<I", data, 4)
    for i in range(count):
        kind, form, size, offset = struct.unpack_from("<IIII", data, 8 + 16 * i)
        yield kind, data[offset:offset + size]


def read(path):
    """width, height, {code point: rows of bits, the leftmost pixel highest}, copyright"""
    found = dict(tables(gzip.open(path).read()))
    order = lambda t: ">" if struct.unpack_from("<I", t)[0] & 4 else "<"
    # metrics, compressed: five bytes a glyph, biased by 128
    t = found[4]
    assert struct.unpack_from("<I", t)[0] & 0x100
    (n,) = struct.unpack_from(order(t) + "H", t, 4)
    metrics = [tuple(b - 128 for b in t[6 + 5 * i:11 + 5 * i]) for i in range(n)]
    # bitmaps
    t = found[8]
    e, form = order(t), struct.unpack_from("<I", t)[0]
    pad, most_first = 1 << (form & 3), form & 8
    (n,) = struct.unpack_from(e + "I", t, 4)
    offsets = struct.unpack_from(e + "%dI" % n, t, 8)
    bits = t[8 + 4 * n + 16:]
    # encodings
    t = found[32]
    e = order(t)
    first, last, first1, last1, _ = struct.unpack_from(e + "5H", t, 4)
    index = struct.unpack_from(e + "%dH" % ((last - first + 1) * (last1 - first1 + 1)), t, 14)
    # accelerators: ascent and descent of the font
    t = found.get(256) or found[2]
    ascent, descent = struct.unpack_from(order(t) + "ii", t, 12)
    width = metrics[0][2]
    glyphs = {}
    for code in WANTED:
        high, low = code >> 8, code & 255
        if not (first1 <= high <= last1 and first <= low <= last):
            continue
        g = index[(high - first1) * (last - first + 1) + low - first]
        if g == 0xFFFF:
            continue
        left, right, advance, up, down = metrics[g]
        assert advance == width
        rows = [0] * (ascent + descent)
        stride = (right - left + 7) // 8
        stride = (stride + pad - 1) // pad * pad
        for y in range(up + down):
            row = bits[offsets[g] + y * stride:offsets[g] + (y + 1) * stride]
            for x in range(right - left):
                byte = row[x // 8]
                if byte >> (7 - x % 8 if most_first else x % 8) & 1 and 0 <= left + x < width:
                    rows[ascent - up + y] |= 1 << (width - 1 - left - x)
        glyphs[code] = rows
    return width, ascent + descent, ascent, glyphs


def main():
    print("/* Made by views/figures/make_font.py from the misc-fixed fonts of the X Window System (Debian's xfonts-base):")
    print(' * "Public domain font.  Share and enjoy." Rows of bits, the leftmost pixel highest. */')
    names = []
    for path in sys.argv[1:]:
        width, height, ascent, glyphs = read(path)
        name = "fixed_" + os.path.basename(path).split(".")[0]
        names.append((name, width, height, ascent, len(glyphs)))
        print("static const uint16_t %s[][%d] = {" % (name, height + 1))
        for code, rows in sorted(glyphs.items()):
            print("    { 0x%04x, %s }," % (code, ", ".join("%d" % r for r in rows)))
        print("};")
    print("static const struct font fonts[] = {")
    for name, width, height, ascent, n in names:
        print("    { %d, %d, %d, %d, &%s[0][0] }," % (width, height, ascent, n, name))
    print("};")


main()
