# shellcheck shell=sh
# What the scripts share that check the tree, the manual and tables: one TAP line for each list of complaints. A script sources
# this file, calls verdict for each check, and ends with `finish`.
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
n=0 failed=0

verdict() { # FILE-OF-COMPLAINTS NAME: the check passes if the file is empty
    n=$((n + 1))
    if [ -s "$1" ]; then
        failed=1
        echo "not ok $n - $2"
        sed 's/^/# /' "$1"
    else echo "ok $n - $2"; fi
}

skipped() { # NAME WHY
    n=$((n + 1))
    echo "ok $n - $1 # SKIP $2"
}

finish() {
    echo "1..$n"
    exit $failed
}
