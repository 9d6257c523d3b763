#!/bin/sh
# The tables in engine/diagnose/VERDICT.md are what tests/verdict_table.py finds in the recorded runs by the limits of the
# program. Prints TAP; skipped without python3.
set -u
top=$(cd "${srcdir:-.}" && pwd)
command -v python3 >/dev/null || { echo "1..0 # SKIP python3 is not there"; exit 0; }
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
python3 "$top/tests/verdict_table.py" >"$dir/out" 2>"$dir/err" || { sed 's/^/# /' "$dir/err"; echo "not ok 1 - the table is computed"; echo 1..1; exit 1; }
sed 's/^    //' "$top/engine/diagnose/VERDICT.md" >"$dir/said"
while IFS= read -r line; do grep -qxF -- "$line" "$dir/said" || echo "# not in VERDICT.md: $line"; done <"$dir/out" >"$dir/bad"
cat "$dir/bad"
if [ -s "$dir/out" ] && [ ! -s "$dir/bad" ]; then echo "ok 1 - the tables of VERDICT.md are what the recorded runs give"; else echo "not ok 1 - the tables of VERDICT.md are what the recorded runs give"; fi
echo 1..1
[ -s "$dir/out" ] && [ ! -s "$dir/bad" ]
