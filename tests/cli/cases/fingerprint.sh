#!/bin/bash
# Fingerprints of images whose pages are known, held against b2sum; then what they have in common.
set -e
page() { # CHARACTER
	head -c 4096 /dev/zero | tr '\0' "$1"
}
{ page A && page B && page A && page '\0' && page C; } >one
{ page B && page C && page C && page D; } >two
for _ in {1..70}; do page E; done >>two
fingerprint() {
	"$KSMCTL" -q fingerprint --format=raw "$@"
}

fingerprint one -o one.tsv
fingerprint -o two.tsv --page-size=4K --host=7 --threads=1 --rate=1G --nice two
stat -c %a one.tsv
cat one.tsv
digests() { # FILE: in hex, as the columns have them in decimal
	while IFS=$'\t' read -r _ digest _; do printf '%016x\n' "$digest"; done < <(sed 1,11d "$1") | sort
}
diff <(digests one.tsv) <(for c in A B C '\0'; do page "$c" | b2sum -l 64 | cut -c-16; done | sort)
tail -n +12 two.tsv | cut -f1,3,4 | sort
fingerprint one two --json -o both.tsv |
	jq -c '[.schema, .output, .complete, .page_size, .sample, .digest, .key, .name, .pages, .distinct_pages, .rows]'
gzip -c one >one.gz
diff <(fingerprint one.gz -o - | grep -v '^# name') <(grep -v '^# name' one.tsv)

echo "--- what they have in common"
"$KSMCTL" compare one.tsv two.tsv
"$KSMCTL" compare --format=raw --page-size=4096 one two.tsv both.tsv --json | jq -c '.inputs[] |= {file, pages} | del(.version)'
"$KSMCTL" compare -n -r -b --output=SHARED,SIZE one.tsv two.tsv
"$KSMCTL" compare --noheadings --raw --bytes one.tsv two.tsv
"$KSMCTL" compare --output-all one.tsv two.tsv | head -n 1

echo "--- through pipes, and compressed"
gzip -k one.tsv
"$KSMCTL" compare -n -r -b -o SHARED,SIZE <(cat one.tsv) two.tsv
"$KSMCTL" compare -n -r -b -o SHARED,SIZE /dev/stdin <(cat two.tsv) < <(cat one.tsv.gz)
"$KSMCTL" compare -n -r -b -o SHARED,SIZE one.tsv.gz two.tsv
"$KSMCTL" compare -n -r -b -o SHARED,SIZE --format=raw <(gzip -c one) <(cat two)
"$KSMCTL" compare one.tsv /dev/stdin < <(head -c 200 one.tsv.gz) || echo "status $?"
"$KSMCTL" compare one.tsv /dev/stdin < <(printf 'no fingerprint') || echo "status $?"

echo "--- Parquet"
fingerprint one -o one.parquet
fingerprint two -o two.parquet --host=7
stat -c %a one.parquet
head -c 4 one.parquet && echo
"$KSMCTL" compare -n -r -b one.parquet two.tsv
"$KSMCTL" compare -n -r -b one.parquet one.tsv
head -c -1 one.parquet >cut.off
"$KSMCTL" compare --format=raw one.tsv cut.off || echo "status $?"
sed 's/ksmctl.key/ksmctl.kez/' one.parquet >damaged
"$KSMCTL" compare one.tsv damaged || echo "status $?"

echo "--- the rest where some cannot be read"
"$KSMCTL" compare --json missing one.tsv damaged two.tsv 2147483647 >partial || echo "status $?"
jq -c '.complete, (.inputs[] | [.file, .pid, .complete, .name, .pages, .rows, .error.code]), .pairs, .union' partial
"$KSMCTL" compare -n -r -b missing one.tsv two.tsv || echo "status $?"
"$KSMCTL" compare --json missing 2147483647 | jq -c '[.schema, .error.path]'
"$KSMCTL" compare --place=2:24K one.tsv missing two.tsv || echo "status $?"

echo "--- a fingerprint knows that it is not of all"
fingerprint missing one also-missing -o partial.tsv || echo "status $?"
sed -n '8,10p' partial.tsv
"$KSMCTL" compare partial.tsv two.tsv || echo "status $?"
"$KSMCTL" compare --json partial.tsv two.tsv 2>/dev/null | jq -c '.complete, .inputs[].complete'

echo "--- where they belong"
page F >three
fingerprint three -o three.tsv --host=9
"$KSMCTL" compare --place=2:24K one.parquet two.parquet three.tsv
"$KSMCTL" compare --place=1:4KiB -n -r -b one.parquet two.parquet three.tsv
"$KSMCTL" compare --place=2:1G one.tsv one.tsv
"$KSMCTL" compare --place=2:24K one.parquet two.parquet three.tsv --json | jq -c .placement
for arguments in "--place=2" "--place=0:4G" "--place=2:" "--place=4097:1G" "--place=2:1X" "--place=2:1G -o SHARED"; do
	# shellcheck disable=SC2086
	"$KSMCTL" compare one.tsv two.tsv $arguments || echo "status $?"
done

echo "--- keys and samples"
head -c 32 one >key
head -c 16 two >other
head -c 15 two >short
fingerprint --key-file=key --sample=1000000000 one -o keyed.tsv
fingerprint --key-file=key --sample=1000000000 two -o keyed2.tsv
sed -n '3p;5p' keyed.tsv
tail -n +12 keyed2.tsv | cut -f3,4
"$KSMCTL" compare keyed.tsv keyed2.tsv --json | jq -c .union
"$KSMCTL" compare --nice --rate=1G --format=raw --key-file=key keyed.tsv two --json | jq -c .union
for arguments in "one.tsv keyed.tsv" "keyed.tsv two" "--key-file=other keyed.tsv two" "--sample=2 one.tsv two" \
	"one.tsv" "one.tsv missing" "one.tsv short" "--threads=0 one two" "--rate=1 one two"; do
	# shellcheck disable=SC2086 # several words
	"$KSMCTL" compare --format=raw $arguments || echo "status $?"
done
sed 's/^0\t/1\tx/' one.tsv >damaged
"$KSMCTL" compare one.tsv damaged || echo "status $?"
sed 's/^# pages .*/# pages 9223372036854775807/' one.tsv >damaged
"$KSMCTL" compare one.tsv damaged || echo "status $?"

echo "--- what cannot be written"
for arguments in "one" "-o x.tsv" "-o - --json one" "-o /missing/x one" "--key-file=short -o x one" \
	"--key-file=one -o x one" "--key-file=missing -o x one" "--sample=0 -o x one" "-o x one missing" \
	"-a -o x one" "-o x missing also-missing" "--all -o x one" "--host=4294967296 -o x one" "-o x 2147483647" "--name=nobody-has-this -o x" \
	"--user=nobody-has-this -o x" "--cgroup=/nobody/has/this -o x" "--cgroup= -o x"; do
	# shellcheck disable=SC2086
	"$KSMCTL" fingerprint --format=raw $arguments || echo "status $?"
done
ls x* 2>/dev/null || true

# Without a key, anybody who has the file can guess.
"$KSMCTL" fingerprint --format=raw -o warned.tsv two
"$KSMCTL" compare one.tsv two.tsv -o FROBNICATE --json >/dev/null || echo "status $?"

# What a file is that is not read is no matter of the kernel.
{ printf MDMP && head -c 20000 /dev/zero; } >minidump
"$KSMCTL" fingerprint minidump -o x || echo "status $?"
"$KSMCTL" compare minidump minidump || echo "status $?"
fingerprint one missing --json -o x 2>/dev/null | jq -c '[.complete, .errors[].path]'
"$KSMCTL" compare one.tsv two.tsv -n -r -b -o shared,size
rm -f x
