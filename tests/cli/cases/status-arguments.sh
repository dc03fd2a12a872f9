#!/bin/bash
for arguments in x 0 -1 1x 0x1 nan 1e3 '1 0' '1 x' '1 -1' '1 2 3' '1 99999999999999999999' \
	'--format=prometheus 0.001 1' '1 1 --format=openmetrics'; do
	# shellcheck disable=SC2086
	"$KSMCTL" --sysroot="$TREES/6.18" status $arguments >/dev/null
	echo $?
done
