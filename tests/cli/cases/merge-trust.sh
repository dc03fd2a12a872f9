# Who else has opted in, or might have.
cp -r "$TREES/6.18" tree && chmod -R u+w tree
rm -r tree/proc/[0-9]*
for pid in 7 8 9; do
	mkdir "tree/proc/$pid"
	printf 'Name:\tp%s\nState:\tS\nUid:\t%s\t%s\t%s\t%s\nVmRSS:\t9 kB\n' "$pid" $((pid / 8)){,,,} >"tree/proc/$pid/status"
	printf '7f0000000000-7f0000100000 rw-p 00000000 00:00 0 \nVmFlags: rd wr mr mw me ac \n' >"tree/proc/$pid/smaps"
	echo 'ksm_merge_any: no' >"tree/proc/$pid/ksm_stat"
done
plan() {
	"$KSMCTL" --sysroot=tree --dry-run merge "$@" 2>&1
	echo "= $?"
}
plan 7
plan 7 8
# A file that may not be read is one that is none, where root may read all.
rm tree/proc/8/ksm_stat && mkdir tree/proc/8/ksm_stat
plan 7
plan --trust 7
plan 9
echo 'ksm_merge_any: yes' >tree/proc/9/ksm_stat
plan 7
plan --trust 7
