#!/bin/bash
# A zsh in a terminal of its own, in which Tab prints what it would complete.
command -v zsh >/dev/null || { echo "zsh is not installed"; exit 77; }
zsh -fc 'zmodload zsh/zpty && zpty z true' 2>/dev/null ||
	{ echo "no pseudo terminal is to be had: /dev/pts is not mounted"; exit 77; }
cat >rc <<'END'
PS1=
unsetopt zle_bracketed_paste
fpath=($TOP/completions $fpath)
path=($PWD $PWD/bin $path)
autoload -Uz compinit && compinit -u -d $PWD/dump
typeset -aU all
compadd() {
	local -a hits
	builtin compadd -O hits "$@"
	all+=($IPREFIX${^hits})
}
show() {
	all=()
	_main_complete "$@"
	print -rn -- "<BEGIN>$all<END>"
	compstate[insert]=
	compstate[list]=
}
zle -C show complete-word show
bindkey '^I' show
print -rn -- '<BEGIN>ready<END>'
END
cat >drive <<'END'
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'source ./rc'
zpty -r -m z out '*<END>*'
for line in "$@"; do
	zpty -w -n z $line$'\t'
	zpty -r -m z out '*<END>*'
	print -r -- "$line: ${${out##*<BEGIN>}%%<END>*}"
	zpty -w -n z $'\x15'
done
zpty -d z
END
ln -s "$KSMCTL" ksmctl
mkdir bin
touch file bin/ksmtest-command
chmod +x bin/ksmtest-command
timeout 60 zsh -f drive 'ksmctl stat' 'ksmctl --ve' 'ksmctl --color=al' 'ksmctl --color ' \
	'ksmctl --sysroot x stat' 'ksmctl status --noh' 'ksmctl status -o SI' 'ksmctl status -o NAME,SI' \
	'ksmctl status --output=+K' 'ksmctl status --color always --j' 'ksmctl --color=always status --r' \
	'ksmctl status --frob' 'ksmctl --sysroot=fi' 'ksmctl analyze fi' 'ksmctl status fi' \
	'ksmctl compare fi' 'ksmctl fingerprint fi' 'ksmctl restore fi' 'ksmctl save fi' \
	'ksmctl exec --ver' 'ksmctl exec ksmtest-' 'ksmctl exec -- ksmtest-' \
	'ksmctl exec -q ksmtest-command fi' 'ksmctl exec ksmtest-command --' \
	'ksmctl status -o PR' 'ksmctl status -p -o PR' 'ksmctl status -p -o VAL'
