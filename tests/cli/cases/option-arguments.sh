#!/bin/bash
"$KSMCTL" status --json=yes
echo $?
"$KSMCTL" --sysroot
echo $?
"$KSMCTL" status -o
echo $?
"$KSMCTL" --color=pink status
echo $?
"$KSMCTL" status --progress=
