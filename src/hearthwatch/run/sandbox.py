"""The box around whatever decodes a camera's bytes: no network, no files, no new programs, bounded memory, no privileges.
The porch, which must listen and write, has a box with a door: TCP, and the files of one folder.

The seccomp filter is mandatory: a process that cannot get it must not decode. User and landlock are best effort and reported.
System call numbers: Linux `asm/unistd_64.h` (x86-64) and `asm-generic/unistd.h` (arm64).
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from dataclasses import dataclass

from hearthwatch.kit.errors import Unsupported

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_RET_ALLOW = 0x7FFF0000
_RET_ERRNO_EPERM = 0x00050000 | 1
_RET_ERRNO_ENOSYS = 0x00050000 | 38
_RET_KILL_PROCESS = 0x80000000
_LANDLOCK_RULE_PATH_BENEATH = 1
_LANDLOCK_ADD_RULE = 445
_LANDLOCK_INBOX_ACCESS = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 8
"""Write a file, read one, read the folder, remove a file, make one."""
_LD_ABS, _JEQ, _JSET, _RET = 0x20, 0x15, 0x45, 0x06
_NR, _ARCH, _ARG0, _ARG1 = 0, 4, 16, 24
_CLONE_THREAD = 0x00010000
_FIONBIO = 0x5421
NOBODY = 65534
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP_NR = {"x86_64": 317, "aarch64": 277}
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446
_LANDLOCK_ALL_FILE_ACCESS_V1 = (1 << 13) - 1

# name: (x86-64, arm64); None where the architecture has no such call
_ALLOWED: dict[str, tuple[int | None, int | None]] = {
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
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "recvfrom": (45, 207),
    "recvmsg": (47, 212),
    "shutdown": (48, 210),
}
_OF_A_SERVER: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "getsockname": (51, 204),
    "getpeername": (52, 205),
    "setsockopt": (54, 208),
    "getsockopt": (55, 209),
    "epoll_create1": (291, 20),
    "openat": (257, 56),
    "newfstatat": (262, 79),
    "unlinkat": (263, 35),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "fsync": (74, 82),
    "getdents64": (217, 61),
}
"""What the porch needs beside. Landlock keeps the files to its folder; FTP's data connections are made as they come."""
_IOCTL = (16, 29)
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_TGKILL = "tgkill"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """Which walls stand; `seccomp` is always True when `enter` returned."""

    seccomp: bool
    landlock: bool
    unprivileged: bool


def enter(*, memory_bytes: int = 4 << 30, folder: int | None = None) -> Walls:
    """Lock the calling process (all its threads) in. Everything it needs must be imported and opened before.

    With `folder`, a descriptor, it is a server's box: TCP is allowed, and files are below that folder.
    Raises Unsupported where the kernel has no seccomp filter.
    """
    machine = platform.machine()
    if machine not in _AUDIT_ARCH:
        raise Unsupported(f"no system-call filter for {machine}: cameras are decoded on x86-64 and arm64 only")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    unprivileged = _drop_user()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise Unsupported("the kernel refuses no_new_privs; cameras cannot be decoded safely here")
    landlock = _no_files(libc, folder)
    _install(libc, _program(machine, serves=folder is not None), machine)
    return Walls(seccomp=True, landlock=landlock, unprivileged=unprivileged)


def _drop_user() -> bool:
    if os.geteuid() != 0:
        return True
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except PermissionError:  # a container without CAP_SETUID
        return False
    return True


def _no_files(libc: ctypes.CDLL, but: int | None) -> bool:
    attribute = struct.pack("Q", _LANDLOCK_ALL_FILE_ACCESS_V1)
    ruleset = libc.syscall(_LANDLOCK_CREATE_RULESET, attribute, ctypes.c_size_t(len(attribute)), 0)
    if ruleset < 0:
        return False
    try:
        if but is not None:
            rule = struct.pack("=Qi", _LANDLOCK_INBOX_ACCESS, but)
            if libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_RULE_PATH_BENEATH, rule, 0) != 0:
                return False
        return bool(libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _instruction(code: int, jump_true: int, jump_false: int, k: int) -> bytes:
    return struct.pack("HBBI", code, jump_true, jump_false, k)


def _program(machine: str, *, serves: bool) -> bytes:
    column = 0 if machine == "x86_64" else 1
    allowed = _ALLOWED | _OF_A_SERVER if serves else _ALLOWED
    numbers = sorted(row[column] for name, row in allowed.items() if row[column] is not None and name != _TGKILL)  # type: ignore[type-var]
    tgkill = _ALLOWED[_TGKILL][column]
    assert tgkill is not None
    lines = [
        _instruction(_LD_ABS, 0, 0, _ARCH),
        _instruction(_JEQ, 1, 0, _AUDIT_ARCH[machine]),
        _instruction(_RET, 0, 0, _RET_KILL_PROCESS),
        _instruction(_LD_ABS, 0, 0, _NR),
    ]
    for number in numbers:
        assert number is not None
        lines += [_instruction(_JEQ, 0, 1, number), _instruction(_RET, 0, 0, _RET_ALLOW)]
    # clone3 hides its flags behind a pointer: glibc falls back to clone when it is not there
    lines += [_instruction(_JEQ, 0, 1, _CLONE3[column]), _instruction(_RET, 0, 0, _RET_ERRNO_ENOSYS)]
    lines += [
        _instruction(_JEQ, 0, 4, _CLONE[column]),
        _instruction(_LD_ABS, 0, 0, _ARG0),
        _instruction(_JSET, 0, 1, _CLONE_THREAD),
        _instruction(_RET, 0, 0, _RET_ALLOW),
        _instruction(_RET, 0, 0, _RET_ERRNO_EPERM),
    ]
    if serves:  # a socket that does not block is made by ioctl
        lines += [
            _instruction(_JEQ, 0, 4, _IOCTL[column]),
            _instruction(_LD_ABS, 0, 0, _ARG1),
            _instruction(_JEQ, 0, 1, _FIONBIO),
            _instruction(_RET, 0, 0, _RET_ALLOW),
            _instruction(_RET, 0, 0, _RET_ERRNO_EPERM),
        ]
    # a process may abort itself, nobody else
    lines += [
        _instruction(_JEQ, 0, 4, tgkill),
        _instruction(_LD_ABS, 0, 0, _ARG0),
        _instruction(_JEQ, 0, 1, os.getpid()),
        _instruction(_RET, 0, 0, _RET_ALLOW),
        _instruction(_RET, 0, 0, _RET_ERRNO_EPERM),
    ]
    lines.append(_instruction(_RET, 0, 0, _RET_ERRNO_EPERM))
    return b"".join(lines)


def _install(libc: ctypes.CDLL, program: bytes, machine: str) -> None:
    class _Fprog(ctypes.Structure):
        _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    buffer = ctypes.create_string_buffer(program, len(program))
    fprog = _Fprog(len(program) // 8, ctypes.addressof(buffer))
    result = libc.syscall(_SECCOMP_NR[machine], _SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC, ctypes.byref(fprog))
    if result != 0:
        raise Unsupported(
            f"the kernel refuses a system-call filter ({os.strerror(ctypes.get_errno())}): cameras cannot be decoded safely"
        )
