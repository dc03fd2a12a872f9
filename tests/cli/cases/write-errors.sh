#!/bin/bash
# A full disk is a failure; a reader who has seen enough is not.
for command in --help --version 'status --json' 'status 0.001 100' '--list-options status' '--json nope' '--json get max_kernel_pages'; do
	# shellcheck disable=SC2086
	"$KSMCTL" --sysroot="$TREES/6.18" $command >/dev/full
	echo "$command: $?"
done
"$KSMCTL" --version >&-
echo "closed: $?"
