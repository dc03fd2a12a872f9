# By process, over a tree that has some: one whole, one in part, one that lost, one with a hostile name, an old kernel's.
cp -r "$TREES/6.18" tree && chmod -R u+w tree
process() { # PID UID NAME RSS-KIB KSM_STAT
	mkdir -p "tree/proc/$1"
	printf 'Name:\t%s\nState:\tS (sleeping)\nUid:\t%s\t%s\t%s\t%s\nVmSize:\t%s kB\nVmRSS:\t%s kB\n' \
		"$3" "$2" "$2" "$2" "$2" "$4" "$4" >"tree/proc/$1/status"
	echo 0::/system.slice/$3.service >"tree/proc/$1/cgroup"
	[ -z "$5" ] || printf '%s\n' "$5" >"tree/proc/$1/ksm_stat"
}
stat() { # ITEMS ZERO MERGING PROFIT ANY MERGEABLE
	printf 'ksm_rmap_items %s\nksm_zero_pages %s\nksm_merging_pages %s\nksm_process_profit %s\nksm_merge_any: %s\nksm_mergeable: %s\n' "$@"
}
process 101 99991 winner 40000 "$(stat 5000 10 4000 16105360 yes yes)"
process 102 99991 loser 9000 "$(stat 2000 0 1 -123904 no yes)"
process 103 99992 idle 800 "$(stat 0 0 0 0 no no)"
process 104 99992 $'evil\x1b[31m' 700 "$(stat 1 0 0 -64 yes yes)"
process 105 99992 old 600 $'ksm_rmap_items 3'
"$KSMCTL" --sysroot=tree status -p
"$KSMCTL" --sysroot=tree status --processes --all -n -r -b -o PID,NAME,MERGED,COST,PROFIT,OPT-IN,RMAP-ITEMS,ZERO,CGROUP
"$KSMCTL" --sysroot=tree status -p --json | jq -c '.processes[] | [.pid, .name, .user, .merged_bytes, .ksm_process_profit, .ksm_merge_any]'
"$KSMCTL" --sysroot=tree status -p --format=json | jq '.processes | length'
"$KSMCTL" --sysroot=tree status -p --format=prometheus | grep -a profit
"$KSMCTL" --sysroot=tree status --format=openmetrics | tail -n 1
"$KSMCTL" --sysroot="$TREES/2.6.32" status --format=prometheus
"$KSMCTL" --sysroot=tree status -a; echo $?
"$KSMCTL" --sysroot=tree status --format=xml; echo $?
