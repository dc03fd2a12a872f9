#!/bin/bash
set -o pipefail
"$KSMCTL" --sysroot="$TREES/6.18" status 0.001 1000000 | head -c 3
echo " $?"
"$KSMCTL" --sysroot="$TREES/6.18" status 0.001 1000000 --json | head -c 3
echo " $?"
{ sleep 0.2; "$KSMCTL" --help; } | true
echo $?

# An older one: in the file of advisor_mode the kernel writes otherwise than it reads.
cp -r "$TREES/4.19" tree && chmod -R u+w tree && mkdir tree/run
printf 'MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\nBuffers: 0 kB\nCached: 0 kB\n' >tree/proc/meminfo
tune() { exec "$KSMCTL" --sysroot=tree tune --scan-time=10 "$@"; }
{ sleep 0.2; tune --dry-run; } | true
echo "tune $?"
{ sleep 0.2; tune --dry-run --explain; } | true
echo "tune $?"
# One that goes on ends as well, and puts back what it had set.
{ sleep 0.2; tune --watch=100; } | true
echo "tune $?"
cat tree/sys/kernel/mm/ksm/pages_to_scan && echo
# Nobody has to wait for the end.
mkfifo lines
tune --watch=100 --json >lines &
timeout 20 head -n 1 lines | jq -r .schema
kill $! && wait $!
(tune --watch=100) >/dev/full
echo "tune $?"
