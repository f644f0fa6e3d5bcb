"""Pages of libraries given back: which mappings, and that a library works as before."""

from __future__ import annotations

import subprocess
import sys

from hearthwatch.run.cold_pages import clean_code

SMAPS = """\
7f0000000000-7f0000002000 r-xp 00001000 fe:00 11 /lib/clean.so
Private_Dirty:         0 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
7f0000002000-7f0000003000 r--p 00003000 fe:00 11                         /lib/clean.so
Private_Dirty:         4 kB
Anonymous:             4 kB
VmFlags: rd mr mw me ac
7f0000003000-7f0000004000 rw-p 00004000 fe:00 11 /lib/clean.so
Private_Dirty:         0 kB
Anonymous:             0 kB
VmFlags: rd wr mr mw me ac
7f0000004000-7f0000008000 r--p 00000000 00:00 0
Private_Dirty:         0 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
7f0000008000-7f0000009000 r--s 00000000 fe:00 12 /shared
Private_Dirty:         0 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
7f0000009000-7f000000a000 r--p 00000000 fe:00 13 /lib/with a blank.so
Private_Dirty:         0 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
"""

CHILD = """
import cv2, numpy as np
from pathlib import Path
from hearthwatch.run.cold_pages import give_back

def mapped_kib():
    return int(Path("/proc/self/smaps_rollup").read_text().split("Rss:")[1].split()[0])

picture = np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)
before, held = cv2.GaussianBlur(picture, (5, 5), 0), mapped_kib()
give_back()
given = held - mapped_kib()
assert (cv2.GaussianBlur(picture, (5, 5), 0) == before).all()
print(given)
"""


BOXED = """
import os
from hearthwatch.run import sandbox
from hearthwatch.run.cold_pages import trim

statm = os.open("/proc/self/statm", os.O_RDONLY)

def resident_kib():
    return int(os.pread(statm, 100, 0).split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024

assert sandbox.enter().seccomp
held = [bytearray(60_000) for _ in range(600)]
kept = held[1::100] + [bytearray(60_000)]
held.clear()
before = resident_kib()
trim()
print(before - resident_kib())
"""


def test_only_what_a_file_can_bring_back_is_given_back() -> None:
    assert list(clean_code(SMAPS.splitlines(keepends=True))) == [(0x7F0000000000, 0x2000), (0x7F0000009000, 0x1000)]


def test_a_library_works_as_before_and_holds_less() -> None:
    run = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
    assert int(run.stdout) > 8192


def test_a_process_in_its_box_gives_back_what_it_freed_amid_what_it_uses() -> None:
    run = subprocess.run([sys.executable, "-c", BOXED], capture_output=True, text=True, check=True)
    assert int(run.stdout) > 20_000
