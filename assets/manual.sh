#!/bin/sh
# Write the manual page: manual.sh PROGRAM TEMPLATE. Where the template says @COMMANDS@, @OPTIONS@, @SETTINGS@ and @VERSION@,
# stands what the program itself prints with --help, COMMAND --help, --help-keys and --version.
set -eu
program=$1 template=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Text as it stands, safe for roff.
verbatim() { sed "s/\\\\/\\\\e/g; s/-/\\\\-/g; s/^\\([.']\\)/\\\\\\&\\1/"; }

"$program" --help >"$dir/help" </dev/null
"$program" --help-keys >"$dir/keys" </dev/null
"$program" --version | sed -n '1s/.* //p' >"$dir/version"

# Up to the options, lines that begin with two blanks and small words name a command.
sed -n '/^Options of every/q; s/^  \([a-z]\{1,\}\( [a-z]\{1,\}\)*\).*/\1/p' "$dir/help" >"$dir/names"
while read -r name; do
    printf '.SS %s\n.nf\n' "$name"
    # shellcheck disable=SC2086 # two words may be one command
    "$program" $name --help </dev/null | sed -n '/^Options of every command/q; p' | sed '${/^$/d;}' | verbatim
    printf '.fi\n'
done <"$dir/names" >"$dir/commands"
{
    echo .nf
    sed -n '/^Options of every command/,/^$/p' "$dir/help" | sed '1d; /^$/d' | verbatim
    echo .fi
} >"$dir/options"
# "* KEY = VALUE    what (range)": the value is padded to twelve characters
verbatim <"$dir/keys" | awk '
    match($0, /^[* ] [a-z_0-9.]+ +=/) {
        key = $0; sub(/ +=.*/, "", key); mark = substr(key, 1, 1); key = substr(key, 3)
        rest = substr($0, RLENGTH + 2)
        value = rest; sub(/ .*/, "", value)
        what = substr(rest, length(value) + 1); sub(/^ +/, "", what)
        printf ".TP\n.B %s%s\n", key, (value == "" ? "" : " = " value) (mark == "*" ? " *" : "")
        print what
    }' >"$dir/settings"

[ -s "$dir/names" ] && [ -s "$dir/settings" ] && [ -s "$dir/version" ] || { echo "manual.sh: $program printed no help" >&2; exit 1; }
awk -v dir="$dir" -v version="$(cat "$dir/version")" '
    /^@[A-Z]+@$/ {
        file = dir "/" tolower(substr($0, 2, length($0) - 2))
        while ((getline line < file) > 0) print line
        next
    }
    {gsub(/@VERSION@/, version); print}' "$template"
