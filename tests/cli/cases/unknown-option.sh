#!/bin/bash
"$KSMCTL" --jsno status
echo $?
"$KSMCTL" status --nohaedings
echo $?
"$KSMCTL" status -nx
echo $?
"$KSMCTL" status --frobnicate=3
echo $?
# Options of a verb stand behind it.
"$KSMCTL" --raw status
echo $?
# Hidden options, and those that do not apply, are not suggested.
"$KSMCTL" --list-verb
echo $?
"$KSMCTL" status --dry-rn
