#!/bin/bash
# Trees of kernels from the first to the newest, made of what each had (Documentation/ABI/testing/sysfs-kernel-mm-ksm and
# Documentation/admin-guide/mm/ksm.rst of these releases): every verb that looks takes what is there, and misses nothing.
# Then the last of them with pages of other sizes, and with two NUMA nodes.
had=(
	"2.6.32 full_scans max_kernel_pages pages_shared pages_sharing pages_to_scan pages_unshared pages_volatile run sleep_millisecs"
	"2.6.33 -max_kernel_pages"
	"3.9 merge_across_nodes"
	"4.11 use_zero_pages"
	"4.13 max_page_sharing stable_node_chains stable_node_chains_prune_millisecs stable_node_dups"
	"4.19"
	"5.19 /ksm_merging_pages"
	"6.1 /ksm_stat:ksm_rmap_items"
	"6.4 general_profit /ksm_stat:ksm_merging_pages /ksm_stat:ksm_process_profit"
	"6.6 ksm_zero_pages pages_scanned /ksm_stat:ksm_zero_pages"
	"6.7 smart_scan pages_skipped"
	"6.8 advisor_mode advisor_max_cpu advisor_min_pages_to_scan advisor_max_pages_to_scan advisor_target_scan_time"
	"6.14 /ksm_stat:ksm_merge_any /ksm_stat:ksm_mergeable"
	"6.18"
)
mkdir -p tree/proc/sys/kernel tree/proc/101 tree/sys/kernel/mm/ksm
printf 'Name:\tworker\nState:\tS (sleeping)\nUid:\t9\t9\t9\t9\nVmSize:\t900 kB\nVmRSS:\t900 kB\n' >tree/proc/101/status
head -c 4096 /dev/zero >ram
ksm=tree/sys/kernel/mm/ksm
value() { # FILE
	case $1 in
	max_kernel_pages) echo 500000 ;;
	*) cat "$TREES/6.18/sys/kernel/mm/ksm/$1" ;;
	esac
}
look() { # VERB...
	"$KSMCTL" --sysroot=tree "$@" 2>err || echo "$*: status $? $(cat err)"
	# Nothing is asked of this machine in place of the tree's.
	[ ! -s err ] || { echo "$*:"; cat err; }
}
for line in "${had[@]}"; do
	read -r release more <<<"$line"
	echo "$release.7-test" >tree/proc/sys/kernel/osrelease
	for name in $more; do
		case $name in
		-*) rm "$ksm/${name#-}" ;;
		/ksm_stat:ksm_merge*able | /ksm_stat:ksm_merge_any) echo "${name#*:}: yes" >>tree/proc/101/ksm_stat ;;
		/ksm_stat:*) echo "${name#*:} 12" >>tree/proc/101/ksm_stat ;;
		/*) echo 12 >"tree/proc/101${name}" ;;
		*) value "$name" >"$ksm/$name" ;;
		esac
	done
	diff <(look status --json | jq -r '.sysfs | keys[]') <(ls "$ksm") && files=all || files=others
	tunables=$(look get --json | jq -c '[.tunables[] | select(. != null)] | length')
	columns=$(look status -p --json | jq -c '.processes[0] | [.ksm_rmap_items, .ksm_merging_pages, .ksm_zero_pages, .ksm_merge_any]')
	findings=$(look doctor --json | jq -c '[.findings[].code]')
	top=$(look top --json -n 1 | jq -c '.sysfs | length')
	look top -b -n 1 | grep -q pages_sharing || [ "$top" -gt 0 ] || echo "top is empty"
	model=$("$KSMCTL" --sysroot=tree analyze --json --format=raw ram 2>/dev/null | jq -r .model.profile)
	echo "$release: $files files, $tunables tunables, $top in top, process $columns, model ${model:-none}, $findings"
done

le64() { # NUMBER...
	local number i

	for number; do
		# shellcheck disable=SC2059 # made of hexadecimal digits
		for ((i = 0; i < 64; i += 8)); do printf "\\x$(printf %02x $((number >> i & 255)))"; done
	done
}
mkdir tree/proc/self
for size in 4096 16384 65536 12345; do
	# AT_HWCAP, AT_PAGESZ, AT_NULL
	le64 16 1 6 $size 0 0 >tree/proc/self/auxv
	echo "pages of $size: $(look status --json | jq -c '[.page_size, .saved_bytes]') $(look top --json -n 1 |
		jq -c '[.page_size, .processes[0].merged_bytes]') $(look get --json pages_to_scan | jq -c .tunables)"
	look status | head -n 1
	look doctor | grep -o 'mapped at most.*'
	look top -b -n 1 | sed -n 2p
done
for node in 0 1; do
	printf 'Node %s, zone   Normal\n  pages free     10\n        spanned  4096\n        present  4096\n        managed  4000\n  start_pfn:           %s\n' $node $((node * 4096))
done >tree/proc/zoneinfo
for across in 1 0; do
	echo $across >$ksm/merge_across_nodes
	echo "merge_across_nodes=$across: $(look status --json | jq .sysfs.merge_across_nodes) $(look get --json merge_across_nodes | jq -c .tunables) $(look top --json -n 1 |
		jq .sysfs.merge_across_nodes) $(look doctor --json | jq -c '.findings[] | select(.code == "numa-nodes") | .evidence')"
done
