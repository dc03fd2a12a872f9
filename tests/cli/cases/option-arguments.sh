#!/bin/bash
"$KSMCTL" status --json=yes
echo $?
"$KSMCTL" -q=1 status
echo $?
"$KSMCTL" status -nr=1
echo $?
"$KSMCTL" --sysroot
echo $?
"$KSMCTL" status -o
echo $?
"$KSMCTL" --color=pink status
echo $?
"$KSMCTL" status --progress=
