#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Damaged dumps for `ksmctl analyze`.

mutate.py small DIR                         makes small dumps of each format, whole, in DIR
mutate.py mutations KSMCTL DIR N SEED FILE...
                                            N files made of FILEs by chance, in DIR: no crash, no hang (10 s), no more
                                            than 512 MB, each file by itself
mutate.py truncations KSMCTL DIR FILE...    FILEs cut off at every 97th byte: each ends with status 1 or 3 and a reason
                                            with the byte
What fails is left in DIR.
"""

import bz2
import collections
import concurrent.futures
import gzip
import json
import lzma
import os
import random
import re
import resource
import struct
import subprocess
import sys
import zlib

PAGE = 4096
SECONDS = 10
MEMORY = 512 << 20
AT_ONCE = 8
JOBS = min(os.cpu_count() or 1, 2)

# ------------------------------------------------------------------------------ small dumps


def elf(pages, order="<", word=8, machine=62, guest=False, notes_last=False):
    """A core with a PT_LOAD for each of @pages, at odd places as gcore has it, and one that was left out."""
    ident = b"\x7fELF" + bytes([word // 4, 1 if order == "<" else 2, 1]) + bytes(9)
    auxv = struct.pack(order + ("QQQQ" if word == 8 else "IIII"), 6, PAGE, 0, 0)
    note = struct.pack(order + "III", 5, len(auxv), 6) + b"CORE\0\0\0\0" + auxv
    if guest:
        note = struct.pack(order + "III", 5, 16, 0) + b"QEMU\0\0\0\0" + bytes(16)
    header, entry = (64, 56) if word == 8 else (52, 32)
    count = len(pages) + 2
    at = header + entry * count
    data = at + (0 if notes_last else len(note))
    note_at = data + PAGE * len(pages) if notes_last else at
    table = []
    for i in range(len(pages)):
        table.append((1, data + PAGE * i, 0x400000 + 0x10000 * i, PAGE, PAGE))
    table.append((1, data, 0x10000000, 0, PAGE * 4))
    table.insert(0, (4, note_at, 0, len(note), 0))
    if word == 8:
        out = ident + struct.pack(order + "HHIQQQIHHHHHH", 4, machine, 1, 0, header, 0, 0, header, entry, count, 0, 0, 0)
        for kind, offset, address, filesz, memsz in table:
            out += struct.pack(order + "IIQQQQQQ", kind, 6, offset, 0 if guest else address,
                               address if guest else 0, filesz, memsz, 1)
    else:
        out = ident + struct.pack(order + "HHIIIIIHHHHHH", 4, machine, 1, 0, header, 0, 0, header, entry, count, 0, 0, 0)
        for kind, offset, address, filesz, memsz in table:
            out += struct.pack(order + "IIIIIIII", kind, offset, address, 0, filesz, memsz, 6, 1)
    return out + b"".join(pages) + note if notes_last else out + note + b"".join(pages)


def lime(pages):
    half = len(pages) // 2
    out = b""
    for address, some in ((0x1000, pages[:half]), (0x100000, pages[half:])):
        out += struct.pack("<IIQQQ", 0x4C694D45, 1, address, address + PAGE * len(some) - 1, 0) + b"".join(some)
    return out


def kdump(pages):
    """Of as many page frames from 2 on; one exists that was left out."""
    header = bytearray(PAGE)
    header[:8] = b"KDUMP   "
    struct.pack_into("<i", header, 8, 6)
    header[272:278] = b"x86_64"
    struct.pack_into("<IiiIIIi", header, 424, 1, PAGE, 1, 2, 64, 0, 1)
    sub = bytearray(PAGE)
    struct.pack_into("<QI", sub, 0, 0, 1)
    struct.pack_into("<Q", sub, 96, 64)
    bits = ((1 << len(pages)) - 1) << 2
    exists = (bits | 1 << 40).to_bytes(PAGE, "little")
    descriptors, stored = b"", b""
    at = 4 * PAGE + 24 * len(pages)
    for i, page in enumerate(pages):
        # What does not get smaller is stored.
        data = min(zlib.compress(page), page, key=len)
        descriptors += struct.pack("<QIIQ", at + len(stored), len(data), int(len(data) < PAGE), 0)
        stored += data
    return bytes(header + sub) + exists + bits.to_bytes(PAGE, "little") + descriptors + stored


def flatten(data):
    out = b"makedumpfile".ljust(16, b"\0") + struct.pack(">qq", 1, 1)
    out = out.ljust(PAGE, b"\0")
    for at in range(0, len(data), 3000):
        piece = data[at:at + 3000]
        out += struct.pack(">qq", at, len(piece)) + piece
    return out + struct.pack(">qq", -1, -1)


def compressed(program, data):
    return subprocess.run([program, "-c", "-q"], input=data, stdout=subprocess.PIPE, check=True).stdout


def small_dumps():
    chance = random.Random(1)
    pages = [chance.randbytes(PAGE), bytes(PAGE), b"ksm " * 1024, chance.randbytes(PAGE)]
    core = elf(pages)
    yield "core64", core
    yield "core64big", elf(pages, order=">", machine=22)
    yield "core32", elf(pages, word=4, machine=3)
    yield "core32big", elf(pages, order=">", word=4, machine=20)
    yield "core-notes-last", elf(pages, notes_last=True)
    yield "guest", elf(pages, guest=True)
    yield "lime", lime(pages)
    yield "raw", b"".join(pages)
    yield "kdump", kdump(pages)
    yield "kdump-flat", flatten(kdump(pages))
    for name, data in (("core64", core), ("lime", lime(pages)), ("raw", b"".join(pages)), ("kdump-flat", flatten(kdump(pages)))):
        yield name + ".gz", gzip.compress(data, mtime=0)
        yield name + ".bz2", bz2.compress(data)
        yield name + ".xz", lzma.compress(data)
        yield name + ".zst", compressed("zstd", data)
        yield name + ".lz4", compressed("lz4", data)
    yield "core64.zst.gz", gzip.compress(compressed("zstd", core), mtime=0)


def make_small(directory):
    for name, data in small_dumps():
        with open(directory + "/" + name, "wb") as f:
            f.write(data)


# ------------------------------------------------------------------------------ running


def limit():
    """Of this process, and so of what it starts."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def analyze(ksmctl, paths, options=()):
    """(what is wrong, status, stdout or else stderr)"""
    command = [ksmctl, "analyze", "--kernel=6.18", "--json", "--threads=2", *options, *paths]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "hangs", None, b""
    if done.returncode not in (0, 1, 3):
        return "ends with status %d" % done.returncode, done.returncode, done.stderr
    if b"out of memory" in done.stdout + done.stderr:
        return "needs more memory", done.returncode, done.stderr
    try:
        json.loads(done.stdout)
    except ValueError:
        return "is no JSON", done.returncode, done.stdout
    return None, done.returncode, done.stdout


def in_parallel(work, items):
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        return [result for results in pool.map(work, items) for result in results]


# ------------------------------------------------------------------------------ mutations

ODD = [0, 1, 2, 3, 7, 8, 0x7F, 0x80, 0xFF, 0xFFF, 0x1000, 0x1001, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFF000,
       0xFFFFFFFF, 1 << 32, 1 << 40, (1 << 47) - 1, (1 << 63) - 1, 1 << 63, (1 << 64) - PAGE, (1 << 64) - 1]


def mutate(chance, data, others):
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        if not data:
            break
        what = chance.randrange(9)
        at = chance.randrange(len(data))
        if what < 5 and chance.randrange(4):  # headers are at the front
            at = chance.randrange(min(len(data), chance.choice((128, 512, 1024))))
        if what == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            data[at] = chance.randrange(256)
        elif what <= 4:
            size = chance.choice((1, 2, 4, 8))
            at -= at % chance.choice((1, size))
            value = (chance.choice(ODD) if what < 4 else int.from_bytes(data[at:at + size], "little")
                     + chance.randrange(-16, 17)) & ((1 << 8 * size) - 1)
            data[at:at + size] = value.to_bytes(size, chance.choice(("little", "big")))
        elif what == 5:
            del data[at:]
        elif what == 6:
            del data[at:at + chance.choice((1, 2, 4, 8, 64, 4096))]
        elif what == 7:
            start = chance.randrange(len(data))
            piece = data[start:start + chance.choice((4, 8, 32, 56, 512, 4096))]
            if chance.randrange(2):
                data[at:at] = piece
            else:
                data[at:at + len(piece)] = piece
        else:
            other = chance.choice(others)
            data[at:] = other[at:]
    return bytes(data)


def mutations(ksmctl, directory, count, seed, *files):
    limit()
    count, seed = int(count), int(seed)
    originals = []
    for path in files:
        with open(path, "rb") as f:
            originals.append(f.read())
    seen = collections.Counter()

    def one(path, options):
        wrong, status, out = analyze(ksmctl, [path], options)
        seen["one: status %s" % status] += 1
        return [(path, "%s %s: %s" % (" ".join(options), wrong, out[-2000:].decode(errors="replace")))] if wrong else []

    def batch(first):
        options = (("--pages=all",), (), ("--max-size=1000000",), ("--top=3", "--by=area"))[first // AT_ONCE % 4]
        paths = []
        for i in range(first, min(first + AT_ONCE, count)):
            chance = random.Random(seed * 1000003 + i)
            paths.append("%s/%d" % (directory, i))
            with open(paths[-1], "wb") as f:
                f.write(mutate(chance, chance.choice(originals), originals))
        wrong, status, out = analyze(ksmctl, paths, options)
        seen["several: " + (wrong or "status %d" % status)] += 1
        document = {} if wrong else json.loads(out)
        alone = [] if "targets" in document else paths
        for path, target in zip(paths, document.get("targets", [])):
            if "analyze it alone" in (target["error"] or {"text": ""})["text"]:
                alone.append(path)
            else:
                seen["target: " + ("whole" if target["complete"] else "a part" if target["pages_present"] else "none")] += 1
        failures = [failure for path in alone for failure in one(path, options)]
        for path in set(paths) - dict(failures).keys():
            os.unlink(path)
        return failures

    failures = in_parallel(batch, range(0, count, AT_ONCE))
    for path, wrong in failures[:40]:
        print(path, wrong)
    print("%d files, seed %d: %s" % (count, seed, json.dumps(seen, sort_keys=True)))
    return 1 if failures else 0


# ------------------------------------------------------------------------------ truncations


def reason(out):
    document = json.loads(out)
    if "error" in document:
        return document["error"]["text"]
    error = document["targets"][0]["error"]
    return error["text"] if isinstance(error, dict) else error or ""


def truncations(ksmctl, directory, *files):
    limit()
    cuts = []
    for path in files:
        with open(path, "rb") as f:
            data = f.read()
        cuts += [(path, data, at) for at in range(97, len(data), 97)]

    def cut(item):
        path, data, at = item
        name = "%s/%s-%d" % (directory, os.path.basename(path), at)
        with open(name, "wb") as f:
            f.write(data[:at])
        # Bare memory looks like nothing once it is cut.
        wrong, status, out = analyze(ksmctl, [name], ["--format=raw"] if "/raw" in path else [])
        if not wrong and status == 0:
            wrong = "is taken for whole"
        if not wrong and not re.search(r"byte \d+", reason(out)):
            wrong = "status %d without a byte: %s" % (status, reason(out))
        if wrong:
            return [(name, wrong)]
        os.unlink(name)
        return []

    failures = in_parallel(cut, cuts)
    for name, wrong in failures[:40]:
        print(name, wrong)
    print("%d files cut off in %d places: %d failures" % (len(files), len(cuts), len(failures)))
    return 1 if failures or not cuts else 0


if __name__ == "__main__":
    sys.exit({"small": make_small, "mutations": mutations, "truncations": truncations}[sys.argv[1]](*sys.argv[2:]))
