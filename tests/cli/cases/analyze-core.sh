#!/bin/bash
# A core of two areas: private memory with a hole and repeats, and shared memory.
set -e
python3 - <<'END'
import struct
PAGE = 4096
def note(name, kind, desc):
    pad = lambda b: b + b"\0" * (-len(b) % 4)
    return struct.pack("<III", len(name) + 1, len(desc), kind) + pad(name + b"\0") + pad(desc)
psinfo = struct.pack("<4B4xQII4i16s80s", 0, 0, 0, 0, 0, 0, 0, 1234, 1, 1, 1, b"we\x1b[1mird", b"we --all")
auxv = struct.pack("<4Q", 6, PAGE, 0, 0)
files = struct.pack("<5Q", 1, PAGE, 0x20000, 0x22000, 0) + b"/dev/zero (deleted)\0"
notes = note(b"CORE", 3, psinfo) + note(b"CORE", 6, auxv) + note(b"CORE", 0x46494c45, files)
loads = [(0x10000, 6, 6), (0x20000, 2, 6)]
at, headers = 64 + 56 * 3, b""
headers += struct.pack("<IIQQQQQQ", 4, 0, at, 0, 0, len(notes), 0, 4)
offset = 2 * PAGE
for address, pages, flags in loads:
    headers += struct.pack("<IIQQQQQQ", 1, flags, offset, address, 0, pages * PAGE, pages * PAGE, PAGE)
    offset += pages * PAGE
ident = b"\x7fELF\x02\x01\x01" + b"\0" * 9
ehdr = ident + struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0)
with open("core", "wb") as f:
    f.write(ehdr + headers + notes)
    for i, c in enumerate([b"A", b"B", None, b"A", b"\0", b"A"]):
        if c:
            f.seek((2 + i) * PAGE)
            f.write(c * PAGE)
    f.seek(8 * PAGE)
    f.write(b"A" * 2 * PAGE)
END
cat >smaps <<'END'
00010000-00016000 rw-p 00000000 00:00 0
Size:                 24 kB
Anonymous:            20 kB
VmFlags: rd wr mr mw me ac mg
00020000-00022000 rw-s 00000000 00:01 1 /dev/zero (deleted)
Size:                  8 kB
Anonymous:             0 kB
VmFlags: rd wr sh mr mw me ms
END
analyze() {
	"$KSMCTL" analyze --kernel=6.18 "$@"
}
analyze core | sed '/^At /,/^with /d'
analyze core --json | jq -c '.targets[0] | [.command, .dumped_pid, .pages_data, .pages_hole, .holes_visible, .passed_over]'
analyze core --pages=all --json | jq -c '.totals | [.pages_present, .distinct_pages]'
analyze core --pages=mergeable --maps=smaps --json | jq -c '[.totals.pages_present, (.warnings | map(.code))]'
# All that it holds is no forecast; and which zeros may never have been touched depends on the file.
analyze core --pages=all | grep -e 'would free' -e '^  present' -e 'no forecast'
sed 's/000\(..000\)-000/900\1-900/' smaps >other
analyze core --maps=other --json | jq -c '[.warnings[].code]'
{ echo && head -c 4095 /dev/zero; } >almost
analyze core almost | grep -c 'may never have been touched' || true
head -c 4096 /dev/zero >zero
analyze core zero | grep 'may never have been touched'
rm other almost zero
# Of a process that still runs, which takes rights that root gives up before the core is read.
analyze core --maps=/proc/$$/smaps --json | jq -c '.targets[0].error'
analyze core --by=area --top=1 --json | jq -c '[.groups[].name, .contents[0].copies, .contents[0].file]'
gzip -c core >core.gz
analyze core.gz --json | jq -c '.targets[0] | [.pages_present, .pages_data, .holes_visible]'
sleep 100 &
analyze core --with-pid $! --interval=0 --passes=1 | awk '/^FILE/ {print $1, $2, $3}'
analyze core --with-pid $! --interval=0 --passes=3 --output-all --noheadings --raw --bytes |
	awk '{print NF, $1, $2 == "'$!'"}'
kill $!
analyze missing core --json 2>/dev/null | jq -c '.targets[] | [.name, .pages_data, .pages_hole, .passed_over, .holes_visible, .swapped_pages]'
