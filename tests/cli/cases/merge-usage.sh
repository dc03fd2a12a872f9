try() { "$KSMCTL" "$@"; echo $?; }
try merge
try unmerge 0
try merge 1x
try merge --method=magic 1
try merge --range=1000 1
try merge --range=1000-1800 1
try merge --range=2000-1000 1
try merge --range=-1000 1
try unmerge --trust 1
try merge 2147483647
try merge 2147483647 --json
try unmerge --force --area='[none]' $$ 2>&1 | sed "s/process $$/process PID/"
try --sysroot=/nonexistent merge 1
try exec
try exec /nonexistent/program
try exec /etc/passwd
try exec -- sh -c 'exit 7'
try exec sh -c 'echo "$1 $2"' - --json -v
