# What would be called, and nothing is: of the shell itself, which is left as it is.
"$KSMCTL" merge --dry-run $$ | sed "s/process $$/process PID/"
"$KSMCTL" merge --dry-run --trust --json $$ | jq -c '.dry_run, .changes[].text, .targets[0].method'
"$KSMCTL" merge --dry-run --area=heap $$ | sed "s/process $$/process PID/"
"$KSMCTL" unmerge --dry-run -f $$ | sed "s/process $$/process PID/"
"$KSMCTL" exec --dry-run -- false --json
grep -c ' mg' /proc/$$/smaps
