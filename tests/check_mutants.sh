#!/bin/sh
# check_mutants.sh [NAME ...]: do the suites notice when the program is wrong? A copy of the tree is changed in one place at a
# time, as mutants.txt says, built, and judged by the suites named there: a mutant that they pass has survived, which is a
# failure. Prints TAP, one line a mutant. All of them run where none is named, in `make check-long`.
# seconds: 7200
set -u
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd) || exit 99
if [ -z "${MLVICX_LONG:-}" ] && [ $# -eq 0 ]; then
    echo "ok 1 - mutants # SKIP make check-long runs them"
    echo 1..1
    exit 0
fi
. "$srcdir/tests/mutate.sh"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
end() { # WHY: nothing can be said of any mutant
    echo "not ok 1 - $1"
    sed 's/^/# /' "$dir/log" 2>/dev/null | tail -n 40
    echo 1..1
    exit 1
}

mutants_read "$srcdir/tests/mutants.txt" "$dir/table" >"$dir/log" || end "the table of mutants cannot be read"
# shellcheck disable=SC2046 # names without blanks
[ $# -gt 0 ] || set -- $(cat "$dir/table/names")
for name; do
    [ -d "$dir/table/$name" ] || end "there is no mutant $name in tests/mutants.txt"
done

# ---- a copy, built ----

tree=$dir/tree
mkdir "$tree"
for entry in "$srcdir"/* "$srcdir"/.[!.]*; do
    case ${entry##*/} in
    build* | .git) ;;
    *) cp -a "$entry" "$tree/" ;;
    esac
done
if [ -f "$srcdir/build/Makefile" ]; then
    cp -a "$srcdir/build" "$tree/build" # what is built already is not built again
    find "$tree/build" \( -name '*.log' -o -name '*.trs' \) -exec rm -f {} +
else
    (cd "$tree" && { [ -x configure ] || autoreconf -fi; } && mkdir build && cd build && ../configure -q) >"$dir/log" 2>&1 ||
        end "the copy cannot be configured"
fi

# The program, and the suites that are programs. Mutants may leave something unused, so warnings are off.
build() { # SUITE...
    targets=mlvicx
    for suite; do [ "${suite%.sh}" != "$suite" ] || targets="$targets tests/$suite"; done
    # shellcheck disable=SC2086
    make -C "$tree/build" -s -j"$(nproc 2>/dev/null || echo 2)" WARNINGS= $targets >"$dir/log" 2>&1 </dev/null
}
run() ( # SUITE
    cd "$tree/build" || exit 99
    case $1 in *.sh) suite=../tests/$1 ;; *) suite=tests/$1 ;; esac
    MLVICX=$tree/build/mlvicx srcdir=.. CMOCKA_MESSAGE_OUTPUT=TAP OMP_WAIT_POLICY=passive KMP_BLOCKTIME=0 SUITE_SECONDS="${SUITE_SECONDS:-600}" MLVICX_LONG='' \
        sh ../tests/suite.sh "$suite" >"$dir/log" 2>&1 </dev/null
)

# Do the suites pass without a mutant? Each is built and run for this once, when the first mutant names it, so that a few
# mutants by name need only their own suites. False with `why`; the log tells more.
: >"$dir/sound"
sound() { # SUITE...
    for suite; do
        grep -qxF "$suite" "$dir/sound" && continue
        build "$suite" || { why="$suite does not build without it"; return 1; }
        run "$suite" || { why="$suite fails without it"; return 1; }
        echo "$suite" >>"$dir/sound"
    done
}

# ---- one after the other ----

n=0 survived=0
for name; do
    n=$((n + 1))
    m=$dir/table/$name
    killed='' why=
    # shellcheck disable=SC2046
    if ! sound $(cat "$m/suites"); then
        : # why says it
    elif ! source=$(mutant_place "$tree" "$m" "$dir/changed"); then
        why="its old text does not stand in one file $(cat "$m/file"), once"
    else
        cp -p "$source" "$dir/kept"
        cat "$dir/changed" >"$source"
        # shellcheck disable=SC2046
        if build $(cat "$m/suites"); then
            for suite in $(cat "$m/suites"); do
                run "$suite" || { killed=$suite; break; }
            done
            why="survived $(cat "$m/suites")"
        else
            why="does not build"
        fi
        cat "$dir/kept" >"$source"
    fi
    if [ -n "$killed" ]; then
        echo "ok $n - $name: killed by $killed"
        sed -n 's/^not ok [0-9]* - /# by /p' "$dir/log" | head -n 3
    else
        survived=$((survived + 1))
        echo "not ok $n - $name: $why"
        case $why in *build* | *fails*) sed 's/^/# /' "$dir/log" | tail -n 20 ;; esac
    fi
done
echo "# $((n - survived)) of $n killed"
echo "1..$n"
exit $((survived > 0))
