#!/bin/sh
# No two files need each other, directly or around: counted on the objects of the build tree, since what a file calls shows
# there and not in its includes. An object needs another where it leaves a symbol undefined that the other one defines. Objects
# of one source (compiled for float and double, for each kernel set) are one file. What both need belongs in a third file
# below both. Prints TAP.
set -u
cd "${srcdir:-.}" || exit 99
tree=$(pwd)
build=$(dirname "${MLVICX:-build/mlvicx}")
nm=${NM:-nm}
. tests/verdict.sh

# circles REPORT: from nm -P -A -g ("DIR/PREFIX-FILE.o: SYMBOL TYPE ...") on standard input. A line of the report is a room, a
# tab, and of one circle its files or, indented, the symbols that lead from one of them to the next. Prints the number of
# pairs of files of which one needs the other.
circles() {
    awk -v report="$1" '
        function named(object,   room, base) {
            sub(/\.o:$/, "", object)
            room = base = object
            sub(/\/[^\/]*$/, "", room); sub(/^.*\//, "", base); sub(/^.*-/, "", base)
            return room "/" base
        }
        function common(a, b) { # the deepest folder that holds both
            while (a != b && index(b "/", a "/") != 1) if (!sub(/\/[^\/]*$/, "", a)) return "."
            return a
        }
        # marks reached[] for every file that one can get to from `from`
        function walk(from,   stack, top, v, i) {
            delete reached
            stack[top = 1] = from
            while (top) {
                v = stack[top--]
                for (i = 1; i <= degree[v]; i++)
                    if (left[next_of[v, i]] && !(next_of[v, i] in reached)) {
                        reached[next_of[v, i]] = 1
                        stack[++top] = next_of[v, i]
                    }
            }
        }
        {file = named($1); left[file] = 1}
        $3 ~ /^[Uwv]$/ {needs++; needer[needs] = file; wanted[needs] = $2}
        $3 ~ /^[A-MO-TV-Ziu]$/ && !((file, $2) in defined) {defined[file, $2] = 1; definer[$2] = definer[$2] " " file}
        END {
            for (i = 1; i <= needs; i++) {
                m = split(definer[wanted[i]], by, " ")
                for (k = 1; k <= m; k++) {
                    a = needer[i]; b = by[k]
                    if (a == b || (a, wanted[i]) in defined || (a, b, wanted[i]) in seen) continue
                    seen[a, b, wanted[i]] = 1
                    if (!((a, b) in through)) {next_of[a, ++degree[a]] = b; pairs++}
                    through[a, b] = through[a, b] " " wanted[i]
                }
            }
            print pairs + 0
            do { # files that need nothing are in no circle
                stripped = 0
                for (v in left) {
                    if (!left[v]) continue
                    free = 1
                    for (i = 1; i <= degree[v]; i++) if (left[next_of[v, i]]) free = 0
                    if (free) {left[v] = 0; stripped = 1}
                }
            } while (stripped)
            for (v in left) {
                if (!left[v]) continue
                walk(v)
                if (!(v in reached)) continue
                for (w in reached) ahead[v, w] = 1
                looped[v] = 1
            }
            for (v in looped) {
                if (v in told) continue
                count = 0; room = v; sub(/\/[^\/]*$/, "", room); names = ""
                for (w in looped) {
                    if (!((v, w) in ahead) || !((w, v) in ahead)) continue
                    told[w] = 1; member[++count] = w; names = names " " w
                    folder = w; sub(/\/[^\/]*$/, "", folder); room = common(room, folder)
                }
                print room "\t" count " files need each other:" names >report
                for (i = 1; i <= count; i++)
                    for (k = 1; k <= count; k++)
                        if ((member[i], member[k]) in through)
                            print room "\t    " member[i] " needs of " member[k] ":" through[member[i], member[k]] >report
            }
        }'
    [ -f "$1" ] || : >"$1"
}

# ---- the count itself: a planted circle, one over two rooms, and a chain ----

plant() { # FILE DEFINED NEEDED
    echo "$1.o: $2 T 0 1"
    [ -z "$3" ] || echo "$1.o: $3 U"
}
{
    plant store/first first_do second_do
    plant store/second second_do first_do
    plant engine/model/lib32_a-upper upper32 lower32
    plant engine/model/lib64_a-upper upper64 lower64
    plant engine/model/lib32_a-lower lower32 ""
    plant engine/model/lib64_a-lower lower64 upper32
    plant views/charts/axis axis_draw frame_draw
    plant views/workbench/frame frame_draw axis_draw
    plant app/top top_do middle_do
    plant app/middle middle_do bottom_do
    plant app/bottom bottom_do memcpy
    plant app/alone alone_do alone_do
} >"$dir/planted"
circles "$dir/found" <"$dir/planted" >"$dir/pairs"
cut -f 1 "$dir/found" | sort -u | tr '\n' ' ' >"$dir/rooms_found"
: >"$dir/bad"
[ "$(cat "$dir/rooms_found")" = "engine/model store views " ] || cat "$dir/found" >"$dir/bad"
verdict "$dir/bad" "planted circles are found, over rooms and copies of a source too, and a chain is none"
: >"$dir/bad"
for line in 'store	2 files need each other:' 'store	    store/first needs of store/second: second_do' \
    'views	    views/charts/axis needs of views/workbench/frame: frame_draw'; do
    grep -qF "$line" "$dir/found" || echo "the report lacks: $line" >>"$dir/bad"
done
verdict "$dir/bad" "a circle is told with its files and the symbols in it"
rm -f "$dir/found"

# ---- the program ----

skip() {
    n=$((n + 1))
    echo "ok $n - no two files of the program need each other # SKIP $1"
    echo "1..$n"
    exit $failed
}
command -v "$nm" >/dev/null 2>&1 || skip "there is no $nm"
cd "$build" 2>/dev/null && [ -d store ] && [ -d engine/base ] || skip "no build tree at $build"

# An object whose source is gone is left from another time.
find app engine store views -name '*.o' | LC_ALL=C sort | while read -r object; do
    base=${object##*/}
    base=${base##*-}
    source=${object%/*}/${base%.o}.c
    [ -f "$tree/$source" ] && echo "$object" && echo "$source" >&3
done >"$dir/objects" 3>"$dir/compiled"
# dicom_none.c stands in for a library that is not there.
(cd "$tree" && find app engine store views -name '*.c' ! -name 'bench.c' ! -name 'dicom_none.c') | LC_ALL=C sort >"$dir/sources"
LC_ALL=C sort -u "$dir/compiled" | LC_ALL=C comm -13 - "$dir/sources" | sed 's/$/: has no object in the build tree/' >"$dir/bad"
verdict "$dir/bad" "each source has its object"
xargs "$nm" -P -A -g <"$dir/objects" >"$dir/symbols" 2>"$dir/complaints" ||
    { echo "$nm fails"; cat "$dir/complaints"; } >"$dir/bad"
verdict "$dir/bad" "symbols are read from each object"
pairs=$(circles "$dir/found" <"$dir/symbols")
: >"$dir/bad"
[ "$pairs" -ge "$(wc -l <"$dir/sources")" ] || echo "only $pairs times does a file need another" >"$dir/bad"
verdict "$dir/bad" "files need each other's symbols at all"

# Every folder of sources and those above it.
sed 's,/[^/]*$,,' "$dir/sources" | LC_ALL=C sort -u | while read -r room; do
    while :; do
        echo "$room"
        case $room in */*) room=${room%/*} ;; *) break ;; esac
    done
done | LC_ALL=C sort -u >"$dir/rooms"
echo . >>"$dir/rooms"
while read -r room; do
    name="of $room"
    [ "$room" != . ] || name="on different floors"
    awk -F '\t' -v room="$room" '$1 == room {print $2}' "$dir/found" >"$dir/bad"
    verdict "$dir/bad" "no two files $name need each other"
done <"$dir/rooms"
finish
