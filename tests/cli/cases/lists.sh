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
"$KSMCTL" --list-values status -o | cmp - <("$KSMCTL" --list-columns status)
"$KSMCTL" --list-values status --sysroot
"$KSMCTL" --list-values status --json || echo $?
"$KSMCTL" --list-values status '' || echo $?
"$KSMCTL" --list-values analyze '' && echo files
"$KSMCTL" --list-options frobnicate || echo $?
"$KSMCTL" --list-columns || echo $?
