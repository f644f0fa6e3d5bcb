"""Frames of a Wi-Fi interface in monitor mode: radiotap (radiotap.org) around IEEE 802.11. Only who sent them matters."""

from __future__ import annotations

import struct

_HEAD = struct.Struct("<BBHI")
_WORD = struct.Struct("<I")
_MORE = 1 << 31
_TSFT, _FLAGS = 1 << 0, 1 << 1
_BAD_FCS = 0x40
_MAX_WORDS = 8
_SENDER_AT = 10
_SENDER_END = 16
_VERSION, _TYPE, _FROM_AP = 0x03, 0x0C, 0x02
_MANAGEMENT, _DATA = 0x00, 0x08
_GROUP = 0x01


def sender(frame: bytes) -> bytes | None:
    """Return the 6 bytes of the station that sent a management or data frame.

    None for what is malformed or came damaged, for control frames, and for what an access point sends on: there the second
    address is the access point's.
    """
    header_bytes = _radiotap(frame)
    if header_bytes is None or len(frame) < header_bytes + _SENDER_END:
        return None
    control, flags = frame[header_bytes], frame[header_bytes + 1]
    if control & _VERSION or control & _TYPE not in {_MANAGEMENT, _DATA} or flags & _FROM_AP:
        return None
    found = frame[header_bytes + _SENDER_AT : header_bytes + _SENDER_END]
    return None if found[0] & _GROUP or not any(found) else found


def _radiotap(frame: bytes) -> int | None:
    """Return the length of the radiotap header; None when it is malformed, or says that the frame came damaged."""
    if len(frame) < _HEAD.size:
        return None
    version, _pad, length, present = _HEAD.unpack_from(frame)
    if version or not _HEAD.size <= length <= len(frame):
        return None
    at, word = 4, present
    for _turn in range(_MAX_WORDS):
        at += _WORD.size
        if not word & _MORE:
            break
        if at + _WORD.size > length:
            return None
        word = _WORD.unpack_from(frame, at)[0]
    else:
        return None
    if present & _FLAGS:
        if present & _TSFT:  # 8 bytes, on a multiple of 8
            at = ((at + 7) & ~7) + 8
        if at >= length or frame[at] & _BAD_FCS:
            return None
    return int(length)
