# What would be called, and nothing is: of the shell itself, which is left as it is.
"$KSMCTL" merge --dry-run $$ | sed "s/process $$/process PID/"
"$KSMCTL" merge --dry-run --trust --json $$ | jq -c '.dry_run, .changes[].text, .targets[0].method'
"$KSMCTL" merge --dry-run --area=heap $$ | sed "s/process $$/process PID/"
"$KSMCTL" unmerge --dry-run -f $$ | sed "s/($$)/(PID)/"
"$KSMCTL" exec --dry-run -- false --json
grep -c ' mg' /proc/$$/smaps
# A thread stands for its process, which is taken once.
python3 -c 'import threading, time; threading.Thread(target=time.sleep, args=(300,)).start()' &
while [ "$(ls /proc/$!/task | wc -l)" != 2 ]; do sleep 0.02; done
for pid in $! "$(ls /proc/$!/task | tail -n 1)"; do
	"$KSMCTL" merge --dry-run --trust $! "$pid" 999999999 $! 999999999 2>&1 | sed "s/process $!/process PID/"
done
kill $!
# The call of the method that is asked for, or why there is none.
cp -r "$TREES/6.18" tree && chmod -R u+w tree
mkdir tree/proc/7
printf 'Name:\tp7\nState:\tS\nUid:\t0\t0\t0\t0\nVmRSS:\t9 kB\n' >tree/proc/7/status
printf '7f0000000000-7f0000100000 rw-p 00000000 00:00 0 \nVmFlags: rd wr mr mw me ac mg \n' >tree/proc/7/smaps
echo 'ksm_merge_any: no' >tree/proc/7/ksm_stat
plan() {
	"$KSMCTL" --sysroot=tree --dry-run "$@" 2>&1
	echo "= $?"
}
for method in process_madvise process_ksm prctl self_process_madvise madvise; do
	plan merge --trust --method=$method 7
done
plan merge --trust --method=prctl --area=anon 7
mkdir -p tree/sys/kernel/pmadv && echo 440 >tree/sys/kernel/pmadv/ksm
plan merge --trust --method=process_ksm 7
mkdir tree/sys/kernel/process_ksm && echo 450 | tee tree/sys/kernel/process_ksm/process_ksm_{en,dis}able >/dev/null
plan merge --trust 7
plan unmerge 7
echo 'ksm_merge_any: yes' >tree/proc/7/ksm_stat
for method in process_madvise process_ksm prctl self_process_madvise madvise; do
	plan unmerge --method=$method 7
done
# There may be nothing to do.
echo 'ksm_merge_any: no' >tree/proc/7/ksm_stat
sed -i 's/ mg//' tree/proc/7/smaps
"$KSMCTL" --sysroot=tree --dry-run unmerge --json 7 | jq -c '.changes, .targets[0].already'
