#!/bin/bash
# Global options before and after the verb, bundles, arguments among options, and "--".
set -e
"$KSMCTL" --sysroot="$TREES/6.18" status -n -o NAME,VALUE >want
head -n 2 want
"$KSMCTL" status --sysroot "$TREES/6.18" -no NAME,VALUE | cmp - want
"$KSMCTL" status -noNAME,VALUE --sysroot="$TREES/6.18" -- | cmp - want
"$KSMCTL" --sysroot="$TREES/6.18" -- status --noheadings --output=name,value | cmp - want
"$KSMCTL" --sysroot="$TREES/2.6.32" status -n -o VALUE -o NAME,VALUE --sysroot="$TREES/6.18" | cmp - want
"$KSMCTL" --sysroot="$TREES/6.18" status 0.01 -n 1 -o NAME,VALUE | cmp - want
"$KSMCTL" -qv --quiet --verbose status -n -o NAME,VALUE --sysroot="$TREES/6.18" | cmp - want
POSIXLY_CORRECT=1 "$KSMCTL" --sysroot="$TREES/6.18" status 0.01 1 -n -o NAME,VALUE | cmp - want
"$KSMCTL" status -- --json || echo $?
