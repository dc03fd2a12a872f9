#!/bin/bash
# The whole help is text for people; scripts may rely on where it goes and that it names everything.
set -e
"$KSMCTL" --help >long
"$KSMCTL" -h | cmp - long
head -n 1 long
for verb in $("$KSMCTL" --list-verbs); do
	grep -q "^  $verb" long || echo "verb $verb is not in the help"
	"$KSMCTL" "$verb" --help >"$verb.help"
	"$KSMCTL" --help "$verb" | cmp - "$verb.help"
	if "$KSMCTL" --list-options "$verb" | grep -qx -e --noheadings; then
		"$KSMCTL" "$verb" -nh | cmp - "$verb.help"
	fi
	head -n 1 "$verb.help" | grep -q "^Usage: ksmctl $verb " || echo "$verb: no usage line"
done
