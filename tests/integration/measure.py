#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""measure.py COMMAND...: runs it and prints "STATUS MILLISECONDS CPU_MILLISECONDS PEAK_KIB", its output aside."""

import os
import subprocess
import sys
import time

start = time.monotonic()
with subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL) as process:
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
print(process.returncode, round((time.monotonic() - start) * 1000),
      round((usage.ru_utime + usage.ru_stime) * 1000), usage.ru_maxrss)
