"""Gives memory back that nothing uses: free pieces of the heap, and the pages of libraries that were touched only while these
were loaded and linked.

The kernel maps a library's pages in runs of sixteen around each one touched, so start-up alone brings in most of OpenCV and
FFmpeg. What of it is used later comes back from the page cache one fault at a time; the rest stays out.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_MADV_DONTNEED = 4
_MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ +(/.*)$")


_libc = ctypes.CDLL(None)


def give_back() -> None:
    """Do so for the calling process. It changes nothing but the time of the next touch of such a page."""
    trim()
    with Path("/proc/self/smaps").open(encoding="utf-8", errors="surrogateescape") as smaps:
        found = list(clean_code(smaps))
    for start, size_bytes in found:
        _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size_bytes), _MADV_DONTNEED)


def trim() -> None:
    """Give back the free pieces of the heap alone: all that a process in a box can do, which can open no list of its pages."""
    if hasattr(_libc, "malloc_trim"):  # glibc alone, which keeps what was freed amid what is still used
        _libc.malloc_trim(ctypes.c_size_t(0))


def clean_code(smaps: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield address and size of each mapping in the text of /proc/PID/smaps that is a file's, read-only, private and without a
    page of its own: only such a mapping is the same again after its pages were dropped (what the linker relocated is not)."""
    mapping: tuple[int, int] | None = None
    for line in smaps:
        if (match := _MAPPING.match(line)) is not None:
            start, end, rights = int(match[1], 16), int(match[2], 16), match[3]
            mapping = (start, end - start) if rights in {"r-xp", "r--p"} else None
        elif "-" in line.partition(" ")[0]:
            mapping = None
        elif mapping is not None and line.startswith(("Anonymous:", "Private_Dirty:")):
            if int(line.split()[1]) != 0:
                mapping = None
        elif mapping is not None and line.startswith("VmFlags:"):
            yield mapping
            mapping = None
