#!/bin/sh
# shellcheck source=/dev/null
. "${srcdir:-.}/tests/repairs/common.sh"
skip "owners" "to be written"
finish
