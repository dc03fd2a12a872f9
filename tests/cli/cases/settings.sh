# Over a copy of a tree, whose files are plain ones: what is checked here, ksmctl checks.
cp -r "$TREES/6.18" tree && chmod -R u+w tree && mkdir tree/run
ksm=tree/sys/kernel/mm/ksm
try() { "$KSMCTL" --sysroot=tree "$@"; echo "= $?"; }
show() { head -n 99 "$@" | grep -v '^$'; }
here() { sed "s|$PWD/||g"; }

echo "- get"
try get run smart_scan
try get -n advisor_mode
try get run=1
"$KSMCTL" --sysroot=tree get run smart_scan=0 --json 2>/dev/null | jq -c '[.schema, .error.text]'
"$KSMCTL" --sysroot=tree get --json | jq -c .tunables
try get -o NAME,MIN,MAX,SINCE,WRITABLE --help-tunables -n -r -b
try get --output-all | head -2
try get smart_scan run -o name,MAX
try get --help-tunables run | head -1
try get -o FROBNICATE --json | tail -n 1
try get --output=name,value --noheadings --raw --bytes | head -1

echo "- set: nothing but what differs, in the order that the kernel asks for"
try set run=1 pages_to_scan=200 advisor_mode=none smart_scan=1 --dry-run | here
try set advisor_mode=scan-time advisor_min_pages_to_scan=700 run=0 sleep_millisecs=5 -v 2>&1 | here
(cd $ksm && show run pages_to_scan sleep_millisecs advisor_mode)
cp $ksm/advisor_mode mode
try set advisor_mode=none -q
try get -n advisor_mode
try set advisor_mode=scan-time -q
try get -n advisor_mode
cp mode $ksm/advisor_mode

echo "- save, restore"
try save saved
stat -c %a saved
"$KSMCTL" --sysroot=tree save - | diff - saved && echo the same
"$KSMCTL" --sysroot=tree save --json | jq -c 'del(.version)'
"$KSMCTL" --sysroot=tree save --json as.document | jq -c '[.schema, .file, .tunables.advisor_mode, (.tunables | has("pages_to_scan"))]'
cmp saved as.document && rm as.document
try set sleep_millisecs=20
try restore saved -v 2>&1 | here
try restore --dry-run <saved
sed -i 's/sleep_millisecs.*/max_kernel_pages=1\nsleep_millisecs=30/' saved
try restore --json saved 2>&1 | here
echo nonsense=1 >>saved
try restore saved
try restore saved saved
try restore <&-
try restore - <&-
try restore --interrupted saved
try restore --interrupted --unmerge-first -f
try restore --force saved saved

echo "- start, stop"
try start -v 2>&1 | here
try start
echo 100 >$ksm/pages_sharing
try stop --unmerge -v 2>&1 | here
try start
try stop --json | here
sed -i 's/^MemAvailable.*/MemAvailable:        1 kB/' tree/proc/meminfo 2>/dev/null ||
	printf 'MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\nBuffers: 0 kB\nCached: 0 kB\n' >tree/proc/meminfo
try stop --unmerge
printf 'MemTotal: 9 kB\nMemFree: 1 kB\n' >tree/proc/meminfo
try stop --unmerge
try stop --unmerge --force --dry-run | here
try stop --unmerge -f -v 2>&1 | here
try stop now

echo "- one that fails in the middle: all is as before"
try set run=0 -q
rm $ksm/stable_node_chains_prune_millisecs && ln -s /proc/self/oom_score_adj $ksm/stable_node_chains_prune_millisecs
cp -r $ksm before
try set sleep_millisecs=99 use_zero_pages=0 stable_node_chains_prune_millisecs=5000 run=1 -v 2>&1 | here
for f in before/*; do [ "$(cat "$f")" = "$(cat "$ksm/${f##*/}")" ] || echo "${f##*/} differs"; done

echo "- what an interrupted one left"
mkdir -m 700 tree/run/ksmctl
(echo "ksmctl-journal 1 999999999 5 merge"; echo sleep_millisecs=77; echo run=1) >tree/run/ksmctl/journal
chmod 600 tree/run/ksmctl/journal
try status | head -1
try set use_zero_pages=1 --dry-run
try set use_zero_pages=1 -v 2>&1 | here
ls tree/run/ksmctl
(echo "ksmctl-journal 1 $$ $(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20) tune"; echo run=0) >tree/run/ksmctl/journal
cp -r /proc/$$/stat tree/proc/ 2>/dev/null
mkdir tree/proc/$$ && cat /proc/$$/stat >tree/proc/$$/stat
try restore --interrupted 2>&1 | sed "s/process $$/process PID/"
echo nonsense >tree/run/ksmctl/journal
try restore --interrupted
chmod 666 tree/run/ksmctl/journal
try restore --interrupted
# Nor does it last what is set, or is it the administrator's what is saved, while another has settings of its own.
chmod 600 tree/run/ksmctl/journal
(echo "ksmctl-journal 1 $$ $(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20) tune"; echo run=0) >tree/run/ksmctl/journal
for verb in "set run=1" stop start "save settings" "restore settings" "merge --dry-run 1"; do
	# shellcheck disable=SC2086 # several words
	"$KSMCTL" --sysroot=tree $verb 2>&1 | sed "s/process $$/process SHELL/"
done
"$KSMCTL" --sysroot=tree tune --max-cpu=10 --dry-run 2>&1 >/dev/null | sed "s/process $$/process SHELL/"
# What was to be saved, and was not.
rm tree/run/ksmctl/journal
: >nothing
"$KSMCTL" --sysroot=tree restore nothing; echo "= $?"
