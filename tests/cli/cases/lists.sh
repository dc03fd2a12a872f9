#!/bin/bash
set -e
"$KSMCTL" --list-verbs | grep -x status
"$KSMCTL" --list-columns status
"$KSMCTL" --list-options status
echo global:
"$KSMCTL" --list-options
echo values:
"$KSMCTL" --list-values status --color
"$KSMCTL" --list-values '' --progress
"$KSMCTL" --list-values status -o | cmp - <("$KSMCTL" --list-columns status | head -n 7)
for words in -p --processes '-n -ap'; do
	# shellcheck disable=SC2086
	"$KSMCTL" --list-values status -o ksmctl status $words -o | cmp - <("$KSMCTL" --list-columns status | tail -n +8)
done
"$KSMCTL" --list-values status --sysroot
"$KSMCTL" --list-values status --json || echo $?
"$KSMCTL" --list-values status '' || echo $?
for verb in analyze compare exec fingerprint restore save; do
	"$KSMCTL" --list-values $verb '' && echo "$verb: files"
done
"$KSMCTL" --list-options frobnicate || echo $?
"$KSMCTL" --list-columns || echo $?
