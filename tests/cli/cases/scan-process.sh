#!/bin/bash
# A process of our own, whose memory the test knows nothing about: what must hold for any. Figures are for
# the tests of the twin and for those against the real ksmd.
sleep 300 &
pid=$!
trap 'kill $pid' EXIT
"$KSMCTL" scan $pid --passes=1 >first 2>error
if grep -q ptrace_scope error; then
	echo "kernel.yama.ptrace_scope keeps processes of the same user apart"
	exit 77
fi
scan() {
	"$KSMCTL" scan "$@" --interval=0 -q
}
facts='[.schema, .complete, (.targets | length), .targets[0].name, (.passes | length),
	.totals.pages_present > 0, .totals.freed_bytes >= 0, .page_size > 0]'
scan $pid --json | jq -c "$facts"
scan $pid $pid --json --passes=3 --threads=2 --kernel=6.1 --set=max_page_sharing=8 --verify |
	jq -c "$facts, .model.kernel, .model.tunables.max_page_sharing, .totals.mismatched_pages"
scan $pid --pages=mergeable --json | jq -c .totals.pages_present
for by in process area mapping cgroup user; do
	scan $pid --by=$by --json | jq -c '[.groups[0].by, (.groups | map(.pages_present) | add) == .totals.pages_present]'
done
scan $pid --top=2 --json | jq -c '.contents | length <= 2'
# What the most repeated contents look like: 100 pages of one letter are among them.
coproc python3 -c 'import time; b = bytearray(b"A" * 409600); print(len(b), flush=True); time.sleep(300)'
read -r _ <&"${COPROC[0]}"
letters=${COPROC_PID:?}
trap 'kill $pid $letters' EXIT
scan "$letters" --top=9 --preview --json | jq -c '.contents[] | select(.looks == "one-byte") | [.copies >= 99, .preview]'
scan "$letters" --top=9 --json | jq -c 'all(.contents[]; (.looks == "zero") == .zero and .looks != null and .preview == null)'
# 20000 pages that are all different, and memory for a tenth of them: a sample of what is in order knows how many there are.
python3 -c 'import os, time; b = os.urandom(81920000); print(len(b), flush=True); time.sleep(300)' >ready &
random=$!
trap 'kill $pid $letters $random' EXIT
until [ -s ready ]; do sleep 0.02; done
scan "$random" --max-memory=600K --json | jq -c '[.sample.every > 2, .complete, (.totals.pages_present | . > 20000 and . < 25000),
	(.totals.distinct_pages | . > 19000 and . < 25000), .totals.duplicate_pages < 3000, .changes]'
kill "$random"
# All threads of a scan that is nice are so; one with a rate can be looked at meanwhile.
"$KSMCTL" scan "$letters" --nice --rate=1M --threads=3 -q >slow &
slow=$!
trap 'kill $pid $letters $slow 2>/dev/null' EXIT
until tasks=("/proc/$slow/task/"*) && [ ${#tasks[@]} = 3 ]; do kill -0 $slow || exit 1; sleep 0.02; done
cut -d" " -f19 "${tasks[@]/%//stat}" | sort | uniq -c
for thread in "${tasks[@]}"; do ionice -p "${thread##*/}"; done | uniq -c
kill $slow
for choice in --all --name='^sleep$' --user="$(id -u)" --cgroup=/; do
	scan "$choice" --name=sleep --json | jq -c --argjson pid $pid 'any(.targets[]; .pid == $pid)'
done
scan -a --name=no-such-name
echo $?
scan $pid -o PID,NAME,SWAPPED -nrb | sed "s/^$pid /PID /"
scan $pid --output=name --noheadings --raw --bytes
scan $pid --output-all | head -n 40 | grep -c RMAP-ITEMS
# The result does not depend on the threads; that of the running kernel does on its tunables.
for threads in 1 2 4; do
	scan $pid --threads=$threads --kernel=6.12 --json | jq -S 'del(.elapsed_seconds, .forecast)' | md5sum
done | uniq | wc -l
# Several models over one reading: each has its settings, and the first is not among them.
scan $pid --what-if=smart_scan=0 --what-if=max_page_sharing=512,use_zero_pages=1 --kernel=6.12 --json |
	jq -c '[.what_if[] | .settings, .model.tunables.max_page_sharing, (.passes | length), .forecast.passes_to_settle > 0]'
scan $pid --what-if=pages_to_scan=0 --json | jq -c '.what_if[0].forecast.seconds_to_settle'
scan $pid --what-if=use_zero_pages=1 | grep -c -e "^(as it is)" -e "^use_zero_pages=1"
