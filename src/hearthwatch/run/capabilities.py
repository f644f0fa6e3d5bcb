"""Giving up Linux capabilities (capabilities(7)): a process keeps no right it does not need.

Numbers: Linux `linux/capability.h`, `linux/prctl.h`.
"""

from __future__ import annotations

import ctypes
import os
import struct

SETGID, SETUID, NET_RAW = 6, 7, 13
_VERSION_3 = 0x20080522
_HEAD = struct.Struct("=Ii")
_SETS = struct.Struct("=6I")
_PR_CAP_AMBIENT, _LOWER = 47, 3
_LAST = 63
_ALL = (1 << (_LAST + 1)) - 1


def held() -> int:
    """Return the capabilities of the calling thread, bit by bit."""
    effective_low, permitted_low, _, effective_high, permitted_high, _ = _get()
    return effective_low | permitted_low | (effective_high | permitted_high) << 32


def keep_only(*kept: int) -> None:
    """Give up every capability but those of `kept` that the calling thread has. Raises OSError."""
    _keep(sum(1 << number for number in kept))


def give_up(number: int) -> None:
    """Give up one capability, for whatever this thread starts, too. Raises OSError."""
    _keep(_ALL & ~(1 << number))


def _keep(mask: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    for number in range(_LAST + 1):
        if not mask >> number & 1:
            libc.prctl(_PR_CAP_AMBIENT, _LOWER, number, 0, 0)  # refused where there is nothing to give up
    low, high = mask & 0xFFFFFFFF, mask >> 32
    words = [word & (low if place < 3 else high) for place, word in enumerate(_get())]
    if libc.capset(_head(), ctypes.create_string_buffer(_SETS.pack(*words), _SETS.size)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _get() -> tuple[int, ...]:
    """Return effective, permitted and inheritable of the low half, then of the high one."""
    libc = ctypes.CDLL(None, use_errno=True)
    data = ctypes.create_string_buffer(_SETS.size)
    if libc.capget(_head(), data) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return _SETS.unpack(data.raw)


def _head() -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(_HEAD.pack(_VERSION_3, 0), _HEAD.size)
