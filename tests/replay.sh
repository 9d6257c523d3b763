#!/bin/sh
# replay.sh FOLDER [NAME ...]: faults replayed on the built program, one line a fault. The scripts of tests/FOLDER hold them, a
# file a kind; all of them run where none is named. They take long: `make check` (MLVICX_CHECK) passes them over, `make
# check-long` does not. Prints TAP.
set -u
folder=$1
shift
srcdir=${srcdir:-$(dirname "$0")/..}
export srcdir
if [ -n "${MLVICX_CHECK:-}" ] && [ -z "${MLVICX_LONG:-}" ] && [ $# -eq 0 ]; then
    echo "ok 1 - $folder # SKIP make check-long runs them"
    echo 1..1
    exit 0
fi
# shellcheck disable=SC2046 # names without blanks
[ $# -gt 0 ] || set -- $(cd "$srcdir/tests/$folder" && ls -- *.sh | sed 's/\.sh$//')
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
n=0 failed=0
for kind; do
    sh "$srcdir/tests/$folder/$kind.sh" >"$dir/log" 2>&1 || failed=1
    # a script that says nothing, or stops before its plan, is a fault of its own
    grep -q '^1\.\.[1-9]' "$dir/log" || { echo "not ok 0 - ended early" >>"$dir/log"; failed=1; }
    while IFS= read -r line; do
        case $line in
        "ok "* | "not ok "*)
            n=$((n + 1))
            echo "${line%%ok *}ok $n - $kind: ${line#*ok * - }"
            ;;
        "1.."*) ;;
        *) echo "# ${line#\# }" ;;
        esac
    done <"$dir/log"
done
echo "1..$n"
exit $failed
