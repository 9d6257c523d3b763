#!/bin/sh
# The program without each of its optional libraries, although they are there: it configures, compiles with the options of
# the build that is tested, passes the suites that matter, and says what is missing where a file needs it.
# By hand: tests/build_without.sh [LIBRARY ...]. It takes minutes, so `make check` skips it; make check-long runs it. TAP.
# seconds: 3600
set -u
srcdir=$(cd "${srcdir:-.}" && pwd)
MLVICX=${MLVICX:-$srcdir/build/mlvicx}
built=$(cd "$(dirname "$MLVICX")" && pwd)
export srcdir

# --without-LIBRARY | what configure says | suites | what kind of file needs it | one | what is said of it
libraries="
tiff       | TIFF no          | test_image test_import_headers | image   | tiff/grey8.tif   | build it with libtiff-dev
libdeflate | libdeflate no    | test_image test_png_quick      | -       | -                | -
dicom      | DICOM no         | test_image test_import_headers | image   | dicom/grey8.dcm  | built without; convert it to PNG
libzip     | PyTorch files no | test_state_dict                | weights | torch/good-torchvision.pth | libzip was not there
"

if [ $# -eq 0 ] && [ -z "${MLVICX_LONG:-}" ] && [ -n "${MLVICX_CHECK:-}" ]; then
    echo "ok 1 - builds without optional libraries # SKIP make check-long makes them"
    echo 1..1
    exit 0
fi
[ -f "$built/config.status" ] || { echo "build_without.sh: $built is no build folder; set MLVICX to a program that was built here" >&2; exit 99; }

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
n=0 failed=0

# step NAME COMMAND...: a test; what it printed is shown where it failed
step() {
    name=$1
    shift
    n=$((n + 1))
    if "$@" >"$dir/out" 2>&1 </dev/null; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        tail -n 40 "$dir/out" | sed 's/^/# /'
        failed=1
    fi
}

configure() { # LIBRARY
    mkdir "$dir/build" && cd "$dir/build" || return
    eval "\"\$srcdir/configure\" $("$built/config.status" --config) --without-$1" >"$dir/summary" 2>&1
    status=$?
    cat "$dir/summary"
    return $status
}

compile() { # SUITE...
    # shellcheck disable=SC2046 # one word a suite
    make -C "$dir/build" -s -j"$(nproc 2>/dev/null || echo 2)" mlvicx $(printf 'tests/%s ' "$@")
}

suite() { # NAME
    cd "$dir/build" && MLVICX=$PWD/mlvicx CMOCKA_MESSAGE_OUTPUT=TAP sh "$srcdir/tests/suite.sh" "tests/$1"
}

# program WORDS...: that was just built, on a store of its own
program() { "$dir/build/mlvicx" --store "$dir/store" "$@"; }

# Both commands that look at images take the others and name the one that they cannot read.
refuses_image() { # FILE WORDS
    rm -rf "$dir/store" "$dir/in" && mkdir "$dir/in" &&
        cp "$srcdir/tests/fixtures/images/basn0g08.png" "$srcdir/tests/fixtures/$1" "$dir/in" &&
        program data check folder "$dir/in" >"$dir/check" 2>&1 && cat "$dir/check" && grep -qF "$2" "$dir/check" &&
        program data import folder "$dir/in" --name some --size 32 >"$dir/import" 2>&1 && cat "$dir/import" && grep -qF "$2" "$dir/import" &&
        grep -q 'some: 1 image' "$dir/import"
}

refuses_weights() { # FILE WORDS
    rm -rf "$dir/store"
    program -q data import phantom --name ghosts --patients 6 --size 32 || return
    program eval --init "$srcdir/tests/fixtures/$1" --task ghosts >"$dir/eval" 2>&1 && return 1
    cat "$dir/eval" && grep -qF "$2" "$dir/eval"
}

without() { # LIBRARY SAID SUITES KIND FILE WORDS
    rm -rf "$dir/build"
    step "--without-$1 is configured" configure "$1"
    step "and listed as missing" grep "optional.*$2" "$dir/summary"
    # shellcheck disable=SC2086 # a list of words
    step "it compiles" compile $3
    for suite in $3; do step "$suite passes" suite "$suite"; done
    [ "$4" = - ] || step "a file that needs it is refused, with the reason" "refuses_$4" "$5" "$6"
}

wanted=" $* "
echo "$libraries" | sed 's/ *| */|/g; s/ *$//' >"$dir/table"
while IFS='|' read -r library said suites kind file words; do
    [ -n "$library" ] || continue
    case $wanted in "  " | *" $library "*) without "$library" "$said" "$suites" "$kind" "$file" "$words" ;; esac
done <"$dir/table"
echo "1..$n"
[ $n -gt 0 ] || { echo "build_without.sh:$wanted: no such library" >&2; exit 2; }
exit $failed
