#!/bin/bash
"$KSMCTL" scan --kernel=list
"$KSMCTL" scan --kernel=list --json | jq -c '[.schema, .kernels[0]]'
# A quarter of the machine's memory, where it is not given.
mkdir -p tree/proc/sys/kernel tree/sys/kernel/mm/ksm
echo 2.6.32 >tree/proc/sys/kernel/osrelease
head -c 4096 /dev/zero >ram
model() {
	"$KSMCTL" --sysroot=tree analyze --kernel=2.6.32 --format=raw ram --json "$@" 2>/dev/null |
		jq .model.tunables.max_kernel_pages
}
model
echo 'MemTotal: 8192 kB' >tree/proc/meminfo
model
model --set max_kernel_pages=7
touch tree/sys/kernel/mm/ksm/run
"$KSMCTL" --sysroot=tree get --help-tunables -n -r -o NAME,DEFAULT | head -n 4
