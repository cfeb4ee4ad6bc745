"""Freed memory goes back to the system. In a process of its own, since it is the whole process' setting."""

from __future__ import annotations

import subprocess
import sys

import pytest

# A freed block of 31 MB tells glibc to keep such blocks; then large ones are freed from between small ones that stay.
HELD = """
import re
import numpy as np
{first}
def held():
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
np.ones(31 * 2**17)
before = held()
large, small = [], []
for _ in range(20):
    large.append(np.ones(20 * 2**17))
    small.append(np.ones(2**14))
del large
{last}
print(held() - before)
"""
GIVE_BACK = "from assistant.learning.allocation import give_back_what_is_freed; give_back_what_is_freed()"
GIVE_BACK_NOW = "from assistant.learning.allocation import give_back_what_was_freed; give_back_what_was_freed()"


def held_mib(first: str = "", last: str = "") -> float:
    program = HELD.format(first=first, last=last)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the setting is glibc's")
def test_what_is_freed_is_not_held() -> None:
    if held_mib() < 200:
        pytest.skip("this C library gives freed memory back by itself")
    assert held_mib(first=GIVE_BACK) < 50  # of 400 MiB
    assert held_mib(last=GIVE_BACK_NOW) < 50
