#!/bin/bash
# Mistakes, and files that cannot be read: what it is, and what to do.
analyze() {
	"$KSMCTL" analyze "$@"
	echo $?
}
analyze
analyze --pages=moon x
analyze --format=moon x
analyze --format= x
analyze x -o FRED,PRESENT
analyze x -o FRED,PRESENT --json | tail -n 1
analyze --page-size=0 x
analyze --page-size=5000 x
analyze --max-size=-1 x
analyze --with-pid=0 x
analyze --preview x
analyze --pages=mergeable x
analyze --maps=x y z
analyze --stability x
analyze --stability x y --passes=3
analyze --stability x y --interval=ksmd
analyze --stability nosuch nosuch
analyze nosuch
analyze .
: >empty
analyze empty
echo hello >text
analyze text
printf 'QEVM\0\0\0\3 and so on' >migration
analyze migration
printf 'MDMP\0\0\0\3 and so on' >minidump
analyze minidump
printf '\177ELF\2\1\1' >short
analyze short text
analyze $'bad\e[31m name'
# Known for what it is, but not for its pages' size.
{ printf 'KDUMP   \6' && head -c 500 /dev/zero; } >kdump
analyze kdump
