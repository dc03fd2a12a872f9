#!/bin/bash
set -o pipefail
"$KSMCTL" --sysroot="$TREES/6.18" status 0.001 1000000 | head -c 3
echo " $?"
"$KSMCTL" --sysroot="$TREES/6.18" status 0.001 1000000 --json | head -c 3
echo " $?"
{ sleep 0.2; "$KSMCTL" --help; } | true
echo $?
