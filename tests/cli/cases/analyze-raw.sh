#!/bin/bash
# Raw images whose pages are known: A, B, A, zero and A; then a diff of its second page.
set -e
page() { # CHARACTER
	head -c 4096 /dev/zero | tr '\0' "$1"
}
{ page A && page B && page A && page '\0' && page A; } >ram
numbers='[.targets[0].format, .targets[0].page_size_from] + (.totals
	| [.pages_present, .distinct_pages, .duplicate_pages, .zero_pages, .pages_sharing, .freed_bytes])'
analyze() {
	"$KSMCTL" analyze --kernel=6.18 "$@"
}
analyze --format=raw ram --json | jq -c "$numbers"
analyze --format=raw ram --json --pages=all --page-size=4096 --threads=1 --rate=1G --nice --verify |
	jq -c "$numbers + [.totals.verified_pages, .totals.mismatched_pages]"
for by in gzip bzip2 xz zstd; do
	$by -c ram >"ram.$by"
	analyze --format=raw "ram.$by" --json | jq -c "[.targets[0].compression] + $numbers"
done
zstd -q -c ram.gzip | analyze --format=raw /dev/stdin --json |
	jq -c '[.targets[0].compression, .targets[0].inner_compression, .totals.pages_present]'

truncate -s 20480 diff
page C | dd of=diff bs=4096 seek=1 conv=notrunc status=none
analyze --format=raw diff --base=ram --json | jq -c "$numbers + [.targets[0].pages_base]"
analyze --format=raw diff --base=missing || echo "status $?"
analyze --format=raw diff --base=. --json 2>/dev/null | jq -c '[.error.path, .error.text]'

# What is short short is told apart, and so is what is too large.
head -c 18000 ram >short
analyze --format=raw short -n -b --output=FILE,PRESENT,ERROR || echo "status $?"
analyze --format=raw ram --max-size=8192 --json 2>/dev/null | jq -c '.error.text'
analyze --format=raw ram --max-size=8192 2>/dev/null || echo "status $?"
analyze --format=raw ram ram --what-if=use_zero_pages=1 --set smart_scan=0 | sed -n 's/ *[0-9] [0-9.]* s [0-9.]* s$//; /^WHAT-IF/,$p'
# The rmap items of pages that became the zero page cost nothing in the end.
analyze --format=raw ram ram --set=use_zero_pages=1 --html=page | head -n 1
grep -o 'Costs of rmap items: [^<]*' page | head -n 1
analyze --format=raw ram ram --set=use_zero_pages=1 --json | jq -c '.totals | [.metadata_bytes, .settled_metadata_bytes]'

# Where the advisor is switched, pages_to_scan begins as in the kernel, unless it is given with that.
paces() {
	analyze --format=raw ram --json "$@" | jq -c '[.model, .what_if[].model | .tunables.pages_to_scan]'
}
paces --set=pages_to_scan=50 --what-if=advisor_mode=scan-time --what-if=advisor_mode=scan-time,pages_to_scan=60 \
	--what-if=advisor_max_cpu=5
paces --set=advisor_min_pages_to_scan=600 --set=advisor_mode=scan-time --what-if=advisor_min_pages_to_scan=700 \
	--what-if=advisor_mode=none
paces --set=advisor_mode=scan-time --set=pages_to_scan=70 --what-if=advisor_max_cpu=5

# By how few contents the duplicates are made, with zeros and without.
{ page A && page B && page A && cat ram && page '\0' && page '\0'; } >few
analyze --format=raw few | grep '^Half'
analyze --format=raw few --top=2 | sed -n '/^COPIES CONTENTS/,/^$/p'
analyze --format=raw few --json | jq -c '.concentration[], .histogram[]'

# What the most repeated contents look like, and what they begin with. A stream is not read twice.
text() {
	yes $'so\te \\ \e[31m text \342\200\256' | head -c 4096
}
{ page '\0' && page '\0' && page '\0' && text && text && page Z && page Z && page x; } >looks
analyze --format=raw looks --top=9 | sed -n '/^COPIES TARGETS/,/^$/p'
analyze --format=raw looks --top=2 --preview | sed -n '/^COPIES TARGETS/,/^$/p'
analyze --format=raw looks --top=2 --preview --json | jq -c '.contents[] | [.looks, .preview]'
gzip -c looks | analyze --format=raw /dev/stdin --top=9 --preview --json | jq -c '.contents[] | [.looks, .preview != null]'
gzip -c looks | analyze --format=raw /dev/stdin --top=9 --preview | sed -n '/^COPIES TARGETS/,/^$/p' | cut -c-70

# Two looks at one memory: of eight pages one changed, one came and one went.
for c in A B A C A D; do page $c; done >old
{ page A && page B && page E && page C && page A && page '\0' && page A; } >new
analyze --stability --format=raw old new --json |
	jq -c '[.passes[].pages_sharing, .totals.pages_volatile, .changes]'
gzip -c old >old.gz
gzip -c new >new.gz
analyze --stability --format=raw old.gz new.gz --json | jq -c '[.passes[].pages_sharing, .changes[0].new_pages]'

# Who shares with whom: a matrix of three, the best pairs of ten.
{ page A && page X && page '\0'; } >other
analyze --format=raw ram new other | sed -n '/^SHARED-CONTENTS/,/^$/p'
analyze --format=raw ram new other --json | jq -c .pairs
analyze --format=raw ram new other ram old short ram old new new | sed -n '/^ONE/,/^$/p' | wc -l
analyze --format=raw ram new other --by=process | sed -n -e '/^Of this/p' -e '/^GROUP/,/^$/p' -e '/^ONE/,/^$/p'
analyze --format=raw ram new other --by=process --json |
	jq -c '.totals.crossing, [.groups[] | [.self_duplicate_pages, .cross_duplicate_pages]], .group_pairs'
analyze --format=raw ram --by=user --json | jq -c '[.groups[].name]'
