#!/bin/bash
command -v fish >/dev/null || { echo "fish is not installed"; exit 77; }
export HOME=$PWD
ln -s "$KSMCTL" ksmctl
export PATH=$PWD:$PATH
# shellcheck disable=SC2016 # $argv is for fish
try() {
	echo "$1: $(fish -N -c 'source $TOP/completions/ksmctl.fish; complete -C $argv[1]' "$1" | cut -f 1 | sort | paste -sd ' ')"
}
try 'ksmctl stat'
try 'ksmctl --ve'
try 'ksmctl --color=al'
try 'ksmctl --color '
try 'ksmctl --sysroot x stat'
try 'ksmctl status --noh'
try 'ksmctl status -o SI'
try 'ksmctl status -o NAME,SI'
try 'ksmctl status --output=+K'
try 'ksmctl status --color always --j'
try 'ksmctl --color=always status --r'
try 'ksmctl status --frob'
touch file
try 'ksmctl --sysroot=fi'
try 'ksmctl analyze fi'
try 'ksmctl status fi'
for verb in compare fingerprint restore save; do
	try "ksmctl $verb fi"
done
mkdir bin
touch bin/ksmtest-command
chmod +x bin/ksmtest-command
PATH=$PWD/bin:$PATH
try 'ksmctl exec --ver'
try 'ksmctl exec ksmtest-'
try 'ksmctl exec -- ksmtest-'
try 'ksmctl exec -q ksmtest-command fi'
try 'ksmctl exec ksmtest-command --'
try 'ksmctl status -o PR'
try 'ksmctl status -p -o PR'
try 'ksmctl status -p -o VAL'
