#!/bin/bash
# --html beside what is printed: for its owner alone, whole or not at all, and without losing the text.
page() { # CHARACTER
	head -c 4096 /dev/zero | tr '\0' "$1"
}
{ page A && page B && page A; } >ram
analyze() {
	"$KSMCTL" analyze --kernel=6.18 --format=raw "$@"
}
analyze ram ram --html=report.html --by=process --top=2 | head -n 1
stat -c %a report.html
grep -oE '<h2>[^<]*' report.html
grep -c 'class="headline">KSM would free 16.0 KiB of 24.0 KiB' report.html
analyze ram --html=/dev/stdout --noheadings -o NAME | grep -cE '^(<!doctype html>|</html>|ram)$'
analyze ram --json >old
analyze ram --diff=old --html=report.html >/dev/null
grep -c '<td class="n" data-v="">-</td>' report.html
head -c 16384 /dev/zero >zeros
analyze zeros --set use_zero_pages=1 --html=report.html >/dev/null
grep -oE 'First of its kind: stays: [^.]*[.]0%[)][.] Does not merge: [^.]*' report.html
rm zeros
analyze ram --html=/dev/full | head -n 1
analyze ram --html=missing/report.html >/dev/null
echo "$?"
analyze ram --html=missing/report.html --json | jq -c '[.schema, .error.path]'
analyze --stability ram ram --html=report.html >/dev/null
echo "$?"
ls
# Of a process the addresses are other ones each time; what the page is about is not.
"$KSMCTL" scan $$ --interval=0 --html=scan.html >/dev/null
grep -c "<h3>$$ " scan.html
