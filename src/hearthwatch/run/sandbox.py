"""The box around whatever decodes a camera's bytes: no network, no files, no new programs, bounded memory, no privileges.
The porch, which must listen and write, has a box with a door: TCP connections that come in, and the files of its folders.

The seccomp filter is mandatory: a process that cannot get it must not decode. User and landlock are best effort and reported.
"""

from __future__ import annotations

import contextlib
import os
import resource
from dataclasses import dataclass

from hearthwatch.run import capabilities, landlock, seccomp
from hearthwatch.run.seccomp import Kind

NOBODY = 65534
_THREADS = 4096
"""Of the whole user, as the kernel counts: enough for a busy desktop, and too few to use up the machine's."""
_DESCRIPTORS = 256
_DESCRIPTORS_OF_A_SERVER = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What a server's box leaves open: the files in `folders`, descriptors, which lie below the folder `root`, and listening at
    `ports`."""

    root: int
    folders: tuple[int, ...]
    ports: range


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """Which walls stand; `seccomp` is always True when `enter` returned. `landlock` is a version, 0 for none."""

    seccomp: bool
    landlock: int
    unprivileged: bool

    def told(self) -> str:
        """Return it for the log."""
        return (
            f"box: system-call filter on, landlock {'on' if self.landlock else 'not available'}, "
            f"unprivileged {'yes' if self.unprivileged else 'no'}"
        )


def enter(*, memory_bytes: int = 4 << 30, cpu_s: int | None = None, door: Door | None = None, uses_bus: bool = False) -> Walls:
    """Lock the calling process (all its threads) in. Everything it needs must be imported and opened before.

    `cpu_s` is how much processor time it may use from now on; the kernel ends it after that. With `door` it is a server's box.
    One that `uses_bus` goes on talking to the system's message bus by a connection it has. Raises Unsupported where the kernel
    has no seccomp filter.
    """
    _limit(memory_bytes, cpu_s, _DESCRIPTORS if door is None else _DESCRIPTORS_OF_A_SERVER)
    if door is not None:
        _see_only(door.root)
    unprivileged = _drop_user()
    with contextlib.suppress(OSError):  # of some container; the filter leaves no call that would need one
        capabilities.keep_only()
    seccomp.no_new_privileges()
    files = landlock.restrict() if door is None else landlock.restrict(folders=door.folders, ports=door.ports)
    if door is not None:
        seccomp.install(Kind.SERVER)
    else:
        seccomp.install(Kind.LISTENER if uses_bus else Kind.DECODER)
    return Walls(seccomp=True, landlock=files, unprivileged=unprivileged)


def _limit(memory_bytes: int, cpu_s: int | None, descriptors: int) -> None:
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_AS, memory_bytes)
    _lower(resource.RLIMIT_NOFILE, descriptors)
    _lower(resource.RLIMIT_NPROC, _THREADS)
    if cpu_s is not None:
        used = os.times()
        _lower(resource.RLIMIT_CPU, int(used.user + used.system) + cpu_s)


def _lower(limit: int, to: int) -> None:
    hard = resource.getrlimit(limit)[1]
    if hard == resource.RLIM_INFINITY or hard > to:
        resource.setrlimit(limit, (to, to))


def _see_only(root: int) -> None:
    """Where this is root: a kernel without landlock keeps a server to its folder by that."""
    if os.geteuid() == 0:
        with contextlib.suppress(PermissionError):  # a container without CAP_SYS_CHROOT
            os.fchdir(root)
            os.chroot(".")


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
