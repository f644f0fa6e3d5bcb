"""What every child process has in common: the control line to the supervisor, its beat, and its orderly end."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from hearthwatch.kit import logs
from hearthwatch.kit.channel import Channel, inherited
from hearthwatch.kit.clock import Stop
from hearthwatch.kit.errors import Unreachable
from hearthwatch.run import capabilities
from hearthwatch.run.messages import VERSION, Beat, Link, Quit, Ready, Renew, Restarted, Role, Start, ToChild

log = logging.getLogger(__name__)

BEAT_S = 1.0
_TIDY_EVERY_S = 60
_TIDY_FIRST_S = 15
"""A start leaves much behind."""


class Handlers(Protocol):
    """What a child does with what the supervisor says; called from the control thread."""

    def link(self, peer: Role, name: str, sock: socket.socket) -> None: ...

    def renew(self, message: Renew) -> None: ...

    def restarted(self, message: Restarted) -> None: ...


class Child:
    """The control line. The supervisor's death ends the child, because only a living supervisor can hand out sockets."""

    def __init__(self, argv: Sequence[str]) -> None:
        """`argv[1]` is the number of the inherited control socket."""
        self.stop = Stop()
        self.orphaned = False
        """The supervisor died: this process must end, but nobody asked for it."""
        self._control: Channel[ToChild] = Channel(inherited(int(argv[1])), ToChild)
        # ctrl-C and a closed terminal reach the whole group; only the supervisor decides the order in which we end
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self.stop.set())
        threading.excepthook = _end_of_a_thread

    def start(self, process: str) -> tuple[Start, list[int]]:
        """Wait for the first message; return it and the file descriptors that came with it."""
        message, fds = self._control.receive_with_fds()
        if not isinstance(message, Start) or message.version != VERSION:
            raise SystemExit(f"{process}: the supervisor speaks another version; restart Hearthwatch")
        logs.set_up(process, debug=message.debug)
        if process != Role.SCOUT and os.geteuid() != 0:
            capabilities.give_up(capabilities.NET_RAW)  # the service has it for the scout alone
        faulthandler.enable()
        return message, fds

    def send(self, message: object) -> None:
        """Send to the supervisor; its absence is noticed by the control thread."""
        try:
            self._control.send(message)
        except Unreachable:
            self.orphaned = self.orphaned or not self.stop.is_set()
            self.stop.set()

    def serve(self, handlers: Handlers, alive: Callable[[], bool], tidy: Callable[[], None] = lambda: None) -> None:
        """Report ready, then beat each second while `alive()`; returns when told to end.

        `tidy` is called after 15 s and then each minute."""
        threading.Thread(target=self._listen, args=(handlers,), name="control", daemon=True).start()
        self.send(Ready())
        beats = 0
        while not self.stop.wait(BEAT_S):
            if alive():
                self.send(Beat())
            beats += 1
            if beats % _TIDY_EVERY_S == _TIDY_FIRST_S:
                tidy()

    def _listen(self, handlers: Handlers) -> None:
        try:
            while True:
                message, fds = self._control.receive_with_fds()
                match message:
                    case Link(peer=peer, name=name) if fds:
                        handlers.link(peer, name, inherited(fds[0]))
                    case Renew():
                        handlers.renew(message)
                    case Restarted():
                        handlers.restarted(message)
                    case Quit():
                        break
                    case _:
                        log.error("the supervisor sent %s out of turn", type(message).__name__)
        except Unreachable:
            log.debug("the supervisor is gone")
            self.orphaned = not self.stop.is_set()
        finally:
            self.stop.set()


def _end_of_a_thread(args: threading.ExceptHookArgs) -> None:
    """A process that lost a thread only looks alive: end, and let the supervisor start it again."""
    name = args.thread.name if args.thread else "a thread"
    log.critical("%s died; this process ends", name, exc_info=args.exc_value)
    sys.stderr.flush()
    os._exit(1)


def leave() -> None:
    """End at once after an orderly shutdown: daemon threads of native libraries must not meet a dying interpreter."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
