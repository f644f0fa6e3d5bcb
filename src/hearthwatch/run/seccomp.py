"""The system calls of a process behind walls: a list of what is let through, everything else is refused (seccomp(2)).

System call numbers: Linux `asm/unistd_64.h` (x86-64) and `asm-generic/unistd.h` (arm64). A filter sees numbers and no memory:
what a pointer leads to cannot be looked at, so calls that hide their wish behind one are left out altogether.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.kit.errors import Unsupported

_SET_MODE_FILTER = 1
_FLAG_TSYNC = 1
_PR_SET_NO_NEW_PRIVS = 38
_ALLOW = 0x7FFF0000
_EPERM = 0x00050000 | 1
_ENOSYS = 0x00050000 | 38
_KILL_PROCESS = 0x80000000
_LOAD, _AND, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP = {"x86_64": 317, "aarch64": 277}

_PROT_EXEC = 0x4
_X32 = 0x40000000
"""Marks a call of x86's third set of numbers, which nothing here uses."""
CLONE_THREAD = 0x00010000
CLONE_ELSEWHERE = 0x7E02_0080 | 0x0000_4000 | 0x0000_8000
"""New namespaces, vfork, and a parent that is not the caller."""
_MSG_FASTOPEN = 0x20000000
_FIONBIO = 0x5421
_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC = 0, 1, 2, 3, 4, 1030
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_SOCK_STREAM, _SOCK_TYPES = 1, 0xF
_IPPROTO_TCP = 6
_SOL_SOCKET, _SOL_TCP = 1, 6
_TCP_NODELAY, _SO_REUSEADDR, _SO_KEEPALIVE, _SO_OOBINLINE, _SO_LINGER = 1, 2, 9, 10, 13

_OF_A_DECODER: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "epoll_ctl": (233, 21),
    "fcntl": (72, 25),
    "dup": (32, 23),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "get_robust_list": (274, 100),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getcpu": (309, 168),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "gettimeofday": (96, 169),
    "nanosleep": (35, 101),
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "tgkill": (234, 131),
    "clone": (56, 220),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "recvmsg": (47, 212),
    "shutdown": (48, 210),
}
_OF_A_LISTENER: dict[str, tuple[int | None, int | None]] = {"sendmsg": (46, 211)}
"""What the library of the system's message bus needs. It can hand descriptors over, so a decoder has none of it."""
_OF_A_SERVER: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "getsockname": (51, 204),
    "getpeername": (52, 205),
    "setsockopt": (54, 208),
    "getsockopt": (55, 209),
    "ioctl": (16, 29),
    "epoll_create1": (291, 20),
    "openat": (257, 56),
    "newfstatat": (262, 79),
    "unlinkat": (263, 35),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "fsync": (74, 82),
    "getdents64": (217, 61),
}
"""What the porch needs beside: it listens, and never connects. Landlock keeps its files to its folder."""
_CLONE3 = (435, 435)


@dataclass(frozen=True, slots=True)
class Has:
    """Let through when the argument has one of the bits."""

    argument: int
    bits: int


@dataclass(frozen=True, slots=True)
class Lacks:
    """Let through when the argument has none of the bits."""

    argument: int
    bits: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """Let through when the argument, of which `mask` counts, is one of the values."""

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Let through when the argument is none of the values."""

    argument: int
    values: tuple[int, ...]


Test = Has | Lacks | OneOf | NoneOf
NEVER = Has(0, 0)
Calls = Mapping[str, tuple[int | None, int | None]]
"""Numbers by name, on x86-64 and on arm64; None where the architecture has no such call."""

# only the lower half of an argument is looked at: in each of these places the kernel takes no more than 32 bits
_ONLY: Mapping[str, tuple[Test, ...]] = {
    # a thread of this process, never another process
    "clone": (Has(0, CLONE_THREAD), Lacks(0, CLONE_ELSEWHERE)),
    # all code is loaded by now: nothing that was written becomes code
    "mmap": (Lacks(2, _PROT_EXEC),),
    "mprotect": (Lacks(2, _PROT_EXEC),),
    # F_SETOWN and F_SETSIG would have the kernel send any signal to the house whenever a descriptor is written to
    "fcntl": (OneOf(1, (_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC)),),
    # TCP fast open connects without `connect`
    "sendto": (Lacks(3, _MSG_FASTOPEN),),
    "sendmsg": (Lacks(2, _MSG_FASTOPEN),),
    "socket": (
        OneOf(0, (_AF_INET, _AF_INET6)),
        OneOf(1, (_SOCK_STREAM,), _SOCK_TYPES),
        OneOf(2, (0, _IPPROTO_TCP)),
    ),
    "socketpair": (OneOf(0, (_AF_UNIX,)),),
    # a packet filter is a program for the kernel, and is not among these
    "setsockopt": (
        OneOf(1, (_SOL_SOCKET, _SOL_TCP)),
        OneOf(2, (_TCP_NODELAY, _SO_REUSEADDR, _SO_KEEPALIVE, _SO_OOBINLINE, _SO_LINGER)),
    ),
    # a socket that does not block is made by it
    "ioctl": (OneOf(1, (_FIONBIO,)),),
}


class Kind(StrEnum):
    """Whose calls: what decodes; the scout with a connection to the message bus; the porch."""

    DECODER = "decoder"
    LISTENER = "listener"
    SERVER = "server"


_OF = {
    Kind.DECODER: _OF_A_DECODER,
    Kind.LISTENER: _OF_A_DECODER | _OF_A_LISTENER,
    Kind.SERVER: _OF_A_DECODER | _OF_A_LISTENER | _OF_A_SERVER,
}


def allowed(machine: str, kind: Kind) -> frozenset[int]:
    """Return the numbers of the calls that are let through, some of them with certain arguments only."""
    return frozenset(number for number, _tests in _calls(machine, kind))


def no_new_privileges() -> None:
    """Have no program this process starts get more rights than it has. Raises Unsupported."""
    if ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise Unsupported("the kernel refuses no_new_privs; cameras cannot be decoded safely here")


def install(kind: Kind) -> None:
    """Let nothing through but the calls of this kind, for all threads of this process and for good. `no_new_privileges` comes
    first. Raises Unsupported."""
    machine = _machine()
    _load(_program(machine, _calls(machine, kind), _EPERM), machine)


def refuse(calls: Calls, only: Mapping[str, tuple[Test, ...]]) -> None:
    """Refuse these calls, or those of them in `only` where their tests fail, and let the others through: weaker than `install`,
    for what nobody can list the calls of. Raises Unsupported."""
    machine = _machine()
    numbered = [(row[_column(machine)], only.get(name, (NEVER,))) for name, row in calls.items()]
    _load(_program(machine, [(number, tests) for number, tests in numbered if number is not None], _ALLOW), machine)


def only_oneself() -> tuple[Test, ...]:
    """Return the test of a call that names a process first: a process may abort itself, nobody else."""
    return (OneOf(0, (os.getpid(),)),)


def _machine() -> str:
    machine = platform.machine()
    if machine not in _AUDIT_ARCH:
        raise Unsupported(f"no system-call filter for {machine}: cameras are decoded on x86-64 and arm64 only")
    return machine


def _column(machine: str) -> int:
    return 0 if machine == "x86_64" else 1


def _load(program: bytes, machine: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)

    class _Fprog(ctypes.Structure):
        _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    buffer = ctypes.create_string_buffer(program, len(program))
    fprog = _Fprog(len(program) // 8, ctypes.addressof(buffer))
    if libc.syscall(_SECCOMP[machine], _SET_MODE_FILTER, _FLAG_TSYNC, ctypes.byref(fprog)) != 0:
        raise Unsupported(
            f"the kernel refuses a system-call filter ({os.strerror(ctypes.get_errno())}): cameras cannot be decoded safely"
        )


def _calls(machine: str, kind: Kind) -> list[tuple[int, tuple[Test, ...]]]:
    only = {**_ONLY, "tgkill": only_oneself()}
    found = []
    for name, row in _OF[kind].items():
        number = row[_column(machine)]
        if number is not None:
            found.append((number, only.get(name, ())))
    return sorted(found, key=lambda call: call[0])


def _program(machine: str, calls: Sequence[tuple[int, tuple[Test, ...]]], otherwise: int) -> bytes:
    lines = [
        _line(_LOAD, 0, 0, _ARCHITECTURE),
        _line(_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        _line(_RETURN, 0, 0, _KILL_PROCESS),
        _line(_LOAD, 0, 0, _NUMBER),
        _line(_ANY_BIT, 0, 1, _X32),
        _line(_RETURN, 0, 0, _EPERM),
    ]
    for number, tests in calls:
        block = [line for test in tests for line in _test(test)]
        lines += [_line(_EQUAL, 0, len(block) + 1, number), *block, _line(_RETURN, 0, 0, _ALLOW)]
    # clone3 hides its flags behind a pointer: glibc falls back to clone when it is not there
    lines += [_line(_EQUAL, 0, 1, _CLONE3[_column(machine)]), _line(_RETURN, 0, 0, _ENOSYS)]
    lines.append(_line(_RETURN, 0, 0, otherwise))
    return b"".join(lines)


def _test(test: Test) -> list[bytes]:
    load, refused = _line(_LOAD, 0, 0, _ARGUMENTS + 8 * test.argument), _line(_RETURN, 0, 0, _EPERM)
    match test:
        case Has(bits=bits):
            return [load, _line(_ANY_BIT, 1, 0, bits), refused]
        case Lacks(bits=bits):
            return [load, _line(_ANY_BIT, 0, 1, bits), refused]
        case OneOf(values=values, mask=mask):
            equal = [_line(_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
            return [load, _line(_AND, 0, 0, mask), *equal, refused]
        case NoneOf(values=values):
            return [load, *(each for value in values for each in (_line(_EQUAL, 0, 1, value), refused))]


def _line(code: int, jump_true: int, jump_false: int, k: int) -> bytes:
    return struct.pack("HBBI", code, jump_true, jump_false, k)
