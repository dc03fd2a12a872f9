#!/bin/bash
# The first line in the states that the recorded trees are not in.
cp -R "$TREES/6.18" tree
ksm=tree/sys/kernel/mm/ksm
first() {
	"$KSMCTL" --sysroot=tree status "$@" | head -n 1
}
first -b
first --color=always | od -An -c | head -n 1
echo 0 >$ksm/run
first
echo 2 >$ksm/run
for counter in pages_shared pages_sharing ksm_zero_pages pages_unshared pages_volatile general_profit; do
	echo 0 >$ksm/$counter
done
first
echo 1 >$ksm/run
first
echo 500 >$ksm/pages_unshared
echo -32000 >$ksm/general_profit
first
echo 3 >$ksm/pages_sharing
echo -19712 >$ksm/general_profit
first
rm $ksm/run
first
# Files that do not fit together, as read while much merges: the metadata cannot be told.
echo 1 >$ksm/run
echo 20000 >$ksm/general_profit
first
"$KSMCTL" --sysroot=tree status --json | jq -c '[.saved_bytes, .general_profit, .metadata_bytes]'
# Where the file that tells what is saved is missing, that is not known, on or off.
rm $ksm/pages_sharing
first
echo 0 >$ksm/run
first
