#!/bin/bash
# Files of which nothing can be read, each with its reason and status 1.
analyze() {
	"$KSMCTL" analyze --kernel=6.18 "$@"
	echo "status $?"
}
# Cut off before it tells its page size.
{ printf 'KDUMP   \6' && head -c 500 /dev/zero; } >kdump
analyze kdump
# Refused by name: no newer kernel would help.
{ printf 'MDMP' && head -c 8188 /dev/zero; } >minidump
analyze minidump
analyze --json minidump 2>/dev/null | sed 's/,"errno".*//'
analyze kdump minidump
