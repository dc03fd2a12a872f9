#!/bin/bash
# --diff: what has changed since a document of --json, as text, JSON and page.
page() { # CHARACTER
	head -c 4096 /dev/zero | tr '\0' "$1"
}
{ page A && page B && page A; } >old
{ page A && page A && page A && page C; } >new
analyze() {
	"$KSMCTL" analyze --kernel=6.18 --format=raw "$@"
}
analyze old --by=area --json >old.json
analyze new --by=area --diff=old.json --set smart_scan=0 | sed '/^KSM would free .*rmap/,$d'
analyze new --diff=old.json --json | jq -c '.schema, .diff.totals.freed_bytes, .diff.targets[0].is_there, .diff.settings'
analyze new --diff=old.json --html=report.html --noheadings -o NAME
grep -oE '<h2>What[^<]*' report.html
# A stream will do, and a process takes it too.
"$KSMCTL" scan $$ --interval=0 --json | "$KSMCTL" scan $$ --interval=0 --diff=/dev/stdin | grep -cE "^$$ bash +same "
echo '{"schema": "ksmctl.status/1"}' >other
analyze new --diff=other
echo "$?"
analyze new --json --diff=missing | jq -c .error.path
