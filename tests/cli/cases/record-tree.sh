#!/bin/bash
# What anyone can record is a tree that ksmctl reads.
[ -e /sys/kernel/mm/ksm/run ] || { echo "this kernel has no KSM"; exit 77; }
"$TOP/tests/cli/record-tree" tree
"$KSMCTL" --sysroot=tree status --json | jq -e '.sysfs.pages_to_scan > 0'
