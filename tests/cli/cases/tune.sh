# Over copies of a tree: what would be written, and why.
cp -r "$TREES/6.18" tree && chmod -R u+w tree && mkdir tree/run
printf 'MemTotal: 16000000 kB\nMemFree: 100000 kB\nMemAvailable: 5000000 kB\nBuffers: 0 kB\nCached: 4000 kB\n' >tree/proc/meminfo
try() { "$KSMCTL" --sysroot=tree tune "$@" 2>&1 | sed "s|$PWD/||g"; echo "= ${PIPESTATUS[0]}"; }
try --scan-time=600 --advisor --max-cpu=30 --dry-run --explain
try --free-target=20 --dry-run
"$KSMCTL" --sysroot=tree tune --free-target=40 --dry-run --json | jq -c '.runs, .goals, [.decisions[].name]'
"$KSMCTL" --sysroot=tree tune --free-target=100 --dry-run --json | jq -c '[.runs, .scan_seconds, .cpu_percent]'
"$KSMCTL" --sysroot=tree tune --scan-time=100 --dry-run --json |
	jq -c '.dry_run, (.changes | length > 1), (.decisions[] | select(.name == "advisor_mode") | [.old, .new])'
echo '[none] scan-time' >tree/sys/kernel/mm/ksm/advisor_mode
"$KSMCTL" --sysroot=tree tune --free-target=100 --dry-run --json |
	jq -c '[.runs, (.scan_seconds > 0), .cpu_percent > 0]'
cp {"$TREES/6.18",tree}/sys/kernel/mm/ksm/advisor_mode
try
try --scan-time=0
try --max-cpu=101
try --free-target=x
try --keep --scan-time=9
try now
printf 'KSM_NPAGES_MAX=3000\nKSM_THRES_COEF=40\nKSM_MONITOR_INTERVAL=9\n' >conf
try --config=conf --dry-run
# What the command line says goes before it.
try --config=conf --scan-time=600 --dry-run
echo KSM_THRES_CONST=8000000 >>conf
try --config=conf --dry-run --explain | grep ^run
try --config=conf --free-target=10 --dry-run --explain | grep ^run
echo 'speed=$FAST' >>conf
try --config conf
try --config=missing
mkdir tree/proc/77 && printf 'Name:\tksmtuned\nState:\tS\nUid:\t0\t0\t0\t0\nVmRSS:\t9 kB\n' >tree/proc/77/status
try --scan-time=600
try --scan-time=600 --watch=5
rm -r tree/proc/77
cp -r "$TREES/4.19" tree4 && chmod -R u+w tree4 && cp tree/proc/meminfo tree4/proc/
"$KSMCTL" --sysroot=tree4 tune --scan-time=9 --advisor; echo "= $?"
# Memory is asked for by those goals that need it.
rm tree4/proc/meminfo
"$KSMCTL" --sysroot=tree4 tune --dry-run --scan-time=9 >/dev/null; echo "= $?"
"$KSMCTL" --sysroot=tree4 tune --dry-run --free-target=9 2>&1 | sed "s|$PWD/||g"; echo "= ${PIPESTATUS[0]}"
# What somebody else sets meanwhile stays; what --watch sets itself is put back.
ksm=tree/sys/kernel/mm/ksm
echo 0 >$ksm/use_zero_pages
echo 77 >$ksm/sleep_millisecs
echo '[none] scan-time' >$ksm/advisor_mode
"$KSMCTL" --sysroot=tree tune --scan-time=600 --watch=99 >/dev/null &
for _ in $(seq 500); do [ "$(cat $ksm/sleep_millisecs)" = 20 ] && break; sleep 0.02; done
echo 1 >$ksm/use_zero_pages
grep -H . $ksm/sleep_millisecs
kill %1
wait %1
echo "= $?"
grep . $ksm/sleep_millisecs $ksm/use_zero_pages
# Whether ksmd runs is all that free memory decides.
echo 1 >$ksm/run
"$KSMCTL" --sysroot=tree tune --free-target=20 --watch=99 >/dev/null &
for _ in $(seq 500); do [ "$(cat $ksm/run)" = 0 ] && break; sleep 0.02; done
echo 55 >$ksm/sleep_millisecs
kill %1
wait %1
echo "= $?"
grep . $ksm/run $ksm/sleep_millisecs
ls tree/run/ksmctl
