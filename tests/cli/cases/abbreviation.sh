#!/bin/bash
# An unambiguous beginning is refused all the same: with the next version it could be ambiguous.
"$KSMCTL" --js status
echo $?
"$KSMCTL" status --noh
echo $?
"$KSMCTL" status --outpu=NAME
echo $?
"$KSMCTL" --sysroo="$TREES/6.18" status
