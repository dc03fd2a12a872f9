#!/bin/bash
set -e
cp -R "$TREES/6.18" tree
"$KSMCTL" --sysroot=tree status 0.01 3 --json >lines
wc -l <lines
jq -c '[.schema, .saved_bytes]' lines
"$KSMCTL" --sysroot=tree status 0.01 3 >text
grep -c '^KSM is on' text

# The first document comes at once and cannot tell; some later one sees what ksmd used since.
coproc status { exec "$KSMCTL" --sysroot=tree status 0.2 --json; }
# shellcheck disable=SC2154 # status_PID and status[0] are coproc's
read -r document <&"${status[0]}"
jq -c .ksmd_cpu_percent <<<"$document"
sed 's/ 120 98765 / 120 99765 /' tree/proc/37/stat >stat
mv stat tree/proc/37/stat
until jq -e '.ksmd_cpu_percent > 0' <<<"$document"; do
	read -r document <&"${status[0]}"
done >seen
tail -n 1 seen
# shellcheck disable=SC2154
kill "$status_PID"
