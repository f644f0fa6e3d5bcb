"""Filters the kernel runs on every frame (classic BPF, Linux `linux/filter.h`): what is not of a configured device never
reaches our process."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

MAX_DEVICES = 256
KEEP_BYTES = 256
"""Of each frame: no payload is read."""

_INSTRUCTION = struct.Struct("=HBBI")
_LD_WORD, _LD_HALF, _LD_BYTE = 0x20, 0x28, 0x30
_LD_WORD_AT_X, _LD_HALF_AT_X, _LD_BYTE_AT_X = 0x40, 0x48, 0x50
_LSH, _AND, _OR_X = 0x64, 0x54, 0x4C
_TAX, _RET, _JEQ, _JSET = 0x07, 0x06, 0x15, 0x45
_ARP = 0x0806
_PROTOCOL_AND_TYPE = 0x0F
_MANAGEMENT, _DATA = 0x00, 0x08


def _line(code: int, k: int, jump_true: int = 0, jump_false: int = 0) -> bytes:
    return _INSTRUCTION.pack(code, jump_true, jump_false, k)


_DROP = _line(_RET, 0)
_KEEP = _line(_RET, KEEP_BYTES)


def _any_of(devices: Iterable[bytes], at: int, *, from_x: bool) -> list[bytes]:
    """Keep the frame when the 6 bytes at `at` (behind X) are one of `devices`; each look is short, as jumps reach 255 lines."""
    word, half = (_LD_WORD_AT_X, _LD_HALF_AT_X) if from_x else (_LD_WORD, _LD_HALF)
    lines: list[bytes] = []
    for mac in devices:
        lines += [
            _line(word, at),
            _line(_JEQ, int.from_bytes(mac[:4]), 0, 3),
            _line(half, at + 4),
            _line(_JEQ, int.from_bytes(mac[4:]), 0, 1),
            _KEEP,
        ]
    return [*lines, _DROP]


def arp_filter(devices: Sequence[bytes]) -> bytes:
    """Return the program that lets through ARP frames sent by `devices` (6 bytes each)."""
    return b"".join([_line(_LD_HALF, 12), _line(_JEQ, _ARP, 1, 0), _DROP, *_any_of(_bounded(devices), 6, from_x=False)])


def wifi_filter(devices: Sequence[bytes]) -> bytes:
    """Return the program that lets through management and data frames of 802.11, behind radiotap, whose second address is one
    of `devices`."""
    return b"".join(
        [
            # the length of the radiotap header is little-endian, which the machine does not know
            _line(_LD_BYTE, 3),
            _line(_LSH, 8),
            _line(_TAX, 0),
            _line(_LD_BYTE, 2),
            _line(_OR_X, 0),
            _line(_TAX, 0),
            _line(_LD_BYTE_AT_X, 0),
            _line(_AND, _PROTOCOL_AND_TYPE),
            _line(_JEQ, _MANAGEMENT, 2, 0),
            _line(_JEQ, _DATA, 1, 0),
            _DROP,
            *_any_of(_bounded(devices), 10, from_x=True),
        ]
    )


def _bounded(devices: Sequence[bytes]) -> Sequence[bytes]:
    if len(devices) > MAX_DEVICES or any(len(mac) != 6 for mac in devices):
        raise ValueError("a filter takes 256 addresses of 6 bytes at most")
    return devices
