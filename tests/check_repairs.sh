#!/bin/sh
# Faults that use has found. `tests/check_repairs.sh NAME ...` runs some of tests/repairs/ by hand. Prints TAP.
exec sh "${srcdir:-$(dirname "$0")/..}/tests/replay.sh" repairs "$@"
