#!/bin/bash
# What is read is not overwritten, by whatever name it goes. Before anything else: the other inputs need not be there.
page() { # CHARACTER
	head -c 4096 /dev/zero | tr '\0' "$1"
}
{ page A && page B && page A; } >ram
head -c 32 ram >key
"$KSMCTL" analyze --kernel=6.18 --format=raw ram --json >old.json
ln ram hard
ln -s ram soft
mkdir d
sha256sum ram key old.json >before
try() {
	"$KSMCTL" "$@" >/dev/null
	echo "= $?"
	sha256sum --quiet -c before
}

try analyze --format=raw ram --html=ram
try analyze --format=raw missing soft --html=d/../hard
try analyze --format=raw missing --base=ram --html=ram
try analyze missing --maps=ram --html=./ram
try analyze missing --diff=old.json --html=old.json
try scan $$ --diff=old.json --html=old.json
try fingerprint --format=raw ram -o ram
try fingerprint $$ --key-file=key -o key
try fingerprint --format=raw missing soft --key-file=missing --output=hard
ls

# What is not there yet, and what is no file.
try analyze --format=raw ram --html=new.html
try fingerprint -q --format=raw ram -o new.tsv
"$KSMCTL" scan $$ --interval=0 --json | "$KSMCTL" scan $$ --interval=0 --diff=/dev/stdin --html=/dev/stdout | grep -c '^</html>'
