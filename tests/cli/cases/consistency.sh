#!/bin/bash
# Every verb, option and column has its place in the manual and in --help, and a test that uses it; every
# field of a document is in ksmctl-json(7). Prints what is missing.
man=$TOP/man
[ ! -e "${0%.sh}.out" ] || echo "nothing may be missing: remove ${0%.sh}.out"
cases=$TOP/tests/cli/cases

# A word of a shell script: an option may have a value behind it, a letter may stand in a bundle.
used() { # OPTION FILE...
	local pattern="(^|[[:space:]'\"(])$1([[:space:]='\")]|\$)"
	[[ $1 == --* ]] || pattern="(^|[[:space:]'\"(])-[A-Za-z]*${1#-}"
	shift
	grep -qE -e "$pattern" "$@"
}

# mdoc writes --json as "Fl -json"; \&- and the like do not occur.
in_manual() { # OPTION PAGE
	grep -qE -e "Fl (. )?(Fl )?${1#-}( |\$)" "$2"
}

check_option() { # OPTION PAGE HELP FILE...
	local option=$1 page=$2 help=$3
	shift 3
	in_manual "$option" "$page" || echo "$option is not in ${page##*/}"
	grep -qE -e "^ +(-., )? *$option([][ =,]|\$)" "$help" || echo "$option is not in $help"
	used "$option" "$@" || echo "$option is used by no test ($help)"
}

"$KSMCTL" --help >help
"$KSMCTL" --list-options >globals
while read -r option; do
	check_option "$option" "$man/ksmctl.1" help "$cases"/*.sh
done <globals

while read -r verb; do
	page=$man/ksmctl-$verb.1
	[ -e "$page" ] || { echo "$verb has no page"; continue; }
	grep -qE "^\.It (Cm|Ic) $verb( |\$)" "$man/ksmctl.1" || echo "$verb is not in ksmctl.1"
	grep -q "^  $verb" help || echo "$verb is not in --help"
	mapfile -t tests < <(grep -lE "(^|[[:space:]\"])$verb( |\$)" "$cases"/*.sh)
	[ ${#tests[@]} -gt 0 ] || { echo "$verb has no test"; continue; }
	"$KSMCTL" "$verb" --help >"help-$verb"
	while read -r option; do
		check_option "$option" "$page" "help-$verb" "${tests[@]}"
	done < <("$KSMCTL" --list-options "$verb" | grep -vxF -f globals)
	while read -r column; do
		grep -qE "^\.It (Cm|Li) $column\$" "$page" || echo "column $column is not in ${page##*/}"
		grep -qE "^  [* ] $column( |\$)" "help-$verb" || echo "column $column is not in help-$verb"
	done < <("$KSMCTL" --list-columns "$verb")
done < <("$KSMCTL" --list-verbs)

{
	"$KSMCTL" --sysroot="$TREES/6.18" status --json
	"$KSMCTL" scan $$ --by=process --top=3 --passes=1 --json 2>/dev/null
	"$KSMCTL" scan --kernel=list --json
	"$KSMCTL" analyze --format=raw --json "$KSMCTL" 2>/dev/null
	"$KSMCTL" --sysroot="$TREES/6.18" doctor --json | jq "del(.findings[].evidence)"
	"$KSMCTL" --sysroot="$TREES/6.18" get --json | jq "del(.tunables)"
	"$KSMCTL" --sysroot="$TREES/6.18" save --json | jq "del(.tunables)"
	"$KSMCTL" -q fingerprint --format=raw --json -o fingerprint "$KSMCTL" 2>/dev/null
	"$KSMCTL" compare --json fingerprint fingerprint 2>/dev/null
	"$KSMCTL" merge --dry-run --trust --json $$
	"$KSMCTL" --json 2>/dev/null
} | jq -r 'del(.sysfs, .model.tunables, .targets[]?.passed_over) | paths | map(strings) | last // empty' | sort -u |
	while read -r field; do
		grep -qE "^\.It Va (.* )?$field( |\$)|^\.Va $field( |\$)" "$man/ksmctl-json.7" ||
			echo "field $field is not in ksmctl-json.7"
	done
