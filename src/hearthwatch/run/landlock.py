"""Landlock (landlock(7)): what a process may no longer do with files, TCP ports and signals, as far as the kernel knows it.

Structures and bits: Linux `linux/landlock.h`. What a kernel can do is told by the version of its interface.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_RULE_PATH_BENEATH, _RULE_NET_PORT = 1, 2
_FILES_SINCE = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
"""Everything with files; renaming between folders; truncating; ioctl on devices."""
_NET_SINCE, _SCOPE_SINCE = 4, 6
_BIND_TCP, _CONNECT_TCP = 1, 2
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1, 2
_WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 1, 1 << 2, 1 << 3
_IOCTL, _IOCTL_SINCE = 1 << 15, 5
_INBOX = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 8
"""Write a file, read one, read the folder, remove a file, make one."""


def version() -> int:
    """Return the version of the kernel's interface, 0 where it has none or it is turned off."""
    return max(0, int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)))


def restrict(*, folders: Iterable[int] = (), ports: Iterable[int] = ()) -> int:
    """Take from this thread, and those it starts, all files but those of `folders` and every TCP port but listening at `ports`;
    from newer kernels also signals to others and sockets with abstract names. Return the version by which that is done, 0 when
    the kernel cannot. It needs no_new_privs, or root.
    """
    known = version()
    rules = [(_RULE_PATH_BENEATH, struct.pack("=Qi", _INBOX, folder)) for folder in folders]
    if known >= _NET_SINCE:
        rules += [(_RULE_NET_PORT, struct.pack("=QQ", _BIND_TCP, port)) for port in ports]
    return _restrict(known, _BIND_TCP | _CONNECT_TCP, rules)


def restrict_to_reading(places: Iterable[int], devices: Iterable[int] = ()) -> int:
    """Take from this thread, and those it starts, all files but reading those at or below `places`, descriptors, and using the
    devices below the folders `devices`; TCP is left. Otherwise as `restrict`."""
    known = version()
    found = [(place, stat.S_ISDIR(os.fstat(place).st_mode)) for place in places]
    use = _READ_FILE | _READ_FOLDER | _WRITE_FILE | (_IOCTL if known >= _IOCTL_SINCE else 0)
    rules = [
        (_RULE_PATH_BENEATH, struct.pack("=Qi", _READ_FILE | _READ_FOLDER if is_folder else _READ_FILE, place))
        for place, is_folder in found
    ]
    rules += [(_RULE_PATH_BENEATH, struct.pack("=Qi", use, folder)) for folder in devices]
    return _restrict(known, 0, rules)


def _restrict(known: int, ports: int, rules: Iterable[tuple[int, bytes]]) -> int:
    if known == 0:
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    attribute = struct.pack("Q", sum(bits for since, bits in _FILES_SINCE.items() if since <= known))
    if known >= _NET_SINCE:
        attribute += struct.pack("Q", ports)
    if known >= _SCOPE_SINCE:
        attribute += struct.pack("Q", _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS)
    ruleset = libc.syscall(_CREATE_RULESET, attribute, ctypes.c_size_t(len(attribute)), 0)
    if ruleset < 0:
        return 0
    try:
        if any(libc.syscall(_ADD_RULE, ruleset, kind, rule, 0) != 0 for kind, rule in rules):
            return 0
        return known if libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0 else 0
    finally:
        os.close(ruleset)
