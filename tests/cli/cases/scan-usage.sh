#!/bin/bash
# Mistakes in what to scan and how, each with status 2.
scan() {
	"$KSMCTL" scan "$@"
	echo $?
}
scan
scan x
: >core.7
scan core.7
scan 0
scan 99999999999
scan --all 1
scan --name='('
scan --name=nosuch --user=no-such-user
scan 1 --pages=all
scan 1 --passes=0
scan 1 --interval=-1
scan 1 --interval=ksm
scan 1 --interval=ksmd --set pages_to_scan=0
scan 1 --threads=0
scan 1 --rate=1023K
scan 1 --rate=-1
scan 1 --top=x
scan 1 --preview
scan 1 --by=moon
scan 1 --kernel=1.0
scan 1 --kernel=6.1 --set smart_scan=1
scan 1 --set=max_page_sharing=1
scan 1 --set=run=1
scan 1 --set smartscan=1
scan 1 --set frobnicate=1
scan 1 --what-if=max_page_sharing=9,use_zero_page=1
scan 1 -o FROBNICATE
scan 1 -o FROBNICATE --json | tail -n 1
scan 1 --dry-run
scan 1 --what-if=smart_scan
scan 1 --kernel=6.1 --what-if=smart_scan=0
scan 1 --what-if=advisor_mode=fast
# Nothing is no choice: an unset variable is not every process.
scan --name=
scan --user=
scan --cgroup=
scan --all --cgroup=
scan 1 --what-if=
scan 1 --what-if=smart_scan=0,
scan 1 --what-if=,
