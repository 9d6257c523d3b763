#!/bin/sh
# `data image`: what is written, what is refused, and with which exit status. Prints TAP lines.
. "${srcdir:-.}/tests/common.sh"
fixtures=$srcdir/tests/fixtures/images

# width and height of a PNG, from its header
size_of() { od -An -tu1 -j16 -N8 "$1" | awk '{print $3 * 256 + $4 "x" $7 * 256 + $8}'; }

writes() { # NAME SIZE ARGUMENTS...
    name=$1 want=$2
    shift 2
    rm -f "$dir/out.png"
    "$MLVICX" data image "$@" -o "$dir/out.png" >"$dir/out" 2>"$dir/err" && [ ! -s "$dir/err" ] && [ "$(size_of "$dir/out.png")" = "$want" ]
    verdict $? "$name"
}

refuses() { # NAME STATUS PART ARGUMENTS...
    name=$1 want=$2 part=$3
    shift 3
    "$MLVICX" data image "$@" >"$dir/out" 2>"$dir/err"
    [ $? = "$want" ] && [ "$(wc -l <"$dir/err")" = 1 ] && grep -q "^mlvicx: .*$part" "$dir/err" && [ ! -e "$dir/no.png" ]
    verdict $? "$name"
}

writes "the view of evaluation" 64x64 "$fixtures/basn0g08.png"
writes "a size of one's own" 224x224 "$fixtures/colour_420.jpg" --size 224
writes "two training views side by side" 128x64 "$fixtures/basn2c08.png" --augment 7
cp "$dir/out.png" "$dir/before.png"
writes "the same again" 128x64 "$fixtures/basn2c08.png" --augment 7
cmp -s "$dir/out.png" "$dir/before.png"
verdict $? "one seed, one picture"
writes "another seed" 128x64 "$fixtures/basn2c08.png" --augment 8
! cmp -s "$dir/out.png" "$dir/before.png"
verdict $? "another seed, another picture"
"$MLVICX" data image "$fixtures/turned_6.png" -o "$dir/out.png" --json >"$dir/json" && grep -q '"width": 5' "$dir/json" && grep -q '"channels": 3' "$dir/json"
verdict $? "json tells the upright size"
tiff=$srcdir/tests/fixtures/tiff
if "$MLVICX" --version | grep -q 'tiff yes'; then
    "$MLVICX" data image "$tiff/pages.tif" -o "$dir/out.png" >"$dir/out" 2>"$dir/err" && grep -q "pages.tif: holds several pictures; the first was read, page 1" "$dir/err" &&
        "$MLVICX" data image "$tiff/pages.tif" -o "$dir/out.png" --json 2>/dev/null | grep -q '"more_pages": true'
    verdict $? "which page of several was read"
    writes "of one picture nothing of the kind is said" 64x64 "$tiff/grey16.tif"
else
    refuses "a TIFF file where libtiff is missing, by name" 1 "grey16.tif: .*TIFF" "$tiff/grey16.tif" -o "$dir/no.png"
fi
refuses "a missing file" 1 "No such file" "$dir/none.png" -o "$dir/no.png"
refuses "a truncated file, by name" 1 "truncated.jpg: truncated" "$fixtures/truncated.jpg" -o "$dir/no.png"
refuses "a missing -o" 2 "OUT.png" "$fixtures/grey.jpg"
refuses "a size out of range" 2 "out of range" "$fixtures/grey.jpg" --size 5 -o "$dir/no.png"
refuses "an unknown key" 2 "did you mean data.augment.flip" "$fixtures/grey.jpg" --set data.augment.flp=1 -o "$dir/no.png"
refuses "a folder that is not there" 1 "No such file" "$fixtures/grey.jpg" -o "$dir/none/no.png"
finish
