#!/bin/bash
# 6000 pages where memory is for a third of them: 500 zeros, one content 100 times, 1000 twice, the rest once.
python3 - >ram <<'EOF'
import sys
pages = [0] * 500 + [1] * 100 + list(range(2, 1002)) * 2 + list(range(1002, 4402))
for page in pages:
    sys.stdout.buffer.write(page.to_bytes(8, "little") * 512)
EOF
analyze() {
	"$KSMCTL" analyze --kernel=6.18 --format=raw "$@"
}
# Which contents are in it differs from run to run, but not by much.
analyze ram --max-memory=600K --json | jq -c '.sample.heavy_copies, .sample.every > 1,
	(.totals | [.pages_present, .zero_pages, .zero_duplicate_pages, .full_scans, .huge_pages_split]),
	(.totals | [.distinct_pages > 3600, .distinct_pages < 5200]),
	(.sample.intervals | [.pages_present, .freed_pages[0] < .freed_pages[1]]),
	[.warnings[].code]'
analyze ram --max-memory=600K | sed -n -e '1s/about .*/about/p' -e 2s/between.*//p -e '/^Looked/,/^$/p' | sed 's/~.*/~/' | grep -v ^Half
analyze ram --max-memory=600K -n -o NAME,PRESENT 2>&1 | sed 's/one in [0-9]*/one in N/'
analyze ram --max-memory=64M --json | jq -c .sample
analyze ram --max-memory=600K --html=page.html >/dev/null && grep -c 'one in' page.html
grep -c 'Where it lies' page.html
analyze ram --html=page.html >/dev/null && grep -c 'Where it lies' page.html

# Compressed, and where there is no second reading or no room at all.
gzip -c ram | tee ram.gz | analyze --max-memory=600K /dev/stdin
echo $?
analyze ram.gz --max-memory=900K --json | jq -c '[.sample.every > 1, .totals.zero_pages, .complete]'
analyze --stability ram ram --max-memory=600K
echo $?
analyze ram --max-memory=20K
echo $?
analyze ram --max-memory=much
echo $?
