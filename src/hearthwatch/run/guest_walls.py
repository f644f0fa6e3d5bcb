"""Walls around a guest that reads a camera over the network with FFmpeg: it must connect, and loads libraries as it goes, so it
cannot have the looker's box. What it has: the system's files to read and none of the house's, no program, no hand on others.

They are best effort: without them a guest is as it was before there were any, and its camera is recorded.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import resource
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from hearthwatch.kit.errors import Unsupported
from hearthwatch.run import capabilities, landlock, seccomp
from hearthwatch.run.seccomp import CLONE_ELSEWHERE, CLONE_THREAD, Has, Lacks, NoneOf, OneOf

log = logging.getLogger(__name__)

_MEMORY_BYTES = 4 << 30
_DESCRIPTORS = 256
_READABLE = (
    "/usr",
    "/lib",
    "/lib64",
    "/nix/store",
    "/dev/null",
    "/dev/urandom",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/run/NetworkManager",
    "/run/resolvconf",
    "/run/systemd/resolve",
)
"""Libraries, zones, what the machine is, and how names of hosts are found."""
_SETTINGS = Path("/etc")
_FOR_ALL = 0o004
_PR_SET_MDWE, _REFUSE_EXEC_GAIN = 65, 1
_INTERNET = (2, 10)
_OWNERS_OF_SIGNALS = (8, 10, 15)
_OWNERS_BY_IOCTL = (0x8901, 0x8902)
_TYPING = 0x5412
"""F_SETOWN, F_SETSIG, F_SETOWN_EX; FIOSETOWN, SIOCSPGRP; TIOCSTI."""

REFUSED: seccomp.Calls = {
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "clone": (56, 220),
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
    "migrate_pages": (256, 238),
    "prlimit64": (302, 261),
    "setpriority": (141, 140),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    "socket": (41, 198),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "bpf": (321, 280),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "mount": (165, 40),
    "umount2": (166, 39),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "mount_setattr": (442, 442),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setresuid": (117, 147),
    "setresgid": (119, 149),
    "setreuid": (113, 145),
    "setregid": (114, 143),
    "setgroups": (116, 159),
    "capset": (126, 91),
    "personality": (135, 92),
    "iopl": (172, None),
    "ioperm": (173, None),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "sethostname": (170, 161),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "syslog": (103, 116),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    # Landlock has no say in these
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "utimensat": (280, 88),
    "futimesat": (261, None),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "semget": (64, 190),
}


def enter() -> bool:
    """Put up the walls around the calling process and the threads it starts from now on; tell whether all of them stand."""
    for limit, to in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, _MEMORY_BYTES), (resource.RLIMIT_NOFILE, _DESCRIPTORS)):
        with contextlib.suppress(ValueError, OSError):  # it is lower already
            resource.setrlimit(limit, (to, to))
    with contextlib.suppress(OSError):  # of some container
        capabilities.keep_only()
    try:
        seccomp.no_new_privileges()
        ctypes.CDLL(None).prctl(_PR_SET_MDWE, _REFUSE_EXEC_GAIN, 0, 0, 0)  # from Linux 6.3 on: nothing written becomes code
        with opened(readable()) as folders:
            version = landlock.restrict_to_reading(folders)
        seccomp.refuse(REFUSED, only())
    except Unsupported as error:
        log.warning("this guest has no walls: %s", error)
        return False
    if not version:
        log.warning("this kernel has no landlock: a guest could read files of this user")
    return version > 0


def only() -> dict[str, tuple[seccomp.Test, ...]]:
    """Return the tests by which some of the calls in REFUSED are let through."""
    return {
        "clone": (Has(0, CLONE_THREAD), Lacks(0, CLONE_ELSEWHERE)),
        "tgkill": seccomp.only_oneself(),
        "socket": (OneOf(0, _INTERNET),),
        "fcntl": (NoneOf(1, _OWNERS_OF_SIGNALS),),
        "ioctl": (NoneOf(1, (*_OWNERS_BY_IOCTL, _TYPING)),),
        "prlimit64": (OneOf(0, (0, os.getpid())),),
    }


def readable() -> set[str]:
    """Return what may be read. Root gets of the machine's settings what everybody may read, for it owns the rest."""
    settings = [_SETTINGS]
    if os.geteuid() == 0:
        settings = [path for path in _SETTINGS.iterdir() if path.exists() and path.stat().st_mode & _FOR_ALL]
    python = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]))
    return {*_READABLE, *python, *map(str, settings)}


@contextlib.contextmanager
def opened(paths: Iterable[str]) -> Iterator[list[int]]:
    """Yield descriptors of those of `paths` that there are."""
    found = []
    for path in paths:
        with contextlib.suppress(OSError):  # not on every machine
            found.append(os.open(path, os.O_PATH | os.O_CLOEXEC))
    try:
        yield found
    finally:
        for fd in found:
            os.close(fd)
