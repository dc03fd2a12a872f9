#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does Prometheus at ADDRESS know every sample of FILE.prom, the recorded series, and no alert?

prometheus.py ADDRESS FILE.prom
prometheus.py ports: two that are free"""

import json
import re
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

SECONDS = 60


def print_ports():
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    print(*[free.getsockname()[1] for free in sockets])


def ask(path, **query):
    url = f"http://{sys.argv[1]}/api/v1/{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)["data"]


def samples(lines):
    """(name, its labels, value) of each line that is one."""
    for line in lines:
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)\n", line).groups()
        pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")
        yield name, {k: re.sub(r"\\(.)", r"\1", v) for k, v in pairs}, float(value)


def found():
    """The same of what the server has, without the labels that a scrape adds."""
    for series in ask("query", query='{__name__=~"ksm_.*"}')["result"]:
        labels = {k: v for k, v in series["metric"].items() if k not in ("__name__", "instance", "job")}
        yield series["metric"]["__name__"], labels, float(series["value"][1])


def key(sample):
    return json.dumps(sample, sort_keys=True)


def hold_against(path):
    with open(path, encoding="utf-8") as file:
        expected = sorted(map(key, samples(file)))
    assert len(expected) > 20, expected
    end, seen = time.monotonic() + SECONDS, []
    while time.monotonic() < end:
        try:
            seen = sorted(map(key, found()))
            recorded = ask("query", query="instance:ksm_tracked_bytes:sum")["result"]
            if seen == expected and recorded:
                break
        except urllib.error.URLError:
            pass  # not up yet
        time.sleep(0.5)
    assert seen == expected, sorted(set(expected) ^ set(seen))
    values = {name: value for name, labels, value in map(json.loads, expected) if not labels}
    tracked = sum(values[f"ksm_{n}_bytes"] for n in ("shared", "sharing", "unshared", "volatile"))
    assert float(recorded[0]["value"][1]) == tracked, (recorded, tracked)
    rules = [rule for group in ask("rules")["groups"] for rule in group["rules"]]
    assert len(rules) == 10 and all(rule["health"] == "ok" for rule in rules), rules
    assert not [alert for alert in ask("alerts")["alerts"] if alert["state"] == "firing"]


if sys.argv[1:] == ["ports"]:
    print_ports()
else:
    hold_against(sys.argv[2])
