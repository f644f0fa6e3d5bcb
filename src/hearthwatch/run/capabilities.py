"""Giving up Linux capabilities (capabilities(7)): whoever runs as root, or was given one right, keeps no more than it needs.

Numbers: Linux `linux/capability.h`, `linux/prctl.h`.
"""

from __future__ import annotations

import ctypes
import os
import struct

NET_RAW = 13
_VERSION_3 = 0x20080522
_PR_CAPBSET_DROP = 24
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_LAST = 63


def drop_all_but(*kept: int) -> None:
    """Give up every capability of the calling thread but those of `kept` that it has; one that was not there does not come."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for number in range(_LAST + 1):
        if number not in kept:
            libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)  # refused where there is nothing to give up
    mask = sum(1 << number for number in kept) & _permitted(libc)
    _capset(libc, mask)


def _permitted(libc: ctypes.CDLL) -> int:
    head = ctypes.create_string_buffer(struct.pack("=Ii", _VERSION_3, 0))
    data = ctypes.create_string_buffer(24)
    if libc.capget(head, data) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    words = struct.unpack("=6I", data.raw[:24])
    return int(words[1] | words[4] << 32)


def _capset(libc: ctypes.CDLL, mask: int) -> None:
    low, high = mask & 0xFFFFFFFF, mask >> 32
    head = ctypes.create_string_buffer(struct.pack("=Ii", _VERSION_3, 0))
    data = ctypes.create_string_buffer(struct.pack("=6I", low, low, 0, high, high, 0))
    if libc.capset(head, data) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
