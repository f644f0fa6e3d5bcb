"""Every way out of a box we know of, each by the raw system call, so that it is the kernel that refuses and not Python.

All is prepared before the box closes (`Trial(facts)`); `run` then tries. A way is an escape when the kernel does what was asked.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import random
import resource
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

X86 = platform.machine() == "x86_64"
EPERM, ENOSYS = 1, 38
AT_FDCWD = -100
MARK = "BREAK-OUT "
_LAST_CALL = 512
_X32 = 0x40000000
_UPROBES = frozenset({335, 336} if X86 else ())
"""The kernel's own way back from a probe: since Linux 6.14 no filter sees it, and who else calls it is ended by SIGILL."""

CALLS: dict[str, tuple[int | None, int | None]] = {
    # on x86-64, on arm64
    "open": (2, None),
    "openat": (257, 56),
    "openat2": (437, 437),
    "creat": (85, None),
    "open_by_handle_at": (304, 265),
    "truncate": (76, 45),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "mknodat": (259, 33),
    "symlinkat": (266, 36),
    "linkat": (265, 37),
    "fchmodat": (268, 53),
    "fchownat": (260, 54),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "statx": (332, 291),
    "readlinkat": (267, 78),
    "chdir": (80, 49),
    "chroot": (161, 51),
    "getdents64": (217, 61),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "clone": (56, 220),
    "clone3": (435, 435),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "ptrace": (101, 117),
    "kcmp": (312, 272),
    "move_pages": (279, 239),
    "prlimit64": (302, 261),
    "setrlimit": (160, 164),
    "setpriority": (141, 140),
    "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "setsockopt": (54, 208),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "pkey_mprotect": (329, 288),
    "mlockall": (151, 230),
    "brk": (12, 214),
    "shmget": (29, 194),
    "mq_open": (240, 180),
    "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "bpf": (321, 280),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "mount": (165, 40),
    "umount2": (166, 39),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "mount_setattr": (442, 442),
    "pivot_root": (155, 41),
    "unshare": (272, 97),
    "setns": (308, 268),
    "setuid": (105, 146),
    "setresuid": (117, 147),
    "setgid": (106, 144),
    "setgroups": (116, 159),
    "capset": (126, 91),
    "prctl": (157, 167),
    "personality": (135, 92),
    "arch_prctl": (158, None),
    "seccomp": (317, 277),
    "iopl": (172, None),
    "ioperm": (173, None),
    "syslog": (103, 116),
    "reboot": (169, 142),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "sethostname": (170, 161),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "swapon": (167, 224),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "name_to_handle_at": (303, 264),
    "timer_create": (222, 107),
    "setitimer": (38, 103),
    "exit_group": (231, 94),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is worth reaching: the parent, its listeners, its files. `serves` is the porch's box; `left` are ways that are left to a
    box on purpose, so that nobody tries them, and `has_list` tells whether all calls but those of a list must be refused."""

    parent: int
    canary: int
    tcp_port: int
    tcp6_port: int
    udp_port: int
    unix_path: str
    abstract: str
    data: str
    outside: str
    serves: bool
    rounds: int
    seed: int
    mode: str
    without_landlock: bool
    left: tuple[str, ...] = ()
    has_list: bool = True

    @classmethod
    def read(cls, path: str) -> Facts:
        return cls(**json.loads(Path(path).read_text()))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps({name: getattr(self, name) for name in self.__dataclass_fields__}))


_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_errno: Callable[[], int] = ctypes.get_errno


def number(name: str) -> int | None:
    return CALLS[name][0 if X86 else 1]


def raw(name: str | int, *arguments: object) -> int:
    """Make the call; a refusal is the negative errno."""
    called = number(name) if isinstance(name, str) else name
    if called is None:
        return -ENOSYS
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = int(_libc.syscall(ctypes.c_long(called), *words))
    return -_errno() if result == -1 else result


Way = Callable[[], object]
"""Returns whether it led out: True, or a number that is not negative."""


class Trial:
    """Built before the box closes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.buffer = ctypes.create_string_buffer(4096)
        self.code = self._machine_code()
        self.ways = {name: way for name, way in self._ways().items() if name not in facts.left}
        # whatever Python loads late must be there before the box closes
        for each in self.ways.values():
            assert callable(each)
        json.dumps({"a": [1]})
        random.Random(1).shuffle([1, 2])
        threading.Thread(target=int).start()

    def run(self) -> None:
        """Try everything, alternately in this thread and in one born inside."""
        facts = self.facts
        if facts.mode == "loop":
            while True:
                pass
        if facts.mode == "compat":
            self.code()
            self._report({"escaped": ["32-bit system call"], "tried": 1})
            return
        escaped: dict[str, int] = {}
        tried = 0
        names = list(self.ways)
        order = random.Random(facts.seed)
        for turn in range(facts.rounds):
            order.shuffle(names)
            if turn % 2:
                thread = threading.Thread(target=self._try, args=(names, escaped))
                thread.start()
                thread.join()
            else:
                self._try(names, escaped)
            tried += len(names)
        swept = self._sweep(escaped) if facts.has_list else 0
        self._report({"escaped": sorted(escaped), "tried": tried, "ways": len(names), "swept": swept})

    def _try(self, names: list[str], escaped: dict[str, int]) -> None:
        for name in names:
            out = self.ways[name]()
            if out is True or (out is not False and isinstance(out, int) and out >= 0):
                escaped[name] = escaped.get(name, 0) + 1

    def _sweep(self, escaped: dict[str, int]) -> int:
        """Make every call there is that is not on the list, with arguments that mean nothing: each must be refused by the
        filter, which says EPERM even to numbers no kernel knows."""
        from hearthwatch.run import seccomp

        kind = seccomp.Kind.SERVER if self.facts.serves else seccomp.Kind.DECODER
        left = seccomp.allowed(platform.machine(), kind)
        clone3 = number("clone3")
        numbers = [each for each in range(_LAST_CALL) if each not in left | _UPROBES]
        numbers += [each | _X32 for each in range(_LAST_CALL + 48) if each not in _UPROBES] if X86 else []
        for each in numbers:
            result = raw(each, -1, -1, -1, -1, -1, -1)
            if result != -EPERM and not (each == clone3 and result == -ENOSYS):
                escaped[f"call {each}"] = 1
        return len(numbers)

    def _report(self, told: dict[str, object]) -> None:
        os.write(2, f"{MARK}{json.dumps(told)}\n".encode())

    def _machine_code(self) -> Callable[[], int]:
        """A 32-bit system call (getpid, number 20), which a filter that looks at 64-bit numbers only would take for `writev`."""
        if not X86 or self.facts.mode != "compat":
            return lambda: -1
        code = bytes.fromhex("b814000000cd80c3")
        page = _libc.mmap
        page.restype = ctypes.c_void_p
        page.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
        at = page(None, 4096, 7, 0x22, -1, 0)
        ctypes.memmove(at, code, len(code))
        return ctypes.CFUNCTYPE(ctypes.c_int)(at)

    def _ways(self) -> dict[str, Way]:
        ways = {**self._network(), **self._files(), **self._programs(), **self._others(), **self._kernel(), **self._limits()}
        return {**ways, **(self._of_the_porch() if self.facts.serves else self._of_a_decoder())}

    # every descriptor a box may have got
    def _any(self, ask: Callable[[int], int]) -> bool:
        return any(ask(fd) >= 0 for fd in range(64))

    def _network(self) -> dict[str, Way]:
        facts = self.facts
        ip4 = struct.pack("=H2s4s8x", 2, struct.pack("!H", facts.tcp_port), bytes((127, 0, 0, 1)))
        ip6 = struct.pack("=H2sI", 10, struct.pack("!H", facts.tcp6_port), 0) + bytes(15) + b"\x01" + bytes(4)
        far = struct.pack("=H2s4s8x", 2, struct.pack("!H", 53), bytes((192, 0, 2, 1)))
        udp = struct.pack("=H2s4s8x", 2, struct.pack("!H", facts.udp_port), bytes((127, 0, 0, 1)))
        path = struct.pack("=H", 1) + facts.unix_path.encode() + b"\0"
        abstract = struct.pack("=H", 1) + b"\0" + facts.abstract.encode()
        vsock = struct.pack("=HHII4x", 40, 0, 1, 1)
        netlink = struct.pack("=HHII", 16, 0, 0, 0)
        dump = struct.pack("=IHHIIB3x", 20, 18, 0x301, 1, 0, 0)

        def connecting(family: int, kind: int, protocol: int, address: bytes) -> Way:
            def way() -> int:
                sock = raw("socket", family, kind, protocol)
                return sock if sock < 0 else raw("connect", sock, address, len(address))

            return way

        def sending(family: int, kind: int, protocol: int, data: bytes, flags: int, address: bytes) -> Way:
            def way() -> int:
                sock = raw("socket", family, kind, protocol)
                return sock if sock < 0 else raw("sendto", sock, data, len(data), flags, address, len(address))

            return way

        def socket_of(family: int, kind: int, protocol: int = 0) -> Way:
            return lambda: raw("socket", family, kind, protocol)

        ways: dict[str, Way] = {
            "connect TCP": connecting(2, 1, 0, ip4),
            "connect TCP without blocking": connecting(2, 1 | 0o4000, 0, ip4),
            "connect TCP over IPv6": connecting(10, 1, 0, ip6),
            "connect MPTCP": connecting(2, 1, 262, ip4),
            "connect SCTP": connecting(2, 1, 132, ip4),
            "TCP fast open": sending(2, 1, 0, b"x", 0x20000000, ip4),
            "send UDP": sending(2, 2, 0, b"x", 0, udp),
            "send UDP over IPv6": sending(10, 2, 0, b"x", 0, ip6),
            "ask a name server": sending(2, 2, 0, b"x", 0, far),
            "ping": sending(2, 2, 1, b"\x08\0\0\0\0\0\0\0", 0, far),
            "connect a unix socket": connecting(1, 1, 0, path),
            "connect an abstract unix socket": connecting(1, 1, 0, abstract),
            "send to a unix socket": sending(1, 2, 0, b"x", 0, path),
            "ask netlink": sending(16, 3, 0, dump, 0, netlink),
            "hear device events": connecting(16, 3, 15, netlink),
            "connect vsock": connecting(40, 1, 0, vsock),
            "raw IP": socket_of(2, 3, 255),
            "raw frames": socket_of(17, 3, 0x0300),
            "kernel crypto": socket_of(38, 5),
            "Bluetooth": socket_of(31, 3, 1),
            "CAN": socket_of(29, 3, 1),
            "XDP": socket_of(44, 3),
            "connect a descriptor it has": lambda: self._any(lambda fd: raw("connect", fd, ip4, len(ip4))),
            "many messages at once": lambda: self._any(lambda fd: raw("sendmmsg", fd, self.buffer, 1, 0)),
            "io_uring": lambda: raw("io_uring_setup", 1, self.buffer),
            "a packet filter on a descriptor": lambda: self._any(
                lambda fd: raw("setsockopt", fd, 1, 26, struct.pack("HxxxxxxQ", 1, ctypes.addressof(self.buffer)), 16)
            ),
        }
        return ways

    def _files(self) -> dict[str, Way]:
        facts = self.facts
        shadow, secrets, database = b"/etc/shadow", f"{facts.data}/secrets.sealed".encode(), f"{facts.data}/house.db".encode()
        fresh, kept = f"{facts.outside}/escaped".encode(), f"{facts.outside}/kept".encode()
        how = struct.pack("QQQ", os.O_RDONLY, 0, 0)
        times = struct.pack("qqqq", 1, 0, 1, 0)

        def by_folder(folder: bytes, name: bytes) -> Way:
            def way() -> int:
                found = raw("openat", AT_FDCWD, folder, os.O_PATH | os.O_DIRECTORY)
                return found if found < 0 else raw("openat", found, name, os.O_RDONLY)

            return way

        def listing(folder: bytes) -> Way:
            def way() -> int:
                found = raw("openat", AT_FDCWD, folder, os.O_RDONLY | os.O_DIRECTORY)
                return found if found < 0 else raw("getdents64", found, self.buffer, 4096)

            return way

        def reading(name: bytes) -> Way:
            return lambda: raw("openat", AT_FDCWD, name, os.O_RDONLY)

        def writing(name: bytes, flags: int = os.O_CREAT) -> Way:
            return lambda: raw("openat", AT_FDCWD, name, os.O_WRONLY | flags, 0o600)

        ways: dict[str, Way] = {
            "read /etc/shadow": reading(shadow),
            "read /etc/hostname": reading(b"/etc/hostname"),
            "read the secrets": reading(secrets),
            "read the key of the secrets": reading(f"{facts.data}/secrets.key".encode()),
            "read the house's database": reading(database),
            "read footage": reading(f"{facts.data}/footage/index.db".encode()),
            "read by an open folder": by_folder(b"/etc", b"hostname"),
            "read from the data folder by an open folder": by_folder(facts.data.encode(), b"house.db"),
            "read with openat2": lambda: raw("openat2", AT_FDCWD, secrets, how, len(how)),
            "read its own memory as a file": writing(b"/proc/self/mem", 0),
            "read the parent's memory as a file": reading(f"/proc/{facts.parent}/mem".encode()),
            "read the parent's environment": reading(f"/proc/{facts.parent}/environ".encode()),
            "open a descriptor of the parent": reading(f"/proc/{facts.parent}/fd/0".encode()),
            "list the data folder": listing(facts.data.encode()),
            "list /": listing(b"/"),
            "write a new file": writing(fresh),
            "write a file in the data folder": writing(f"{facts.data}/escaped".encode()),
            "write over the database": writing(database, 0),
            "cut the database off": writing(database, os.O_TRUNC),
            "append to a file": writing(kept, os.O_APPEND),
            "write in /tmp": writing(b"/tmp/escaped-from-a-box"),
            "a file without a name": writing(facts.outside.encode(), os.O_TMPFILE),
            "write shared memory": writing(b"/dev/shm/escaped-from-a-box"),
            "open a disk": reading(b"/dev/vda"),
            "open a terminal": writing(b"/dev/tty", 0),
            "truncate": lambda: raw("truncate", kept, 0),
            "remove a file": lambda: raw("unlinkat", AT_FDCWD, kept, 0),
            "rename a file": lambda: raw("renameat", AT_FDCWD, kept, AT_FDCWD, fresh),
            "exchange files": lambda: raw("renameat2", AT_FDCWD, kept, AT_FDCWD, database, 2),
            "make a folder": lambda: raw("mkdirat", AT_FDCWD, fresh, 0o700),
            "make a node": lambda: raw("mknodat", AT_FDCWD, fresh, 0o010600, 0),
            "make a symbolic link": lambda: raw("symlinkat", shadow, AT_FDCWD, fresh),
            "make a hard link": lambda: raw("linkat", AT_FDCWD, kept, AT_FDCWD, fresh, 0),
            "change a mode": lambda: raw("fchmodat", AT_FDCWD, kept, 0o777),
            "change an owner": lambda: raw("fchownat", AT_FDCWD, kept, 0, 0, 0),
            "change a time": lambda: raw("utimensat", AT_FDCWD, kept, times, 0),
            "set an attribute": lambda: raw("setxattr", kept, b"user.x", b"x", 1, 0),
            "ask for a handle": lambda: raw("name_to_handle_at", AT_FDCWD, kept, self.buffer, self.buffer, 0),
            "open by a handle": lambda: raw("open_by_handle_at", AT_FDCWD, self.buffer, 0),
            "go to another folder": lambda: raw("chdir", b"/etc"),
            "another root": lambda: raw("chroot", facts.outside.encode()),
            "watch a folder": lambda: raw("inotify_init1", 0),
            "watch all files": lambda: raw("fanotify_init", 0, 0),
            "old open": lambda: raw("open", shadow, os.O_RDONLY),
            "old creat": lambda: raw("creat", fresh, 0o600),
            "old rename": lambda: raw("rename", kept, fresh),
            "old unlink": lambda: raw("unlink", kept),
        }
        return ways

    def _programs(self) -> dict[str, Way]:
        true = b"/bin/true"
        arguments = (ctypes.c_char_p * 2)(true, None)
        none = (ctypes.c_char_p * 1)(None)
        clone_new_user, clone_new_net, thread = 0x10000000, 0x40000000, 0x00010000 | 0x900
        clone3 = struct.pack("QQQQQQQQ", 0, 0, 0, 0, 17, 0, 0, 0)

        def child(name: str, *words: object) -> Way:
            def way() -> int:
                born = raw(name, *words)
                if born == 0:
                    raw("exit_group", 0)
                return born

            return way

        def from_memory() -> int:
            found = raw("memfd_create", b"x", 0)
            return found if found < 0 else raw("execveat", found, b"", arguments, none, 0x1000)

        def writable_then_code() -> int:
            page = raw("mmap", 0, 4096, 3, 0x22, -1, 0)
            return raw("mprotect", page, 4096, 5)

        def all_at_once() -> int:
            page = raw("mmap", 0, 4096, 3, 0x22, -1, 0)
            return raw("mprotect", page, 4096, 7)

        def with_a_key() -> int:
            page = raw("mmap", 0, 4096, 3, 0x22, -1, 0)
            return raw("pkey_mprotect", page, 4096, 5, -1)

        return {
            "exec": lambda: raw("execve", true, arguments, none),
            "exec by a descriptor": lambda: self._any(lambda fd: raw("execveat", fd, b"", arguments, none, 0x1000)),
            "exec relative to a folder": lambda: raw("execveat", AT_FDCWD, true, arguments, none, 0),
            "exec from memory": from_memory,
            "an anonymous file": lambda: raw("memfd_create", b"x", 1),
            "secret memory": lambda: raw("memfd_secret", 0),
            "fork": child("fork"),
            "vfork": child("vfork"),
            "clone a process": child("clone", 17, 0, 0, 0, 0),
            "clone a sibling": child("clone", 0x8000 | 17, 0, 0, 0, 0),
            "clone3 a process": child("clone3", clone3, len(clone3)),
            "a thread in a user namespace": lambda: raw("clone", thread | clone_new_user, 0, 0, 0, 0),
            "a thread in a network namespace": lambda: raw("clone", thread | clone_new_net, 0, 0, 0, 0),
            "memory to write and run": lambda: raw("mmap", 0, 4096, 7, 0x22, -1, 0),
            "memory to run": lambda: raw("mmap", 0, 4096, 5, 0x22, -1, 0),
            "code out of a descriptor": lambda: self._any(lambda fd: raw("mmap", 0, 4096, 5, 2, fd, 0)),
            "written memory becomes code": writable_then_code,
            "written memory becomes code and stays": all_at_once,
            "the same by a protection key": with_a_key,
            "a stack to run": lambda: raw("mprotect", ctypes.addressof(self.buffer) & ~4095, 4096, 7),
        }

    def _others(self) -> dict[str, Way]:
        facts = self.facts
        parent, sigurg = facts.parent, 23
        here = struct.pack("QQ", ctypes.addressof(self.buffer), 8)
        there = struct.pack("QQ", facts.canary, 8)
        info = struct.pack("iii", sigurg, 0, -1) + bytes(116)
        limit = struct.pack("QQ", 0, 0)
        word = struct.pack("i", 0)
        owner = struct.pack("ii", 1, parent)

        def by_pidfd(name: str, *words: object) -> Way:
            def way() -> int:
                found = raw("pidfd_open", parent, 0)
                return found if found < 0 else raw(name, found, *words)

            return way

        return {
            "signal the parent": lambda: raw("kill", parent, sigurg),
            "look whether the parent is there": lambda: raw("kill", parent, 0),
            "signal everybody": lambda: raw("kill", -1, 0),
            "signal its group": lambda: raw("kill", 0, 0),
            "signal a thread": lambda: raw("tkill", parent, sigurg),
            "signal a thread of the parent": lambda: raw("tgkill", parent, parent, sigurg),
            "queue a signal": lambda: raw("rt_sigqueueinfo", parent, sigurg, info),
            "queue a signal to a thread": lambda: raw("rt_tgsigqueueinfo", parent, parent, sigurg, info),
            "a handle of the parent": lambda: raw("pidfd_open", parent, 0),
            "signal by a handle": by_pidfd("pidfd_send_signal", sigurg, 0, 0),
            "take a descriptor of the parent": by_pidfd("pidfd_getfd", 0, 0),
            "signal by a descriptor's owner": lambda: self._any(lambda fd: raw("fcntl", fd, 8, parent)),
            "signal by a descriptor's owner, the other way": lambda: self._any(lambda fd: raw("fcntl", fd, 15, owner)),
            "choose the signal": lambda: self._any(lambda fd: raw("fcntl", fd, 10, sigurg)),
            "own a descriptor by ioctl": lambda: self._any(lambda fd: raw("ioctl", fd, 0x8902, struct.pack("i", parent))),
            "read the parent's memory": lambda: raw("process_vm_readv", parent, here, 1, there, 1, 0),
            "write the parent's memory": lambda: raw("process_vm_writev", parent, here, 1, there, 1, 0),
            "advise the parent's memory": lambda: raw("process_madvise", 0, there, 1, 20, 0),
            "trace the parent": lambda: raw("ptrace", 16, parent, 0, 0),
            "seize the parent": lambda: raw("ptrace", 0x4206, parent, 0, 0),
            "be traced": lambda: raw("ptrace", 0, 0, 0, 0),
            "compare with the parent": lambda: raw("kcmp", parent, os.getpid(), 0, 0, 0),
            "move the parent's pages": lambda: raw("move_pages", parent, 0, 0, 0, 0, 0),
            "limit the parent": lambda: raw("prlimit64", parent, 7, limit, 0),
            "slow the parent down": lambda: raw("setpriority", 0, parent, 19),
            "schedule the parent": lambda: raw("sched_setscheduler", parent, 5, word),
            "bind the parent to a core": lambda: raw("sched_setaffinity", parent, 8, struct.pack("Q", 1)),
            "type into a terminal": lambda: self._any(lambda fd: raw("ioctl", fd, 0x5412, b"x")),
        }

    def _kernel(self) -> dict[str, Way]:
        outside = self.facts.outside.encode()
        capabilities = struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", *[0xFFFFFFFF] * 6)
        attribute = struct.pack("II", 1, 112) + bytes(104)
        return {
            "become root": lambda: raw("setuid", 0) if os.geteuid() else -EPERM,
            "become root thrice": lambda: raw("setresuid", 0, 0, 0),
            "join root's group": lambda: raw("setgid", 0),
            "join groups": lambda: raw("setgroups", 1, struct.pack("I", 0)),
            "take capabilities": lambda: raw("capset", *capabilities),
            "change its name": lambda: raw("prctl", 15, b"x"),
            "be dumpable": lambda: raw("prctl", 4, 1),
            "32-bit personality": lambda: raw("personality", 8),
            "another filter": lambda: raw("seccomp", 1, 0, self.buffer),
            "user namespace": lambda: raw("unshare", 0x10000000),
            "network namespace": lambda: raw("unshare", 0x40000000),
            "mount namespace": lambda: raw("unshare", 0x00020000),
            "join a namespace": lambda: self._any(lambda fd: raw("setns", fd, 0)),
            "mount": lambda: raw("mount", b"none", outside, b"tmpfs", 0, 0),
            "bind mount": lambda: raw("mount", b"/etc", outside, 0, 4096, 0),
            "unmount": lambda: raw("umount2", b"/proc", 2),
            "new mount": lambda: raw("fsopen", b"tmpfs", 0),
            "mount of a descriptor": lambda: self._any(lambda fd: raw("fsmount", fd, 0, 0)),
            "clone a tree": lambda: raw("open_tree", AT_FDCWD, b"/", 1),
            "move a mount": lambda: raw("move_mount", AT_FDCWD, b"/proc", AT_FDCWD, outside, 0),
            "change a mount": lambda: raw("mount_setattr", AT_FDCWD, b"/", 0, self.buffer, 32),
            "pivot root": lambda: raw("pivot_root", outside, outside),
            "eBPF": lambda: raw("bpf", 0, self.buffer, 72),
            "perf": lambda: raw("perf_event_open", attribute, 0, -1, -1, 0),
            "userfaultfd": lambda: raw("userfaultfd", 1),
            "keys": lambda: raw("keyctl", 0, -3, 1),
            "add a key": lambda: raw("add_key", b"user", b"x", b"x", 1, -3),
            "ask for a key": lambda: raw("request_key", b"user", b"x", 0, -3),
            "kernel log": lambda: raw("syslog", 3, self.buffer, 4096),
            "ports": lambda: raw("ioperm", 0x80, 1, 1),
            "all ports": lambda: raw("iopl", 3),
            "load a module": lambda: raw("init_module", self.buffer, 16, b""),
            "load a module by a descriptor": lambda: self._any(lambda fd: raw("finit_module", fd, b"", 0)),
            "another kernel": lambda: raw("kexec_load", 0, 0, 0, 0),
            "reboot": lambda: raw("reboot", 0xFEE1DEAD, 672274793, 0, 0),
            "set the clock": lambda: raw("clock_settime", 0, struct.pack("qq", 1, 0)),
            "turn the clock": lambda: raw("adjtimex", struct.pack("I", 1) + bytes(300)),
            "set the host's name": lambda: raw("sethostname", b"escaped", 7),
            "swap": lambda: raw("swapon", outside, 0),
            "accounting": lambda: raw("acct", outside),
            "quotas": lambda: raw("quotactl", 0x800003, outside, 0, self.buffer),
            "shared memory": lambda: raw("shmget", 0x4857, 4096, 0o1600),
            "a message queue": lambda: raw("mq_open", b"escaped", 0o102, 0o600, 0),
        }

    def _limits(self) -> dict[str, Way]:
        def descriptors() -> bool:
            found = []
            while len(found) < 5000 and (fd := raw("fcntl", 2, 0, 0)) >= 0:
                found.append(fd)
            for fd in found:
                os.close(fd)
            return len(found) >= 5000

        def grow() -> bool:
            now = raw("brk", 0)
            return raw("brk", now + (10 << 30)) != now

        return {
            "10 GB of memory": lambda: raw("mmap", 0, 10 << 30, 3, 0x4022, -1, 0),
            "10 GB of heap": grow,
            "lock memory": lambda: raw("mlockall", 3),
            "five thousand descriptors": descriptors,
            "raise its own limits": lambda: raw("setrlimit", resource.RLIMIT_AS, struct.pack("QQ", 2**64 - 1, 2**64 - 1)),
            "raise its own limits, the other way": lambda: raw("prlimit64", 0, 9, struct.pack("QQ", 2**64 - 1, 2**64 - 1), 0),
            "a timer": lambda: raw("setitimer", 0, struct.pack("qqqq", 0, 0, 3600, 0), 0),
        }

    def _of_a_decoder(self) -> dict[str, Way]:
        rights = struct.pack("=QiiI", 20, 1, 1, 2) + bytes(4)
        vector = struct.pack("QQ", ctypes.addressof(self.buffer), 1)
        keep = [ctypes.create_string_buffer(rights), ctypes.create_string_buffer(vector)]
        head = struct.pack("QIIQQQQi4x", 0, 0, 0, ctypes.addressof(keep[1]), 1, ctypes.addressof(keep[0]), 24, 0)
        self.kept = keep
        return {
            "any socket": lambda: raw("socket", 2, 1, 0),
            "a pair of sockets": lambda: raw("socketpair", 1, 1, 0, self.buffer),
            "a door of its own": lambda: self._any(lambda fd: raw("listen", fd, 1)),
            "hand a descriptor over": lambda: self._any(lambda fd: raw("sendmsg", fd, head, 0)),
            "look at a file": lambda: raw("statx", AT_FDCWD, b"/etc", 0, 0x7FF, self.buffer),
            "look where a link leads": lambda: raw("readlinkat", AT_FDCWD, b"/proc/self/exe", self.buffer, 4096),
            "ask a descriptor": lambda: self._any(lambda fd: raw("ioctl", fd, 0x5401, self.buffer)),
        }

    def _of_the_porch(self) -> dict[str, Way]:
        door = struct.pack("=H2s4s8x", 2, struct.pack("!H", self.facts.tcp_port + 1), bytes(4))
        inbox = next((fd for fd in range(3, 64) if _is_folder(fd)), AT_FDCWD)

        def another_door() -> int:
            sock = raw("socket", 2, 1, 0)
            bound = raw("bind", sock, door, len(door))
            return bound if bound < 0 else raw("listen", sock, 1)

        def relative(name: bytes, flags: int) -> Way:
            return lambda: raw("openat", inbox, name, flags, 0o600)

        return {
            "another door": another_door,
            "up from the inbox": relative(b"../../house.db", os.O_RDONLY),
            "write up from the inbox": relative(b"../escaped", os.O_WRONLY | os.O_CREAT),
            "a folder in the inbox": lambda: raw("mkdirat", inbox, b"x", 0o700),
            "a link in the inbox": lambda: raw("symlinkat", b"/etc/shadow", inbox, b"x"),
            "a hard link into the inbox": lambda: raw(
                "linkat", AT_FDCWD, f"{self.facts.outside}/kept".encode(), inbox, b"x", 0
            ),
            "a pipe in the inbox": lambda: raw("mknodat", inbox, b"x", 0o010600, 0),
            "a file out of the inbox": lambda: raw(
                "renameat", inbox, b"kept", AT_FDCWD, f"{self.facts.outside}/stolen".encode()
            ),
        }


def _is_folder(fd: int) -> bool:
    try:
        return Path(f"/proc/self/fd/{fd}").is_dir()
    except OSError:
        return False


def main() -> None:
    """`ways_out FACTS`: try outside of any box what is harmless, to show that these ways lead somewhere."""
    facts = Facts.read(sys.argv[1])
    trial = Trial(facts)
    harmful = {
        *trial._kernel(),
        *(name for name in trial._programs() if "thread in" in name or "exec" in name or "clone" in name or "vfork" in name),
        "slow the parent down",
        "schedule the parent",
        "limit the parent",
        "bind the parent to a core",
        "trace the parent",
        "seize the parent",
        "be traced",
        "write over the database",
        "cut the database off",
        "another root",
        "signal everybody",
        "type into a terminal",
        "take a descriptor of the parent",
        "choose the signal",
        "lock memory",
        "advise the parent's memory",
        "move the parent's pages",
    }
    tried = [name for name in trial.ways if name not in harmful]
    led = []
    for name in tried:
        out = trial.ways[name]()
        if out is True or (out is not False and isinstance(out, int) and out >= 0):
            led.append(name)
        if not Path(facts.outside, "kept").exists():
            Path(facts.outside, "kept").write_text("kept")
        _clear(Path(facts.outside, "escaped"))
    trial._report({"led": sorted(led), "tried": len(tried)})


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
