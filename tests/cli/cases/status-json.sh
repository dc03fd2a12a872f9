#!/bin/bash
for tree in 2.6.32 4.19 6.18; do
	"$KSMCTL" --sysroot="$TREES/$tree" status --json | jq -S 'del(.version)'
done
