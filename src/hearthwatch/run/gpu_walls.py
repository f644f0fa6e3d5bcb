"""Walls around the process that has the graphics processor's driver. Such a driver calls its device as it likes, writes code
and runs it, and looks up files late, so it cannot have the looker's box; what it is fed was decoded in there. What it has: no
network, no program, no hand on other processes, the system's files to read and none of the house's.

They are best effort, as the guest's are: without them a worker is as good as its driver.
"""

from __future__ import annotations

import contextlib
import logging
import resource

from hearthwatch.kit.errors import Unsupported
from hearthwatch.run import capabilities, guest_walls, landlock, seccomp

log = logging.getLogger(__name__)

_DESCRIPTORS = 1024
_MEMORY_BYTES = 4 << 30
"""Of its own; what it maps of its device, and addresses it reserves, come on top."""
_READABLE = ("/proc", "/sys", "/run/opengl-driver")
_DEVICES = ("/dev",)
_REFUSED: seccomp.Calls = {
    **guest_walls.REFUSED,
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "socketpair": (53, 199),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
}


def shut_files() -> None:
    """Leave the calling thread, and those it starts, the system's files to read and its devices. Comes before the driver begins
    threads of its own, which no later wall of this kind would hold."""
    try:
        seccomp.no_new_privileges()
        with guest_walls.opened(guest_walls.readable() | set(_READABLE)) as folders, guest_walls.opened(_DEVICES) as devices:
            if not landlock.restrict_to_reading(folders, devices):
                log.warning("this kernel has no landlock: the process at the graphics processor could read files of this user")
    except Unsupported as error:
        log.warning("the process at the graphics processor has no walls: %s", error)


def enter() -> None:
    """Put up the other walls around the calling process, all its threads. The driver must have its device open by now."""
    for limit, to in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_DATA, _MEMORY_BYTES), (resource.RLIMIT_NOFILE, _DESCRIPTORS)):
        with contextlib.suppress(ValueError, OSError):  # it is lower already
            resource.setrlimit(limit, (to, to))
    with contextlib.suppress(OSError):  # of some container
        capabilities.keep_only()
    try:
        seccomp.no_new_privileges()
        seccomp.refuse(_REFUSED, {**guest_walls.only(), "socket": (seccomp.NEVER,)})
    except Unsupported as error:
        log.warning("the process at the graphics processor has no walls: %s", error)
