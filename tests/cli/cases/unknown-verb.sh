#!/bin/bash
"$KSMCTL" stauts
echo $?
"$KSMCTL" ''
echo $?
"$KSMCTL" --help frobnicate
echo $?
# Hostile text reaches the terminal only escaped.
"$KSMCTL" "$(printf 'a\033[31m\nb\xff\u202e')"
