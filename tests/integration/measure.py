#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""measure.py COMMAND...

Runs it and prints "STATUS MILLISECONDS CPU_MILLISECONDS PEAK_KIB", its output aside. After a minute it is killed.
"""

import os
import subprocess
import sys
import threading
import time

start = time.monotonic()
with subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL) as process:
    killer = threading.Timer(60, process.kill)
    killer.start()
    _, status, usage = os.wait4(process.pid, 0)
    killer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
print(process.returncode, round((time.monotonic() - start) * 1000),
      round((usage.ru_utime + usage.ru_stime) * 1000), usage.ru_maxrss)
