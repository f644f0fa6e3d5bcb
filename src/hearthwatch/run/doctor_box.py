"""`hearthwatch doctor`: which walls this machine's kernel gives to what decodes cameras' pictures, and to the porch."""

from __future__ import annotations

import subprocess
import sys

from hearthwatch.run.check import Check, fail, ok, warn

_NAME = "box around the decoder"
_PROBE_S = 60.0
_PROBE = (
    "import av, cv2, numpy, ncnn\n"
    "from hearthwatch.run import sandbox\n"
    "walls = sandbox.enter()\n"
    "print(walls.landlock, 'unprivileged' if walls.unprivileged else '')\n"
)


def box(*, needs_landlock: bool) -> Check:
    """Lock a child in as the looker does, and see which walls stand. `needs_landlock` where something runs that only Landlock
    keeps from files."""
    try:
        done = subprocess.run(  # noqa: S603 our own interpreter with our own text
            [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return fail(_NAME, f"could not be tried: {error}")
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or [f"the trial ended with status {done.returncode}"])[-1]
        return fail(_NAME, f"cannot be built, so nothing will be looked at: {reason}")
    landlock, _, unprivileged = done.stdout.strip().partition(" ")
    return told(landlock=int(landlock), unprivileged=bool(unprivileged), needs_landlock=needs_landlock)


def told(*, landlock: int, unprivileged: bool, needs_landlock: bool) -> Check:
    """Say it in words."""
    if not landlock and needs_landlock:
        return warn(
            _NAME,
            "system-call filter on, but this kernel has no landlock (Linux 5.13 or newer has it, where it is not turned off): "
            "the porch and what reads a camera with FFmpeg could read files of this user if a camera broke into them",
        )
    if not unprivileged:
        return warn(
            _NAME,
            "system-call filter on, but what decodes stays root: let the container change users (CAP_SETUID), or start "
            "Hearthwatch as a user of its own",
        )
    if not landlock:
        return ok(_NAME, "system-call filter and an unprivileged user (this kernel has no landlock, the second wall for files)")
    return ok(_NAME, f"system-call filter (seccomp), landlock {landlock} and an unprivileged user")
