#!/bin/bash
# A kernel without CONFIG_KSM, a copy without /sys, and a sysroot that is none.
mkdir -p bare/proc bare/sys/kernel/mm nosys/proc
"$KSMCTL" --sysroot=bare status
echo $?
"$KSMCTL" --sysroot=nosys status
echo $?
"$KSMCTL" --sysroot=nowhere status
