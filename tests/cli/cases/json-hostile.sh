#!/bin/bash
# A document is ASCII: what a terminal could act on is escaped, and nothing is lost.
"$KSMCTL" --json "$(printf 'a\033[31m"\\\n\x7f\u0085\u202e\U1f600 b\xff')" 2>/dev/null >document
echo $?
grep -c '[^ -~]' document
jq -r .error.text document | od -An -c
