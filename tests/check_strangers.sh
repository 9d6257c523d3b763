#!/bin/sh
# What a store, a file or a folder of somebody else can do to a user: a script a kind, below a temporary folder. `tests/check_strangers.sh NAME ...` runs some of tests/strangers/ by hand. Prints TAP.
exec sh "${srcdir:-$(dirname "$0")/..}/tests/replay.sh" strangers "$@"
