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
script() { # ROWS COLUMNS OUT colour|text RUN MARK|"" SCREENS
    echo ":clock 2026-03-01T12:00:00"
    echo ":size $1 $2"
    echo ":run $5"
    [ -z "$6" ] || echo ":mark $6"
    for s in $7; do
        echo ":$s"
        if [ "$4" = colour ]; then echo ":save-display $3-$s.txt colour"; else echo ":save-display $3-$s.txt"; fi
    done
}

check() { # SCREEN NAME
    n=$((n + 1))
    grep -v '/tmp/mlv' "$dir/now-$1.txt" >"$dir/seen" 2>/dev/null # the title may name the folder
    [ -z "${MLVICX_RENEW:-}" ] || cp "$dir/seen" "$golden/$2.txt"
    if cmp -s "$dir/seen" "$golden/$2.txt"; then echo "ok $n - $2"; return; fi
    failed=1
    echo "not ok $n - $2"
    diff "$golden/$2.txt" "$dir/seen" | head -n 20 | sed 's/^/# /'
}

[ -z "${MLVICX_RENEW:-}" ] || mkdir -p "$golden"
for look in "12 50 colour" "12 50 mono" "24 80 colour" "24 80 mono" "24 80 ascii" "50 200 colour" "50 200 mono"; do
    # shellcheck disable=SC2086 # three words
    set -- $look
    rm -rf "$dir/copy"
    cp -r "$dir/store" "$dir/copy" # what one pass arranged is not the next one's
    case $3 in mono) option=--mono ;; ascii) option=--ascii ;; *) option=--dark ;; esac
    script "$1" "$2" "$dir/now" "$([ "$3" = mono ] && echo colour || echo "$3")" healthy collapsing "$screens" >"$dir/keys"
    "$MLVICX" --store "$dir/copy" $option --script "$dir/keys" 2>"$dir/err" || { failed=1; sed 's/^/# /' "$dir/err"; }
    for s in $screens; do check "$s" "$s-$1x$2-$3"; done
done

# Runs of one level, and of none: alone at the usual size and the smallest, and beside one of another method.
"${MLVICX%/*}/tests/make_store" "$dir/methods" 1 0 methods 2>"$dir/err" || { failed=1; sed 's/^/# /' "$dir/err"; }
looks="runs loss variance covariance spectrum downstream embedding checkpoints"
for look in "24 80 simclr" "24 80 supervised" "5 20 simclr" "5 20 supervised" "24 80 simclr healthy" "43 132 simclr healthy"; do
    # shellcheck disable=SC2086 # three or four words
    set -- $look
    [ -z "${4:-}" ] || looks="runs loss spectrum"
    rm -rf "$dir/copy"
    cp -r "$dir/methods" "$dir/copy"
    script "$1" "$2" "$dir/now" text "$3" "${4:-}" "$looks" >"$dir/keys"
    "$MLVICX" --store "$dir/copy" --ascii --script "$dir/keys" 2>"$dir/err" || { failed=1; sed 's/^/# /' "$dir/err"; }
    for s in $looks; do check "$s" "$s-$1x$2-$3${4:+-beside}"; done
done
echo "1..$n"
exit $failed
