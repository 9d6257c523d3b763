#!/bin/sh
# The table of mutants fits the sources: each old text stands in its file exactly once, each suite is there. Applying them
# takes long: check_mutants.sh. Prints TAP.
set -u
srcdir=${srcdir:-$(dirname "$0")/..}
. "$srcdir/tests/mutate.sh"
. "$srcdir/tests/verdict.sh"

mutants_read "$srcdir/tests/mutants.txt" "$dir/table" >"$dir/bad" || echo "the table cannot be read" >>"$dir/bad"
verdict "$dir/bad" "the table of mutants can be read"
while read -r name; do
    m=$dir/table/$name
    mutant_place "$srcdir" "$m" "$dir/changed" >/dev/null ||
        echo "$name: its old text does not stand in one file $(cat "$m/file"), once"
    for suite in $(cat "$m/suites"); do
        [ -f "$srcdir/tests/$suite.c" ] || [ -f "$srcdir/tests/$suite" ] || echo "$name: there is no suite $suite"
    done
done <"$dir/table/names" >"$dir/bad"
verdict "$dir/bad" "each mutant's old text stands in its source exactly once, and its suites are there"
[ -s "$dir/table/names" ] && echo "# $(grep -c . "$dir/table/names") mutants"

# The check itself notices: a text that is missing, one that is there twice.
mkdir -p "$dir/tree"
printf 'one\ntwo\none\n' >"$dir/tree/source.c"
printf 'one\n' >"$dir/twice"
printf 'three\n' >"$dir/missing"
printf 'two\none\n' >"$dir/once"
{ mutant_apply "$dir/tree/source.c" "$dir/twice" "$dir/missing" && echo "a text that stands there twice was replaced"
mutant_apply "$dir/tree/source.c" "$dir/missing" "$dir/twice" && echo "a text that is missing was replaced"
[ "$(mutant_apply "$dir/tree/source.c" "$dir/once" "$dir/missing" | tr '\n' ' ')" = "one three " ] || echo "two lines were not replaced"
} >"$dir/bad"
verdict "$dir/bad" "a text that is missing or stands there twice is refused"
finish
