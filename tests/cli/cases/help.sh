#!/bin/bash
# The whole help is text for people; scripts may rely on where it goes and that it names everything.
set -e
"$KSMCTL" --help >long
"$KSMCTL" -h | cmp - long
"$KSMCTL" help | cmp - long
"$KSMCTL" help --help | cmp - long
head -n 1 long
for verb in $("$KSMCTL" --list-verbs); do
	grep -q "^  $verb" long || echo "verb $verb is not in the help"
	"$KSMCTL" "$verb" --help >"$verb.help"
	"$KSMCTL" --help "$verb" | cmp - "$verb.help"
	"$KSMCTL" help "$verb" | cmp - "$verb.help"
	"$KSMCTL" --dry-run "$verb" --help | cmp - "$verb.help"
	if grep -q ' $' "$verb.help"; then echo "$verb: a blank at the end of a line"; fi
	if grep -A1 '^Options:' "$verb.help" | grep -q '^$'; then echo "$verb: no options, but a heading"; fi
	if "$KSMCTL" --list-options "$verb" | grep -qx -e --noheadings; then
		"$KSMCTL" "$verb" -nh | cmp - "$verb.help"
	fi
	head -n 1 "$verb.help" | grep -q "^Usage: ksmctl $verb \[OPTIONS\]" || echo "$verb: no usage line"
done
"$KSMCTL" help frobnicate || echo "$?"
