#!/bin/bash
# What exec would call, told of trees: nothing is run here.
try() {
	"$KSMCTL" "$@"
	echo "= $?"
}
try --sysroot="$TREES/6.18" exec --dry-run -- echo ran
"$KSMCTL" --sysroot="$TREES/6.18" exec --dry-run --json -- echo ran | jq -c 'del(.version)'
try --sysroot="$TREES/4.19" exec --dry-run -- echo ran
try exec
