#!/bin/sh
# The manual page and the program say the same; the README's commands exist. Prints TAP.
set -u
MLVICX=${MLVICX:-build/mlvicx}
src=${srcdir:-.}
page=${MLVICX%/*}/assets/mlvicx.1
. "$src/tests/verdict.sh"
{ sh "$src/assets/manual.sh" "$MLVICX" "$src/assets/mlvicx.1.in" >"$dir/page" || echo "manual.sh failed"
diff "$page" "$dir/page"; } >"$dir/err" 2>&1
verdict "$dir/err" "the page that was built is what the program says now"

"$MLVICX" --help-keys | sed -n 's/^[* ] \([a-z_0-9.]*\) *=.*/\1/p' >"$dir/keys"
sed 's/\\-/-/g' "$page" >"$dir/plain"
while read -r key; do
    grep -q "^\.B $key\( \|\$\)" "$dir/plain" || echo "$key is not in the page"
done <"$dir/keys" >"$dir/err"
[ -s "$dir/keys" ] || echo "--help-keys lists no setting" >>"$dir/err"
verdict "$dir/err" "every setting has its entry"

sed -n 's/^COMMAND(\(.*\))/\1/p' "$src/app/commands.def" | tr _ ' ' >"$dir/commands"
while read -r command; do
    grep -qx "\.SS $command" "$dir/plain" || echo "$command is not in the page"
done <"$dir/commands" >"$dir/err"
[ -s "$dir/commands" ] || echo "commands.def lists no command" >>"$dir/err"
verdict "$dir/err" "every command has its section"

if command -v groff >/dev/null 2>&1; then
    groff -man -Tutf8 -ww -z "$page" >"$dir/err" 2>&1
    verdict "$dir/err" "groff has nothing to remark"
else
    skipped "groff has nothing to remark" "no groff"
fi

# Indented lines of the README that begin with the program's name: the command exists, and so does each option.
sed -n 's/^    \(\$ \)\{0,1\}mlvicx \([a-z].*\)/\2/p' "$src/README.md" | while read -r line; do
    # shellcheck disable=SC2086 # the words of the line
    set -- $line
    words=$1
    case $1 in data | bench) words="$1 $2" ;; esac
    grep -qx "$words" "$dir/commands" || { echo "README: there is no command $words"; continue; }
    # shellcheck disable=SC2086
    "$MLVICX" $words --help >"$dir/help"
    for word; do
        case $word in
        --*=*) word=${word%%=*} ;;
        --*) ;;
        *.*=*)
            grep -qx "${word%%=*}" "$dir/keys" || echo "README: there is no setting ${word%%=*}"
            continue
            ;;
        *) continue ;;
        esac
        grep -q -- " $word\( \|\$\)" "$dir/help" || echo "README: $words has no option $word"
    done
done >"$dir/err"
verdict "$dir/err" "what the README types exists"

finish
