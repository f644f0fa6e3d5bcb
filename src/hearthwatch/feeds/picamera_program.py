"""A running camera program: its pictures through a pipe, what it says on standard error, and its certain end."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence

from hearthwatch.feeds.picamera import INSTALL, in_words
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S

_POLL_MS = 250
_END_S = 2.0
_SAID_LINES = 20
_LINE_BYTES = 1000


def found(programs: Sequence[str]) -> str:
    """Return the path of the first of `programs` there is. Raises Unsupported, saying what to install."""
    for program in programs:
        path = shutil.which(program)
        if path is not None:
            return path
    raise Unsupported(f"{programs[0]} is not installed: {INSTALL}")


class CameraProgram:
    """Reads as a file does (`read`), bounded in its patience: a silent program is an end with an error."""

    def __init__(self, path: str, arguments: Sequence[str], *, clock: Clock, stop: Stop, silence_s: float) -> None:
        """Raises Unreachable when it cannot be started."""
        self._clock = clock
        self._stop = stop
        self._silence_ns = round(silence_s * NS_PER_S)
        self._said: deque[bytes] = deque(maxlen=_SAID_LINES)
        self.silent = False
        command = [sys.executable, "-m", "hearthwatch.feeds.leash", str(os.getpid()), path, *arguments]
        try:
            self._process = subprocess.Popen(  # noqa: S603 a list, of numbers we checked
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise Unreachable(f"the camera program cannot be started: {error.strerror}") from error
        self._listener = threading.Thread(target=self._listen, name="camera-program", daemon=True)
        self._listener.start()

    def read(self, size: int = -1) -> bytes:
        """Return what is there, waiting for the first of it; empty at the end, when stopped, and after too long a silence."""
        out = self._process.stdout
        assert out is not None
        waiter = select.poll()
        waiter.register(out, select.POLLIN)
        since_ns = self._clock.mono_ns()
        while not self._stop.is_set():
            if waiter.poll(_POLL_MS):
                return os.read(out.fileno(), size if size > 0 else 65_536)
            if self._clock.mono_ns() - since_ns > self._silence_ns:
                self.silent = True
                break
        return b""

    def whole(self, limit_bytes: int) -> bytes:
        """Return all it writes until it ends. Raises Unreachable for one that writes more, or nothing at all."""
        pieces, length = [], 0
        while piece := self.read():
            pieces.append(piece)
            length += len(piece)
            if length > limit_bytes:
                raise Unreachable("the camera program does not stop writing")
        if not pieces:
            raise Unreachable(self.why())
        return b"".join(pieces)

    def why(self) -> str:
        """Return why nothing comes any more, in the owner's words."""
        if self.silent and self._process.poll() is None:
            return "the camera program runs, but no picture comes: restart the Pi, and check the ribbon cable"
        self._end(signal.SIGTERM)
        self._listener.join(_END_S)
        return in_words(b"\n".join(self._said).decode(errors="replace"))

    def close(self) -> None:
        """End it, the hard way where it does not go by itself."""
        self._end(signal.SIGINT)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None and (pipe is not self._process.stderr or not self._listener.is_alive()):
                pipe.close()

    def _end(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._listener.join(_END_S)

    def _listen(self) -> None:
        """It would stand still if nobody read what it says: it says something with every picture."""
        heard = self._process.stderr
        assert heard is not None
        left = b""
        while piece := os.read(heard.fileno(), 4096):
            *lines, left = (left + piece).replace(b"\r", b"\n").split(b"\n")
            self._said.extend(line[:_LINE_BYTES] for line in lines if line.strip())
            left = left[-_LINE_BYTES:]
        if left.strip():
            self._said.append(left)
