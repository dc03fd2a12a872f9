#!/bin/bash
set -e
cp -R "$TREES/6.18" tree
"$KSMCTL" --sysroot=tree status 0.01 3 --json >lines
wc -l <lines
jq -c '[.schema, .saved_bytes]' lines
"$KSMCTL" --sysroot=tree status 0.01 3 >text
grep -c '^KSM is on' text

# The first document comes at once; the second measures what ksmd used since: 50 ticks of a second's 100.
hz=$(getconf CLK_TCK)
coproc status { exec "$KSMCTL" --sysroot=tree status 1 2 --json; }
# shellcheck disable=SC2154 # status_PID and status[0] are coproc's
read -r document <&"${status[0]}"
jq -c .ksmd_cpu_percent <<<"$document"
sed "s/ 120 98765 / 120 $((98765 + hz / 2)) /" tree/proc/37/stat >stat
mv stat tree/proc/37/stat
read -r document <&"${status[0]}"
jq -c '.ksmd_cpu_percent > 30 and .ksmd_cpu_percent <= 50' <<<"$document"
