"""Becomes another program that ends when whoever started it does: `python -m hearthwatch.feeds.leash PARENT PROGRAM ...`.

A guest that is killed must not leave a camera program behind that holds the camera. The kernel's parent-death signal
(prctl 1, PR_SET_PDEATHSIG) survives the exec; setting it between fork and exec is not safe beside other threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    if os.getppid() != parent:
        raise SystemExit(1)  # it died before the kernel knew
    os.execv(program, sys.argv[2:])  # noqa: S606 no shell, and the program is one of a fixed list


if __name__ == "__main__":
    main()
