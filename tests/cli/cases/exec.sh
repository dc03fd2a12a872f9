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

# Not opted in, it does not run.
mkdir -p bare/proc bare/sys/kernel/mm
for options in "" --dry-run --json; do
	# shellcheck disable=SC2086 # nothing is no word
	try --sysroot=bare $options exec -- echo ran | sed "s/\"version\":\"[^\"]*\"/\"version\":V/"
done
try --sysroot="$TREES/6.18" exec -- echo ran
