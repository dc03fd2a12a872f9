#!/bin/bash
# On this machine itself, whatever its KSM does.
"$KSMCTL" status --json >document
status=$?
if [ ! -e /sys/kernel/mm/ksm/run ]; then
	[ $status = 5 ] && jq -e '.error.code == "unsupported"' document
	exit
fi
jq -e '.schema == "ksmctl.status/1" and .sysfs.run >= 0 and .saved_bytes >= 0' document
jq -e --argjson page "$(getconf PAGESIZE)" '.page_size == $page' document
