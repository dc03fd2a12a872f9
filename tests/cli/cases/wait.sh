#!/bin/bash
# Over a tree, where nothing moves: what is told of processes that are gone, not ours to look at, and not opted in.
cp -r "$TREES/6.18" tree && chmod -R u+w tree
echo 1 >tree/sys/kernel/mm/ksm/run
process() { # PID
	mkdir "tree/proc/$1"
	printf 'Name:\tp\nState:\tS (sleeping)\nUid:\t7\t7\t7\t7\nVmSize:\t9 kB\nVmRSS:\t9 kB\n' >"tree/proc/$1/status"
	printf 'ksm_rmap_items 5\nksm_merge_any: yes\nksm_mergeable: yes\n' >"tree/proc/$1/ksm_stat"
	: >"tree/proc/$1/smaps"
}
process 101
process 102
chmod 0 tree/proc/102/ksm_stat
# Root without capabilities has no more rights than anybody.
unprivileged=()
[ "$(id -u)" != 0 ] || unprivileged=(setpriv --bounding-set=-all --inh-caps=-all)
try() {
	"${unprivileged[@]}" "$KSMCTL" --sysroot=tree wait "$@" 2>&1 | sed "s|$PWD/||g"
	echo "= ${PIPESTATUS[0]}"
}
try 102
try 101 102 --timeout=0.1
try 102 --json | sed 's/"version":"[^"]*"/"version":V/'
try 101 --timeout=0.1
try 999
# One process is named, of several none.
"$KSMCTL" --sysroot=tree wait 999 --json 2>/dev/null | jq -c .error.pid
"$KSMCTL" --sysroot=tree wait 999 998 --json 2>/dev/null | jq -c .error.pid

# What is not watched, or not told, is null.
ksm=tree/sys/kernel/mm/ksm
printf 'ksm_rmap_items 9\nksm_zero_pages 1\nksm_merging_pages 3\nksm_merge_any: yes\nksm_mergeable: yes\n' >tree/proc/102/ksm_stat
chmod 644 tree/proc/102/ksm_stat
echo 1000 >$ksm/full_scans
for ((scan = 1001; ; scan++)); do
	echo $scan >scans && mv scans $ksm/full_scans
	sleep 0.05
done &
scans=$!
for pids in "" 102 "101 102"; do
	# shellcheck disable=SC2086 # several words, or none
	"$KSMCTL" --sysroot=tree wait --full-scans=1 --json $pids |
		jq -c '.before, .after | del(.full_scans)'
done
kill $scans

# Who has died, and has not been waited for, has exited; and once nobody is opted in any more nothing would end it.
printf 'Name:\tp\nState:\tZ (zombie)\nUid:\t7\t7\t7\t7\n' >tree/proc/101/status
: >tree/proc/101/ksm_stat
try 101
(
	sleep 0.3
	printf 'ksm_rmap_items 0\nksm_zero_pages 0\nksm_merging_pages 0\nksm_merge_any: no\nksm_mergeable: no\n' >stat
	mv stat tree/proc/102/ksm_stat
) &
try 102 --timeout=20
# Of several, one that is not there makes it part of what was asked for.
rm -r tree/proc/101
printf 'ksm_rmap_items 9\nksm_zero_pages 1\nksm_merging_pages 3\nksm_merge_any: yes\nksm_mergeable: yes\n' >tree/proc/102/ksm_stat
for ((scan = 5001; ; scan++)); do
	echo $scan >scans && mv scans $ksm/full_scans
	sleep 0.05
done &
scans=$!
try 102 101 --full-scans=1
"$KSMCTL" --sysroot=tree -q wait 102 101 --full-scans=1 --json 2>/dev/null | jq -c ".errors | map(.pid)"
kill $scans
