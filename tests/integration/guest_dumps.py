#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps of a QEMU guest.

guest_dumps.py take SOCKET DIR   waits for the guest behind the QMP socket to write to DIR/ready, stops it, has it
                                 dumped as DIR/elf, DIR/paging and DIR/kdump-zlib, and ends it
guest_dumps.py pages ELF         every page of an ELF dump to stdout, as kdump_pages does it
guest_dumps.py move-headers ELF OUT
                                 the program headers behind the ELF header, where makedumpfile looks for them
"""

import json
import os
import socket
import struct
import sys
import time


def connect(path):
    for _ in range(300):
        try:
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(path)
            return sock.makefile("rw")
        except OSError:
            time.sleep(0.1)
    sys.exit("no QMP socket at " + path)


def execute(qmp, command, **arguments):
    qmp.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
    qmp.flush()
    while True:
        answer = json.loads(qmp.readline())
        if "error" in answer:
            sys.exit(command + ": " + answer["error"]["desc"])
        if "return" in answer:
            return


def wait_for(path):
    for _ in range(600):
        if os.path.exists(path) and os.path.getsize(path):
            return
        time.sleep(0.1)
    sys.exit("the guest does not come up")


def take(path, directory):
    qmp = connect(path)
    qmp.readline()
    execute(qmp, "qmp_capabilities")
    wait_for(directory + "/ready")
    execute(qmp, "stop")
    for name in ("elf", "paging", "kdump-zlib"):
        execute(qmp, "dump-guest-memory", paging=name == "paging", format="elf" if name == "paging" else name,
                protocol="file:" + directory + "/" + name)
    execute(qmp, "quit")


def headers(data):
    offset = struct.unpack_from("<Q", data, 32)[0]
    count = struct.unpack_from("<H", data, 56)[0]
    return offset, count


def pages(path):
    with open(path, "rb") as f:
        data = f.read()
    offset, count = headers(data)
    found = {}
    for i in range(count):
        kind, _, at, _, address, size = struct.unpack_from("<IIQQQQ", data, offset + 56 * i)
        if kind == 1:  # PT_LOAD
            for page in range(0, size - 4095, 4096):
                found.setdefault(address + page, at + page)
    for address in sorted(found):
        at = found[address]
        sys.stdout.buffer.write(struct.pack("<Q", address) + data[at:at + 4096])


def move_headers(path, out):
    with open(path, "rb") as f:
        data = bytearray(f.read())
    offset, count = headers(data)
    table = data[offset:offset + 56 * count]
    data[64:64 + len(table)] = table
    struct.pack_into("<QQ", data, 32, 64, 0)
    struct.pack_into("<HHHHHH", data, 52, 64, 56, count, 0, 0, 0)
    with open(out, "wb") as f:
        f.write(data)


if __name__ == "__main__":
    {"take": take, "pages": pages, "move-headers": move_headers}[sys.argv[1]](*sys.argv[2:])
