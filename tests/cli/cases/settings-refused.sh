# What cannot be set, and why. Nothing is written.
cp -r "$TREES/6.18" tree && chmod -R u+w tree
cp -r "$TREES/4.19" old
ksm=tree/sys/kernel/mm/ksm
try() { "$KSMCTL" --sysroot=tree "$@"; echo "= $?"; }
sums() { (cd tree && find . -type f -exec sha1sum {} + | sort); }
sums >before

try set
try set run --force
try set run=3
try set rnu=1
try set pages_sharing=1
try set max_page_sharing=1
try set sleep_millisecs=-1
try set sleep_millisecs=
try set advisor_mode=fast
try set run=1 run=1 sleep_millisecs=1x
"$KSMCTL" --sysroot=old set smart_scan=1; echo "= $?"
"$KSMCTL" --sysroot=old get smart_scan; echo "= $?"
try set max_kernel_pages=1
sums | diff before - && echo untouched
echo 5 >$ksm/pages_shared
try set max_page_sharing=100
try set max_page_sharing=100 --unmerge-first --dry-run | sed "s|$PWD/||"
try set max_page_sharing=100 --unmerge-first -f --dry-run | sed "s|$PWD/||"
try set max_page_sharing=256
echo 'none [scan-time]' >$ksm/advisor_mode
try set pages_to_scan=200
try set pages_to_scan=200 advisor_mode=none --dry-run | sed "s|$PWD/||"
mkdir empty && mkdir empty/proc
"$KSMCTL" --sysroot=empty set run=1; echo "= $?"
"$KSMCTL" --sysroot=empty get --help-tunables -n -o NAME | wc -l
