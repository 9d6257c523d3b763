#!/bin/sh
# shellcheck source=/dev/null
. "${srcdir:-.}/tests/repairs/common.sh"
skip "rows" "to be written"
finish
