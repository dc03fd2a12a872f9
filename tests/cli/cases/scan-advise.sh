#!/bin/bash
# Two processes that hold the same 400 pages, and one of which every page is another.
program='
import sys, time
pages = bytearray()
for i in range(400): pages += (b"%s %d " % (sys.argv[1].encode(), i)).ljust(4096, b"x")
print("ready", flush=True)
time.sleep(300)'
pids=()
trap 'kill "${pids[@]}"' EXIT
for content in same same other; do
	python3 -c "$program" $content >ready &
	pids+=($!)
	until [ -s ready ]; do kill -0 $! || exit 1; sleep 0.02; done
	rm ready
done
"$KSMCTL" scan "${pids[0]}" --passes=1 >first 2>error
if grep -q ptrace_scope error; then
	echo "kernel.yama.ptrace_scope keeps processes of the same user apart"
	exit 77
fi
"$KSMCTL" scan "${pids[@]}" --advise --interval=0 --set smart_scan=0 --json >document
jq -c --argjson first "${pids[0]}" '.advice[0] | [.domain != null, .freed_bytes >= 400 * 4096, .net_bytes == .freed_bytes - .already_freed_bytes - .metadata_bytes,
	([.targets[] | select(.pid == $first) | .adds_bytes] | first) >= 399 * 4096 - 400 * 64, (.commands[0] | startswith("ksmctl merge "))]' document
"$KSMCTL" scan "${pids[@]}" --advise --trust --interval=0 --json | jq -c '.advice[0] | .domain, (.commands[0] | startswith("ksmctl merge --trust "))'
"$KSMCTL" scan "${pids[@]}" --advise --interval=0 | sed 's/[0-9][0-9.]*/N/g' | head -1
"$KSMCTL" scan "${pids[2]}" --advise --interval=0 --set max_page_sharing=2 -q >alone; echo $?
"$KSMCTL" scan --trust $$; echo $?
"$KSMCTL" scan --advise --diff=document $$; echo $?
