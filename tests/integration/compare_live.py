#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A process scanned live against the same one analyzed from its core.

compare_live.py save PID DIR      the process, which is still: DIR/smaps, and DIR/pages with what each of its pages is
compare_live.py check DIR CORE SCAN ANALYZE REASON...
                                  SCAN: what `ksmctl scan --json` said of it; ANALYZE: what `ksmctl analyze --json
                                  --maps DIR/smaps` said of CORE. Prints what the core has and the scan has not, by
                                  reason. Fails where other than these explain it, or one of them nothing.

What a page is comes from Documentation/admin-guide/mm/pagemap.rst; which areas KSM takes from ksm.rst and
vma_ksm_compatible() in mm/ksm.c.
"""

import collections
import json
import pickle
import re
import struct
import sys

from count_pages import count_contents, digest, read_dump

PAGE = 4096
PRESENT, SWAPPED, FILE = 1 << 63, 1 << 62, 1 << 61
PFN_MASK = (1 << 55) - 1
KPF_ZERO_PAGE = 1 << 24
# Shared, io, pfnmap, don't expand, huge, mixed: not for KSM.
REFUSED = {"sh", "ms", "io", "pf", "de", "ht", "mm", "dp"}


def read_areas(smaps):
    """(start, end, KiB of anonymous memory, is it of a file) of the areas that KSM would take."""
    for text in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", smaps)[1:]:
        addresses, _, _, _, inode, *name = text.split("\n", 1)[0].split(None, 5)
        start, end = (int(x, 16) for x in addresses.split("-"))
        flags = set(re.search(r"^VmFlags: (.*)$", text, re.M).group(1).split())
        anonymous = int(re.search(r"^Anonymous: +(\d+) kB", text, re.M).group(1))
        if not flags & REFUSED and name != ["[vsyscall]"]:
            yield start, end, anonymous, inode != "0"


def what_is(entry, is_file, kpageflags):
    if entry & SWAPPED:
        return "swapped"
    if entry & FILE or (is_file and not entry & PRESENT):
        return "the file's own"
    if not entry & PRESENT:
        return "never touched"
    pfn = entry & PFN_MASK
    if not pfn:
        print("numbers of physical pages cannot be read")
        sys.exit(77)
    kpageflags.seek(pfn * 8)
    if struct.unpack("<Q", kpageflags.read(8))[0] & KPF_ZERO_PAGE:
        return "the kernel's zero page"
    return "anonymous"


def save(pid, directory):
    with open("/proc/%s/smaps" % pid) as f:
        smaps = f.read()
    with open(directory + "/smaps", "w") as f:
        f.write(smaps)
    pages = {}
    with open("/proc/%s/pagemap" % pid, "rb") as pagemap, open("/proc/%s/mem" % pid, "rb", 0) as mem, \
            open("/proc/kpageflags", "rb", 0) as kpageflags:
        for start, end, _, is_file in read_areas(smaps):
            pagemap.seek(start // PAGE * 8)
            entries = struct.unpack("<%dQ" % ((end - start) // PAGE), pagemap.read((end - start) // PAGE * 8))
            for i, entry in enumerate(entries):
                what = what_is(entry, is_file, kpageflags)
                content = None
                if what == "anonymous":
                    mem.seek(start + i * PAGE)
                    content = digest(mem.read(PAGE))
                pages[start + i * PAGE] = what, content
    with open(directory + "/pages", "wb") as f:
        pickle.dump(pages, f)


def numbers(document):
    totals = document["totals"]
    return {key: totals[name] for key, name in (("present", "pages_present"), ("distinct", "distinct_pages"),
                                                ("duplicate", "duplicate_pages"), ("zero", "zero_pages"))}


def check(directory, core, scan, analyze, *expected):
    with open(directory + "/pages", "rb") as f:
        live = pickle.load(f)
    with open(directory + "/smaps") as f:
        areas = [(start, end) for start, end, anonymous, _ in read_areas(f.read()) if anonymous]
    data = read_dump(core).data
    dumped = {address: digest(data[address]()) for start, end in areas for address in range(start, end, PAGE)
              if address in data}
    anonymous = {address: content for address, (what, content) in live.items() if what == "anonymous"}
    both = {address: content for address, content in dumped.items() if address in anonymous}
    with open(scan) as f, open(analyze) as g:
        scan, analyze = numbers(json.load(f)), numbers(json.load(g))
    failures = []

    def expect(what, value, expected):
        if value != expected:
            failures.append("%s: %s, expected %s" % (what, value, expected))

    reasons = collections.Counter(live[address][0] for address in dumped if address not in anonymous)
    print("the scan:", scan)
    print("the core:", analyze)
    print("in the core only:", dict(reasons))
    expect("reasons", sorted(reasons), sorted(expected))
    expect("the scan", scan, count_contents(anonymous.values(), PAGE))
    expect("anonymous pages that the core lacks", len(anonymous.keys() - dumped.keys()), 0)
    expect("pages that differ", sum(anonymous[address] != both[address] for address in both), 0)
    expect("the core", analyze, count_contents(dumped.values(), PAGE))
    expect("the core, of what both see", count_contents(both.values(), PAGE), scan)
    expect("pages that the core has beside", analyze["present"] - scan["present"], sum(reasons.values()))
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit({"save": save, "check": check}[sys.argv[1]](*sys.argv[2:]))
