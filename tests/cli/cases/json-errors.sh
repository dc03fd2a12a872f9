#!/bin/bash
# Errors are documents too, wherever --json stands; stderr says the same to people.
ask() {
	"$KSMCTL" "$@" >document
	echo $?
	jq -cS 'del(.version)' document
}
ask --json frobnicate
ask status --frobnicate --json
ask status --json -- --json
ask --json --sysroot=nowhere status
mkdir -p empty/proc
ask --json --sysroot=empty status
jq -e '.version | type == "string"' document
# Behind "--" it is an argument.
"$KSMCTL" status -- x --json
