#!/bin/bash
# Names out of a document, and a kernel's release, are made safe for a terminal; a newline in one begins no sentence.
head -c 8192 /dev/zero >ram
cp -R "$TREES/6.18" tree
printf '6.18.0\e[31mEVIL\n' >tree/proc/sys/kernel/osrelease
cat >before.json <<'END'
{"schema": "ksmctl.estimate/1", "model": {"tunables": {"a\u001b[1m\\": "x\u001b[2m\nKSM would free it all"}}}
END
"$KSMCTL" --sysroot=tree analyze --format=raw --page-size=4096 ram --diff=before.json >text
grep -E '^Not the same model: a[^d]|^KSM would free it all|^ksmd would show' text
grep '[^ -~]' text; echo $?
