#!/bin/sh
# shellcheck source=/dev/null
. "${srcdir:-.}/tests/repairs/common.sh"
skip "outside" "to be written"
finish
