# Over a tree: KSM at work, then stopped, then without anybody, with a guest whose memory is shared and a hostile name.
cp -r "$TREES/6.18" tree && chmod -R u+w tree
ksm=tree/sys/kernel/mm/ksm
doctor() { "$KSMCTL" --sysroot=tree doctor "$@"; echo "= $?"; }
process() { # PID UID NAME RMAP-ITEMS (0: not opted in)
	local in=yes
	[ "$4" != 0 ] || in=no
	mkdir -p "tree/proc/$1"
	printf 'Name:\t%s\nState:\tS (sleeping)\nUid:\t%s\t%s\t%s\t%s\nVmSize:\t9 kB\nVmRSS:\t9 kB\n' "$3" "$2" "$2" "$2" "$2" >"tree/proc/$1/status"
	printf 'ksm_rmap_items %s\nksm_zero_pages 0\nksm_merging_pages 0\nksm_process_profit %s\nksm_merge_any: %s\nksm_mergeable: %s\n' "$4" "-$4" $in $in >"tree/proc/$1/ksm_stat"
	echo 0::/ >"tree/proc/$1/cgroup"
	: >"tree/proc/$1/smaps"
}
process 101 99991 first 10
doctor
echo 0 >$ksm/run
process 102 99992 $'evil\e[31m' 20
doctor --check -v
doctor 102
for counter in pages_shared pages_sharing pages_unshared pages_volatile ksm_zero_pages general_profit stable_node_chains stable_node_dups; do echo 0 >$ksm/$counter; done
rm -r tree/proc/10[12]
process 103 99991 idle 0
process 104 99993 qemu-system-x86 0
cat >tree/proc/104/smaps <<END
7f0000000000-7f0040000000 rw-s 00000000 00:01 1024 /memfd:memory-backend-memfd (deleted)
Anonymous:             0 kB
VmFlags: rd wr sh mr mw me ms sd
END
echo 1 >$ksm/run
doctor
"$KSMCTL" --sysroot=tree doctor --json | jq -c ".verdict, (.findings[] | [.code, .severity, .pid, .evidence])"
doctor 999
doctor --scan --check >/dev/null
"$KSMCTL" --sysroot="$TREES/2.6.32" doctor; echo "= $?"

echo "--- what cannot be looked at: a kernel thread, and another user's (root without capabilities has no more rights)"
unprivileged=()
[ "$(id -u)" != 0 ] || unprivileged=(setpriv --bounding-set=-all --inh-caps=-all)
try() {
	"${unprivileged[@]}" "$KSMCTL" --sysroot=tree doctor "$@" 2>&1 | sed "s|$PWD/||g"
	echo "= ${PIPESTATUS[0]}"
}
process 105 99993 other 7
chmod 0 tree/proc/105/ksm_stat
mkdir tree/proc/2 && printf 'Name:\tkthreadd\nState:\tS (sleeping)\nUid:\t0\t0\t0\t0\n' >tree/proc/2/status && : >tree/proc/2/ksm_stat
try | grep "could be"
try 105
try 2
try 105 2
try 103 105 2 999 | grep -E '^(ksmctl|=)'
try 103 105 2 --json | grep '^{' | jq -c '.unreadable, .errors[].code'
try 103 105 --check | tail -n 1
