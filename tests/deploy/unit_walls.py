"""Puts the walls of a systemd unit around a program without systemd: `python -m tests.deploy.unit_walls UNIT DATA -- COMMAND …`.

What is built: system calls, address families, no new rights, no capabilities, no executable memory that was writable, namespaces
refused, a root that can only be read but for DATA, no core. The user stays: Python lies in a home of root's here.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_EPERM = 1
_ENOSYS = 38
_EQUAL, _MASKED_EQUAL = 4, 7  # enum scmp_compare
_NAMESPACES = 0x7E020080
_CLONE_NEWNS = 0x00020000
_PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP, _PR_SET_MDWE = 38, 24, 65
_CAPABILITIES = 41
_CAPABILITY_VERSION = 0x20080522
_FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16, "AF_PACKET": 17}


class _Comparison(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What a unit file says in [Service]; a name that stands more than once has all its values, one behind the other."""

    values: dict[str, list[str]]

    @classmethod
    def read(cls, path: Path) -> Unit:
        values: dict[str, list[str]] = {}
        for line in path.read_text().splitlines():
            name, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                values.setdefault(name, []).append(value)
        return cls(values=values)

    def is_set(self, name: str) -> bool:
        return self.values.get(name) == ["yes"]

    def calls(self) -> set[str]:
        """Return the names of the system calls that are left."""
        allowed: set[str] = set()
        for value in self.values["SystemCallFilter"]:
            named = {each for word in value.removeprefix("~").split() for each in _expanded(word)}
            allowed = allowed - named if value.startswith("~") else allowed | named
        return allowed

    def families(self) -> list[int]:
        return [_FAMILIES[name] for value in self.values["RestrictAddressFamilies"] for name in value.split()]


def _expanded(word: str) -> Iterator[str]:
    if not word.startswith("@"):
        yield word
        return
    listed = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines()[1:]:
        inner = line.strip()
        if inner and not inner.startswith("#"):
            yield from _expanded(inner)


_LIBC = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _read_only_but(data: Path) -> None:
    _checked(_LIBC.unshare(_CLONE_NEWNS))
    for arguments in (
        ("--make-rprivate", "/"),
        ("--bind", str(data), str(data)),
        ("-o", "remount,bind,ro", "/"),
    ):
        subprocess.run(["mount", *arguments], check=True)


def _no_capabilities() -> None:
    for number in range(_CAPABILITIES):
        _checked(_LIBC.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0))
    _checked(_LIBC.capset(struct.pack("Ii", _CAPABILITY_VERSION, 0), bytes(24)))


def _filter(unit: Unit) -> None:
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    seccomp.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    rules = ctypes.c_void_p(seccomp.seccomp_init(_ERRNO | _EPERM))
    calls = unit.calls()
    restricted = {"socket", "unshare", "clone", "clone3"}
    for name in sorted(calls - restricted):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            _checked(seccomp.seccomp_rule_add_array(rules, _ALLOW, number, 0, None))
    resolved = {name: seccomp.seccomp_syscall_resolve_name(name.encode()) for name in restricted}
    for family in unit.families():
        one = _Comparison(0, _EQUAL, family, 0)
        _checked(seccomp.seccomp_rule_add_array(rules, _ALLOW, resolved["socket"], 1, ctypes.byref(one)))
    assert unit.is_set("RestrictNamespaces")
    for name in ("unshare", "clone"):
        none = _Comparison(0, _MASKED_EQUAL, _NAMESPACES, 0)
        _checked(seccomp.seccomp_rule_add_array(rules, _ALLOW, resolved[name], 1, ctypes.byref(none)))
    # its flags lie in memory, where no filter looks: systemd says that there is no such call, and the C library asks for clone
    _checked(seccomp.seccomp_rule_add_array(rules, _ERRNO | _ENOSYS, resolved["clone3"], 0, None))
    _checked(seccomp.seccomp_load(rules))


def main() -> None:
    split = sys.argv.index("--")
    path, data = sys.argv[1:split]
    unit = Unit.read(Path(path))
    if unit.values.get("ProtectSystem") == ["strict"]:
        _read_only_but(Path(data))
    os.umask(int(unit.values["UMask"][0], 8))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    assert unit.values["CapabilityBoundingSet"] == [""]
    _no_capabilities()
    assert unit.is_set("NoNewPrivileges")
    _checked(_LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    if unit.is_set("MemoryDenyWriteExecute"):
        _checked(_LIBC.prctl(_PR_SET_MDWE, 1, 0, 0, 0))
    _filter(unit)
    command = sys.argv[split + 1 :]
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
