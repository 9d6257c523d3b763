#!/bin/sh
# Run one suite, SUITE ARGUMENTS..., and judge it by what it printed as well as by its exit status: it passes when it printed
# TAP lines, as many as it announced, and none that failed. One that hangs is ended; a script that takes longer than others
# says so (`# seconds: N`). Automake's runner calls this.
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
case $1 in *.sh) seconds=$(sed -n 's/^# seconds: \([0-9]*\)$/\1/p' "$1") ;; *) seconds= ;; esac
{
    timeout --foreground -k 10 "${SUITE_SECONDS:-${seconds:-1200}}" "$@"
    echo $? >"$dir/status"
} 2>&1 | tee "$dir/out"
status=$(cat "$dir/status")
[ "$status" -eq 0 ] || exit "$status"
# cmocka writes "not ok 2 # SKIP name" for a test that was skipped
awk -v suite="$1" '
    /^(not )?ok / {seen++}
    /^not ok / && !/# SKIP/ {failed++}
    /^1\.\.[0-9]+/ {announced += substr($1, 4)}
    END {
        if (!seen) print "suite.sh: " suite " printed no verdict"
        else if (seen < announced) print "suite.sh: " suite " ran " seen " of " announced " tests"
        exit failed || !seen || seen < announced
    }' "$dir/out"
