try() { "$KSMCTL" "$@"; echo $?; }
try merge
try unmerge 0
try merge 1x
try merge --method=magic 1
try merge --range=1000 1
try merge --range=1000-1800 1
try merge --range=2000-1000 1
try merge --range=-1000 1
try unmerge --trust 1
try merge 2147483647
try merge 2147483647 --json
try unmerge --force --area='[none]' $$ 2>&1 | sed "s/process $$/process PID/"
try --sysroot=/nonexistent merge 1
try exec
try exec /nonexistent/program
try exec /etc/passwd
try exec -- sh -c 'exit 7'
try exec sh -c 'echo "$1 $2"' - --json -v
try merge --boost=200 1
try merge --boost=x% 1
try merge --timeout=0 1
try merge --boost 1
try merge --timeout=5 1
cp -r "$TREES/6.18" tree && chmod -R u+w tree
# Which of them it is, unless the text says so itself.
for pid in 7 77; do
	mkdir "tree/proc/$pid"
	printf 'Name:\tp%s\nState:\tS\nUid:\t0\t0\t0\t0\nVmRSS:\t9 kB\n' "$pid" >"tree/proc/$pid/status"
	printf '7f0000000000-7f0000100000 rw-p 00000000 00:00 0 \nVmFlags: rd wr mr mw me ac \n' >"tree/proc/$pid/smaps"
	touch "tree/proc/$pid/ksm_stat"
done
try --sysroot=tree merge --trust --method=prctl 77 999 7
# A kernel thread is refused before anything is planned.
mkdir tree/proc/9
printf 'Name:\tk9\nState:\tS\nUid:\t0\t0\t0\t0\n' >tree/proc/9/status
for verb in merge unmerge; do
	try --sysroot=tree --dry-run "$verb" 9 2>&1
	try --sysroot=tree "$verb" 9 2>&1
done
# Nor is anything waited for, where nobody could be opted in.
try --sysroot=tree merge --wait 9 2>&1
"$KSMCTL" --sysroot=tree merge --wait --json 9 2>/dev/null | jq -c '.fact, .wait'
echo 0 >tree/sys/kernel/mm/ksm/run
try --sysroot=tree merge --wait --boost=30% --timeout=1 1
try --sysroot=tree merge -w 1
try --sysroot=tree wait
try --sysroot=tree wait --settled --json
echo 1 >tree/sys/kernel/mm/ksm/run
try --sysroot=tree wait --full-scans=1 --timeout=0.2
try --sysroot=tree wait --timeout=0.2 -v
try wait --full-scans=0
try wait --timeout=-1
try wait x
try merge --dry-run --area= $$
# Nor is anybody opted in who would then wait in vain for a boost.
mkdir -p tree/proc/$$ && cat /proc/$$/stat >tree/proc/$$/stat
mkdir -p tree/run && mkdir -m 700 tree/run/ksmctl
(echo "ksmctl-journal 1 $$ $(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20) tune"; echo run=1) >tree/run/ksmctl/journal
chmod 600 tree/run/ksmctl/journal
"$KSMCTL" --sysroot=tree merge --trust --wait --boost=30% 7 2>&1 | sed "s/process $$/process SHELL/"
