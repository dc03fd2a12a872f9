# An error about a file says which in the document, too.
path_of() {
	"$KSMCTL" --json "$@" 2>/dev/null | jq -r '.error // (.targets // .inputs)[0].error | .path' | sed "s|^$PWD/||"
}
mkdir directory empty
echo nonsense | tee lines maps >document
head -c 8192 /dev/zero >image
path_of analyze image --format=elf
path_of analyze image --maps=maps
path_of analyze image --maps=missing
path_of analyze image --base=missing
path_of analyze image --pages=all --html=missing/page
path_of analyze image --pages=all --diff=document
path_of fingerprint image -o missing/file
path_of fingerprint image -o file --key-file=image
"$KSMCTL" fingerprint image -o cut 2>/dev/null >&2 && truncate -s -9 cut
path_of compare cut image
path_of tune --config=lines --dry-run
path_of tune --config=directory --dry-run
path_of save missing/file
path_of restore lines --dry-run
path_of restore missing --dry-run
path_of top -b --replay=missing
path_of top -b --replay=image
path_of top -b --record=missing/file
path_of top -b --record=directory
path_of --sysroot=empty status
path_of exec ./missing
mkdir -p tree/run/ksmctl && cp -r "$TREES/6.18/." tree && chmod -R u+w tree && chmod 755 tree/run/ksmctl
echo damaged >tree/run/ksmctl/journal
path_of --sysroot=tree restore --interrupted
