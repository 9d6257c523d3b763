#!/bin/sh
# The shape of the tree, from its text: which folder may include which, who may speak to the user, what each folder tells.
# Prints TAP. Long files are a remark, not a failure.
set -u
cd "${srcdir:-.}" || exit 99
. tests/verdict.sh

find app engine store views -name '*.[ch]' 2>/dev/null | LC_ALL=C sort >"$dir/files"
[ -s "$dir/files" ] || { echo "not ok 1 - there are sources below $(pwd)"; exit 1; }
# FILE WHAT, one line an include; libraries keep their angle brackets.
xargs awk '/^[ \t]*#[ \t]*include/ {gsub(/^[^<"]*/, ""); sub(/[ \t].*/, ""); gsub(/"/, ""); print FILENAME, $0}' <"$dir/files" >"$dir/includes"

# ---- floors ----

# ROOM: the rooms that its files may include besides its own; "engine/" means every room below. Nothing else is included.
cat >"$dir/table" <<'END'
engine/base           -
engine/kernels        engine/base
engine/kernels/naive  engine/base engine/kernels
engine/kernels/vector engine/base engine/kernels engine/kernels/naive
engine/model          engine/base engine/kernels
engine/train/methods  engine/base engine/kernels engine/model
engine/train          engine/base engine/kernels engine/model engine/train/methods
engine/diagnose       engine/base
engine/evaluate       engine/base
engine/data/dicom     engine/base
engine/data/images    engine/base engine/data/dicom
engine/data/phantom   engine/base
engine/data           engine/base engine/data/images
engine/data/tables     engine/base
engine/data/import/common engine/base engine/data engine/data/dicom engine/data/images engine/data/tables
engine/data/import    engine/base engine/data engine/data/images engine/data/phantom engine/data/tables engine/data/import/common
store/database        engine/base
store                 engine/base store/database
views/terminal        engine/base
views/analysis        engine/ store/
views/charts          engine/base views/analysis views/terminal
views/figures         engine/base engine/data/images engine/diagnose store/ views/analysis
views/workbench       engine/base engine/diagnose store/ views/analysis views/charts views/terminal
views/screens         engine/ store/ views/analysis views/charts views/terminal views/figures views/workbench
views/screens/runs    engine/ store/ views/analysis views/charts views/terminal views/workbench views/screens
views/screens/new_run engine/ store/ views/analysis views/charts views/terminal views/workbench views/screens
views                 views/workbench views/screens views/screens/runs views/screens/new_run
app/cli               engine/base store/
app/session           engine/ store/ app/cli
app/worker            engine/ store/ app/cli app/session
app/commands/data     engine/ store/ app/cli app/session app/worker
app/commands/export   engine/ store/ views/analysis views/figures app/cli app/session app/worker
app/commands          engine/ store/ views/ app/cli app/session app/worker app/commands/data app/commands/export
app/commands/explain  engine/ store/ views/analysis app/cli app/worker app/commands
app/bench             engine/ store/ app/cli app/session app/worker
app                   engine/ store/ views/ app/
END
awk -v table="$dir/table" '
    BEGIN {
        while ((getline line < table) > 0) {
            split(line, f, " ")
            folders[f[1]] = 1
            for (i = 2; i in f; i++) {
                if (f[i] ~ /\/$/) wide[f[1]] = wide[f[1]] " " f[i]
                else allowed[f[1], f[i]] = 1
            }
            delete f
        }
    }
    $2 ~ /^</ || $2 == "config.h" {next}
    {
        from = $1; sub(/\/[^\/]*$/, "", from)
        to = $2; if (!sub(/\/[^\/]*$/, "", to)) to = "(no folder)"
        below = 0
        n = split(wide[from], prefixes, " ")
        for (i = 1; i <= n; i++) if (index(to "/", prefixes[i]) == 1) below = 1
        if (!(from in folders)) print $1 ": its folder is not in the table of rooms"
        else if (from != to && !((from, to) in allowed) && !below) print $1 " includes " $2
    }' "$dir/includes" >"$dir/bad"
verdict "$dir/bad" "each room includes only the rooms that it may"

awk '$2 !~ /^</ && $2 != "config.h" {print $2}' "$dir/includes" | sort -u | while read -r header; do
    [ -f "$header" ] || echo "$header: included, and not there; paths are from the root"
done >"$dir/bad"
verdict "$dir/bad" "every header that is included exists"

# Headers that others never see: private to their folder.
awk '{from = $1; sub(/\/[^\/]*$/, "", from); to = $2; sub(/\/[^\/]*$/, "", to)}
    $2 ~ /(_parts|_kinds|_ops|_child|_gdcm)\.h$/ && from != to {print $1 " includes " $2}
    to == "store/database" && $2 !~ /\/(store|files|holder|metric_table)\.h$/ && from !~ /^store/ {print $1 " includes " $2}
    ' "$dir/includes" >"$dir/bad"
verdict "$dir/bad" "private headers stay in their folder"

# Files of ours that need each other: strip files that need nothing, until none is left or all are in a loop.
awk '$2 !~ /^</ && $2 != "config.h"' "$dir/includes" >"$dir/edges"
awk '{
        needs[$1, ++count[$1]] = $2; node[$1] = node[$2] = 1
    } END {
        do {
            stripped = 0
            for (v in node) {
                free = 1
                for (i = 1; i <= count[v]; i++) if (needs[v, i] in node) free = 0
                if (free) {delete node[v]; stripped = 1; break}
            }
        } while (stripped)
        for (v in node) print v " is in a loop of includes"
    }' "$dir/edges" >"$dir/bad"
verdict "$dir/bad" "no two files include each other, directly or around"

# ---- libraries ----

# only WHERE WHAT NAME: files that include WHAT (a pattern) must lie in WHERE (a pattern)
only() {
    awk -v where="$1" -v what="$2" '$2 ~ what && $1 !~ where {print $1 " includes " $2}' "$dir/includes" >"$dir/bad"
    verdict "$dir/bad" "$3"
}
only '^(store/|app/commands/version[.]c$)' '^<sqlite3' "sqlite3 is the store's (and named by --version)"
only '^(app|views)/' '^<(ncurses|curses|panel|termios|term|sys/ioctl)' "only app and views know a terminal"
only '^views/terminal/terminal[.]c$' '^<(ncurses[a-z]*/)?(ncurses|curses|panel|form|menu|term)[.]h' "curses are met in one file"
only '^engine/(kernels|evaluate|train|diagnose)/|^app/(commands/version|worker/checkpointing|worker/start|session/(blas|session))[.]c$' '^<(cblas|lapacke|openblas)' \
    "BLAS is met in kernels, diagnostics and evaluation (app asks for its version and threads)"
only '^engine/data/|^app/commands/version[.]c$' '^<(png|jpeglib|jerror)' "image libraries are met where images are read"

only '^engine/data/dicom/dicom_gdcm[.]cc$' '^<gdcm' "GDCM is met in one file"

# ---- who speaks, who ends the program ----

# Comments and strings are taken out first; benches are programs of their own, and so are decoders, which end themselves.
grep -E '^(engine|store)/' "$dir/files" | grep -vE '/bench[^/]*$|^engine/data/dicom/dicom_child[.]c$' | while read -r file; do
    awk -v file="$file" '
        {
            line = $0
            gsub(/\\./, "", line)
            gsub(/"[^"]*"/, "\"\"", line)
            while (1) {
                if (inside) {
                    at = index(line, "*/")
                    if (!at) {line = ""; break}
                    line = substr(line, at + 2); inside = 0
                }
                at = index(line, "/*")
                if (!at) break
                rest = substr(line, at + 2); end = index(rest, "*/")
                if (end) line = substr(line, 1, at - 1) substr(rest, end + 2)
                else {line = substr(line, 1, at - 1); inside = 1; break}
            }
            sub(/\/\/.*/, "", line)
            if (line ~ /(^|[^A-Za-z0-9_])(printf|vprintf|puts|putchar|perror|exit|_exit|_Exit|quick_exit|abort|isatty)[ \t]*\(/ ||
                line ~ /(^|[^A-Za-z0-9_])(stdout|stderr|stdin)($|[^A-Za-z0-9_])/)
                print file ":" NR ": " $0
        }' "$file"
done >"$dir/bad"
verdict "$dir/bad" "engine and store neither print nor end the program"

# What lies in a store is opened and removed by store/database/files.h. Others name files of the system, folders that a user types (importing), the
# user's own keys, or folders of their own (benches); owner.c only looks, before a store is opened.
grep -E '^(app|store|views)/' "$dir/files" | grep -vE '/bench|^store/database/(files|holder|owner|store)[.]c$|^views/screens/importing[.]c$|^views/workbench/keymap[.]c$' | while read -r file; do
    grep -nE '(^|[^A-Za-z0-9_.>])(open|fopen|creat|unlink|remove|rename|mkdir|rmdir|truncate|chmod|opendir|scandir|nftw|stat|access)\(' "$file" |
        grep -vE '"/(dev/null|proc/[a-z/]*)"|^[0-9]+: \*' | sed "s,^,$file:,"
done >"$dir/bad"
verdict "$dir/bad" "files of a store are met in one place"

# ---- folders tell what they hold ----

: >"$dir/bad"
: >"$dir/absent"
sed 's,/[^/]*$,,' "$dir/files" | sort -u | while read -r folder; do
    readme=$folder/README.md
    [ -s "$readme" ] || { echo "$readme is missing" >>"$dir/bad"; continue; }
    # Names in backquotes. `naive*` names all that it matches, `train` stands for train.c and train.h, NAME.c is an example.
    tr '`' '\n' <"$readme" | grep -xE '[A-Za-z0-9_*./-]+' | grep -vE '[A-Z]{3}|^\.' | sort -u >"$dir/named"
    grep -E '[^.]\.[ch]$' "$dir/named" | while read -r name; do
        # shellcheck disable=SC2086 # a pattern
        ls $folder/$name >/dev/null 2>&1 || ls $name >/dev/null 2>&1 || echo "$readme names $name, which is not there" >>"$dir/absent"
    done
    grep "^$folder/[^/]*\.c\$" "$dir/files" | sed 's,.*/,,' | while read -r file; do
        stem=${file%.c}
        while read -r name; do
            # shellcheck disable=SC2254 # a pattern
            case $file in $name | $name.c) echo yes ;; esac
            # shellcheck disable=SC2254
            case $stem.h in $name) echo yes ;; esac
        done <"$dir/named" | grep -q yes || echo "$readme does not name $file" >>"$dir/bad"
    done
done
for file in tests/test_*; do
    grep -qF "\`${file#tests/}\`" tests/README.md || echo "tests/README.md does not name ${file#tests/}"
done >>"$dir/bad"
verdict "$dir/bad" "each folder's README names each of its files, itself or its header"
verdict "$dir/absent" "no README names a file that is not there"

# ---- the tree ----

if git rev-parse --is-inside-work-tree >/dev/null 2>&1 && [ "$(git rev-parse --show-prefix 2>/dev/null)" = "" ]; then
    git ls-files | sed 's,/.*,,' | sort -u | grep -vxE '\..*|app|views|store|engine|assets|tests|configure\.ac|Makefile\.am|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|LICENSE|bootstrap' |
        sed 's/$/: not one of the folders and files of the top level/' >"$dir/bad"
    verdict "$dir/bad" "the top level holds its folders and nothing else"
    git ls-files '*.c' '*.h' '*.sh' '*.py' '*.am' '*.ac' '*.inc' '*.md' bootstrap | while read -r file; do
        [ -f "$file" ] || continue
        grep -nE '[ 	]+$' "$file" | head -3 | sed "s,^,$file:,; s/\$/ (blanks at the end)/"
        [ -z "$(tail -c 1 "$file")" ] || echo "$file: no newline at its end"
    done >"$dir/bad"
    verdict "$dir/bad" "no blanks at line ends, a newline at each file's end"
else
    skipped "the top level holds its folders and nothing else" "not a clone"
    skipped "no blanks at line ends, a newline at each file's end" "not a clone"
fi

# ---- suites ----

# Scripts that take long: `make check` passes them over, a person who calls them means it.
mkdir -p "$dir/tree/tests/repairs"
printf 'echo "ok 1 - it ran"\necho 1..1\n' >"$dir/tree/tests/repairs/one.sh"
: >"$dir/bad"
replays() { # WORD ENVIRONMENT...: what is printed has that word
    word=$1
    shift
    env -u MLVICX_LONG -u MLVICX_CHECK srcdir="$dir/tree" "$@" >"$dir/said" 2>&1 || echo "$*: status $?" >>"$dir/bad"
    grep -q "^ok 1 .*$word" "$dir/said" || sed "s,^,$*: ," "$dir/said" >>"$dir/bad"
}
cp tests/replay.sh "$dir/tree/tests/"
for script in repairs strangers; do
    cp "tests/check_$script.sh" "$dir/tree/tests/"
    [ "$script" = repairs ] || cp -r "$dir/tree/tests/repairs" "$dir/tree/tests/$script"
    replays "it ran" sh "$dir/tree/tests/check_$script.sh"
    replays "it ran" sh "$dir/tree/tests/check_$script.sh" one
    replays SKIP MLVICX_CHECK=1 sh "$dir/tree/tests/check_$script.sh"
    replays "it ran" MLVICX_CHECK=1 MLVICX_LONG=1 sh "$dir/tree/tests/check_$script.sh"
done
grep -q 'export .*MLVICX_CHECK' Makefile.am || echo "Makefile.am: make check does not say MLVICX_CHECK" >>"$dir/bad"
verdict "$dir/bad" "scripts that take long run by hand, and are skipped under make check"

while read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || echo "# remark: $file has $lines lines; two ideas in one file?"
done <"$dir/files"
finish
