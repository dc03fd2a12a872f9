#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts the pages of a memory dump: what `ksmctl analyze --pages=all` is held against.

count_pages.py [--no-holes] [--page-size=N] [--format=raw] FILE...

Prints a JSON object for each file. Written from the formats' documents alone: the ELF specification, elf(5) and
core(5), QEMU's docs/interop and dump/dump.c, makedumpfile's IMPLEMENTATION, LiME's README. It holds a
whole file's list of pages in memory and is in no hurry.

--no-holes: what lies in holes are zeros, as it is once the file has gone through a pipe or a compressor.
"""

import argparse
import hashlib
import json
import mmap
import os
import struct
import sys
import zlib


class Pages:
    """What a dump holds. An address comes once: what lies first in memory's order has it."""

    def __init__(self):
        self.page_size = 4096
        self.format = None
        self.data = {}  # address: a function that gives the bytes
        self.hole = set()
        self.missing = set()
        self.filtered = set()
        self.partial = set()

    def known(self, address):
        return address in self.data or address in self.hole or address in self.missing


# ------------------------------------------------------------------------------ files


class File:
    def __init__(self, path, with_holes):
        self.fd = os.open(path, os.O_RDONLY)
        self.size = os.fstat(self.fd).st_size
        self.bytes = mmap.mmap(self.fd, self.size, prot=mmap.PROT_READ) if self.size else b""
        self.extents = list(self.find_extents()) if with_holes else [(0, self.size)]
        self.last = 0

    def find_extents(self):
        end = 0
        while end < self.size:
            try:
                start = os.lseek(self.fd, end, os.SEEK_DATA)
            except OSError:  # ENXIO: nothing but a hole
                return
            end = os.lseek(self.fd, start, os.SEEK_HOLE)
            yield start, end

    def is_hole(self, start, end):
        """Is nothing of these bytes stored?"""
        if not self.extents:
            return True
        i = self.last
        while i > 0 and self.extents[i][0] > start:
            i -= 1
        while i < len(self.extents) - 1 and self.extents[i][1] <= start:
            i += 1
        self.last = i
        return not (self.extents[i][0] < end and start < self.extents[i][1])

    def read(self, start, size):
        return self.bytes[start:start + size]


def add_stretch(pages, file, address, size, offset):
    """Memory from @address on that lies in the file from @offset on."""
    page = pages.page_size
    first = -(-address // page) * page
    end = (address + size) // page * page
    if size and address != first:
        pages.partial.add(address // page * page)
    if size and address + size != end:
        pages.partial.add(end)
    for at in range(first, end, page):
        place = offset + at - address
        if pages.known(at):
            continue
        if place + page > file.size:
            pages.missing.add(at)
        elif file.is_hole(place, place + page):
            pages.hole.add(at)
        else:
            pages.data[at] = lambda place=place: file.read(place, page)


# ------------------------------------------------------------------------------ ELF

PT_LOAD, PT_NOTE, NT_AUXV, AT_PAGESZ, PN_XNUM = 1, 4, 6, 6, 0xFFFF


def notes(file, order, offset, size, align):
    align = 8 if align == 8 else 4
    end = offset + size
    while offset + 12 <= end:
        name_size, desc_size, kind = struct.unpack(order + "III", file.read(offset, 12))
        name = file.read(offset + 12, name_size).rstrip(b"\0")
        desc = offset + -(-(12 + name_size) // align) * align
        yield name, kind, file.read(desc, desc_size)
        offset = desc + -(-desc_size // align) * align


def page_size_of(order, word, desc):
    for at in range(0, len(desc) - 2 * word + 1, 2 * word):
        key, value = struct.unpack_from(order + ("QQ" if word == 8 else "II"), desc, at)
        if key == AT_PAGESZ:
            return value
    return None


def read_elf(file, pages):
    word = 8 if file.bytes[4] == 2 else 4
    order = "<" if file.bytes[5] == 1 else ">"
    if word == 8:
        phoff, shoff = struct.unpack(order + "QQ", file.read(32, 16))
        phentsize, phnum = struct.unpack(order + "HH", file.read(54, 4))
    else:
        phoff, shoff = struct.unpack(order + "II", file.read(28, 8))
        phentsize, phnum = struct.unpack(order + "HH", file.read(42, 4))
    if phnum == PN_XNUM:
        phnum, = struct.unpack(order + "I", file.read(shoff + (44 if word == 8 else 28), 4))
    loads, is_guest, page_size = [], False, None
    for i in range(phnum):
        if word == 8:
            kind, _, offset, vaddr, paddr, filesz, memsz, align = struct.unpack(
                order + "IIQQQQQQ", file.read(phoff + i * phentsize, 56))
        else:
            kind, offset, vaddr, paddr, filesz, memsz, _, align = struct.unpack(
                order + "IIIIIIII", file.read(phoff + i * phentsize, 32))
        if kind == PT_LOAD:
            if offset == (1 << 8 * word) - 1:
                filesz = 0  # QEMU: not in the file
            loads.append((vaddr, paddr, offset, filesz, max(memsz, filesz)))
        elif kind == PT_NOTE:
            for name, note, desc in notes(file, order, offset, filesz, align):
                is_guest |= name in (b"QEMU", b"VBCORE", b"VMCOREINFO")
                if name == b"CORE" and note == NT_AUXV:
                    page_size = page_size or page_size_of(order, word, desc)
    pages.format = "elf-guest" if is_guest else "elf-core"
    pages.page_size = pages.page_size or page_size or 4096
    stretches = sorted((p if is_guest else v, offset, filesz, memsz) for v, p, offset, filesz, memsz in loads)
    for address, offset, filesz, _ in stretches:
        add_stretch(pages, file, address, filesz, offset)
    page = pages.page_size
    for address, _, filesz, memsz in stretches:
        first = -(-(address + filesz) // page) * page
        pages.filtered.update(range(first, (address + memsz) // page * page, page))
    pages.filtered -= pages.data.keys() | pages.hole | pages.missing | pages.partial


# ------------------------------------------------------------------------------ raw and LiME


def read_raw(file, pages):
    pages.format = "raw"
    pages.page_size = pages.page_size or 4096
    add_stretch(pages, file, 0, file.size, 0)


def read_lime(file, pages):
    pages.format = "lime"
    pages.page_size = pages.page_size or 4096
    at = 0
    while at < file.size:
        magic, version, first, last = struct.unpack("<IIQQ", file.read(at, 24))
        if magic != 0x4C694D45 or version != 1:
            sys.exit("no LiME header at byte %d" % at)
        add_stretch(pages, file, first, last - first + 1, at + 32)
        at += 32 + last - first + 1


# ------------------------------------------------------------------------------ kdump


def unflatten(file):
    """The file's bytes in their places, and the places that came."""
    image, at, whole = bytearray(), 4096, False
    while at + 16 <= file.size:
        offset, size = struct.unpack(">qq", file.read(at, 16))
        if offset == -1:
            whole = True
            break
        data = file.read(at + 16, size)
        if len(image) < offset + len(data):
            image.extend(bytes(offset + len(data) - len(image)))
        image[offset:offset + len(data)] = data
        at += 16 + size
    if not whole:
        sys.exit("a flattened kdump that is cut off: not counted here")
    return image


def bit(bitmap, i):
    return bitmap[i >> 3] >> (i & 7) & 1


def unpack(data, flags, page_size):
    if flags & 1:
        data = zlib.decompress(data)
    elif flags:
        sys.exit("pages are compressed in a way that is not counted here: flags %#x" % flags)
    assert len(data) == page_size
    return data


def read_kdump(image, pages):
    """Of 64 bits, little endian. Blocks: header, sub header, two bitmaps, descriptors, pages."""
    version, = struct.unpack_from("<i", image, 8)
    block, sub_blocks, bitmap_blocks, max_pfn = struct.unpack_from("<iiII", image, 428)
    if version >= 6:
        max_pfn, = struct.unpack_from("<Q", image, block + 96)
    pages.format, pages.page_size = "kdump", block
    bitmap = image[(1 + sub_blocks) * block:(1 + sub_blocks + bitmap_blocks) * block]
    exists, dumped = bitmap[:len(bitmap) // 2], bitmap[len(bitmap) // 2:]
    descriptor = (1 + sub_blocks + bitmap_blocks) * block
    for pfn in range(min(max_pfn, len(exists) * 8)):
        if not bit(dumped, pfn):
            if bit(exists, pfn):
                pages.filtered.add(pfn * block)
            continue
        here, descriptor = descriptor, descriptor + 24
        if descriptor > len(image):
            pages.missing.add(pfn * block)
            continue
        offset, size, flags = struct.unpack_from("<QII", image, here)
        if offset + size > len(image):
            pages.missing.add(pfn * block)
            continue
        pages.data[pfn * block] = lambda offset=offset, size=size, flags=flags: unpack(
            bytes(image[offset:offset + size]), flags, block)


# ------------------------------------------------------------------------------ all of them


def read_dump(path, page_size=None, with_holes=True, form=None):
    file = File(path, with_holes)
    pages = Pages()
    pages.page_size = page_size
    if form == "raw":
        read_raw(file, pages)
    elif file.read(0, 4) == b"\x7fELF":
        read_elf(file, pages)
    elif file.read(0, 4) == b"EMiL":
        read_lime(file, pages)
    elif file.read(0, 12) == b"makedumpfile":
        read_kdump(unflatten(file), pages)
    elif file.read(0, 8) == b"KDUMP   ":
        read_kdump(file.bytes, pages)
    else:
        read_raw(file, pages)
    return pages


def digest(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def count_contents(contents, page_size):
    """Of the pages' digests."""
    contents = list(contents)
    distinct = len(set(contents))
    return {
        "present": len(contents),
        "distinct": distinct,
        "duplicate": len(contents) - distinct,
        "zero": contents.count(digest(bytes(page_size))),
    }


def count(path, **options):
    pages = read_dump(path, **options)
    numbers = count_contents((digest(get()) for get in pages.data.values()), pages.page_size)
    numbers.update(hole=len(pages.hole), filtered=len(pages.filtered), missing=len(pages.missing),
                   partial=len(pages.partial), page_size=pages.page_size, format=pages.format)
    return numbers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-holes", action="store_true")
    parser.add_argument("--page-size", type=int)
    parser.add_argument("--format", choices=["raw"])
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    for path in args.files:
        print(json.dumps(count(path, page_size=args.page_size, with_holes=not args.no_holes, form=args.format)))


if __name__ == "__main__":
    main()
