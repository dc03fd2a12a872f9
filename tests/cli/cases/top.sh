# The dashboard without a terminal: text, documents, recordings, refusals.
tree=$TREES/6.18
export TZ=UTC
undated() { sed -E 's/^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}$/DATE/; s/"time":[0-9.]+/"time":"T"/'; }
"$KSMCTL" --sysroot="$tree" top -b -n 2 -d 0.1 | undated
"$KSMCTL" --sysroot="$tree" top --json --count=1 | undated | jq -c '[.schema, .time, .sysfs.run, (.rates | length), (.processes | length), .page_size]'
"$KSMCTL" --sysroot="$tree" top --batch --count=2 --delay=0.1 --record=day.zst >/dev/null
"$KSMCTL" --sysroot="$tree" top --json -n 1 --record=day.zst >/dev/null
zstdcat day.zst | jq -c .schema
"$KSMCTL" top --json --replay=day.zst | cmp - <(zstdcat day.zst) && echo the same
"$KSMCTL" top -b --replay=day.zst -n 1 | undated | head -n 2
# Cut off anywhere: what is whole is shown, and recording goes on behind it.
size=$(stat -c %s day.zst)
head -c $((size - 7)) day.zst >cut.zst
"$KSMCTL" top --json --replay=cut.zst | jq -c .schema
"$KSMCTL" top --json --replay=cut.zst >/dev/null; echo $?
"$KSMCTL" --sysroot="$tree" top -b -n 1 --record=cut.zst >/dev/null
"$KSMCTL" top --json --replay=cut.zst | wc -l
# One bit in the magic of the second frame: that is no end, and what follows is not taken away.
for n in 1 2; do
	"$KSMCTL" --sysroot="$tree" top --json -n $n -d 0.1 --record=bad.zst >/dev/null
	frame=${frame:-$(stat -c %s bad.zst)}
done
printf '\x29' | dd of=bad.zst bs=1 seek="$frame" conv=notrunc status=none
cp bad.zst was.zst
"$KSMCTL" --sysroot="$tree" top -b -n 1 --record=bad.zst 2>error; echo $?
sed "s/byte $frame:/byte N:/" error
cmp bad.zst was.zst
"$KSMCTL" top --json --replay=bad.zst 2>error | jq -c .schema; echo "${PIPESTATUS[0]}"
sed "s/byte $frame:/byte N:/" error
# How long a full scan takes is told by several of them, while it holds.
"$KSMCTL" --sysroot="$tree" top --json -n 1 >one
for at in '0 10' '0.2 11' '1 11' '3 17' '4 18' '10 18'; do
	jq -c --argjson time "1000${at% *}" --argjson scans "${at#* }" \
		'.time = $time | .sysfs.full_scans = $scans | .rates.full_scans_per_second = 5' one >sample
	zstd -qc sample
done >pace
"$KSMCTL" top -b --replay=pace | sed -n 's/^KSM is on//p'
# What is none is not touched.
echo hello >text
"$KSMCTL" --sysroot="$tree" top -b -n 1 --record=text; echo $?
cat text
"$KSMCTL" top -b --replay=text; echo $?
"$KSMCTL" top -b --replay=none; echo $?
"$KSMCTL" top -b --replay=/dev/null; echo $?
"$KSMCTL" --sysroot="$tree" top -b -n 1 --record=.; echo $?
echo '{"schema":"ksmctl.top/1","sysfs":{}}' | zstd -q >half.zst
"$KSMCTL" top --json --replay=half.zst; echo $?
# Who asks for what there is not.
"$KSMCTL" top --rw </dev/null; echo $?
"$KSMCTL" top --graph=ascii --ascii </dev/null; echo $?
"$KSMCTL" top --graph=pie; echo $?
"$KSMCTL" top --delay=0; echo $?
"$KSMCTL" top -n 0; echo $?
"$KSMCTL" top --record=a --replay=b; echo $?
"$KSMCTL" top 1; echo $?
"$KSMCTL" --sysroot="$tree" --dry-run top -b; echo $?
