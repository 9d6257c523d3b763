#!/bin/sh
# Every screen as it looks: on a synthetic store, at three sizes, in colour and without, against tests/golden/screens/. With
# MLVICX_RENEW set the files are written anew, to be looked at before they are kept. Prints TAP.
set -u
: "${MLVICX:=./mlvicx}"
golden=$(cd "${srcdir:-.}" && pwd)/tests/golden/screens
dir=$(mktemp -d /tmp/mlvicx-golden.XXXXXX) || exit 99
trap 'rm -rf "$dir"' EXIT
export TZ=UTC LC_ALL=C.UTF-8
unset MLVICX_HOME NO_COLOR COLORFGBG
screens="runs loss variance covariance spectrum downstream embedding images checkpoints new help"
n=0 failed=0

"${MLVICX%/*}/tests/make_store" "$dir/store" 12 2>"$dir/err" || { echo "not ok 1 - the store is made"; sed 's/^/# /' "$dir/err"; exit 1; }

# What a screen is looked at with: a run, marks, the time.
script() { # ROWS COLUMNS OUT colour|text
    echo ":clock 2026-03-01T12:00:00"
    echo ":size $1 $2"
    echo ":run healthy"
    echo ":mark collapsing"
    for s in $screens; do
        echo ":$s"
        if [ "$4" = colour ]; then echo ":save-display $3-$s.txt colour"; else echo ":save-display $3-$s.txt"; fi
    done
}

[ -z "${MLVICX_RENEW:-}" ] || mkdir -p "$golden"
for look in "12 50 colour" "12 50 mono" "24 80 colour" "24 80 mono" "24 80 ascii" "50 200 colour" "50 200 mono"; do
    # shellcheck disable=SC2086 # three words
    set -- $look
    rm -rf "$dir/copy"
    cp -r "$dir/store" "$dir/copy" # what one pass arranged is not the next one's
    case $3 in mono) option=--mono ;; ascii) option=--ascii ;; *) option=--dark ;; esac
    script "$1" "$2" "$dir/now" "$([ "$3" = mono ] && echo colour || echo "$3")" >"$dir/keys"
    "$MLVICX" --store "$dir/copy" $option --script "$dir/keys" 2>"$dir/err" || { failed=1; sed 's/^/# /' "$dir/err"; }
    for s in $screens; do
        n=$((n + 1))
        name=$s-$1x$2-$3
        grep -v '/tmp/mlv' "$dir/now-$s.txt" >"$dir/seen" 2>/dev/null # the title may name the folder
        [ -z "${MLVICX_RENEW:-}" ] || cp "$dir/seen" "$golden/$name.txt"
        if cmp -s "$dir/seen" "$golden/$name.txt"; then echo "ok $n - $name"; continue; fi
        failed=1
        echo "not ok $n - $name"
        diff "$golden/$name.txt" "$dir/seen" | head -n 20 | sed 's/^/# /'
    done
done
echo "1..$n"
exit $failed
