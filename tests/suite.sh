#!/bin/sh
# Run one suite, SUITE ARGUMENTS..., and judge it by what it printed as well as by its exit status: it passes when it printed
# TAP lines and none of them is "not ok". One that hangs is ended. Automake's runner calls this for each suite.
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
{
    timeout --foreground -k 10 "${SUITE_SECONDS:-1200}" "$@"
    echo $? >"$dir/status"
} 2>&1 | tee "$dir/out"
status=$(cat "$dir/status")
[ "$status" -eq 0 ] || exit "$status"
grep -q '^ok ' "$dir/out" || { echo "suite.sh: $1 printed no verdict"; exit 1; }
! grep -q '^not ok ' "$dir/out"
