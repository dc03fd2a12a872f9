#!/bin/bash
# The words as bash would hand them over, the cursor at the end of the last.
# shellcheck source=/dev/null
source "$TOP/completions/ksmctl.bash"
try() {
	COMP_WORDS=("$KSMCTL" "$@")
	COMP_CWORD=$#
	_ksmctl
	echo "$*: ${COMPREPLY[*]}"
}
try stat
try --ve
try --color = al
try --color =
try --color ne
try --sysroot x stat
try status --noh
try status -o SI
try status -o NAME,SI
try status --output = +K
try status --color always --j
try --color = always status --r
try status --json
try status ''
try status --frob
touch core.1 core.2
try analyze co
try status co
for verb in compare fingerprint restore save; do
	try $verb co
done
mkdir bin
touch bin/ksmtest-command
chmod +x bin/ksmtest-command
PATH=$PWD/bin:$PATH
try exec --ver
try exec ksmtest-
try exec -- ksmtest-
try exec -q ksmtest- co
try exec sleep --
try status -o PR
try status -p -o PR
try status -p -o VAL
complete -p ksmctl
