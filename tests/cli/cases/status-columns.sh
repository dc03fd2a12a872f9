#!/bin/bash
status() {
	"$KSMCTL" --sysroot="$TREES/6.18" status "$@"
	echo $?
}
status -o name,since,KIND,UNIT | head -n 4
status -o +SINCE | sed -n '2p;7p'
status --output-all -b | sed -n '3p;4p'
status -n -r -b -o NAME,VALUE,SIZE | grep -E '^(pages_sharing|run|general_profit|advisor_mode) '
status --raw --noheadings -o NAME,SIZE,MEANING | grep -E '^(pages_sharing|run) '
status --bytes --output-all --raw | head -n 2
status -o NAME,VALU
status -o ''
status -o NAME,,VALUE
status -o NAME,FROBNICATE
# As well where they are not shown, and of those that -p shows.
status -o FROBNICATE --json | tail -n 1
status -o SINCE -p --json | tail -n 1
