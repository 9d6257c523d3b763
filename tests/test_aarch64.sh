#!/bin/sh
# The shared ground and the kernels compile for a processor without our vector sets (compile only). Takes long for what it
# says, so it runs with MLVICX_LONG=1 (make check-long, make check-aarch64). Prints TAP.
set -u
name="kernels compile for aarch64"
[ -n "${MLVICX_LONG:-}" ] || { echo "ok 1 - $name # SKIP make check-aarch64 runs it"; echo 1..1; exit 0; }
cross=${AARCH64_CC:-aarch64-linux-gnu-gcc}
command -v "$cross" >/dev/null 2>&1 || { echo "ok 1 - $name # SKIP no $cross"; echo 1..1; exit 0; }
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
build=$(dirname "${MLVICX:-build/mlvicx}")
sed '/MLVICX_X86/d' "$build/config.h" >"$dir/config.h" || exit 99
cd "${srcdir:-.}" || exit 99
n=0 failed=0

# compile FILE FLAGS...
compile() {
    file=$1
    shift
    n=$((n + 1))
    # shellcheck disable=SC2046 # flags
    if "$cross" -c -o "$dir/out.o" -I"$dir" -I. -D_GNU_SOURCE -DSOURCE_DIR='"."' -O2 -std=c11 -fopenmp $(pkg-config --cflags openblas nettle 2>/dev/null) \
        -Wall -Wextra -Wshadow -Wvla -Werror "$@" "$file" >"$dir/log" 2>&1; then
        echo "ok $n - aarch64: $file $*"
    else
        echo "not ok $n - aarch64: $file $*"
        sed 's/^/# /' "$dir/log"
        failed=1
    fi
}

for file in engine/base/*.c; do compile "$file"; done
compile engine/kernels/resolve.c
compile engine/kernels/bench.c
for file in engine/kernels/sets.c engine/kernels/naive/*.c; do
    compile "$file"
    compile "$file" -DMLVICX_REAL64
done
for file in engine/kernels/vector/*.c; do compile "$file" -DKERNEL_SET=portable -DKERNEL_BYTES=16; done
echo "1..$n"
exit $failed
