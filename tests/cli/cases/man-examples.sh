#!/bin/bash
# Every example of the manual is run as it stands there, in a place where the files and programs that it names exist. What
# would change the kernel or a process is told not to.
if [ "$(id -u)" != 0 ]; then
	echo "some examples are for root"
	exit 77
fi
# Lines "PAGE<tab>COMMAND".
examples() {
	python3 - "$TOP"/man/*.1 <<'EOF'
import os, re, sys
for page in sys.argv[1:]:
    if os.path.islink(page):
        continue
    literal = False
    for line in open(page):
        literal = (literal or line.startswith(".Bd -literal")) and not line.startswith(".Ed")
        found = re.match(r"(?:\.Dl )?[#$] (.*)", line)
        if found and (literal or line.startswith(".Dl")):
            command = found[1].replace(r"\(dq", '"').replace(r"\e", "\\").replace(r"\-", "-").replace(r"\&", "")
            print(os.path.basename(page), command, sep="\t")
EOF
}

# What the examples name: two programs, and files of all kinds.
mkdir bin
cp "$(command -v sleep)" bin/node && cp bin/node bin/postgres
bin/node 300 &
node=$!
bin/postgres 300 &
postgres=$!
trap 'kill $node $postgres' EXIT
python3 - >core.new <<'EOF'
import struct, sys
pages = bytes(4096) + b"a" * 8192 + b"b" * 4096
ident = b"\x7fELF\x02\x01\x01" + bytes(9)
header = ident + struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
load = struct.pack("<IIQQQQQQ", 1, 6, 4096, 0x10000, 0, len(pages), len(pages), 4096)
sys.stdout.buffer.write((header + load).ljust(4096, b"\0") + pages)
EOF
for name in before.1234 after.1234 vm1.elf vm2.elf guest.elf; do cp core.new $name; done
zstd -q core.new -o core.zst
head -c 32 /dev/urandom >fleet.key
for host in 1 2 3 7; do
	"$KSMCTL" fingerprint -q --host=$host -o host$host.tsv core.new >/dev/null
done
"$KSMCTL" fingerprint -q --host=7 --key-file=fleet.key -o host7.tsv core.new >/dev/null
cp host1.tsv host.tsv
for guest in 1 2; do "$KSMCTL" fingerprint -q --host=$guest -o guest$guest.parquet core.new >/dev/null; done

ksmctl() {
	case $1 in
	set | merge | unmerge | start | stop | restore | tune) "$KSMCTL" "$1" --dry-run "${@:2}" ;;
	exec) "$KSMCTL" "$1" -- true ;;
	*) "$KSMCTL" "$@" ;;
	esac
}
gcore() { :; }
virsh() { :; }
sleep() { :; }
export -f ksmctl gcore virsh sleep
export KSMCTL
examples | while IFS=$'\t' read -r page command; do
	# Processes have other numbers here, and files another place.
	here=$(sed -E -e "s/\b(1234|8481|31237)\b/$node/g" -e "s/\b(1240|8482|31238)\b/$postgres/g" \
		-e "s/(before|after)\.$node/\1.1234/g" -e 's|/root/||g' <<<"$command")
	case $command in
	*'status 2') limit=3 ;;
	*) limit=60 ;;
	esac
	timeout $limit bash -c "set -o pipefail; $here" >out 2>err </dev/null
	status=$?
	# Some go on until they are stopped; of all processes some may not be read; and nobody starts ksmd for a test.
	case $status:$command in
	124:*'status 2' | 3:*--all*) status=0 ;;
	1:*wait*) grep -q 'ksmd does not run' err && status=0 ;;
	esac
	[ $status = 0 ] || echo "$page: $command: status $status: $(head -n 3 err)" >&2
	echo "$page"
done >ran
# Pages that have examples, and whether there are as many as there were.
sort -u ran
[ "$(wc -l <ran)" -ge 43 ] || echo "only $(wc -l <ran) examples"
