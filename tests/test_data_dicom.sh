#!/bin/sh
# DICOM files as a user meets them: what is imported and what is left out, splits and patients, and that nothing of a header
# reaches the store. Prints TAP.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
fixtures=$srcdir/tests/fixtures/dicom
shared=$srcdir/../shared/data/dicom

if ! "$MLVICX" --version | grep -q 'dicom yes'; then
    mkdir "$dir/set" && cp "$fixtures/window.dcm" "$dir/set/a.dcm"
    refusal 1 "built without" data import folder "$dir/set" --name a
    verdict $? "without DICOM a folder of it is refused by its name"
    refusal 1 "built without" data image "$dir/set/a.dcm" -o "$dir/x.png"
    verdict $? "without DICOM a file is refused by its name"
    finish
fi

command -v sqlite3 >/dev/null 2>&1 || { echo "1..0 # SKIP there is no sqlite3"; exit 77; }

digest() { "$MLVICX" data show "$1" --json | sed -n 's/^ *"digest": "\([0-9a-f]*\)".*/\1/p'; }
sql() { sqlite3 "$MLVICX_HOME/mlvicx.db" "$1"; }
set_of() { # FOLDER FILE...: a folder of copies under neutral names
    folder=$1
    mkdir -p "$folder"
    shift
    k=0
    for file; do
        k=$((k + 1))
        cp "$file" "$folder/$(printf 'f%03d' $k).dcm"
    done
}
# Everything printable of five bytes or more that stands in front of the pixels.
header_strings() { for file; do head -c 1500 "$file" | tr -c '[:print:]' '\n' | sed 's/^ *//; s/ *$//' | awk 'length >= 5'; done | LC_ALL=C sort -u; }
# found_in STRINGS PLACE...: those strings that stand there
found_in() {
    strings=$1
    shift
    LC_ALL=C grep -raohF -f "$strings" "$@" | LC_ALL=C sort | uniq -c
}

# ---- one picture, one digest ----

for form in png explicit mono1 jpegls j2k rle big; do
    mkdir -p "$dir/same_$form"
    case $form in
    png) cp "$fixtures/same.png" "$dir/same_$form/a.png" ;;
    *) cp "$fixtures/same_$form.dcm" "$dir/same_$form/a.dcm" ;;
    esac
    run data import folder "$dir/same_$form" --name "same_$form"
    digest "same_$form"
done >"$dir/digests"
[ "$(wc -l <"$dir/digests")" -eq 7 ] && [ "$(sort -u "$dir/digests" | wc -l)" -eq 1 ]
verdict $? "as PNG, MONOCHROME1, JPEG-LS, JPEG 2000, RLE and big endian it is the same pack"

run data show same_explicit --json
[ "$(sql "select group_concat(name || '=' || value, ' ') from (select * from image_attribute where dataset_id =
    (select id from dataset where name = 'same_explicit') order by name)")" = "age=66 sex=F view=PA" ] &&
    grep -q '"attributes"' "$dir/out" && grep -q '"value": "PA"' "$dir/out"
verdict $? "view, age and sex are kept as facts of the image"

# ---- what is left out ----

set_of "$dir/set" "$fixtures"/*.dcm
run data import folder "$dir/set" --name set
verdict $? "a folder of DICOM files is imported"
cp "$dir/err" "$dir/set.err"
grep -q '3 DICOM files were left out, no projection radiographs: .*--any-modality' "$dir/err" && grep -q '1 CT' "$dir/err" &&
    grep -q '2 several frames' "$dir/err"
verdict $? "what is no radiograph is left out and counted by its kind"
grep -q '1 DICOM file shows another view' "$dir/err"
verdict $? "so is a lateral view"
grep -q '1 DICOM file says that text about the patient is burned' "$dir/err"
verdict $? "text in the pixels is told"
files=$(find "$fixtures" -name '*.dcm' | wc -l)
[ "$(sql "select count(*) from image join dataset on dataset_id = dataset.id where name = 'set'")" -eq $((files - 4)) ]
verdict $? "all others are read"
run data import folder "$dir/set" --name any --any-modality --views all
[ "$(sql "select count(*) from image join dataset on dataset_id = dataset.id where name = 'any'")" -eq "$files" ]
verdict $? "--any-modality --views all takes every one"
run data import folder "$dir/set" --name side --views lateral
[ "$(sql "select count(*) from image join dataset on dataset_id = dataset.id where name = 'side'")" -eq 1 ]
verdict $? "--views lateral takes those from the side"
set_of "$dir/ct" "$fixtures/other_ct.dcm"
refusal 1 "1 CT" data import folder "$dir/ct" --name ct
verdict $? "nothing but other modalities is an error that counts them"

# ---- by content ----

mkdir "$dir/names"
cp "$fixtures/window.dcm" "$dir/names/1.2.840.99"
cp "$fixtures/grey8.dcm" "$dir/names/b.png"
echo text >"$dir/names/notes.txt"
run data import folder "$dir/names" --name names
[ "$(sql "select group_concat(path) from image join dataset on dataset_id = dataset.id where name = 'names'")" = 1.2.840.99,b.png ]
verdict $? "files are DICOM by their first bytes, whatever their names say"

# ---- a disk as it comes: the index of the medium, packed files, files that may not be read, files of other kinds ----

mkdir -p "$dir/disk/a" "$dir/disk/b"
cp "$fixtures/DICOMDIR" "$dir/disk/DICOMDIR"
cp "$fixtures/window.dcm" "$dir/disk/a/IM000001"
cp "$fixtures/same.png" "$dir/disk/b/p.png"
gzip -c "$fixtures/grey8.dcm" >"$dir/disk/a/packed.dcm.gz"
printf 'BZh91AY' >"$dir/disk/b/packed.png.bz2"
gzip -c "$fixtures/grey8.dcm" >"$dir/disk/table.csv.gz"
: >"$dir/disk/b/empty.dcm"
: >"$dir/disk/b/empty"
ln -s nowhere "$dir/disk/b/dangling.dcm"
ln -s ../a/IM000001 "$dir/disk/b/linked"
mkfifo "$dir/disk/b/pipe.dcm"
run data import folder "$dir/disk" --name disk && run data show disk
sed -n 's/^unreadable  //p' "$dir/out" >"$dir/left"
cat >"$dir/expected" <<'EOF'
a/packed.dcm.gz: a gzip file, which is not read here; unpack it
b/dangling.dcm: no such file
b/empty.dcm: an empty file; copy it again
b/packed.png.bz2: a bzip2 file, which is not read here; unpack it
b/pipe.dcm: not a regular file
EOF
cmp -s "$dir/left" "$dir/expected" && [ "$(sql "select group_concat(path, ' ') from image join dataset on dataset_id = dataset.id where
    name = 'disk'")" = "a/IM000001 b/linked b/p.png" ] && grep -q '1 DICOM file was left out, .*: 1 DICOMDIR' "$dir/out"
verdict $? "of a disk's files images are read, the index is left out, and whatever could be an image is named"
refusal 1 "no projection radiograph (DICOMDIR), and it holds no pixel data" data image "$dir/disk/DICOMDIR" -o "$dir/no.png"
verdict $? "the index is no picture, whatever is allowed"
cp "$fixtures/grey16.dcm" "$dir/disk/a/IM000002"
chmod 0 "$dir/disk/a/IM000002"
as_other= # for root nothing is closed
if [ "$(id -u)" = 0 ]; then as_other="setpriv --reuid=65534 --clear-groups"; fi
mkdir "$dir/theirs" && chmod 755 "$dir" && chmod 777 "$dir/theirs"
# shellcheck disable=SC2086 # words
if $as_other "$MLVICX" --version >"$dir/out" 2>&1; then
    $as_other "$MLVICX" --store "$dir/theirs/home" data import folder "$dir/disk" --name closed >"$dir/out" 2>"$dir/err"
    grep -q '^mlvicx: a/IM000002: skipped: Permission denied$' "$dir/err"
    verdict $? "a file that may not be read is named, whatever it is called"
else
    skip "a file that may not be read is named, whatever it is called" "nobody else can run the program"
fi

# ---- patients ----

[ "$(stat -c %a "$MLVICX_HOME/patient.key")" = 600 ] && [ "$(stat -c %s "$MLVICX_HOME/patient.key")" = 32 ]
verdict $? "the key of the store is the user's alone"
sql "select distinct patient from image join dataset on dataset_id = dataset.id where name = 'set'" >"$dir/patients"
[ "$(wc -l <"$dir/patients")" -eq 3 ] && ! grep -qvxE '[0-9a-f]{16}' "$dir/patients"
verdict $? "patients are hashes, one for each of them"
sql "select path, split from image join dataset on dataset_id = dataset.id where name = 'set' order by path" >"$dir/splits"
MLVICX_HOME=$dir/other
run data import folder "$dir/set" --name set
sql "select path, split from image join dataset on dataset_id = dataset.id where name = 'set' order by path" | cmp -s - "$dir/splits"
verdict $? "another store draws the same splits"
sql "select distinct patient from image" | grep -qxFf "$dir/patients"
[ $? -eq 1 ]
verdict $? "and gives the patients other names"
printf 'path,who\nf001.dcm,PID-4711-QX\nf002.dcm,PID-0815-AB\n' >"$dir/set/table.csv"
run data import csv "$dir/set/table.csv" --name table --patient-column who
[ "$(sql "select count(distinct patient) from image join dataset on dataset_id = dataset.id where name = 'table'")" -eq 2 ] &&
    ! grep -raqF PID- "$MLVICX_HOME"
verdict $? "patients whom a table names are hashed, too"
MLVICX_HOME=$dir/home
mkdir "$dir/told" && cp "$fixtures/window.dcm" "$dir/told/PID-4711-QX.dcm"
run data import folder "$dir/told" --name told
grep -q '1 path holds a name, id or date of its DICOM header' "$dir/err" && ! grep -q 4711 "$dir/err"
verdict $? "an id in a path is warned of"
run data rm told --yes

# ---- privacy ----

header_strings "$fixtures"/*.dcm >"$dir/strings"
grep -qx 'Zimmermann^Aurelia' "$dir/strings" && grep -qx 19580307 "$dir/strings" && grep -q 'PID-4711-QX' "$dir/strings"
verdict $? "the strings of the headers are found"
# A set without the path that was told of.
rm -rf "$dir/private" && MLVICX_HOME=$dir/private
"$MLVICX" data import folder "$dir/set" --name set --any-modality --views all >"$dir/said" 2>&1
"$MLVICX" data show set >>"$dir/said" 2>&1
"$MLVICX" data show set --json >>"$dir/said" 2>&1
head -c 900 "$fixtures/window.dcm" >"$dir/cut.dcm"
"$MLVICX" data image "$dir/cut.dcm" -o "$dir/x.png" >>"$dir/said" 2>&1
"$MLVICX" data image "$fixtures/other_ct.dcm" -o "$dir/x.png" >>"$dir/said" 2>&1
found_in "$dir/strings" "$MLVICX_HOME" "$dir/said" >"$dir/out"
[ ! -s "$dir/out" ]
verdict $? "no string of a header is in the store, in a message or in what is shown"
if [ -d "$shared" ]; then
    # shellcheck disable=SC2046 # names without blanks
    set_of "$dir/real" $(find "$shared" -name '*.dcm' | LC_ALL=C sort)
    rm -rf "$dir/private"
    "$MLVICX" data import folder "$dir/real" --name real --any-modality --views all >"$dir/said" 2>&1
    "$MLVICX" data show real >>"$dir/said" 2>&1
    # Without short words, which are the program's own, too, and runs of few letters, which are pixels as well.
    header_strings "$dir/real"/*.dcm | grep -vxE '[A-Za-z]{5,6}' |
        awk '{split("", seen); n = 0; for (i = 1; i <= length; i++) if (!seen[substr($0, i, 1)]++) n++} n > 3' >"$dir/strings"
    found_in "$dir/strings" "$MLVICX_HOME" "$dir/said" >"$dir/out"
    [ "$(wc -l <"$dir/strings")" -gt 500 ] && [ ! -s "$dir/out" ]
    verdict $? "neither is one of the real files'"
else
    skip "neither is one of the real files'" "they are not here"
fi
MLVICX_HOME=$dir/home

# ---- one file ----

run data image "$fixtures/window.dcm" -o "$dir/given.png" && run data image "$fixtures/window.dcm" --window given -o "$dir/given2.png" &&
    run data image "$fixtures/window.dcm" --window 2048.5,1500 -o "$dir/fixed.png" &&
    run data image "$fixtures/window.dcm" --window auto -o "$dir/auto.png" && cmp -s "$dir/given.png" "$dir/given2.png" &&
    cmp -s "$dir/given.png" "$dir/fixed.png" && ! cmp -s "$dir/given.png" "$dir/auto.png"
verdict $? "data image takes the file's window, quantiles, or a window of one's own"
refusal 2 "--window" data image "$fixtures/window.dcm" --window 5 -o "$dir/no.png" && [ ! -e "$dir/no.png" ]
verdict $? "a window that is none is refused"
refusal 1 "no projection radiograph (CT)" data image "$fixtures/other_ct.dcm" -o "$dir/no.png" && [ ! -e "$dir/no.png" ]
verdict $? "a CT is refused by its modality"
run data image "$fixtures/other_ct.dcm" --any-modality -o "$dir/ct.png" && [ -s "$dir/ct.png" ]
verdict $? "--any-modality reads it"
finish
