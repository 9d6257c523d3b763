#!/bin/sh
# shellcheck source=/dev/null
. "${srcdir:-.}/tests/repairs/common.sh"
skip "files" "to be written"
finish
