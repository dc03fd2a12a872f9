#!/bin/bash
# What is run has SIGPIPE as it was before ksmctl. This opts in programs that end at once, on the machine itself.
"$KSMCTL" exec -- true 2>/dev/null || {
	echo "exec takes a kernel with KSM, 6.7 or newer"
	exit 77
}
ignored() { # [COMMAND...]
	"$@" grep SigIgn /proc/self/status
}
told() {
	cmp <(ignored) <(ignored "$KSMCTL" exec --) && echo the same
}
(trap '' PIPE && told)
(trap - PIPE && told)
